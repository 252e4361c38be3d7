/** What others do, as it happens; who listens is told when it does not come. */
export interface News { code: string; version: number; act: string; who: string | null }
export interface Presence { code: string; who: string[] }
export type Counts = Partial<Record<string, number>>;
export interface Listener {
  work(news: News[]): void;
  counts(found: Counts): void;
  presence(found: Presence): void;
  /** Something was missed: all is to be asked anew. */ lost(): void;
  /** `retry_s` is 0 while it is on. */ state(on: boolean, retry_s: number): void;
}
const EVERY_MS = 8000, FIRST_MS = 1000, MOST_MS = 60_000;

/** Listens until the returned function is called; breaks off and tries again ever less often. */
export function listen(to: Listener): () => void {
  let source: EventSource | null = null, timer = 0, wait_ms = FIRST_MS, left = false, last = "";
  const read = <T>(event: Event, then: (found: T) => void): void => {
    try { then(JSON.parse((event as MessageEvent<string>).data) as T); } catch { to.lost(); }
  };
  function open(): void {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(`/api/v1/work/live${last ? `?after=${last}` : ""}`);
    let answered = false;
    source.addEventListener("open", () => {
      wait_ms = FIRST_MS;
      answered = true;
      to.state(true, 0);
    });
    // Each answer is short and names the last act it knows of; the next one goes on from there.
    source.addEventListener("message", (event) => { last = event.lastEventId || last; });
    source.addEventListener("work", (event) => read<{ codes: News[] }>(event, (found) => to.work(found.codes)));
    source.addEventListener("counts", (event) => read<Counts>(event, to.counts));
    source.addEventListener("presence", (event) => read<Presence>(event, to.presence));
    source.addEventListener("lost", () => to.lost());
    source.addEventListener("error", () => {
      source?.close();
      if (left) return;
      if (answered) { timer = window.setTimeout(open, EVERY_MS); return; }
      // Not all at the same moment after a restart of the server.
      const wait = wait_ms * (0.75 + Math.random() / 2);
      wait_ms = Math.min(wait_ms * 2, MOST_MS);
      to.state(false, Math.round(wait / 1000));
      timer = window.setTimeout(open, wait);
    });
  }
  const back = (): void => { wait_ms = FIRST_MS; open(); };
  addEventListener("online", back);
  open();
  return () => { left = true; clearTimeout(timer); source?.close(); removeEventListener("online", back); };
}
