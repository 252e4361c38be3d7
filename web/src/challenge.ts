/**
 * Proof of work for a server that asks for it (a 403 titled "ChallengeWanted"): a second or two of a phone's time, no
 * third party, nothing to read or to click. Solved in workers; the payload goes into the request's `challenge`.
 */
import type { Challenge, Solution } from "altcha-lib/types";
import { ask } from "./api";

export type { Challenge };
/** What a worker is given: it tries `counterStart`, and every `counterStep`-th number after it. */
export interface Order { challenge: Challenge; counterStart: number; counterStep: number }
export type Told = { tried: number } | { solution: Solution } | { fault: string };
export interface Solving {
  /** Called with how much of the longest possible search is done, from 0 to 1. */
  progress?: (share: number) => void;
  /** Aborting rejects with an AbortError and ends the workers. */
  signal?: AbortSignal;
}

export const WANTED = "ChallengeWanted";
// More do not help a phone: its fast cores are few.
const MOST_WORKERS = 4;

const aborted = (): DOMException => new DOMException("the challenge is no longer wanted", "AbortError");

/** The payload for a challenge. Rejects with an AbortError when aborted, and with an Error where it cannot be solved. */
export async function solve(challenge: Challenge, { progress, signal }: Solving = {}): Promise<string> {
  if (signal?.aborted) throw aborted();
  if (!globalThis.crypto?.subtle) throw new Error("a challenge needs a page that came over https");
  const most = Number(challenge.parameters.data?.["most"]) || 0;
  const workers: Worker[] = [];
  let tried = 0, stop = (): void => undefined;
  try {
    const solution = await new Promise<Solution>((found, failed) => {
      stop = () => failed(aborted());
      signal?.addEventListener("abort", stop);
      const counterStep = Math.max(1, Math.min(MOST_WORKERS, navigator.hardwareConcurrency || 1));
      for (let counterStart = 0; counterStart < counterStep; counterStart++) {
        const worker = new Worker(new URL("./challenge.worker.ts", import.meta.url), { type: "module" });
        workers.push(worker);
        worker.onerror = () => failed(new Error("the challenge could not be worked on"));
        worker.onmessage = ({ data: told }: MessageEvent<Told>) => {
          if ("solution" in told) found(told.solution);
          else if ("fault" in told) failed(new Error(told.fault));
          else if (most) progress?.(Math.min(1, (tried += told.tried) / most));
        };
        worker.postMessage({ challenge, counterStart, counterStep } satisfies Order);
      }
    });
    progress?.(1);
    return btoa(JSON.stringify({ challenge, solution }));
  } finally {
    signal?.removeEventListener("abort", stop);
    for (const worker of workers) worker.terminate();
  }
}

/** Fetches the challenge that a refusal asks for (its `challenge` says where) and solves it. */
export async function answerTo(refusal: { challenge?: string }, how: Solving = {}): Promise<string> {
  // Only ever our own: a document must not send the page elsewhere.
  const path = refusal.challenge?.startsWith("/api/v1/challenge") ? refusal.challenge : "/api/v1/challenge";
  return solve(await ask<Challenge>(path, how.signal ? { signal: how.signal } : {}), how);
}
