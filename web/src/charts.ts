import "./analysis.css";
import { h } from "./dom";
import { current, day, number, phrases } from "./i18n";

export type Step = "day" | "week" | "month";
/** Counts by period; `trend` and `adjusted` (the season taken out) have an entry for each period, or are not told. */
export interface Series { step: Step; periods: string[]; n: number[]; trend: (number | null)[] | null; adjusted: (number | null)[] | null; /** Whether all of a period lies in what is known. */ whole?: boolean[] }
export interface Span { since: string; until: string }

const w = phrases({
  vi: { day: "ngày", week: "tuần", month: "tháng", unit: "phản ánh mỗi", raw: "số phản ánh", adjusted: "đã bỏ ảnh hưởng mùa", trend: "xu hướng", figures: "Bảng các số này", period: "Kỳ", keys: "Mũi tên: từng kỳ. Shift và mũi tên, hoặc kéo trên biểu đồ: chọn một đoạn. Enter: xem riêng đoạn đó.", chart: "Phản ánh theo thời gian", weekOf: "tuần từ", chosen: "đang chọn", partial: "chưa trọn kỳ", rhythm: "Phản ánh theo giờ và ngày trong tuần", hour: "Giờ", to: "đến", reports: "phản ánh", rhythmKeys: "Mũi tên: từng ô." },
  en: { day: "day", week: "week", month: "month", unit: "complaints per", raw: "complaints", adjusted: "season taken out", trend: "trend", figures: "These figures as a table", period: "Period", keys: "Arrows: period by period. Shift and arrows, or a drag across the chart: choose a stretch. Enter: look at that stretch alone.", chart: "Complaints over time", weekOf: "week of", chosen: "chosen", partial: "not a whole period", rhythm: "Complaints by hour and weekday", hour: "Hour", to: "to", reports: "complaints", rhythmKeys: "Arrows: cell by cell." },
});
const WEEKDAYS = { vi: ["Th 2", "Th 3", "Th 4", "Th 5", "Th 6", "Th 7", "CN"], en: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] };

type Attributes = Record<string, string | number | ((event: never) => void)>;
/** An element of SVG; like `h`, text is always text. */
export function s<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: (Node | string)[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value as unknown as EventListener);
    else element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}
/** Round numbers from 0 to at least `top`, about `count` of them: steps of 1, 2 or 5 times a power of ten. */
export function ticks(top: number, count: number): number[] {
  const rough = Math.max(top, 1) / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10));
  return Array.from({ length: Math.ceil(Math.max(top, 1) / step) + 1 }, (_, i) => i * step);
}
/** Draws again when the room changes, so that letters keep their size. */
export function fitted(draw: (width: number) => Element): HTMLElement {
  const box = h("div", { class: "chart" });
  let drawn = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (!width || width === drawn) return;
    drawn = width;
    const kept = box.contains(document.activeElement) ? document.activeElement?.getAttribute("data-i") : null;
    box.replaceChildren(draw(width));
    if (kept) box.querySelector<SVGElement>(`[data-i="${kept}"]`)?.focus();
  }).observe(box);
  return box;
}
export function figuresTable(head: string[], rows: (string | number)[][]): HTMLElement {
  const cell = (value: string | number): string => (typeof value === "number" ? number(value) : value);
  return h("details", { class: "figures" }, h("summary", {}, w("figures")), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": w("figures") },
    h("table", {}, h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, ...rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, cell(first ?? "")), ...rest.map((value) => h("td", {}, cell(value)))))))));
}
/** Bars with their names and numbers, as a list. */
export function bars(rows: { name: string; n: number; colour?: string }[]): HTMLElement {
  const top = Math.max(1, ...rows.map((one) => one.n));
  return h("ul", { class: "hbars" }, ...rows.map((one) => {
    const bar = h("i", { "aria-hidden": "true" });
    bar.style.width = `${(100 * one.n) / top}%`;
    if (one.colour) bar.style.background = one.colour;
    return h("li", {}, h("span", {}, one.name), h("b", {}, number(one.n)), bar);
  }));
}

