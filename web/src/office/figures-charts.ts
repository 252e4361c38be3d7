/** Charts of the figures: a funnel of shares, and times by period with their intervals. */
import { fitted, s, ticks } from "../charts";
import { h } from "../dom";
import { number } from "../i18n";
import { between, long, nameOf, percent, w, type By, type Clock, type Funnel, type Row } from "./figures-words";

const HEIGHT = 240, LEFT = 52, RIGHT = 12, TOP = 14, BOTTOM = 36;

/** The share closed in time by how many it is of; dots beyond the limits are named below. */
export function funnelChart(rows: Row[], funnel: Funnel, by: By): HTMLElement {
  const dots = rows.filter((row) => row.in_time.n > 0).map((row) => ({ row, share: (row.n["kept"] ?? 0) / row.in_time.n }));
  const out = dots.filter(({ row }) => row.beyond);
  const label = ({ row, share }: (typeof dots)[number]): string => `${nameOf(row, by)}: ${percent(share)} (${number(row.in_time.n)})${row.beyond ? `; ${w(row.beyond > 0 ? "high" : "low")}` : ""}`;
  const draw = (width: number): Element => {
    const most = Math.max(...funnel.n), root = Math.sqrt(most);
    const x = (n: number): number => LEFT + ((width - LEFT - RIGHT) * Math.sqrt(n)) / root, y = (share: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - share);
    const line = (side: "lower" | "upper", level: 0 | 1): Node => s("path", { class: `limit l${level}`, d: funnel.n.map((n, i) => `${i ? "L" : "M"}${x(n).toFixed(1)},${y(funnel[side][i]?.[level] ?? 0).toFixed(1)}`).join("") });
    const marks = [...new Set([0.05, 0.25, 0.5, 1].map((part) => Math.max(1, Math.round(most * part))))];
    return s("svg", { width, height: HEIGHT, role: "img", "aria-label": `${w("funnel")} ${out.map(label).join("; ") || w("noneBeyond")}` },
      ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(share), y2: y(share) }), s("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share))]),
      ...marks.map((n) => s("text", { x: x(n), y: HEIGHT - 18, "text-anchor": "middle" }, number(n))),
      s("text", { x: width - RIGHT, y: HEIGHT - 4, "text-anchor": "end", class: "unit" }, w("funnelX")),
      s("line", { class: "overall", x1: LEFT, x2: width - RIGHT, y1: y(funnel.overall), y2: y(funnel.overall) }),
      line("lower", 0), line("upper", 0), line("lower", 1), line("upper", 1),
      ...dots.map((dot) => s("circle", { class: dot.row.beyond ? "dot out" : "dot", cx: x(dot.row.in_time.n), cy: y(dot.share), r: dot.row.beyond ? 5 : 3.5 }, s("title", {}, label(dot)))));
  };
  return h("section", { class: "figures-chart" }, h("h2", {}, w("funnel")), fitted(draw), h("p", { class: "hint" }, w("funnelSays")),
    out.length ? h("div", {}, h("p", {}, w("beyond")), h("ul", {}, ...out.map((dot) => h("li", {}, label(dot))))) : h("p", {}, w("noneBeyond")));
}

/** The median time to closing of each period, with its interval. */
export function timesChart(rows: Row[], clock: Clock): HTMLElement {
  const points = rows.map((row) => row.closing[clock]);
  const top = Math.max(1, ...points.flatMap(({ median: { value, high } }) => [value ?? 0, high ?? 0]));
  const label = (i: number): string => {
    const row = rows[i], own = points[i];
    if (!row || !own) return "";
    const value = own.median.value === null ? w(own.few ? "few" : "unknown") : long(own.median.value, clock);
    return `${row.key}: ${value}; ${w("interval")} ${between(own.median, (one) => long(one, clock)) || w("unknown")}`;
  };
  const draw = (width: number): Element => {
    const marks = ticks(top, 4), most = marks.at(-1) ?? 1, band = (width - LEFT - RIGHT) / Math.max(1, rows.length);
    const x = (i: number): number => LEFT + band * (i + 0.5), y = (value: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.min(value, most) / most);
    const every = Math.ceil(rows.length / Math.max(1, Math.floor((width - LEFT) / 84)));
    return s("svg", { width, height: HEIGHT, role: "img", "aria-label": `${w("times")}. ${rows.map((_, i) => label(i)).join(". ")}` },
      s("text", { x: 2, y: 11, class: "unit" }, w("hours")),
      ...marks.flatMap((mark) => [s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(mark), y2: y(mark) }), s("text", { x: LEFT - 6, y: y(mark) + 4, "text-anchor": "end" }, number(mark))]),
      ...rows.flatMap((row, i) => (i % every ? [] : [s("text", { x: x(i), y: HEIGHT - 14, "text-anchor": "middle" }, String(row.key))])),
      ...points.flatMap(({ median }, i) => [
        // An end that is not known yet reaches beyond the chart.
        ...(median.low === null && median.high === null ? [] : [s("line", { class: "whisker", x1: x(i), x2: x(i), y1: y(median.low ?? 0), y2: y(median.high ?? most) })]),
        ...(median.value === null ? [] : [s("circle", { class: "dot", cx: x(i), cy: y(median.value), r: 4.5 }, s("title", {}, label(i)))])]));
  };
  return h("section", { class: "figures-chart" }, h("h2", {}, w("times")), fitted(draw));
}
