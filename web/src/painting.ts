import type { Place, Painting } from "./choropleth";
import { valueOf, type Shown } from "./figures";
import { current, fine, phrases, t } from "./i18n";
import { classOf, coloursOf } from "./ramp";
import type { Series } from "./series";
import type { Shapes } from "./shapes";
import { spanOf, type State } from "./state";

const w = phrases({
  vi: { few: "dưới 20 phản ánh: chưa chắc chắn", unknown: "không rõ số dân" },
  en: { few: "fewer than 20 complaints: not certain", unknown: "residents not known" },
});
/** Below this a rate is marked as uncertain, as in the table. */
const FEW = 20;

/** What the client draws itself: frames of a series, or a measure that tiles lack; null where tiles do. */
export function paintingOf(shown: Shown, shapes: Shapes | null): Painting | null {
  const { series, rows, of } = shown;
  if (series?.rings) return ofCells(shown, series);
  if (!shapes || !(series || rows)) return null;
  const values = new Float64Array(shapes.features.length).fill(NaN), n = new Int32Array(shapes.features.length);
  const at = new Map(shapes.features.map((one, i) => [one.properties.code, i]));
  const period = series?.at.get(spanOf(of.frame).since);
  if (series && period !== undefined) series.places.forEach((code, j) => put(at.get(code), series.values[period]?.[j] ?? NaN, series.n[period]?.[j] ?? 0));
  rows?.forEach((row) => put(at.get(row.key), valueOf(row, of) ?? NaN, row.n));
  function put(i: number | undefined, value: number, count: number): void {
    if (i === undefined) return;
    values[i] = value;
    n[i] = count;
  }
  const rated = of.measure.startsWith("rate");
  const few = rated ? Uint8Array.from(n, (count, i) => Number(count < FEW || Number.isNaN(values[i]))) : null;
  return {
    ...coloured(shown, values, n), key: `areas ${of.set} ${current()}`, few,
    places: () => shapes.features.map(({ geometry, properties: p }, i): Place => ({ type: "Feature", id: i, geometry, properties: { i, code: p.code, name: current() === "vi" ? `${p.kind ?? ""} ${p.name}`.trim() : p.name_en } })),
    n: (i) => n[i] ?? 0,
    label: (i) => (of.measure === "n" ? "" : [Number.isNaN(values[i]) ? w("unknown") : `${fine(values[i] as number)} ${unitOf(of)}`, few?.[i] && !Number.isNaN(values[i]) ? w("few") : ""].filter(Boolean).join(" · ")),
  };
}
const unitOf = (of: State): string => (of.measure === "per_km2" ? t("density") : of.measure.startsWith("rate_smoothed") ? `${t("rate")} (${t("smoothed")})` : t("rate"));

function ofCells(shown: Shown, series: Series): Painting {
  const period = series.at.get(spanOf(shown.of.frame).since);
  const none = new Int32Array(series.places.length);
  const n = (period === undefined ? undefined : series.n[period]) ?? none;
  return {
    ...coloured(shown, n, n), key: series.key, rings: series.rings ?? [],
    places: () => series.places.map((cell, i): Place => ({ type: "Feature", id: i, geometry: { type: "Polygon", coordinates: [series.rings?.[i] ?? []] }, properties: { i, cell } })),
    n: (i) => n[i] ?? 0, label: () => "",
  };
}
/** Places without complaints, or without a value, have no colour. */
function coloured({ classes }: Shown, values: ArrayLike<number>, n: Int32Array): { palette: string[]; colours: Uint8Array } {
  const breaks = classes?.breaks ?? [];
  return { palette: coloursOf(breaks), colours: Uint8Array.from(n, (count, i) => (count > 0 && !Number.isNaN(values[i]) ? classOf(breaks, values[i] as number) + 1 : 0)) };
}
