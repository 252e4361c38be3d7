import "./analysis.css";
import "./satisfaction.css";
import { ask, type Domain } from "./api";
import { s } from "./charts";
import { h, openDialog } from "./dom";
import { choice } from "./fields";
import { current, named, number, phrases, t } from "./i18n";
import { alertOf } from "./problems";
import { filter, state } from "./state";

interface Tally { answered: number; rated: number; satisfied: number; accepted: number; dissatisfied: number; reopened: number; share: number | null; low: number | null; high: number | null; few: boolean }
interface Row extends Tally { key: string; name?: string; name_en?: string; kind?: string | null }
interface Figures extends Tally { rows: Row[] }
const BYS = ["area", "domain", "category", "month"] as const;
type By = (typeof BYS)[number];
const VERDICTS = ["satisfied", "accepted", "dissatisfied"] as const;

const w = phrases({
  vi: {
    title: "Người dân đánh giá kết quả", of: "hài lòng hoặc chấp nhận", judgements: "lượt đánh giá", answered: "phản ánh đã có kết quả", reopened: "được mở lại vì chưa hài lòng", interval: "khoảng tin cậy 95%",
    satisfied: "Hài lòng", accepted: "Chấp nhận", dissatisfied: "Chưa hài lòng", none: "Chưa có ai đánh giá kết quả của các phản ánh này.", few: "Dưới 20 lượt đánh giá: chưa đủ để so sánh.", by: "Chia theo", area: "phường, xã", domain: "lĩnh vực", category: "loại", month: "tháng gửi",
    name: "Tên", closed: "Có kết quả", rated: "Đánh giá", share: "Hài lòng hoặc chấp nhận", back: "Mở lại", tooFew: "quá ít", says: "Mỗi người đánh giá mỗi kết quả một lần. Vạch ngang: khoảng tin cậy 95%; vạch đứng: mức chung; ○: dưới 20 lượt.", table: "Đánh giá theo từng nhóm",
  },
  en: {
    title: "How the answers are judged", of: "satisfied or accepting", judgements: "judgements", answered: "complaints answered", reopened: "reopened by who was not satisfied", interval: "95% interval",
    satisfied: "Satisfied", accepted: "Accept it", dissatisfied: "Not satisfied", none: "Nobody has judged an answer to these complaints yet.", few: "Fewer than 20 judgements: too few to compare.", by: "Divided by", area: "ward", domain: "domain", category: "category", month: "month of the report",
    name: "Name", closed: "Answered", rated: "Judged", share: "Satisfied or accepting", back: "Reopened", tooFew: "too few", says: "Each person judges each answer once. The bar is the 95% interval, the upright line the whole; ○: fewer than 20.", table: "Judgements by group",
  },
});
const WIDTH = 132, HEIGHT = 24, EDGE = 7;
const percent = (share: number): string => `${number(Math.round(share * 100))}%`;
const between = (of: Tally): string => `${number(Math.round((of.low ?? 0) * 100))}–${percent(of.high ?? 1)}`;

/** The whole in one sentence and one bar; the numbers of its parts are beside it in words. */
function summary(of: Tally): HTMLElement[] {
  const counts = `${number(of.answered)} ${w("answered")} · ${number(of.reopened)} ${w("reopened")}`;
  if (of.share === null) return [h("p", { class: "judged" }, w("none")), h("p", { class: "source" }, counts)];
  return [
    h("div", { class: "judged" }, h("p", {}, h("strong", { id: "satisfied-share" }, percent(of.share)), `${w("of")} (${w("interval")} ${between(of)}) · ${number(of.rated)} ${w("judgements")}`), h("p", { class: "source" }, counts)),
    h("div", { class: "parts", "aria-hidden": "true" }, ...VERDICTS.filter((one) => of[one]).map((one) => { const part = h("i", { class: one }); part.style.flex = `${of[one]} 0 0`; return part; })),
    h("ul", { class: "key" }, ...VERDICTS.map((one) => h("li", {}, h("i", { class: one }), `${w(one)}: ${number(of[one])}`))),
    ...(of.few ? [h("p", { class: "note" }, w("few"))] : [])];
}
/** A share with its interval from 0 to 100 %, and the whole's share as an upright line. */
function mark(row: Row, whole: number | null): SVGSVGElement {
  const x = (share: number): number => EDGE + (WIDTH - 2 * EDGE) * share;
  return s("svg", { width: WIDTH, height: HEIGHT, "aria-hidden": "true", class: row.few ? "interval few" : "interval" },
    ...(whole === null ? [] : [s("line", { class: "one", x1: x(whole), x2: x(whole), y1: 0, y2: HEIGHT })]),
    ...(row.share === null ? [] : [s("line", { class: "range", x1: x(row.low ?? 0), x2: x(row.high ?? 1), y1: HEIGHT / 2, y2: HEIGHT / 2 }), s("circle", { cx: x(row.share), cy: HEIGHT / 2, r: 5 })]));
}
const share = (row: Row): string => (row.share === null ? "–" : `${percent(row.share)} (${between(row)})`);

