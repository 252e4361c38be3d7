import { Refused, troubleOf } from "../problems";

/** How far a sending is: which photo, the words, or sums that show that no robot sends. */
export type Progress = { step: "photo"; n: number; of: number; share: number } | { step: "words" } | { step: "challenge"; share: number };
const ANSWER_MS = 60_000;

async function post<T>(path: string, body: object, headers: Record<string, string>, method: string): Promise<T> {
  // A connection that hangs is no connection: what waits for it is tried again.
  const answer = await fetch(path, { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body), signal: AbortSignal.timeout(ANSWER_MS) });
  if (!answer.ok) throw await troubleOf(answer);
  return (answer.status === 204 ? null : await answer.json()) as T;
}
/** Sends; where the server has doubts, does the sums it asks for and sends again. */
export async function guarded<T>(path: string, body: object, headers: Record<string, string> = {}, progress: (of: Progress) => void = () => undefined, method = "POST"): Promise<T> {
  progress({ step: "words" });
  try {
    return await post<T>(path, body, headers, method);
  } catch (problem) {
    if (!(problem instanceof Refused) || problem.title !== "ChallengeWanted") throw problem;
    progress({ step: "challenge", share: 0 });
    const { answerTo } = await import("../challenge");
    const challenge = await answerTo(problem.said as { challenge?: string }, { progress: (share) => progress({ step: "challenge", share }) });
    progress({ step: "words" });
    return await post<T>(path, { ...body, challenge }, headers, method);
  }
}
/** Whether nobody answered at all, or not in time. */
export const isNetwork = (problem: unknown): boolean => problem instanceof TypeError || (problem instanceof DOMException && ["TimeoutError", "AbortError", "NetworkError"].includes(problem.name));
