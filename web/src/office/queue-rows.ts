/** The rows of the queue: read page after page, and what others changed of them. */
import { ask, said } from "./desk";
import type { News } from "./live";
import { asked, type Question } from "./queue-question";

export interface Row {
  code: string; version: number; status: string; domain: string; category: string; reported_at: string; urgent: boolean; lon: number; lat: number; address: string | null; text: string;
  area: { code: string; name: string } | null; assignee: { id: number; full_name: string } | null; due_at: string | null; overdue: boolean; paused: { since?: string; reason?: string } | boolean | null;
  reopened: number | boolean; bounces: number; check_state: string | null; supporters: number; photos: number | unknown[]; sensitive: boolean; duplicates?: string[]; duplicate_of?: string | null;
  /** Working hours until it is due, where the server counts them. */ left_h?: number | null;
}
/** What happened to a row since it was read. */
export interface Mark { who: string | null; act: string; at: number; gone?: boolean }
interface Answer { items: Row[]; next: string | null; total: number }
const PAGE = 100;
// An answer that lists more at once is asked for anew as a whole.
export const MOST_AT_ONCE = 20;

export class Rows {
  items: Row[] = [];
  total = 0;
  state: "loading" | "ready" | "failed" = "loading";
  fault = "";
  offline = false;
  readonly marks = new Map<string, Mark>();
  private readonly places = new Map<string, number>();
  private next: string | null = null;
  private reading = false;
  private wanted = 0;
  private turn = 0;
  constructor(private question: Question, private readonly changed: () => void) {}

  /** Asks anew; what is shown stays until the answer is there. */
  async restart(question: Question = this.question): Promise<void> {
    this.question = question;
    this.turn++;
    this.reading = false;
    this.wanted = 0;
    this.state = "loading";
    this.changed();
    await this.page(true);
  }
  /** Takes rows that were read before, so that Back shows them at once. */
  resume(from: Rows): void {
    this.put(from.items);
    this.total = from.total;
    this.next = from.next;
    this.state = "ready";
    this.changed();
  }
  /** Reads on until the row of this number is there. */
  reach(index: number): void {
    this.wanted = Math.max(this.wanted, index);
    if (!this.reading && this.state === "ready" && this.next !== null && this.wanted >= this.items.length) void this.page(false);
  }
  at(index: number): Row | undefined { return this.items[index]; }
  of(code: string): Row | undefined { return this.items[this.places.get(code) ?? -1]; }
  indexOf(code: string): number { return this.places.get(code) ?? -1; }
  private put(items: Row[]): void {
    this.items = items;
    this.places.clear();
    items.forEach((one, i) => this.places.set(one.code, i));
  }
  private async page(first: boolean): Promise<void> {
    const own = this.turn;
    this.reading = true;
    try {
      const query = asked(this.question);
      query.set("limit", String(PAGE));
      if (!first && this.next !== null) query.set("after", this.next);
      const answer = await ask<Answer>(`/api/v1/work?${query}`);
      if (own !== this.turn) return;
      if (first) { this.marks.clear(); this.put([]); }
      // A row that moved in the order meanwhile may come on two pages.
      for (const row of answer.items) {
        if (this.places.has(row.code)) continue;
        this.places.set(row.code, this.items.push(row) - 1);
      }
      this.next = answer.next;
      this.total = answer.next === null ? this.items.length : Math.max(answer.total, this.items.length);
      this.state = "ready";
      this.fault = "";
      this.offline = false;
    } catch (problem) {
      if (own !== this.turn) return;
      this.state = "failed";
      this.offline = problem instanceof TypeError;
      this.fault = said(problem);
    }
    this.reading = false;
    this.changed();
    this.reach(this.wanted);
  }
  /** Reads on after a failure, or begins anew where nothing is there. */
  async retry(): Promise<void> {
    if (!this.items.length) return this.restart();
    this.state = "ready";
    await this.page(false);
  }
  /** Reads rows that others changed, in their places; returns the codes that are not among the rows. */
  async others(news: readonly News[]): Promise<string[]> {
    const own = this.turn;
    const known = news.filter((one) => { const row = this.of(one.code); return row && row.version < one.version; });
    await Promise.all(known.slice(0, MOST_AT_ONCE).map(async (one) => {
      // What one did oneself, beside the list or in another window, is shown and not told.
      if (!one.own) this.marks.set(one.code, { who: one.who, act: one.act, at: Date.now() });
      try {
        this.replace(one.code, await ask<Partial<Row>>(`/api/v1/work/${encodeURIComponent(one.code)}`), own);
      } catch {
        // It went out of sight, or the network did: what is shown is told to be old.
        if (own === this.turn) this.marks.set(one.code, { who: one.who, act: one.act, at: Date.now(), gone: true });
      }
    }));
    if (known.length && own === this.turn) this.changed();
    return news.filter((one) => !one.own && !this.places.has(one.code)).map((one) => one.code);
  }
  private replace(code: string, found: Partial<Row>, own: number): void {
    const index = this.indexOf(code), row = this.items[index];
    if (own !== this.turn || !row || (found.version ?? 0) < row.version) return;
    this.items[index] = { ...row, ...found, text: (found.text ?? row.text).slice(0, 200), photos: Array.isArray(found.photos) ? found.photos.length : (found.photos ?? row.photos) };
  }
}
