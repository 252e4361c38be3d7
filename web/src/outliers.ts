import type { Map as MapView } from "maplibre-gl";
import { h } from "./dom";
import { number, phrases } from "./i18n";

/** `GET /api/v1/outliers?format=summary`: local Moran's I of the cells. */
export interface Outliers { classes: Record<string, number>; total: number; places: number; few: boolean }

const w = phrases({
  vi: { "high-high": "cao giữa nơi cao", "low-low": "thấp giữa nơi thấp", "high-low": "cao giữa nơi thấp", "low-high": "thấp giữa nơi cao", none: "không khác ngẫu nhiên", cells: "ô", says: "So mỗi ô với các ô bên cạnh (Moran cục bộ): đâu là cụm, đâu là ô khác hẳn xung quanh.", few: "Quá ít phản ánh để kết luận chắc chắn.", here: "Ô này so với các ô bên cạnh" },
  en: { "high-high": "high among high", "low-low": "low among low", "high-low": "high among low", "low-high": "low among high", none: "no different from chance", cells: "cells", says: "Each cell beside those around it (local Moran): where groups are, and which cells stand out from their surroundings.", few: "Too few complaints to be sure.", here: "This cell beside those around it" },
});
type Code = "high-high" | "low-low" | "high-low" | "low-high" | "none";
// ColorBrewer RdBu for groups, PuOr's ends for outliers; full, dashed and dotted outlines say the same in print.
export const OUTLIERS: Record<Code, { colour: string; line: string; dash: number[] | null }> = {
  "high-high": { colour: "#b2182b", line: "solid", dash: null }, "high-low": { colour: "#e08214", line: "dashed", dash: [3, 1.5] },
  "low-high": { colour: "#8073ac", line: "dotted", dash: [1, 1.2] }, "low-low": { colour: "#2166ac", line: "solid", dash: null },
  none: { colour: "transparent", line: "solid", dash: null },
};
const CODES = Object.keys(OUTLIERS) as Code[];
/** Names of the map's layers that show outliers. */
export const OUTLINED = ["outliers", ...CODES.filter((code) => code !== "none").map((code) => `outliers-${code}`)];

export function addOutliers(map: MapView, ink: string): void {
  const colours = CODES.filter((code) => code !== "none").flatMap((code) => [code, OUTLIERS[code].colour]);
  map.addLayer({ id: "outliers", type: "fill", source: "outliers", "source-layer": "outliers", layout: { visibility: "none" }, paint: { "fill-color": ["match", ["get", "class"], ...colours, "rgba(0,0,0,0)"] as never, "fill-opacity": 0.8, "fill-outline-color": "rgba(71,85,105,0.35)" } });
  for (const code of CODES) {
    if (code === "none") continue;
    const { dash } = OUTLIERS[code];
    map.addLayer({ id: `outliers-${code}`, type: "line", source: "outliers", "source-layer": "outliers", filter: ["==", ["get", "class"], code], layout: { visibility: "none" }, paint: { "line-color": ink, "line-width": code === "low-low" ? 0.8 : 1.8, ...(dash ? { "line-dasharray": dash } : {}) } });
  }
}
export const outlierName = (code: string): string => (code in OUTLIERS ? w(code as Code) : code);
/** What a cell's class and z say, in words. */
export const outlierStory = (code: string, z: number): string => `${w("here")}: ${outlierName(code)} (z = ${number(z)})`;
export const outlierCaution = (found: Outliers): string => `${w("says")}${found.few ? ` ${w("few")}` : ""}`;
/** Lines of the legend, with the number of cells of each class. */
export function outlierLines(found: Outliers): HTMLElement[] {
  return CODES.filter((code) => found.classes[code]).map((code) => {
    const box = h("i");
    box.style.background = OUTLIERS[code].colour;
    if (code !== "none") box.style.border = `${code === "low-low" ? 1 : 2}px ${OUTLIERS[code].line} currentColor`;
    return h("li", {}, box, `${w(code)}: ${number(found.classes[code] ?? 0)} ${w("cells")}`);
  });
}
