import "./analysis.css";
import { ask } from "./api";
import { deeper, h, openDialog } from "./dom";
import { current, fine, instant, named, number, phrases, t, type Names } from "./i18n";
import { s } from "./charts";
import { methodLink } from "./methods";
import { alertOf } from "./problems";
import { filter, state } from "./state";

interface Row { name: string; name_en: string; incidents: number; duplicates: number; index: number | null; low: number | null; high: number | null; few: boolean }
interface Reporting { since?: string; until?: string; rows?: Row[]; areas?: Row[]; caution: Names | null }
const w = phrases({
  vi: { line: "Đây là số phản ánh, không phải số sự việc: nơi người dân báo nhiều trông tệ hơn.", open: "Ai báo nhiều?", hardly: "Mới đủ số để so sánh ở # nơi: chưa nói được nơi nào báo nhiều hơn.", over: "Các sự việc từ", to: "đến", title: "Mức báo của từng nơi", name: "Tên", incidents: "Sự việc", duplicates: "Báo trùng", index: "Chỉ số báo", says: "Chỉ số 1: báo trùng nhiều như mức chung của thành phố; 2: gấp đôi. Vạch ngang là khoảng tin cậy 95%, vạch đứng là mức chung. ○: quá ít để so sánh.", few: "quá ít để so sánh", none: "Chưa đủ báo trùng để ước lượng." },
  en: { line: "These are complaints, not incidents: where people report more, a place looks worse.", open: "Who reports?", hardly: "Only # of these places have enough to compare: too few to say where people report more.", over: "Incidents from", to: "to", title: "Reporting by area", name: "Name", incidents: "Incidents", duplicates: "Duplicates", index: "Index of reporting", says: "Index 1: as many duplicates as in the whole city; 2: twice as many. The bar is the 95% interval, the upright line the whole city. ○: too few to compare.", few: "too few to compare", none: "There are too few duplicates to tell." },
});
/** Of fewer places nothing is said of who reports more. */
const COMPARED = 5;
type Column = "name" | "incidents" | "duplicates" | "index";
const WIDTH = matchMedia("(max-width: 760px)").matches ? 120 : 180, HEIGHT = 26, EDGE = 8;

/** A caution beside raw counts, with a way to how much each area reports. */
export const reportingLine = (): HTMLElement => h("p", { class: "caution" }, `${w("line")} `, h("button", { type: "button", class: "link", click: () => void openReporting() }, w("open")));

/** A dot with its interval on a logarithmic scale: half and twice as much are as far from 1. */
function interval(row: Row, low: number, high: number): SVGSVGElement {
  const x = (value: number): number => EDGE + ((WIDTH - 2 * EDGE) * (Math.log(Math.min(Math.max(value, low), high)) - Math.log(low))) / (Math.log(high) - Math.log(low));
  const text = row.index === null ? w("few") : `${fine(row.index)} (${fine(row.low ?? 0)}–${row.high === null ? "∞" : fine(row.high)})`;
  return s("svg", { width: WIDTH, height: HEIGHT, role: "img", "aria-label": text, class: row.few ? "interval few" : "interval" },
    s("line", { class: "one", x1: x(1), x2: x(1), y1: 0, y2: HEIGHT }),
    ...(row.index === null ? [] : [s("line", { class: "range", x1: x(row.low ?? low), x2: x(row.high ?? high), y1: HEIGHT / 2, y2: HEIGHT / 2 }), s("circle", { cx: x(row.index), cy: HEIGHT / 2, r: 5 })]));
}
function axis(low: number, high: number): HTMLElement {
  const x = (value: number): number => EDGE + ((WIDTH - 2 * EDGE) * (Math.log(value) - Math.log(low))) / (Math.log(high) - Math.log(low));
  const marks = [0.1, 0.25, 0.5, 1, 2, 4, 10].filter((one) => one >= low && one <= high);
  return s("svg", { width: WIDTH, height: 18, "aria-hidden": "true", class: "interval" }, ...marks.map((one) => s("text", { x: x(one), y: 13, "text-anchor": "middle" }, fine(one)))) as unknown as HTMLElement;
}