/** First and last day of a period, from its key: a day, a Monday, or a month with or without its first day. */
export function spanOf(key: string, step: Step): Span {
  if (step === "day") return { since: key, until: key };
  const [y, m, d] = key.split("-").map(Number) as [number, number, number];
  const last = step === "week" ? Date.UTC(y, m - 1, d + 6) : Date.UTC(y, m, 0);
  return { since: step === "week" ? key : `${key.slice(0, 7)}-01`, until: new Date(last).toISOString().slice(0, 10) };
}
const nameOf = (key: string, step: Step): string => (step === "month" ? key.slice(0, 7).split("-").reverse().map(Number).join("/") : step === "week" ? `${w("weekOf")} ${day(key)}` : day(key));
const shortOf = (key: string, step: Step): string => (step === "month" ? nameOf(key, step) : day(key).replace(/(\d\d)(\d\d)$/, "$2"));

const HEIGHT = 220, LEFT = 46, RIGHT = 10, TOP = 22, BOTTOM = 26;
function path(values: (number | null)[], x: (i: number) => number, y: (n: number) => number): string {
  let pen = "M";
  return values.map((value, i) => {
    if (value === null) { pen = "M"; return ""; }
    const point = `${pen}${x(i).toFixed(1)},${y(value).toFixed(1)}`;
    pen = "L";
    return point;
  }).join("");
}

