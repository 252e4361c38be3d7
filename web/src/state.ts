import { choose, chosen, languageOf } from "./i18n";

/** What is shown, kept in the address so that a link brings back the same view. */
export type Layer = "cells" | "areas" | "density" | "hotspots" | "trends" | "outliers" | "complaints";
export const LAYERS: readonly Layer[] = ["cells", "areas", "density", "hotspots", "trends", "outliers", "complaints"];
/** The layers of statistics: their cells have one size at every zoom. */
export const STUDIED: readonly Layer[] = ["hotspots", "trends", "outliers"];
/** The layers that can be looked at week by week or month by month. */
export const PLAYED: readonly Layer[] = ["cells", "areas", "complaints"];
export const PACES = ["month", "week"] as const;
/** Sizes of hexagons that hold still while the map is zoomed; "" lets the zoom choose. */
export const RESOLUTIONS = ["6", "7", "8", "9", "10"] as const;
export const MEASURES = ["n", "rate", "rate_smoothed", "rate_smoothed_local", "per_km2"] as const;
export type Measure = (typeof MEASURES)[number];
/** Standard deviations of the smooth surface's kernel, in metres. */
export const BANDWIDTHS = ["250", "500", "1000", "2000"] as const;
export const SPLITS = ["beside", "swipe"] as const;
export const STEPS = ["month", "week", "quarter"] as const;
/** H3 resolutions a statistic may be asked at, and about how many km² a cell has. */
export const SIZES: readonly [string, number][] = [["7", 5.2], ["8", 0.74], ["9", 0.11]];
export interface State {
  city: string; layer: Layer; set: string; domain: string; category: string; status: string;
  since: string; until: string; area: string; method: "quantile" | "natural"; lang: string; view: string; complaint: string; marked: string; size: string; step: string;
  /** A hexagon, and a drawn shape as `lon,lat;lon,lat;...`; they limit all figures unless `look` names them. */
  cell: string; polygon: string; look: "" | Shape;
  /** The figures as they stood at this time; empty for now. */
  as_of: string;
  /** The month (2026-03) or week (its Monday) that is looked at within `since` and `until`. */
  frame: string; pace: string; resolution: string; measure: Measure; bandwidth: string;
  /** Two maps: beside each other, or one wiped over the other up to `swipe` per cent. */
  split: string; swipe: string;
  /** What is compared before and after: `2026-03-02,12` (a day, and weeks on each side), or two intervals of days. */
  compare: string;
}
/** What a story may be of. */
/** Cells that an address, and so a story, can be of. */
export const MOST_CELLS = 200;
/** `cell` may be several, parted by commas: those of a hot spot. */
export type Shape = "cell" | "area" | "polygon";
const empty: State = { city: "", layer: "cells", set: "", domain: "", category: "", status: "", since: "", until: "", area: "", method: "quantile", lang: "vi", view: "", complaint: "", marked: "", size: "8", step: "month", cell: "", polygon: "", look: "", as_of: "", frame: "", pace: "month", resolution: "", measure: "n", bandwidth: "1000", split: "", swipe: "50", compare: "" };
export const state: State = { ...empty };
/** What the second map shows that the first does not; in the address as `b.domain=` and so on. */
export const OWN = ["layer", "domain", "category", "status", "since", "until", "measure"] as const;
export type Own = (typeof OWN)[number];
export const second: Partial<Record<Own, string>> = {};
const listeners: (() => void)[] = [];
export const onChange = (listener: () => void): (() => void) => { listeners.push(listener); return () => { const at = listeners.indexOf(listener); if (at >= 0) listeners.splice(at, 1); }; };

/** What was pressed before this page: so Back undoes what is pressed on it. */
const before = chosen();
export function readAddress(): void {
  const given = new URLSearchParams(location.search);
  Object.assign(state, empty);
  for (const key of Object.keys(empty) as (keyof State)[]) {
    const value = given.get(key);
    if (value !== null) Object.assign(state, { [key]: value });
  }
  // A frame in another's page speaks as that page asks, not as its reader once did elsewhere.
  if (location.pathname !== "/embed") state.lang = given.has("lang") ? languageOf(given.get("lang")) : before;
  for (const key of OWN) {
    const value = given.get(`b.${key}`);
    if (value === null) delete second[key];
    else second[key] = value;
  }
  // An address that was cut or mistyped opens the map all the same.
  for (const key of ["since", "until"] as const) if (!isDay(state[key])) state[key] = "";
  for (const key of ["since", "until"] as const) if (second[key] && !isDay(second[key])) delete second[key];
  if (second.layer !== undefined && !LAYERS.includes(second.layer as Layer)) delete second.layer;
  if (second.measure !== undefined && !MEASURES.includes(second.measure as Measure)) delete second.measure;
  const [zoom, lon, lat] = state.view.split("/").map(Number) as [number, number, number];
  if (!(zoom >= 0 && zoom <= 24 && Math.abs(lon) <= 180 && Math.abs(lat) <= 85)) state.view = "";
  if (!LAYERS.includes(state.layer)) state.layer = "cells";
  if (!SIZES.some(([size]) => size === state.size)) state.size = empty.size;
  if (!STEPS.some((step) => step === state.step)) state.step = empty.step;
  if (state.method !== "natural") state.method = "quantile";
  if (!/^[0-9a-f]{15}(,[0-9a-f]{15}){0,199}$/.test(state.cell)) state.cell = "";
  if (!/^-?\d+(\.\d+)?,-?\d+(\.\d+)?(;-?\d+(\.\d+)?,-?\d+(\.\d+)?){2,199}$/.test(state.polygon)) state.polygon = "";
  if (!["cell", "area", "polygon"].includes(state.look) || !state[state.look as Shape]) state.look = "";
  if (Number.isNaN(Date.parse(state.as_of)) || !/^\d{4}-\d\d-\d\dT/.test(state.as_of)) state.as_of = "";
  for (const [key, values] of [["pace", PACES], ["resolution", RESOLUTIONS], ["measure", MEASURES], ["bandwidth", BANDWIDTHS], ["split", SPLITS]] as const) {
    if (!(values as readonly string[]).includes(state[key])) Object.assign(state, { [key]: empty[key] });
  }
  if (!/^\d{4}-\d\d-\d\d,\d{1,3}$|^\d{4}-\d\d-\d\d\/\d{4}-\d\d-\d\d,\d{4}-\d\d-\d\d\/\d{4}-\d\d-\d\d$/.test(state.compare)) state.compare = "";
  if (!(Number(state.swipe) >= 0 && Number(state.swipe) <= 100)) state.swipe = empty.swipe;
  if (!isDay(state.frame.length === 7 ? `${state.frame}-01` : state.frame) || !PLAYED.includes(state.layer)) state.frame = "";
  const shown = timeOf(state);
  if (shown.since && shown.until && shown.since > shown.until) state.frame = "";
  if (state.frame) state.pace = state.frame.length === 7 ? "month" : "week";
}
const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && dayAfter(text, 0) === text;

