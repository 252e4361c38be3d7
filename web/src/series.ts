import type { AreaCounts, Classes, Counts } from "./api";
import { get, Refused } from "./api";
import type { Position } from "./choropleth";
import { filter, spanOf, type State } from "./state";

/** `GET /api/v1/series`: the counts of every place in every period, and hexagons' outlines. */
interface Answer { periods: string[]; cells?: string[]; codes?: string[]; n: number[][]; outlines?: number[][] }

/** The frames of a map: one request for all of them, and classes that hold for each. */
export interface Series {
  /** What was asked; the places are the same where it is. */
  key: string;
  /** Where each period stands, by its first day. */
  at: Map<string, number>;
  places: string[];
  /** Rings of hexagons; null for areas. */
  rings: Position[][] | null;
  /** `values[period][place]`: the measure; `n` likewise: complaints. */
  values: Float64Array[];
  n: Int32Array[];
  /** Complaints of each period, those outside of all areas too. */
  totals: Map<string, number>;
  classes: Classes;
}
// Complaints come in while the page is open; the frames of an older question are of no use to a newer one.
const KEPT = 8;
const KEPT_MS = 300_000;
const kept = new Map<string, { at: number; found: Promise<unknown> }>();
/** An answer that was just read is not asked for again. */
function once<T>(key: string, read: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known && Date.now() - known.at < KEPT_MS) return known.found as Promise<T>;
  const found = read();
  kept.delete(key);
  kept.set(key, { at: Date.now(), found });
  for (const old of kept.keys()) if (kept.size > KEPT) kept.delete(old);
  found.catch(() => kept.delete(key));
  return found;
}

const first = (period: string): string => spanOf(period.slice(0, 10)).since;

/** The same question at any frame, or null where each frame is a question of its own. */
export function seriesKey(of: State, resolution: number): string | null {
  if (!of.frame || (of.layer !== "cells" && of.layer !== "areas") || (of.layer === "areas" && of.measure.startsWith("rate_smoothed"))) return null;
  const question = filter(["frame"], of);
  question.set("step", of.pace);
  question.set("method", of.method);
  if (of.layer === "areas") { question.set("set", of.set); question.set("measure", of.measure); } else question.set("resolution", String(resolution));
  return question.toString();
}

/** All frames of a map; null where there are too many for one answer. */
export function seriesOf(of: State, resolution: number): Promise<Series | null> {
  const key = seriesKey(of, resolution);
  if (key === null) return Promise.resolve(null);
  return once(`frames ${key}`, () => read(key, of, resolution));
}

async function read(key: string, of: State, resolution: number): Promise<Series | null> {
  const question = filter(["frame"], of);
  question.set("step", of.pace);
  if (of.layer === "areas") question.set("set", of.set);
  else { question.set("resolution", String(resolution)); question.set("outlines", "1"); }
  let answer: Answer;
  try { answer = await get<Answer>(`/api/v1/series?${question}`); } catch (problem) {
    // Too many places or periods for one answer: the tiles of each frame tell the same.
    if (problem instanceof Refused) return null;
    throw problem;
  }
  const places = answer.cells ?? answer.codes;
  if (!Array.isArray(places) || !Array.isArray(answer.n) || !answer.periods?.length || (of.layer === "cells" && answer.outlines?.length !== places.length)) return null;
  const n = answer.periods.map((_, p) => Int32Array.from(places, (__, i) => answer.n[i]?.[p] ?? 0));
  const [totals, people] = await Promise.all([totalsOf(of), of.layer === "areas" && of.measure !== "n" ? get<AreaCounts>(`/api/v1/counts?by=area&set=${of.set}&${filter(["frame"], of)}`) : null]);
  const factor = new Map(people?.rows.map((row) => [row.key, of.measure === "rate" ? (row.population ? 1000 / row.population : NaN) : 1 / row.area_km2]));
  const values = n.map((each) => Float64Array.from(each, (count, i) => count * (people ? factor.get(places[i] as string) ?? NaN : 1)));
  const classes = await busiest(of, resolution, totals);
  const max = values.reduce((most, each) => each.reduce((top, value) => (value > top ? value : top), most), 0);
  return {
    key, places, values, n, totals, classes: { ...classes, max: Math.max(max, classes.max ?? 0) },
    at: new Map(answer.periods.map((period, i) => [first(period), i])),
    rings: of.layer === "cells" ? (answer.outlines as number[][]).map(ring) : null,
  };
}
function ring(flat: number[]): Position[] {
  const corners = Array.from({ length: flat.length >> 1 }, (_, i): Position => [flat[2 * i] as number, flat[2 * i + 1] as number]);
  const [start, end] = [corners[0], corners.at(-1)];
  if (start && end && (start[0] !== end[0] || start[1] !== end[1])) corners.push(start);
  return corners;
}

const asked = <T>(url: string): Promise<T> => once(url, () => get<T>(url));
/** Complaints by the first day of each period in the chosen time. */
export async function totalsOf(of: State): Promise<Map<string, number>> {
  const found = await asked<Counts>(`/api/v1/counts?by=${of.pace}&${filter(["frame"], of)}`);
  return new Map(found.rows.map((row) => [first(row.key), row.n]));
}
/** The classes of the busiest frame: while frames change, one colour means one number. */
export async function busiest(of: State, resolution: number, totals: Map<string, number>): Promise<Classes> {
  const [top] = [...totals].reduce((most, one) => (one[1] > most[1] ? one : most), ["", -1] as [string, number]);
  const question = filter([], { ...of, frame: top && (of.pace === "month" ? top.slice(0, 7) : top) });
  question.set("layer", of.layer);
  question.set("method", of.method);
  if (of.layer === "areas") { question.set("set", of.set); question.set("measure", of.measure); } else question.set("resolution", String(Math.min(resolution, 10)));
  const found = await asked<Classes>(`/api/v1/classes?${question}`);
  return of.measure === "n" || of.layer === "cells" ? { ...found, min: 1 } : { ...found, min: 0 };
}