export interface TimeChart { element: HTMLElement; /** Shades what is chosen now; the focus stays where it is. */ mark(): void }
/** Complaints over time: bars, the season taken out and the trend as lines; a stretch that is chosen is handed over. */
export function timeChart(series: Series, chosenNow: () => Span, choose: (span: Span) => void): TimeChart {
  const { periods, n, step } = series;
  const spans = periods.map((key) => spanOf(key, step));
  let chosen = chosenNow(), repaint = (): void => {};
  const inside = (i: number): boolean => (chosen.since !== "" || chosen.until !== "") && (!chosen.since || (spans[i]?.since ?? "") >= chosen.since) && (!chosen.until || (spans[i]?.until ?? "") <= chosen.until);
  const label = (i: number): string => [`${nameOf(periods[i] ?? "", step)}: ${number(n[i] ?? 0)} ${w("raw")}`, ...(["adjusted", "trend"] as const).flatMap((line) => { const value = series[line]?.[i]; return value === null || value === undefined ? [] : [`${w(line)} ${number(value)}`]; }), ...(series.whole?.[i] === false ? [w("partial")] : []), ...(inside(i) ? [w("chosen")] : [])].join("; ");
  const said = h("output", { class: "said" }, w("keys"));
  let at = periods.length - 1, from = at;

  function draw(width: number): Element {
    const values = [...n, ...(series.adjusted ?? []), ...(series.trend ?? [])].filter((value) => value !== null);
    const marks = ticks(Math.max(...values, 1), 4), top = marks.at(-1) ?? 1;
    const band = (width - LEFT - RIGHT) / periods.length, x = (i: number): number => LEFT + band * (i + 0.5), y = (value: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.max(value, 0) / top);
    const every = Math.ceil(periods.length / Math.max(1, Math.floor((width - LEFT) / 74)));
    const brush = s("rect", { class: "brush", y: TOP, height: HEIGHT - TOP - BOTTOM, x: 0, width: 0 });
    const stretch = (): [number, number] => [Math.min(from, at), Math.max(from, at)];
    const show = (): void => {
      const [a, b] = stretch();
      brush.setAttribute("x", String(LEFT + band * a));
      brush.setAttribute("width", String(a === b ? 0 : band * (b - a + 1)));
      said.textContent = a === b ? label(at) : `${nameOf(periods[a] ?? "", step)} ${w("to")} ${nameOf(periods[b] ?? "", step)}: ${number(n.slice(a, b + 1).reduce((sum, one) => sum + one, 0))} ${w("raw")}`;
    };
    const take = (): void => { const [a, b] = stretch(); choose({ since: spans[a]?.since ?? "", until: spans[b]?.until ?? "" }); };
    const targets = periods.map((_, i) => s("rect", { class: "target", x: LEFT + band * i, y: TOP, width: band, height: HEIGHT - TOP - BOTTOM, tabindex: i === at ? 0 : -1, role: "img", "aria-label": label(i), "data-i": i, focus: () => { at = i; if (!extending) from = i; show(); } }));
    let extending = false;
    const move = (to: number, extend: boolean): void => {
      targets[at]?.setAttribute("tabindex", "-1");
      at = Math.max(0, Math.min(periods.length - 1, to));
      if (!extend) from = at;
      extending = extend;
      targets[at]?.setAttribute("tabindex", "0");
      targets[at]?.focus();
      show();
      extending = false;
    };
    const boxes = n.map((value, i) => s("rect", { class: series.whole?.[i] === false ? "bar part" : "bar", x: LEFT + band * i + band * 0.08, width: Math.max(band * 0.84, 0.5), y: y(value), height: HEIGHT - BOTTOM - y(value) }));
    repaint = () => boxes.forEach((box, i) => { box.classList.toggle("on", inside(i)); targets[i]?.setAttribute("aria-label", label(i)); });
    repaint();
    const under = (event: PointerEvent): number => Math.max(0, Math.min(periods.length - 1, Math.floor((event.clientX - svg.getBoundingClientRect().left - LEFT) / band)));
    let dragging = false;
    const svg = s("svg", { width, height: HEIGHT, role: "group", "aria-label": `${w("chart")}, ${w("unit")} ${w(step)}. ${w("keys")}`,
      keydown: (event: KeyboardEvent) => {
        const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: periods.length - 1 }[event.key];
        if (to !== undefined) { event.preventDefault(); move(to, event.shiftKey); } else if (event.key === "Enter") { event.preventDefault(); take(); }
      },
      pointerdown: (event: PointerEvent) => { if (event.button) return; dragging = true; from = at = under(event); svg.setPointerCapture(event.pointerId); show(); event.preventDefault(); },
      pointermove: (event: PointerEvent) => { if (dragging) { at = under(event); show(); } else if (!svg.contains(document.activeElement)) said.textContent = label(under(event)); },
      pointerup: () => { if (dragging && at !== from) take(); dragging = false; },
      pointercancel: () => { dragging = false; },
    });
    svg.append(
      s("text", { x: 2, y: 12, class: "unit" }, `${w("unit")} ${w(step)}`),
      ...marks.flatMap((mark) => [s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(mark), y2: y(mark) }), s("text", { x: LEFT - 6, y: y(mark) + 4, "text-anchor": "end" }, number(mark))]),
      ...periods.flatMap((key, i) => (i % every ? [] : [s("text", { x: Math.min(Math.max(x(i), LEFT), width - 24), y: HEIGHT - 8, "text-anchor": "middle" }, shortOf(key, step))])),
      ...boxes,
      ...(series.adjusted ? [s("path", { class: "adjusted", d: path(series.adjusted, x, y) })] : []),
      ...(series.trend ? [s("path", { class: "trend", d: path(series.trend, x, y) })] : []),
      brush, ...targets);
    return svg;
  }
  const sample = (kind: "bar" | "adjusted" | "trend", text: string): HTMLElement => h("li", {}, s("svg", { width: 26, height: 12, "aria-hidden": "true" }, kind === "bar" ? s("rect", { class: "bar", x: 4, y: 1, width: 18, height: 10 }) : s("path", { class: kind, d: "M1,6L25,6" })) as unknown as HTMLElement, text);
  const element = h("div", { class: "time" }, fitted(draw), h("ul", { class: "key" }, sample("bar", w("raw")), ...(series.adjusted ? [sample("adjusted", w("adjusted"))] : []), ...(series.trend ? [sample("trend", w("trend"))] : [])), said,
    figuresTable([w("period"), w("raw"), ...(series.adjusted ? [w("adjusted")] : []), ...(series.trend ? [w("trend")] : [])], periods.map((key, i) => [series.whole?.[i] === false ? `${nameOf(key, step)} (${w("partial")})` : nameOf(key, step), n[i] ?? 0, ...(series.adjusted ? [series.adjusted[i] ?? "–"] : []), ...(series.trend ? [series.trend[i] ?? "–"] : [])])));
  return { element, mark: () => { chosen = chosenNow(); repaint(); } };
}