function address(): string {
  const kept = Object.entries(state).filter(([key, value]) => value !== "" && (value !== empty[key as keyof State] || (key === "lang" && (value !== before || value !== chosen()) && location.pathname !== "/embed")));
  const differences = state.split ? OWN.filter((key) => second[key] !== undefined).map((key) => [`b.${key}`, second[key] as string]) : [];
  const query = new URLSearchParams([...kept, ...differences] as [string, string][]).toString();
  return query ? `?${query}` : location.pathname;
}
/** Changes what is shown. Each change is a step of the browser's history, but moving the map is not. */
export function change(changes: Partial<State>, step = true): void {
  Object.assign(state, changes);
  if (changes.lang && location.pathname !== "/embed") choose(languageOf(changes.lang));
  // Another time, or a layer that has no frames, leaves the one that was looked at.
  if (!("frame" in changes) && ("since" in changes || "until" in changes || "pace" in changes || !PLAYED.includes(state.layer))) state.frame = "";
  // A frame adds no steps to the history of the page around it.
  if (step && location.pathname !== "/embed") history.pushState(null, "", address());
  else history.replaceState(history.state, "", address());
  if (!("view" in changes || "swipe" in changes || "compare" in changes)) listeners.forEach((listener) => listener());
}
/** Changes what the second map shows; undefined makes it follow the first again. */
export function changeSecond(changes: Partial<Record<Own, string | undefined>>): void {
  for (const [key, value] of Object.entries(changes) as [Own, string | undefined][]) {
    if (value === undefined) delete second[key];
    else second[key] = value;
  }
  change({});
}
/** What the second map shows: as the first, but for its own choices. */
export function secondState(): State {
  const own = { ...second };
  if (own.domain !== undefined && own.category === undefined) own.category = "";
  const time = own.since !== undefined || own.until !== undefined;
  const of = { ...state, ...own, ...(time ? { since: own.since ?? "", until: own.until ?? "", frame: "" } : {}) } as State;
  return PLAYED.includes(of.layer) ? of : { ...of, frame: "" };
}
// Officials' pages use what is here too, and have addresses of their own.
if (!location.pathname.startsWith("/office")) addEventListener("settled", () => history.replaceState(history.state, "", address()));
addEventListener("popstate", () => { readAddress(); listeners.forEach((listener) => listener()); });

/** Whether a shape in the address limits the figures, and is not only looked at. */
export const limits = (shape: Shape): boolean => state[shape] !== "" && state.look !== shape;
/** The first and the last day of a month (2026-03) or of a week (its Monday). */
export function spanOf(frame: string): { since: string; until: string } {
  if (frame.length > 7) return { since: frame, until: dayAfter(frame, 6) };
  const [y, m] = frame.split("-").map(Number) as [number, number];
  return { since: `${frame}-01`, until: new Date(Date.UTC(y, m, 0)).toISOString().slice(0, 10) };
}
/** The first and the last day that are shown: of the chosen time, what lies in the frame. */
export function timeOf(of: State): { since: string; until: string } {
  if (!of.frame) return { since: of.since, until: of.until };
  const frame = spanOf(of.frame);
  return { since: of.since > frame.since ? of.since : frame.since, until: of.until && of.until < frame.until ? of.until : frame.until };
}
/** The filter every read shares; `until` is the day after the last one shown. */
export function filter(without: (keyof State)[] = [], of: State = state): URLSearchParams {
  const asked = new URLSearchParams();
  const shown = without.some((key) => key === "frame" || key === "since") ? of : { ...of, ...timeOf(of) };
  for (const key of ["city", "domain", "category", "status", "since", "area", "cell", "polygon", "as_of"] as const) {
    if (shown[key] && shown.look !== key && !without.includes(key)) asked.set(key, shown[key]);
  }
  if (shown.until && !without.includes("until")) asked.set("until", dayAfter(shown.until));
  return asked;
}
export function dayAfter(day: string, days = 1): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
const FILTERS = ["domain", "category", "status", "since", "until", "frame"] as const;
const SHAPES = ["cell", "area", "polygon"] as const;
export const filtered = (): boolean => FILTERS.some((key) => state[key] !== "") || SHAPES.some(limits);
export const clear = (): void => change({ domain: "", category: "", status: "", since: "", until: "", frame: "", ...Object.fromEntries(SHAPES.filter(limits).map((shape) => [shape, ""])) });
