import { h } from "./dom";
import { chips, choice } from "./fields";
import { fine, number, phrases, t } from "./i18n";
import { populated } from "./shapes";
import { BANDWIDTHS, change, RESOLUTIONS, SIZES, state, STEPS, STUDIED, type Layer, type Measure } from "./state";

const w = phrases({
  vi: { counts: "Bản đồ số lượng", statistics: "Bản đồ thống kê", single: "Bản đồ từng điểm", areas: "Đơn vị", density: "Mật độ mịn", hotspots: "Điểm nóng", trends: "Xu hướng", outliers: "Ngoại lệ", byZoom: "theo mức phóng to", cellSize: "Cỡ ô", bandwidth: "Bán kính làm mịn", measure: "Số đo", n: "số phản ánh", rate: "trên 1.000 dân", rate_smoothed: "trên 1.000 dân, đã làm trơn", rate_smoothed_local: "trên 1.000 dân, làm trơn theo láng giềng", per_km2: "trên km²" },
  en: { counts: "Maps of counts", statistics: "Maps of statistics", single: "Map of single ones", areas: "Areas", density: "Smooth", hotspots: "Hot spots", trends: "Trends", outliers: "Outliers", byZoom: "by zoom", cellSize: "Size of cells", bandwidth: "Smoothed over", measure: "Measure", n: "complaints", rate: "per 1,000 residents", rate_smoothed: "per 1,000 residents, smoothed", rate_smoothed_local: "per 1,000 residents, smoothed by neighbours", per_km2: "per km²" },
});
const GROUPS: ["counts" | "statistics" | "single", Layer[]][] = [["counts", ["cells", "areas", "density"]], ["statistics", ["hotspots", "trends", "outliers"]], ["single", ["complaints"]]];
/** Mean area of a hexagon, km² (H3, "Tables of cell statistics"). */
const AREAS_KM2: Record<string, number> = { "6": 36, "7": 5.2, "8": 0.74, "9": 0.11, "10": 0.015 };

/** A short name: seven have to fit on a phone. */
export const layerName = (layer: Layer): string => (layer === "cells" || layer === "complaints" ? t(layer) : w(layer));
/** What areas can be coloured by; rates only where anyone's number is known. */
export function measures(set: string): [Measure, string][] {
  const all: Measure[] = populated(set) === false ? ["n", "per_km2"] : ["n", "rate", "rate_smoothed", "rate_smoothed_local", "per_km2"];
  return all.map((one) => [one, w(one)]);
}

/** The layers in three groups, and what the chosen one can be asked. */
export function layerControls(): HTMLElement[] {
  const groups = GROUPS.map(([group, layers]) => chips(w(group), layers.map((layer) => [layer, layerName(layer)]), state.layer, (value) => change({ layer: value as Layer })));
  const more: HTMLElement[] = [];
  if (state.layer === "cells") more.push(choice("resolution", w("cellSize"), [["", w("byZoom")], ...RESOLUTIONS.map((r): [string, string] => [r, `≈ ${fine(AREAS_KM2[r] ?? 0)} km² (H3 ${r})`])], state.resolution, (value) => change({ resolution: value })));
  if (state.layer === "areas") more.push(choice("measure", w("measure"), measures(state.set), state.measure, (value) => change({ measure: value as Measure })));
  if (state.layer === "areas" && populated(state.set) === false) more.push(h("p", { class: "note" }, t("noPopulation")));
  if (state.layer === "density") more.push(choice("bandwidth", w("bandwidth"), BANDWIDTHS.map((m) => [m, `${number(Number(m))} m`]), state.bandwidth, (value) => change({ bandwidth: value })));
  if (STUDIED.includes(state.layer)) more.push(choice("size", t("cellSize"), SIZES.map(([size, km2]) => [size, `≈ ${number(km2)} km²`]), state.size, (value) => change({ size: value })));
  if (state.layer === "trends") more.push(choice("step", t("step"), STEPS.map((step) => [step, t(step === "month" ? "oneMonth" : step)]), state.step, (value) => change({ step: value })));
  return [...groups, ...more];
}