// ColorBrewer Blues: ordered in lightness, and no hue is needed to read it.
const BLUES = ["#f7fbff", "#d0e1f2", "#94c4df", "#4a98c9", "#1764ab", "#08306b"];
/** Complaints by hour and weekday: `n` has 7 rows, Monday first, of 24 hours. */
export function rhythmChart(n: number[][]): HTMLElement {
  const top = Math.max(1, ...n.flat()), shade = (value: number): number => (value === 0 ? 0 : Math.min(5, 1 + Math.floor((5 * (value - 1)) / top)));
  const days = WEEKDAYS[current()], hour = (i: number): string => `${i}–${i + 1} h`;
  const label = (d: number, i: number): string => `${days[d]}, ${hour(i)}: ${number(n[d]?.[i] ?? 0)} ${w("reports")}`;
  const said = h("output", { class: "said" }, w("rhythmKeys"));
  let at = 0;
  function draw(width: number): Element {
    const left = 40, cell = (width - left) / 24, high = Math.min(30, Math.max(18, cell));
    const boxes = n.flatMap((row, d) => row.map((value, i) => s("rect", { class: "hour", x: left + i * cell, y: 18 + d * high, width: Math.max(cell - 1, 1), height: high - 1, fill: BLUES[shade(value)] ?? "", tabindex: d * 24 + i === at ? 0 : -1, role: "img", "aria-label": label(d, i), "data-i": d * 24 + i, focus: () => { at = d * 24 + i; said.textContent = label(d, i); }, pointerenter: () => { said.textContent = label(d, i); } })));
    const numbers = cell < 24 ? [] : n.flatMap((row, d) => row.map((value, i) => s("text", { x: left + (i + 0.5) * cell, y: 18 + d * high + high / 2 + 4, "text-anchor": "middle", class: shade(value) > 2 ? "pale" : "deep", "aria-hidden": "true" }, number(value))));
    return s("svg", { width, height: 22 + 7 * high, role: "group", "aria-label": `${w("rhythm")}. ${w("rhythmKeys")}`, keydown: (event: KeyboardEvent) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -24, ArrowDown: 24 }[event.key];
      if (by === undefined || at + by < 0 || at + by >= 168) return;
      event.preventDefault();
      boxes[at]?.setAttribute("tabindex", "-1");
      boxes[at + by]?.setAttribute("tabindex", "0");
      boxes[at + by]?.focus();
    } }, ...[0, 6, 12, 18, 23].map((i) => s("text", { x: left + (i + 0.5) * cell, y: 12, "text-anchor": i === 23 ? "end" : "middle" }, i === 0 ? "0 h" : String(i))),
      ...days.map((name, d) => s("text", { x: 0, y: 18 + d * high + high / 2 + 4 }, name)), ...boxes, ...numbers);
  }
  const key = BLUES.map((colour, i) => {
    const [low, next] = i === 0 ? [0, 1] : [Math.ceil(((i - 1) * top) / 5) + 1, Math.ceil((i * top) / 5) + 1];
    return { colour, low, high: i === 5 ? top : next - 1 };
  }).filter(({ low, high }) => low <= high).map(({ colour, low, high }) => { const box = h("i"); box.style.background = colour; return h("li", {}, box, low === high ? number(low) : `${number(low)}–${number(high)}`); });
  return h("div", { class: "rhythm" }, fitted(draw), h("ul", { class: "key" }, ...key), said, figuresTable([w("hour"), ...days], Array.from({ length: 24 }, (_, i) => [hour(i), ...n.map((row) => row[i] ?? 0)])));
}
