/** Notes that were taken without a network: each is sent once, later; who refuses one is told why. */
import { h } from "../dom";
import { instant, number, phrases } from "../i18n";
import { Refused } from "../problems";
import { randomToken } from "../report/device";
import { json, said, send } from "./desk";
import { drop, keep, keptAll, type Waiting } from "./road-kept";

const w = phrases({
  vi: { waiting: "Ghi chú chờ gửi", retry: "Gửi ngay", refused: "Không gửi được:", drop: "Bỏ ghi chú này", sent: "Đã gửi ghi chú." },
  en: { waiting: "Notes that wait to be sent", retry: "Send now", refused: "Not taken:", drop: "Drop this note", sent: "Notes sent." },
});
/** Keeps a note before it is sent; the server knows its key, so that sending twice is one note. */
export async function takeNote(account: number, code: string, text: string): Promise<void> {
  const note: Waiting = { key: randomToken(), code, text, at: new Date().toISOString() };
  if (!(await keep("waiting", account, note.key, note))) throw new Error("this device keeps nothing: send the note with a network");
  void sendWaiting(account);
}
const RETRY_MS = 30_000;
let running: Promise<number> | null = null, asked = false, later = 0;
/** Sends what waits, one after the other; returns how many still wait. Two calls are one. */
export function sendWaiting(account: number): Promise<number> {
  // The network may come back while a try without one is on its way: that one is no answer.
  asked = true;
  return (running ??= tries(account).finally(() => { running = null; dispatchEvent(new Event("office:sent")); }));
}
async function tries(account: number): Promise<number> {
  let left = 0;
  do {
    asked = false;
    left = await all(account);
  } while (asked && left);
  clearTimeout(later);
  // A device that says it has a network may reach nothing all the same.
  if (left) later = window.setTimeout(() => void sendWaiting(account), RETRY_MS);
  return left;
}
async function all(account: number): Promise<number> {
  // Another tab may hold the same notes: one sends, and the keys keep each note single.
  for (const note of (await keptAll("waiting", account)).sort((a, b) => a.at.localeCompare(b.at))) {
    if (note.refused) continue;
    try {
      await send(`/api/v1/work/${encodeURIComponent(note.code)}/note`, json("POST", { text: note.text, key: note.key }));
      await drop("waiting", account, note.key);
    } catch (problem) {
      // Signed out, too many at once, or no network: it waits. Anything else will not get better by itself.
      if (!(problem instanceof Refused) || problem.status === 401) break;
      await keep("waiting", account, note.key, { ...note, refused: said(problem) });
    }
  }
  return (await keptAll("waiting", account)).length;
}
/** What waits, of one complaint or of all, with a way to send it now. */
export async function waitingPart(account: number, code?: string): Promise<HTMLElement | null> {
  const held = (await keptAll("waiting", account)).filter((one) => !code || one.code === code);
  if (!held.length) return null;
  const node = h("div", { class: "waiting", role: "status" }, h("p", {}, `${w("waiting")}: ${number(held.length)} `, h("button", { type: "button", click: () => void sendWaiting(account) }, w("retry"))),
    h("ul", {}, ...held.map((one) => h("li", {}, `${one.code}: ${one.text} `, h("small", {}, instant(one.at)), one.refused ? h("p", { class: "alert" }, `${w("refused")} ${one.refused} `, h("button", { type: "button", click: () => void drop("waiting", account, one.key).then(() => dispatchEvent(new Event("office:sent"))) }, w("drop"))) : null))));
  return node;
}
