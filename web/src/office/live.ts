/**
 * What others do, as it happens. Pages that listen at the same time share one stream: browsers open few at once
 * to one place, and the server gives four to an account.
 */
import { ask } from "./desk";

/** `own`: the asker did it, here or in another window. */
export interface News { code: string; version: number; act: string; who: string | null; own: boolean; late?: boolean }
export interface Presence { code: string; who: string[] }
export interface Listener {
  work(news: News[]): void;
  presence(found: Presence): void;
  /** Something was missed: all is to be asked anew. */ lost(): void;
  /** `retry_s` is 0 while it is on. */ state?(on: boolean, retry_s: number): void;
}
const FIRST_MS = 1000, MOST_MS = 60_000;
/** The server speaks at once, and then each 15 s: who hears nothing has a proxy between that holds it back, or a dead line. */
const GREETING_MS = 10_000, SILENT_MS = 40_000;
/** Without a stream, news are asked for so often, and a stream now and again. */
const EVERY_MS = 8000, STREAM_AGAIN_MS = 120_000;
const HERE_MS = 20_000;

const listeners = new Set<Listener>(), present = new Map<string, string[]>();
const each = (tell: (to: Listener) => void): void => { for (const one of [...listeners]) tell(one); };
let source: EventSource | null = null, timer = 0, silence = 0, wait_ms = FIRST_MS, round = 0;
/** Where the stream was; where the questions were. */
let last = "", until: number | null = null, greeted = false, on = false;

function tellState(now: boolean, retry_s: number): void { on = now; each((to) => to.state?.(now, retry_s)); }
function tellPresence(found: Presence): void {
  if (found.who.length) present.set(found.code, found.who); else present.delete(found.code);
  each((to) => to.presence(found));
}
function stop(): void {
  round++;
  clearTimeout(timer);
  clearTimeout(silence);
  source?.close();
  source = null;
}
function later(ms: number, then: () => void): void {
  clearTimeout(timer);
  // Not all at the same moment after a restart of the server.
  timer = window.setTimeout(then, ms * (0.75 + Math.random() / 2));
}
function open(): void {
  stop();
  const own = new EventSource(`/api/v1/work/live${last ? `?after=${encodeURIComponent(last)}` : ""}`);
  source = own;
  greeted = false;
  const spoke = (): void => { clearTimeout(silence); silence = window.setTimeout(broken, SILENT_MS); };
  silence = window.setTimeout(broken, GREETING_MS);
  const hear = <T>(name: string, then: (found: T) => void): void => own.addEventListener(name, (event) => {
    const { data, lastEventId } = event as MessageEvent<string>;
    spoke();
    last = lastEventId || last;
    try { then(JSON.parse(data) as T); } catch { each((to) => to.lost()); }
  });
  hear("on", () => {
    greeted = true;
    wait_ms = FIRST_MS;
    // Who is there is told anew; who left meanwhile is not.
    for (const code of [...present.keys()]) tellPresence({ code, who: [] });
    tellState(true, 0);
  });
  hear<{ codes: News[] }>("work", ({ codes }) => each((to) => to.work(codes)));
  hear<Presence>("presence", tellPresence);
  hear("lost", () => each((to) => to.lost()));
  hear("beat", () => undefined);
  own.addEventListener("error", broken);
}
function broken(): void {
  stop();
  if (!listeners.size) return;
  if (!greeted) { void instead(Date.now() + STREAM_AGAIN_MS); return; }
  // It was there: the session got another token, the server another start, the device another network.
  if (!last) each((to) => to.lost());
  later(FIRST_MS, open);
}
/** Asks for news again and again, until it is time to try a stream once more. */
async function instead(till: number): Promise<void> {
  const own = round;
  try {
    const found = await ask<{ until: number; lost: boolean; codes: News[] }>(`/api/v1/work/news${until === null ? "" : `?after=${until}`}`);
    if (own !== round) return;
    // Between the stream and the first question nobody told of anything.
    if (found.lost || (until === null && last)) each((to) => to.lost());
    until = found.until;
    if (found.codes.length) each((to) => to.work(found.codes));
    if (!on) tellState(true, 0);
    wait_ms = FIRST_MS;
    if (Date.now() < till) later(EVERY_MS, () => void instead(till));
    else { until = null; open(); }
  } catch {
    if (own !== round) return;
    tellState(false, Math.round(wait_ms / 1000));
    later(wait_ms, open);
    wait_ms = Math.min(wait_ms * 2, MOST_MS);
  }
}
const back = (): void => { wait_ms = FIRST_MS; open(); };

/** Where the news are: who shows again what was shown then goes on from there. */
export const position = (): string => last;
/**
 * Listens until the returned function is called; breaks off and tries again ever less often. `after`: a position of
 * before, if what is shown is of then.
 */
export function listen(to: Listener, after = ""): () => void {
  listeners.add(to);
  if (listeners.size === 1) { addEventListener("online", back); last = after; until = null; present.clear(); on = false; open(); }
  else {
    to.state?.(on, 0);
    for (const [code, who] of present) to.presence({ code, who });
  }
  return () => {
    listeners.delete(to);
    if (!listeners.size) { stop(); removeEventListener("online", back); }
  };
}
/** Says again and again that one has a complaint open, until the returned function is called. */
export function here(code: string): () => void {
  const path = `/api/v1/work/${encodeURIComponent(code)}/here`;
  const say = (): void => { if (!document.hidden && navigator.onLine) ask(path, { method: "POST" }).catch(() => undefined); };
  const unsay = (): void => { ask(path, { method: "DELETE", keepalive: true }).catch(() => undefined); };
  const every = window.setInterval(say, HERE_MS);
  document.addEventListener("visibilitychange", say);
  addEventListener("pagehide", unsay);
  say();
  return () => {
    clearInterval(every);
    document.removeEventListener("visibilitychange", say);
    removeEventListener("pagehide", unsay);
    unsay();
  };
}
