import "./workbench.css";
import type { Domain } from "./api";
import { byId, h } from "./dom";
import { embedded } from "./embed";
import { choice } from "./fields";
import type { Shown } from "./figures";
import { caution, classLines, HOT, largerCells, PATTERNS } from "./hotspots";
import { day, fine, named, number, phrases, t } from "./i18n";
import { METHOD_OF, methodLink } from "./methods";
import { outlierCaution, outlierLines } from "./outliers";
import { coloursOf, RAMP } from "./ramp";
import { reportingLine } from "./reporting";
import { change, state, STUDIED, type State } from "./state";

const w = phrases({
  vi: { density: "mật độ: phản ánh trên km²", outliers: "ô ngoại lệ", rate: "trên 1.000 dân", rate_smoothed: "trên 1.000 dân, đã làm trơn", rate_smoothed_local: "trên 1.000 dân, làm trơn theo láng giềng", per_km2: "trên km²", few: "gạch chéo: dưới 20 phản ánh hoặc không rõ số dân, chưa chắc chắn", coarser: "Ô cỡ này cần phóng to hơn; đang vẽ ô cỡ", frames: "Chia lớp theo kỳ nhiều phản ánh nhất, giữ nguyên khi chạy.", shared: "Hai bản đồ dùng chung các lớp này.", atMost: "cao nhất", ownLegend: "Bản đồ", sample: "Dữ liệu mẫu" },
  en: { density: "density: complaints per km²", outliers: "outliers", rate: "per 1,000 residents", rate_smoothed: "per 1,000 residents, smoothed", rate_smoothed_local: "per 1,000 residents, smoothed by neighbours", per_km2: "per km²", few: "hatched: fewer than 20 complaints or residents not known, not certain", coarser: "Cells of this size need a closer view; drawn are cells of size", frames: "Classes are of the busiest period and hold still while it plays.", shared: "Both maps share these classes.", atMost: "at most", ownLegend: "Map", sample: "Sample data" },
});

function line(colour: string, text: string): HTMLElement {
  const box = h("i");
  box.style.background = colour;
  return h("li", {}, box, text);
}
/** Classes as numbers: whole ones as from–to, measures as from and below the next. */
function classed({ classes, of }: Shown): HTMLElement[] {
  if (!classes || classes.min === null || classes.max === null) return [];
  const bounds = [classes.min, ...classes.breaks], colours = coloursOf(classes.breaks);
  const whole = of.layer === "cells" || of.measure === "n";
  return bounds.map((low, i) => {
    const next = bounds[i + 1];
    if (!whole) return line(colours[i] ?? "", next === undefined ? `${fine(low)}–${fine(classes.max as number)}` : `${fine(low)} – < ${fine(next)}`);
    const high = next === undefined ? Math.max(classes.max as number, low) : next - 1;
    return line(colours[i] ?? "", `${number(low)}${high > low ? `–${number(high)}` : ""}`);
  });
}
function lines(one: Shown, domains: Domain[]): HTMLElement[] {
  if (one.of.layer === "complaints") return [...domains.map((each) => line(each.colour, named(each.name))), line("#7c3aed", t("many"))];
  if (one.hot) return classLines(one.hot.classes, HOT, one.hot.few);
  if (one.trends) return classLines(one.trends.classes, PATTERNS, one.trends.few);
  if (one.outliers) return outlierLines(one.outliers);
  if (one.density) {
    const { breaks, max } = one.density;
    return breaks.map((low, i) => line(RAMP[i + 1] ?? "", i + 1 < breaks.length ? fine(low) : `${fine(low)} (${w("atMost")} ${fine(max)})`));
  }
  const few = one.of.layer === "areas" && one.of.measure.startsWith("rate") ? [h("li", {}, h("i", { class: "hatch" }), w("few"))] : [];
  return [...classed(one), ...few];
}
export function titleOf(of: State): string {
  if (of.layer === "cells") return t("perCell");
  if (of.layer === "areas") return of.measure === "n" ? t("perArea") : w(of.measure);
  return of.layer === "density" || of.layer === "outliers" ? w(of.layer) : STUDIED.includes(of.layer) ? t(of.layer as "hotspots") : t("legend");
}
/** What the numbers do not say. */
function words(one: Shown): string {
  if (one.hot) return caution(one.hot);
  if (one.outliers) return outlierCaution(one.outliers);
  if (one.trends) return `${one.trends.periods.length} ${t("periods")}: ${day(one.trends.periods[0] ?? "")} – ${day(one.trends.last_day)}, ${number(one.trends.total)} ${t("total")}. ${caution(one.trends)}`;
  return [one.of.frame && one.classes ? w("frames") : "", one.of.layer === "cells" && one.of.resolution && one.resolution < Number(one.of.resolution) ? `${w("coarser")} ${one.resolution}.` : ""].filter(Boolean).join(" ");
}
const button = (id: string, text: string, click: () => void): HTMLElement => h("button", { type: "button", id, click }, text);
function part(one: Shown, at: string, domains: Domain[], spots: (hot: NonNullable<Shown["hot"]>) => void, groups: () => void): Node[] {
  const said = words(one), method = one.of.layer === "areas" && one.of.measure.startsWith("rate") ? "rates" : METHOD_OF[one.of.layer];
  return [h("ul", {}, ...lines(one, domains)), ...(said ? [h("p", { class: "source" }, said)] : []), ...(method && !embedded ? [methodLink(method)] : []), ...(one.hot ?? one.trends ? largerCells((one.hot ?? one.trends) as NonNullable<Shown["hot"] | Shown["trends"]>, `legend-larger${at}`) : []),
    ...(one.hot ? [button(`show-spots${at}`, `${t("spotList")} (${number(one.hot.spots.length)})`, () => spots(one.hot as NonNullable<Shown["hot"]>)), button(`show-groups${at}`, t("groups"), groups)] : [])];
}

