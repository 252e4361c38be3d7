/** What is shown, kept in the address so that a link brings back the same view. */
export type Layer = "cells" | "areas" | "hotspots" | "trends" | "complaints";
export const LAYERS: readonly Layer[] = ["cells", "areas", "hotspots", "trends", "complaints"];
/** The layers of statistics: their cells have one size at every zoom. */
export const STUDIED: readonly Layer[] = ["hotspots", "trends"];
export const STEPS = ["month", "week", "quarter"] as const;
/** H3 resolutions a statistic may be asked at, and about how many km² a cell has. */
export const SIZES: readonly [string, number][] = [["7", 5.2], ["8", 0.74], ["9", 0.11]];
export interface State {
  city: string; layer: Layer; set: string; domain: string; category: string; status: string;
  since: string; until: string; area: string; method: "quantile" | "natural"; lang: string; view: string; complaint: string; size: string; step: string;
  /** A hexagon, and a drawn shape as `lon,lat;lon,lat;...`; they limit all figures unless `look` names them. */
  cell: string; polygon: string; look: "" | Shape;
  /** The figures as they stood at this time; empty for now. */
  as_of: string;
}
/** What a story may be of. */
export type Shape = "cell" | "area" | "polygon";
const empty: State = { city: "", layer: "cells", set: "", domain: "", category: "", status: "", since: "", until: "", area: "", method: "quantile", lang: "vi", view: "", complaint: "", size: "8", step: "month", cell: "", polygon: "", look: "", as_of: "" };
export const state: State = { ...empty };
const listeners: (() => void)[] = [];
export const onChange = (listener: () => void): (() => void) => { listeners.push(listener); return () => { const at = listeners.indexOf(listener); if (at >= 0) listeners.splice(at, 1); }; };

export function readAddress(): void {
  const given = new URLSearchParams(location.search);
  Object.assign(state, empty);
  for (const key of Object.keys(empty) as (keyof State)[]) {
    const value = given.get(key);
    if (value !== null) Object.assign(state, { [key]: value });
  }
  // An address that was cut or mistyped opens the map all the same.
  for (const key of ["since", "until"] as const) if (!/^\d{4}-\d\d-\d\d$/.test(state[key]) || Number.isNaN(Date.parse(state[key])) || dayAfter(state[key], 0) !== state[key]) state[key] = "";
  const [zoom, lon, lat] = state.view.split("/").map(Number) as [number, number, number];
  if (!(zoom >= 0 && zoom <= 24 && Math.abs(lon) <= 180 && Math.abs(lat) <= 85)) state.view = "";
  if (!LAYERS.includes(state.layer)) state.layer = "cells";
  if (!SIZES.some(([size]) => size === state.size)) state.size = empty.size;
  if (!STEPS.some((step) => step === state.step)) state.step = empty.step;
  if (state.method !== "natural") state.method = "quantile";
  if (!/^[0-9a-f]{15}$/.test(state.cell)) state.cell = "";
  if (!/^-?\d+(\.\d+)?,-?\d+(\.\d+)?(;-?\d+(\.\d+)?,-?\d+(\.\d+)?){2,199}$/.test(state.polygon)) state.polygon = "";
  if (!["cell", "area", "polygon"].includes(state.look) || !state[state.look as Shape]) state.look = "";
  if (Number.isNaN(Date.parse(state.as_of)) || !/^\d{4}-\d\d-\d\dT/.test(state.as_of)) state.as_of = "";
}

function address(): string {
  const kept = Object.entries(state).filter(([key, value]) => value !== "" && value !== empty[key as keyof State]);
  const query = new URLSearchParams(kept).toString();
  return query ? `?${query}` : location.pathname;
}
/** Changes what is shown. Each change is a step of the browser's history, but moving the map is not. */
export function change(changes: Partial<State>, step = true): void {
  Object.assign(state, changes);
  // A frame adds no steps to the history of the page around it.
  if (step && location.pathname !== "/embed") history.pushState(null, "", address());
  else history.replaceState(history.state, "", address());
  if (!("view" in changes)) listeners.forEach((listener) => listener());
}
addEventListener("settled", () => history.replaceState(history.state, "", address()));
addEventListener("popstate", () => { readAddress(); listeners.forEach((listener) => listener()); });

/** Whether a shape in the address limits the figures, and is not only looked at. */
export const limits = (shape: Shape): boolean => state[shape] !== "" && state.look !== shape;
/** The filter every read shares; `until` is the day after the last one shown. */
export function filter(without: (keyof State)[] = []): URLSearchParams {
  const asked = new URLSearchParams();
  for (const key of ["city", "domain", "category", "status", "since", "area", "cell", "polygon", "as_of"] as const) {
    if (state[key] && state.look !== key && !without.includes(key)) asked.set(key, state[key]);
  }
  if (state.until && !without.includes("until")) asked.set("until", dayAfter(state.until));
  return asked;
}
export function dayAfter(day: string, days = 1): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
const FILTERS = ["domain", "category", "status", "since", "until"] as const;
const SHAPES = ["cell", "area", "polygon"] as const;
export const filtered = (): boolean => FILTERS.some((key) => state[key] !== "") || SHAPES.some(limits);
export const clear = (): void => change({ domain: "", category: "", status: "", since: "", until: "", ...Object.fromEntries(SHAPES.filter(limits).map((shape) => [shape, ""])) });
