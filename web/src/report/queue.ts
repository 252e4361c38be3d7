/** Reports that were handed over: each keeps its words, its photos and its key until the server has it. */
import type { Feature } from "../api";
import { Refused, Trouble } from "../problems";
import { device, randomToken } from "./device";
import { type Answer, type Draft, dropDraft } from "./draft";
import { guarded, isNetwork, type Progress } from "./guarded";
import { onUpload, shareOf, upload } from "./photo";
import { all, put, read, remove } from "./store";

export interface Report { lon: number; lat: number; category: string; text: string; address?: string; answers: Record<string, Answer>; urgent: boolean; language: string; email?: string; website?: string }
export interface Waiting {
  key: string; at: string; report: Report; photos: string[];
  /** Milliseconds since 1970; the server asked for patience until then. */
  until?: number;
  /** Why the server did not take it: it waits for its writer. */
  refused?: string;
}
export interface Sent { key: string; code: string; text: string; at: string; role: "reporter" | "supporter"; link?: string; editable_until?: string; masked?: boolean; contact?: string | null; supporters?: number }
export type Outcome = { sent: Sent } | { refused: Trouble; field?: string; photo?: string } | { waits: "network" | "server" } | { waits: "limit"; until: number };
const MOST_SENT = 100;

export const waiting = async (): Promise<Waiting[]> => (await all("waiting")).sort((a, b) => a.at.localeCompare(b.at));
export const sentFromHere = async (): Promise<Sent[]> => (await all("sent")).sort((a, b) => b.at.localeCompare(a.at));
export const forgetSent = async (): Promise<void> => { for (const one of await all("sent")) await remove("sent", one.key); };
export async function remember(one: Sent): Promise<void> {
  await put("sent", one.key, one);
  for (const old of (await sentFromHere()).slice(MOST_SENT)) await remove("sent", old.key);
}
export async function dropWaiting(one: Waiting): Promise<void> {
  await remove("waiting", one.key);
  for (const id of one.photos) await remove("photo", id);
}

/** Two tabs do not send at once: one goes first, the other then sees that it is done. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  // Without a lock (an old browser, plain http) the key alone makes one complaint of two.
  return navigator.locks ? (navigator.locks.request("phananh-outbox", work) as Promise<T>) : work();
}

async function uploadAll(one: Waiting, progress: (of: Progress) => void): Promise<string[]> {
  const tokens: string[] = [], of = one.photos.length;
  for (const [i, id] of one.photos.entries()) {
    const step = (): void => progress({ step: "photo", n: i + 1, of, share: shareOf(id) ?? 0 });
    step();
    const stop = onUpload((which) => { if (which === id) step(); });
    try { tokens.push((await upload(id)).token as string); } finally { stop(); }
  }
  return tokens;
}
/** Photos that the server keeps no longer go there once more. */
async function uploadAnew(one: Waiting): Promise<void> {
  for (const id of one.photos) {
    const photo = await read("photo", id);
    if (!photo) continue;
    delete photo.token;
    await put("photo", id, { ...photo, key: randomToken() });
  }
}

