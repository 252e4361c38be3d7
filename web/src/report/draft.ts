import type { Category, City, Config, Domain } from "../api";
import type { CityMap } from "../map";
import { randomToken } from "./device";
import { all, put, read, remove } from "./store";

/** An answer to a category's extra question. */
export type Answer = string | number | string[];
export interface Draft {
  /** The report's idempotency key from its first word on: sent ten times, it is one complaint. */
  key: string;
  lon?: number; lat?: number;
  /** Chosen from so far away, or by so large a name, that it wants a second look. */
  rough?: boolean;
  category: string; text: string; address: string;
  answers: Record<string, Answer>;
  urgent: boolean; email: string;
  /** Ids of the photos in the order in which they are shown. */
  photos: string[];
  /** Codes of complaints nearby that were said to be something else. */
  others: string[];
}
const NOW = "now";
export const fresh = (): Draft => ({ key: randomToken(), category: "", text: "", address: "", answers: {}, urgent: false, email: "", photos: [], others: [] });
/** Whether anything was entered that would be missed. */
export const begun = (draft: Draft): boolean => draft.lon !== undefined || Boolean(draft.category || draft.text.trim() || draft.address.trim() || draft.photos.length);

/** The draft that this device keeps; one that was handed over already is none. */
export async function loadDraft(): Promise<Draft> {
  await takeOldOnes();
  const kept = await read("draft", NOW);
  if (!kept) return fresh();
  if ((await read("waiting", kept.key)) || (await read("sent", kept.key))) { await dropDraft(); return fresh(); }
  return { ...fresh(), ...kept };
}
export const keepDraft = (draft: Draft): Promise<void> => put("draft", NOW, { ...draft });
export const dropDraft = (): Promise<void> => remove("draft", NOW);

/** What earlier versions of the page kept in local storage: reports that wait are not to be lost. */
let taken: Promise<void> | undefined;
export const takeOldOnes = (): Promise<void> => (taken ??= readOldOnes());
async function readOldOnes(): Promise<void> {
  try {
    const waiting = JSON.parse(localStorage.getItem("phananh-outbox") ?? "[]") as { key: string; report: { lon: number; lat: number; category: string; text: string; address?: string } }[];
    const sent = JSON.parse(localStorage.getItem("phananh-sent") ?? "[]") as { code: string; text: string; at: string }[];
    const draft = JSON.parse(localStorage.getItem("phananh-draft") ?? "{}") as Partial<Draft>;
    for (const { key, report } of waiting) await put("waiting", key, { key, at: new Date().toISOString(), report: { answers: {}, urgent: false, language: "vi", ...report }, photos: [] });
    for (const one of sent) await put("sent", one.code, { ...one, key: one.code, role: "reporter" });
    if (draft.text && !(await read("draft", NOW))) await put("draft", NOW, { ...fresh(), ...draft });
    for (const name of ["phananh-outbox", "phananh-sent", "phananh-draft"]) localStorage.removeItem(name);
  } catch { /* nothing there, or nothing that can be read */ }
}

/** What the form needs of the page around it. The map comes when it is loaded, or never. */
export interface Around {
  catalogue: Promise<{ config: Config; domains: Domain[] }>;
  city: string;
  map(): CityMap | null;
  /** Shows a complaint as everyone sees it. */
  follow(code: string): void;
}
export type Part = "place" | "category" | "text" | "photos" | "other";

/** The sheet that is filled in: every section reads it, changes it and hears of changes. */
export class Sheet {
  private readonly listeners: ((part: Part) => void)[] = [];
  private timer = 0;
  constructor(readonly draft: Draft, readonly around: Around, readonly config: Config, readonly city: City, readonly domains: Domain[]) {}
  on(listener: (part: Part) => void): void { this.listeners.push(listener); }
  change(part: Part, changes: Partial<Draft> = {}): void {
    Object.assign(this.draft, changes);
    this.keep(part === "text" || part === "other" ? 250 : 0);
    this.listeners.forEach((one) => one(part));
  }
  /** Writes the draft to the device, words at a pause. */
  keep(after_ms = 0): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { this.timer = 0; void keepDraft(this.draft); }, after_ms);
  }
  /** Writes at once what still waits for a pause. */
  flush(): void { if (this.timer) { clearTimeout(this.timer); this.timer = 0; void keepDraft(this.draft); } }
  /** Nothing more is written: the draft was handed over. */
  stop(): void { clearTimeout(this.timer); this.timer = 0; }
  get category(): Category | undefined { return this.domains.flatMap((one) => one.categories).find((one) => one.code === this.draft.category); }
}
/** Something that keeps the report from being sent, and where to mend it. */
export interface Fault { message: string; focus: HTMLElement }
export interface Section { node: HTMLElement; check(): Fault[]; /** Gives back what it holds. */ leave?(): void }

/** Photos that belong to no draft and no report are of no use to anyone. */
export async function dropStrays(draft: Draft): Promise<void> {
  const used = new Set([...draft.photos, ...(await all("waiting")).flatMap((one) => one.photos)]);
  for (const photo of await all("photo")) if (!used.has(photo.id)) await remove("photo", photo.id);
}