/** How much each area reports, as a table that sorts with dots and intervals. */
export async function openReporting(): Promise<void> {
  deeper(t("back"));
  const place = h("div", {}, h("p", { role: "status" }, t("loading")));
  openDialog(w("title"), t("close"), h("p", { class: "source" }, w("says")), methodLink("reporting"), place);
  const asked = filter(["status"]);
  asked.set("set", state.set);
  const reading = async (): Promise<void> => {
    try {
      const found = await ask<Reporting>(`/api/v1/reporting?${asked}`);
      draw(found);
    } catch (problem) { place.replaceChildren(alertOf(problem, () => void reading())); }
  };
  let opened = false, order: { by: Column; down: boolean } = { by: "index", down: true };
  const name = (row: Row): string => (current() === "vi" ? row.name : row.name_en);
  function draw(found: Reporting): void {
    const all = found.rows ?? found.areas ?? [];
    const told = all.filter((row) => row.index !== null), few = all.filter((row) => row.index === null || row.few);
    if (!told.length) { place.replaceChildren(h("p", {}, w("none"))); return; }
    const low = Math.max(0.1, Math.min(0.5, ...told.map((row) => row.low || 0.1))), high = Math.min(10, Math.max(2, ...told.map((row) => row.high ?? 10)));
    const sign = order.down ? -1 : 1;
    // What is too few to compare stands apart, so that nobody ranks it.
    const sorted = [...all].sort((a, b) => (order.by === "name" ? sign * name(a).localeCompare(name(b), current()) : order.by === "index" ? Number(a.index === null) - Number(b.index === null) || Number(a.few) - Number(b.few) || sign * ((a.index ?? 0) - (b.index ?? 0)) : sign * (a[order.by] - b[order.by])));
    const head = (): HTMLElement[] => (["name", "index", "incidents", "duplicates"] as const).flatMap((by) => [
      h("th", { scope: "col", "aria-sort": order.by === by ? (order.down ? "descending" : "ascending") : "none" }, h("button", { type: "button", "data-by": by, click: () => { order = { by, down: order.by === by ? !order.down : by !== "name" }; draw(found); place.querySelector<HTMLElement>(`[data-by="${by}"]`)?.focus(); } }, `${w(by)}${order.by === by ? (order.down ? " ↓" : " ↑") : ""}`)),
      ...(by === "index" ? [h("th", { scope: "col" }, axis(low, high))] : [])]);
    const line = (row: Row): HTMLElement => h("tr", {}, h("th", { scope: "row" }, name(row)), h("td", {}, row.index === null ? "–" : fine(row.index), row.few ? h("abbr", { title: w("few") }, " ○") : ""), h("td", {}, interval(row, low, high) as unknown as HTMLElement), h("td", {}, number(row.incidents)), h("td", {}, number(row.duplicates)));
    const ranked = (row: Row): boolean => !few.includes(row);
    const rows = (kept: (row: Row) => boolean): HTMLElement => h("table", { class: "reporting" }, h("thead", {}, h("tr", {}, ...(kept === ranked ? head() : ["name", "index", "", "incidents", "duplicates"].map((one) => h("th", { scope: "col" }, one ? w(one as Column) : ""))))), h("tbody", {}, ...sorted.filter(kept).map(line)));
    const compared = all.length - few.length;
    place.replaceChildren(
      ...(found.since && found.until ? [h("p", { class: "source", id: "reporting-time" }, `${w("over")} ${instant(found.since)} ${w("to")} ${instant(found.until)}.`)] : []),
      ...(compared && compared < COMPARED && compared < few.length ? [h("p", { class: "note" }, w("hardly").replace("#", number(compared)))] : []),
      ...(found.caution ? [h("p", { class: "note" }, named(found.caution))] : []),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": w("title") }, few.length < all.length ? rows(ranked) : h("p", {}, w("none")),
        ...(few.length ? [h("details", { open: opened, toggle: (event) => { opened = (event.target as HTMLDetailsElement).open; } }, h("summary", {}, `${w("few")}: ${number(few.length)}`), rows((row) => few.includes(row)))] : [])));
  }
  await reading();
}