async function attempt(key: string, progress: (of: Progress) => void): Promise<Outcome> {
  const one = await read("waiting", key);
  const before = await read("sent", key);
  if (before) { if (one) await dropWaiting(one); return { sent: before }; }
  if (!one) return { waits: "server" };
  if (one.until && one.until > Date.now()) return { waits: "limit", until: one.until };
  let photo: string | undefined;
  try {
    for (let anew = false; ; anew = true) {
      try {
        const photos = await uploadAll(one, (now) => { photo = now.step === "photo" ? one.photos[now.n - 1] : undefined; progress(now); });
        photo = undefined;
        const found = await guarded<Feature & { properties: { link?: string; editable_until?: string; masked?: boolean; contact?: string | null } }>("/api/v1/complaints", { ...one.report, device: device(), photos }, { "Idempotency-Key": key }, progress);
        const { code, link, editable_until, masked, contact } = found.properties;
        const sent: Sent = { key, code, text: one.report.text.slice(0, 120), at: new Date().toISOString(), role: "reporter", ...(link ? { link } : {}), ...(editable_until ? { editable_until } : {}), ...(masked ? { masked } : {}), contact: contact ?? null };
        await remember(sent);
        await dropWaiting(one);
        return { sent };
      } catch (problem) {
        const stale = problem instanceof Refused && !photo && problem.errors.some((error) => error.field.startsWith("photos"));
        if (!stale || anew || !one.photos.length) throw problem;
        await uploadAnew(one);
      }
    }
  } catch (problem) {
    if (problem instanceof Refused) {
      await put("waiting", key, { ...one, refused: problem.spoken });
      return { refused: problem, ...(photo ? { photo } : {}) };
    }
    if (problem instanceof Trouble && problem.status === 429) {
      const until = Date.now() + 1000 * Math.max(problem.retry_s || 60, 1);
      await put("waiting", key, { ...one, until });
      return { waits: "limit", until };
    }
    if (isNetwork(problem) || !navigator.onLine) return { waits: "network" };
    if (problem instanceof Trouble) return { waits: "server" };
    throw problem;
  }
}

/** Takes a draft over: from here on its words stay as they are, and it goes out by itself. */
export async function handOver(draft: Draft, report: Report): Promise<void> {
  await put("waiting", draft.key, { key: draft.key, at: new Date().toISOString(), report, photos: [...draft.photos] });
  await dropDraft();
}
/** Gives a report back to its writer, under a new key; its photos come along. */
export async function takeBack(one: Waiting): Promise<Draft> {
  const { lon, lat, category, text, address = "", answers, urgent, email = "" } = one.report;
  await remove("waiting", one.key);
  return { key: randomToken(), lon, lat, category, text, address, answers, urgent, email, photos: one.photos, others: [] };
}

type Listener = { progress?(key: string, of: Progress): void; outcome(key: string, outcome: Outcome): void };
const listeners = new Set<Listener>();
export function onSending(listener: Listener): () => void { listeners.add(listener); return () => listeners.delete(listener); }

const FIRST_MS = 5000, LAST_MS = 120_000;
let wait_ms = FIRST_MS, timer = 0, running: Promise<void> | null = null, again = false;
/** Sends what waits, one after the other; asked while it does, it looks once more. */
export function sendAll(): Promise<void> {
  if (running) { again = true; return running; }
  running = round().finally(() => { running = null; if (again) { again = false; void sendAll(); } });
  return running;
}
async function round(): Promise<void> {
  clearTimeout(timer);
  let next = 0, left = false;
  for (const { key, refused } of await waiting()) {
    if (refused) continue;
    const outcome: Outcome = navigator.onLine ? await alone(() => attempt(key, (of) => listeners.forEach((one) => one.progress?.(key, of)))) : { waits: "network" };
    listeners.forEach((one) => one.outcome(key, outcome));
    if (!("waits" in outcome)) { wait_ms = FIRST_MS; continue; }
    left = true;
    if (outcome.waits === "limit") next = outcome.until - Date.now();
    else if (outcome.waits === "network") break;
  }
  if (!left) return;
  timer = window.setTimeout(() => void sendAll(), next > 0 ? next + 300 : wait_ms);
  wait_ms = Math.min(wait_ms * 1.5, LAST_MS);
}
/** Sends whenever there may be a way: now, when the network is back, when the page is looked at again. */
export function keepSending(): void {
  const now = (): void => { wait_ms = FIRST_MS; void sendAll(); };
  addEventListener("online", now);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) now(); });
  // The service worker wakes the page where the browser can do so.
  navigator.serviceWorker?.addEventListener("message", (event) => { if ((event.data as { type?: string } | null)?.type === "outbox") now(); });
  now();
}
