/** Reports that were sent but not yet answered for: each keeps its words and its key until the server has it. */
import type { Feature } from "./api";
import { ask, Refused } from "./api";
import { answerTo, WANTED } from "./challenge";

export interface Report { lon: number; lat: number; category: string; text: string; address?: string }
interface Waiting { key: string; report: Report }
export interface Sent { code: string; text: string; at: string }
export type Outcome = { code: string } | { refused: Refused } | { waits: "network" | "server" };

const WAITING = "phananh-outbox", SENT = "phananh-sent", MOST = 30;
function read<T>(name: string): T[] {
  try { const found: unknown = JSON.parse(localStorage.getItem(name) ?? "[]"); return Array.isArray(found) ? (found as T[]) : []; } catch { return []; }
}
let unsaved: Record<string, unknown[]> = {};
function write(name: string, values: unknown[]): void {
  // Private mode: what waits lives as long as the page.
  try { localStorage.setItem(name, JSON.stringify(values)); } catch { unsaved[name] = values; }
}
const held = <T>(name: string): T[] => (unsaved[name] as T[] | undefined) ?? read<T>(name);

export const waiting = (): Report[] => held<Waiting>(WAITING).map((one) => one.report);
export const sentFromHere = (): Sent[] => held<Sent>(SENT);
export const forgetSent = (): void => { unsaved = {}; write(SENT, []); };

/** Sends, and does the proof of work that a server may ask for; the key stays, so that nothing is sent twice. */
async function post(one: Waiting, challenge?: string, tries = 2): Promise<Feature> {
  try {
    return await ask<Feature>("/api/v1/complaints", { method: "POST", body: JSON.stringify({ ...one.report, ...(challenge ? { challenge } : {}) }), headers: { "Content-Type": "application/json", "Idempotency-Key": one.key } });
  } catch (problem) {
    if (!(problem instanceof Refused) || problem.said.title !== WANTED || !tries) throw problem;
    return post(one, await answerTo(problem.said), tries - 1);
  }
}

async function attempt(one: Waiting): Promise<Outcome> {
  let outcome: Outcome;
  try {
    const found = await post(one);
    outcome = { code: found.id };
    write(SENT, [{ code: found.id, text: one.report.text.slice(0, 80), at: new Date().toISOString() }, ...sentFromHere().filter((other) => other.code !== found.id)].slice(0, MOST));
  } catch (problem) {
    if (problem instanceof Refused) outcome = { refused: problem };
    // fetch fails with a TypeError where nobody answered at all.
    else return { waits: problem instanceof TypeError || !navigator.onLine ? "network" : "server" };
  }
  write(WAITING, held<Waiting>(WAITING).filter((other) => other.key !== one.key));
  return outcome;
}

/** Takes a report over: from here on its words stay as they are, and it goes out by itself. */
export async function hand(report: Report): Promise<Outcome> {
  const one = { key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`, report };
  write(WAITING, [...held<Waiting>(WAITING), one]);
  busy = true;
  try { return await attempt(one); } finally { busy = false; }
}

let busy = false;
/** Sends what waits, one after the other, when the network or the server is back. */
export function keepSending(sent: (code: string) => void, refused: (report: Report, why: Refused) => void): void {
  let wait = 5000, timer = 0;
  const all = async (): Promise<void> => {
    clearTimeout(timer);
    if (!busy && navigator.onLine) {
      for (const one of held<Waiting>(WAITING)) {
        busy = true;
        const outcome = await attempt(one).finally(() => { busy = false; });
        if ("code" in outcome) sent(outcome.code);
        else if ("refused" in outcome) refused(one.report, outcome.refused);
        else break;
        wait = 5000;
      }
    }
    wait = Math.min(wait * 1.5, 120000);
    timer = window.setTimeout(() => void all(), wait);
  };
  addEventListener("online", () => { wait = 5000; void all(); });
  void all();
}
