/** Seeks the solution of a challenge beside the page, which stays as quick as it was. */
import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import type { Order, Told } from "./challenge";

// Often enough for a bar that moves, rarely enough to cost nothing.
const TOLD_EVERY = 10;
const tell = (told: Told): void => self.postMessage(told);

self.onmessage = async ({ data }: MessageEvent<Order>): Promise<void> => {
  let tried = 0;
  const counted: typeof deriveKey = async (...given) => {
    tried += 1;
    if (tried % TOLD_EVERY === 0) tell({ tried: TOLD_EVERY });
    return deriveKey(...given);
  };
  try {
    const solution = await solveChallenge({ ...data, deriveKey: counted, timeout: 120_000 });
    tell(solution ? { solution } : { fault: "took too long" });
  } catch (problem) {
    tell({ fault: String(problem) });
  }
};