function table(found: Figures, by: By, names: Map<string, string>): HTMLElement {
  const name = (row: Row): string => (row.name === undefined ? names.get(row.key) ?? row.key : current() === "vi" ? `${row.kind ?? ""} ${row.name}`.trim() : row.name_en ?? row.name);
  const told = found.rows.filter((row) => row.answered || row.rated);
  // Where there are few a share says little: those come last, whatever it is.
  const rows = by === "month" ? [...told].reverse() : [...told].sort((a, b) => Number(a.few) - Number(b.few) || (a.share ?? 2) - (b.share ?? 2) || b.answered - a.answered);
  if (!rows.length) return h("p", {}, t("none"));
  const head = h("tr", {}, ...([["name", ""], ["closed", "extra"], ["rated", ""], ["back", "extra"], ["share", ""]] as const).map(([key, kind]) => h("th", { scope: "col", class: kind }, w(key))));
  const body = rows.map((row) => h("tr", {}, h("th", { scope: "row" }, name(row)), h("td", { class: "extra" }, number(row.answered)), h("td", {}, number(row.rated)), h("td", { class: "extra" }, number(row.reopened)),
    h("td", {}, share(row), ...(row.few && row.rated ? [h("small", {}, w("tooFew"))] : []), mark(row, found.share))));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": w("table") }, h("table", { class: "judgements" }, h("thead", {}, head), h("tbody", {}, ...body)));
}
/** The words for the keys of domains and categories. */
async function namesOf(by: By): Promise<Map<string, string>> {
  if (by !== "domain" && by !== "category") return new Map();
  const { domains } = await ask<{ domains: Domain[] }>("/api/v1/domains");
  const kinds = by === "domain" ? domains : domains.flatMap((one) => one.categories);
  return new Map(kinds.map((one) => [one.code, named(one.name)]));
}

/** How those who asked judge the answers of what is shown. */
export function openSatisfaction(): void {
  let by: By = "area", reading = new AbortController();
  const whole = h("div", { role: "status", id: "satisfaction" }, t("loading")), parts = h("div");
  const read = async (): Promise<void> => {
    reading.abort();
    const { signal } = (reading = new AbortController()), chosen = by, asked = filter();
    asked.set("by", chosen);
    if (chosen === "area") asked.set("set", state.set);
    try {
      const [found, names] = await Promise.all([ask<Figures>(`/api/v1/satisfaction?${asked}`, { signal }), namesOf(chosen)]);
      if (signal.aborted) return;
      whole.replaceChildren(...summary(found));
      parts.replaceChildren(table(found, chosen, names));
    } catch (problem) { if (!signal.aborted) { whole.replaceChildren(alertOf(problem, () => void read())); parts.replaceChildren(); } }
  };
  const select = choice("satisfaction-by", w("by"), BYS.map((one): [string, string] => [one, w(one)]), by, (value) => { by = value as By; void read(); });
  openDialog(w("title"), t("close"), whole, select, parts, h("p", { class: "source" }, w("says")))
    .addEventListener("close", () => reading.abort(), { once: true });
  void read();
}