/** The total of what is shown, also in the panel. */
export function drawTotal(shown: Shown[]): string {
  const [one] = shown;
  const text = shown.length > 1 ? `${shown.map(({ total }, i) => `${"AB"[i]}: ${number(total)}`).join(" · ")} ${t("total")}` : one?.total ? `${number(one.total)} ${t("total")}` : t("none");
  for (const place of [document.getElementById("total"), document.querySelector("#legend b")]) if (place) place.textContent = text;
  return text;
}
/** Classes as numbers, with the total; on a phone a line that opens. Two maps have one legend, in two parts where they differ. */
export function drawLegend(shown: Shown[], shared: boolean, domains: Domain[], sample: boolean, notes: string, wasOpen: boolean, spots: (hot: NonNullable<Shown["hot"]>) => void, groups: () => void): void {
  const [one] = shown;
  if (!one) return;
  const text = drawTotal(shown), parts = shared ? [one] : shown;
  const some = parts.some((each) => lines(each, domains).length > 0);
  const focused = document.activeElement?.id;
  const box = h("details", { open: wasOpen && some }, h("summary", {}, h("b", {}, text), ` · ${parts.length > 1 ? t("legend") : titleOf(one.of)}`, sample ? h("small", { id: "sample" }, w("sample")) : null));
  for (const [i, each] of parts.entries()) {
    if (parts.length > 1) box.append(h("h3", {}, `${w("ownLegend")} ${"AB"[i]}: ${titleOf(each.of)}`));
    box.append(...part(each, i ? "-b" : "", domains, spots, groups));
  }
  if (shared && shown.length > 1) box.append(h("p", { class: "source" }, w("shared")));
  if (one.of.layer !== "complaints" && !embedded) box.append(reportingLine());
  if (notes) box.append(h("p", { class: "note" }, notes));
  if (shown.some(({ classes }) => classes)) box.append(choice("method", t("classes"), [["quantile", t("quantile")], ["natural", t("natural")]], state.method, (value) => change({ method: value as "quantile" | "natural" })));
  byId("legend").setAttribute("aria-label", t("legend"));
  byId("legend").replaceChildren(box);
  if (focused === "method") document.getElementById(focused)?.focus();
}
