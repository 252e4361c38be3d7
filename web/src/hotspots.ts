import type { Hotspots, Spot, Trends } from "./api";
import { get } from "./api";
import { h, moment, openDialog } from "./dom";
import { openFollow } from "./follow";
import { current, number, phrases, t } from "./i18n";
import { methodLink } from "./methods";
import { change, filter, SIZES, state } from "./state";

type Key = Parameters<typeof t>[0];
/** A colour, and a sign that says the same without colours. */
interface Class { colour: string; name: Key; sign: string }
// ColorBrewer RdBu: safe for the colour-blind; the map's outlines say the same for a print.
export const HOT: Record<string, Class> = {
  hot99: { colour: "#b2182b", name: "hot99", sign: "" }, hot95: { colour: "#ef8a62", name: "hot95", sign: "" }, hot90: { colour: "#fddbc7", name: "hot90", sign: "" },
  none: { colour: "transparent", name: "notSignificant", sign: "" },
  cold90: { colour: "#d1e5f0", name: "cold90", sign: "" }, cold95: { colour: "#67a9cf", name: "cold95", sign: "" }, cold99: { colour: "#2166ac", name: "cold99", sign: "" },
};
// ColorBrewer Reds and Blues; the strongest for what asks for action first.
export const PATTERNS: Record<string, Class> = {
  intensifying_hot: { colour: "#99000d", name: "intensifyingHot", sign: "▲" }, new_hot: { colour: "#cb181d", name: "newHot", sign: "✱" }, consecutive_hot: { colour: "#ef3b2c", name: "consecutiveHot", sign: "●" }, persistent_hot: { colour: "#fb6a4a", name: "persistentHot", sign: "■" },
  diminishing_hot: { colour: "#fc9272", name: "diminishingHot", sign: "▼" }, sporadic_hot: { colour: "#fcbba1", name: "sporadicHot", sign: "∼" }, oscillating_hot: { colour: "#fee0d2", name: "oscillatingHot", sign: "±" }, historical_hot: { colour: "#fff5f0", name: "historicalHot", sign: "○" },
  none: { colour: "transparent", name: "noPattern", sign: "" },
  intensifying_cold: { colour: "#084594", name: "intensifyingCold", sign: "▲" }, new_cold: { colour: "#2171b5", name: "newCold", sign: "✱" }, consecutive_cold: { colour: "#4292c6", name: "consecutiveCold", sign: "●" }, persistent_cold: { colour: "#6baed6", name: "persistentCold", sign: "■" },
  diminishing_cold: { colour: "#9ecae1", name: "diminishingCold", sign: "▼" }, sporadic_cold: { colour: "#c6dbef", name: "sporadicCold", sign: "∼" }, oscillating_cold: { colour: "#deebf7", name: "oscillatingCold", sign: "±" }, historical_cold: { colour: "#f7fbff", name: "historicalCold", sign: "○" },
};

export const className = (code: string): string => {
  const found = HOT[code] ?? PATTERNS[code];
  return found ? t(found.name) : code;
};

/** Lines of the legend: each class that is there, with the number of its cells. */
export function classLines(classes: Record<string, number>, of: Record<string, Class>, few = false): HTMLElement[] {
  return Object.entries(of).filter(([code]) => classes[code]).map(([code, { colour, name, sign }]) => {
    const box = h("i", { class: code.includes("hot") ? "hot" : code.includes("cold") ? "cold" : "" });
    box.style.background = colour;
    return h("li", {}, box, `${sign} ${few && code === "none" ? w("notTold") : t(name)}: ${number(classes[code] ?? 0)} ${t("cellsOf")}`.trim());
  });
}

/** Whether a statistic was asked at too few complaints, and what it does not say. */
export const caution = (found: Hotspots | Trends): string => `${t("rawCounts")}${found.few ? ` ${t("few")}` : ""}`;

export const spotName = (one: Spot): string => [one.street, (current() === "vi" ? one.areas : one.areas_en).join(", ")].filter(Boolean).join(" · ");

