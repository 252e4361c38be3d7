import type { AreaCounts, AreaRow, Classes, Counts, Hotspots, Trends } from "./api";
import { get } from "./api";
import type { Density } from "./heat";
import type { Outliers } from "./outliers";
import { busiest, seriesOf, totalsOf, type Series } from "./series";
import { filter, PLAYED, spanOf, type State } from "./state";

/** What one map shows, as numbers. */
export interface Shown {
  of: State; resolution: number; total: number; classes: Classes | null; hot: Hotspots | null; trends: Trends | null; outliers: Outliers | null; density: Density | null;
  /** All frames, where they are drawn on the client. */
  series: Series | null;
  /** The areas' figures, where the tiles lack the measure. */
  rows: AreaRow[] | null;
}

/** The resolution at which the zoom shows hexagons; the tiles know the same steps. */
export function resolutionAt(zoom: number): number {
  const steps: [number, number][] = [[8, 6], [10, 7], [12, 8], [13, 9], [14, 10], [16, 11]];
  return steps.find(([limit]) => Math.floor(zoom) <= limit)?.[1] ?? 12;
}
/** The zoom at which a box fills so many pixels, as the map will find it. */
export function zoomOf([west, south, east, north]: readonly [number, number, number, number], width: number, height: number): number {
  const y = (lat: number): number => Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI);
  return Math.log2(Math.min(width / (512 * ((east - west) / 360)), height / (512 * (y(north) - y(south)))));
}
/** The chosen resolution, as long as a tile of this zoom holds its cells. */
export const resolutionOf = (of: State, zoom: number): number => (of.resolution ? Math.min(Number(of.resolution), resolutionAt(zoom) + 1) : resolutionAt(zoom));

let ahead: { key: string; found: Promise<Shown> } | null = null;
const keyOf = (of: State, zoom: number): string => JSON.stringify([{ ...of, view: "" }, resolutionOf(of, zoom)]);
/** Reads what the map is about to show while its library is still on the way. */
export function readAhead(of: State, zoom: number): void {
  const found = read({ ...of }, zoom, new AbortController().signal);
  ahead = { key: keyOf(of, zoom), found };
  // Whoever asks for it meets the fault.
  found.catch(() => undefined);
}
/** Reads what a map shows; the frames of a series are read once and then known. */
export function figures(of: State, zoom: number, signal: AbortSignal): Promise<Shown> {
  const before = ahead?.key === keyOf(of, zoom) ? ahead.found : null;
  ahead = null;
  return before ? before.then((shown) => ({ ...shown, of })) : read(of, zoom, signal);
}
async function read(of: State, zoom: number, signal: AbortSignal): Promise<Shown> {
  const resolution = resolutionOf(of, zoom), asked = filter([], of);
  const nothing = { of, resolution, classes: null, hot: null, trends: null, outliers: null, density: null, series: null, rows: null };
  if (of.frame) {
    // Finer than 10 would be a download of all cells.
    const series = await seriesOf(of, Math.min(resolution, 10));
    const now = spanOf(of.frame).since;
    if (series) return { ...nothing, series, classes: series.classes, total: series.totals.get(now) ?? 0 };
  }
  const from = <T>(path: string, more: Record<string, string> = {}): Promise<T> => get<T>(`${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams([...asked, ...Object.entries(more)])}`, signal);
  const plain = of.layer === "cells" || of.layer === "areas";
  const classing: Record<string, string> = of.layer === "areas" ? { layer: "areas", set: of.set, measure: of.measure, method: of.method } : { layer: "cells", method: of.method, resolution: String(Math.min(resolution, 10)) };
  const held = of.frame && PLAYED.includes(of.layer) && plain ? totalsOf(of).then((totals) => busiest(of, resolution, totals)) : null;
  const [total, classes, hot, trends, outliers, density, rows] = await Promise.all([
    from<Counts>("/api/v1/counts?by=status"),
    held ?? (plain ? from<Classes>("/api/v1/classes", classing) : null),
    of.layer === "hotspots" ? from<Hotspots>("/api/v1/hotspots?format=spots", { resolution: of.size }) : null,
    of.layer === "trends" ? from<Trends>("/api/v1/trends?format=patterns", { resolution: of.size, step: of.step }) : null,
    of.layer === "outliers" ? from<Outliers>("/api/v1/outliers?format=summary", { resolution: of.size }) : null,
    of.layer === "density" ? from<Density>("/api/v1/density", { bandwidth_m: of.bandwidth }) : null,
    of.layer === "areas" && of.measure !== "n" ? from<AreaCounts>("/api/v1/counts?by=area", { set: of.set }) : null,
  ]);
  return { ...nothing, total: total.total, classes, hot, trends, outliers, density, rows: rows?.rows ?? null };
}

const measureOf = ({ of, resolution }: Shown): string => [of.layer, of.layer === "areas" ? `${of.set} ${of.measure}` : of.layer === "density" ? of.bandwidth : resolution].join(" ");
/** Gives maps of the same measure the classes of the one with the highest value; true where they are the same. */
export function share(shown: Shown[]): boolean {
  const [a, b] = shown;
  if (!a || !b || measureOf(a) !== measureOf(b)) return false;
  if (a.classes && b.classes) {
    const wider = (b.classes.max ?? 0) > (a.classes.max ?? 0) ? b.classes : a.classes;
    const least = Math.min(...[a.classes.min, b.classes.min].filter((one) => one !== null));
    a.classes = b.classes = { ...wider, min: Number.isFinite(least) ? least : null };
    return true;
  }
  if (a.density && b.density) {
    const { breaks, max } = b.density.max > a.density.max ? b.density : a.density;
    a.density = { ...a.density, breaks, max };
    b.density = { ...b.density, breaks, max };
    return true;
  }
  return a.of.layer === "complaints";
}
/** The value of a row of areas. */
export const valueOf = (row: AreaRow, of: State): number | null => row[of.measure];