const w = phrases({
  vi: { times: "gấp # lần các tháng trước", notTold: "chưa đủ phản ánh để nói", cannotTell: "Chưa thể nói nơi nào nóng: quá ít phản ánh so với số ô. Hãy dùng ô lớn hơn, hoặc thời gian dài hơn.", larger: "Dùng ô lớn hơn", notNow: "tháng gần nhất không nóng", since: "nóng từ", z: "Độ mạnh là z lớn nhất của các ô: cách mức ngẫu nhiên bao nhiêu độ lệch chuẩn. Loại 99, 95, 90%: trong các ô được gọi là nóng ở mức ấy, dự kiến 1, 5, 10% là báo nhầm.", trend: "số phản ánh", follow: "Theo dõi" },
  en: { times: "# times the months before", notTold: "too few complaints to say", cannotTell: "Which places are hot cannot be told: there are too few complaints for so many cells. Use larger cells, or a longer time.", larger: "Use larger cells", notNow: "not hot in the last month", since: "hot since", z: "Strength is the largest z of the cells: how many standard deviations from what chance gives. Class 99, 95, 90%: of the cells called hot at it, 1, 5, 10% are expected to be false alarms.", trend: "number", follow: "Follow" },
});
/** What the server tells beyond the spot itself: since which month, and whether its number rises. */
function course(one: Spot): (Node | string)[] {
  const month = one.since_month?.slice(0, 7).split("-").reverse().map(Number).join("/");
  const z = one.trend_z ?? null;
  const way = one.trend === "up" || one.trend === "rising" ? "rising" : one.trend === "down" || one.trend === "falling" ? "falling" : one.trend ? "steady" : z === null ? null : Math.abs(z) < 1.96 ? "steady" : z > 0 ? "rising" : "falling";
  // A rise that the ranks of all months do not show yet is told by how many times as many come since.
  const jump = way === "rising" && (one.trend_p ?? 0) > 0.05 && one.since_ratio;
  return [...(!month && one.trend ? [h("span", {}, w("notNow"))] : []), ...(month ? [h("span", {}, `${w("since")} ${month}`)] : []), ...(way ? [h("span", { class: "trend-of" }, `${way === "rising" ? "▲" : way === "falling" ? "▼" : "■"} ${w("trend")} ${t(way)}${jump ? ` (${w("times").replace("#", number(one.since_ratio ?? 0))})` : z === null ? "" : ` (z = ${number(z)})`}`)] : [])];
}

/** Since when and which way: asked for when the list is looked at, because it takes a count of every month. */
async function addCourses(found: Hotspots, places: Map<number, HTMLElement>): Promise<void> {
  if (found.spots.some((one) => one.trend)) return;
  const now = moment();
  const told = await get<Hotspots>(`/api/v1/hotspots?format=spots&history=1&resolution=${state.size}&${filter()}`).catch(() => null);
  if (!told || now !== moment()) return;
  for (const one of told.spots) places.get(one.rank)?.append(...course(one));
}

/** Where there are too few complaints for so many cells: a button that takes larger ones, while there are any. */
export function largerCells(found: Hotspots | Trends, id: string, before: () => void = () => undefined): HTMLElement[] {
  const larger = SIZES[SIZES.findIndex(([size]) => size === state.size) - 1]?.[0];
  return found.few && larger ? [h("button", { type: "button", id, click: () => { before(); change({ size: larger }); } }, w("larger"))] : [];
}

/** The hot spots, the strongest first; each can be shown on the map, with its story, or followed. */
export function openSpots(found: Hotspots, go: (one: Spot) => void): void {
  if (!found.spots.length) {
    const none = openDialog(t("spotList"), t("close"), h("p", {}, found.few ? w("cannotTell") : t("noSpots")), ...largerCells(found, "larger-cells", () => none.close()));
    return;
  }
  const name = (one: Spot): string => spotName(one) || `${one.lat.toFixed(4)}, ${one.lon.toFixed(4)}`;
  const places = new Map<number, HTMLElement>();
  const columns = (one: Spot): HTMLElement => {
    const place = h("small", { class: "columns" }, h("span", {}, `${number(one.n)} ${t("total")}`), h("span", {}, `${number(one.area_km2)} km²`), h("span", {}, `${t("strength")} ${number(one.z)}`), ...course(one));
    places.set(one.rank, place);
    return place;
  };
  const entries = found.spots.map((one) => h("li", { class: "spot" }, h("button", { type: "button", class: "entry", click: () => { dialog.close(); go(one); } },
    h("span", { class: "what" }, `${one.rank}. ${name(one)}`), h("span", { class: "state" }, className(one.class)),
    columns(one)),
    h("button", { type: "button", class: "follow-spot", "aria-label": `${w("follow")}: ${name(one)}`, click: () => openFollow({ spot: one, place: name(one) }) }, w("follow"))));
  const dialog = openDialog(t("spotList"), t("close"), h("p", { class: "source" }, caution(found)), h("p", { class: "source" }, w("z")), methodLink("hot-spots"), h("ol", { class: "entries" }, ...entries));
  void addCourses(found, places);
}
