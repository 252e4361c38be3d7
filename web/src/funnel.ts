import "./funnel.css";
import { ask, type AreaCounts, type AreaRow } from "./api";
import { fitted, s } from "./charts";
import { h } from "./dom";
import { current, fine, number, phrases, t } from "./i18n";
import { alertOf } from "./problems";
import { filter, limits, state } from "./state";

type Limits = [[number, number], [number, number]];
interface Row extends AreaRow { population: number; funnel: Limits }
interface Curves { levels: number[]; population: number[]; lower: number[][]; upper: number[][] }
interface Answer extends AreaCounts { funnel: Curves | null }
interface Dot { row: Row; rate: number; /** -1, 0 or 1 of the 95 % limits. */ beyond: number }

const w = phrases({
  vi: { title: "Biểu đồ phễu: nơi nào lệch hơn mức ngẫu nhiên?", chart: "Biểu đồ phễu của các đơn vị", people: "dân số (thang logarit)", root: "thang căn bậc hai", residents: "dân", reports: "phản ánh", rate: "phản ánh trên 1.000 dân", overall: "mức chung", within: "trong giới hạn", outside: "ngoài giới hạn 99,8%", fewer: "dưới 20 phản ánh", inner: "giới hạn 95%", outer: "giới hạn 99,8%", chance: "ngẫu nhiên (99,8%)", beyond95: "ngoài giới hạn 95%", keys: "Mũi tên trái, phải: theo số dân; lên, xuống: theo tỷ lệ. Enter hoặc bấm chuột: xem đơn vị đó trên bản đồ.", higher: "Cao hơn mức ngẫu nhiên", lower: "Thấp hơn mức ngẫu nhiên", none: "Không có đơn vị nào nằm ngoài giới hạn 99,8%: khác nhau không hơn mức ngẫu nhiên.", all: "So sánh mọi đơn vị, không theo nơi đang chọn.", says: "Nơi ít dân, tỷ lệ dao động nhiều chỉ vì ngẫu nhiên, nên phễu rộng ở bên trái. Trong phễu: không khác mức chung hơn mức ngẫu nhiên, đừng xếp hạng. Ngoài phễu: có khác thật, nhưng biểu đồ không cho biết vì sao: chợ, bến xe nhiều người qua lại mà ít dân; nơi ít người báo trông thấp." },
  en: { title: "Funnel plot: which areas differ by more than chance?", chart: "Funnel plot of the areas", people: "residents (logarithmic scale)", root: "square-root scale", residents: "residents", reports: "complaints", rate: "complaints per 1,000 residents", overall: "all areas together", within: "within the limits", outside: "outside the 99.8% limits", fewer: "fewer than 20 complaints", inner: "95% limits", outer: "99.8% limits", chance: "by chance (99.8%)", beyond95: "outside the 95% limits", keys: "Arrows left and right: by residents; up and down: by rate. Enter or a click: look at that area on the map.", higher: "Higher than chance", lower: "Lower than chance", none: "No area lies outside the 99.8% limits: they differ no more than by chance.", all: "All areas are compared, whatever place is chosen.", says: "Where few live, rates swing widely by chance alone, so the funnel is wide on the left. Inside it an area differs from the whole by no more than chance: not to be ranked. Outside it the difference is real, but the plot does not say why: markets and stations have many visitors and few residents, and where few people report a rate looks low." },
});
const counted = (dots: Dot[], unknown: number): string => {
  const inner = dots.filter((one) => one.beyond).length, outer = dots.filter((one) => one.row.unusual).length;
  const [all, in95, in998] = [number(dots.length), number(dots.length * 0.05), number(dots.length * 0.002)];
  return current() === "vi"
    ? `${all} đơn vị có dân số; ${number(outer)} nằm ngoài giới hạn 99,8% (chỉ do ngẫu nhiên: trung bình không quá ${in998}), ${number(inner)} nằm ngoài giới hạn 95% (trung bình không quá ${in95}).${unknown ? ` ${number(unknown)} đơn vị chưa rõ dân số không có trong biểu đồ.` : ""}`
    : `${all} areas with residents known; ${number(outer)} outside the 99.8% limits (by chance alone at most ${in998} on average), ${number(inner)} outside the 95% limits (at most ${in95}).${unknown ? ` ${number(unknown)} whose residents are not known are left out.` : ""}`;
};
const nameOf = (row: AreaRow): string => (current() === "vi" ? `${row.kind ?? ""} ${row.name}`.trim() : row.name_en);

function dotOf(row: Row): Dot {
  // Limits are whole numbers of complaints over the residents: compared as such, no digit is lost.
  const [low, high] = row.funnel[0].map((limit) => Math.round((limit * row.population) / 1000)) as [number, number];
  return { row, rate: (row.n * 1000) / row.population, beyond: Number(row.n > high) - Number(row.n < low) };
}
function label({ row, rate, beyond }: Dot): string {
  const [low, high] = row.funnel[1];
  const verdict = row.unusual ? t(row.unusual > 0 ? "unusuallyHigh" : "unusuallyLow") : beyond ? w("beyond95") : w("within");
  return `${nameOf(row)}: ${fine(rate)} ${w("rate")} (${number(row.n)} ${w("reports")}, ${number(row.population)} ${w("residents")}); ${w("chance")}: ${fine(low)}–${fine(high)}; ${verdict}${row.few ? `; ${w("fewer")}` : ""}`;
}

// The root of a Poisson count varies by about a half, whatever its mean: on a scale of roots a step means as much below the line as above it.
const HEIGHT = 340, LEFT = 46, RIGHT = 12, TOP = 24, BOTTOM = 42, REACH = 24;
/** 1, 2 and 5 times the powers of ten between two numbers. */
const decades = (low: number, high: number): number[] => Array.from({ length: 60 }, (_, i) => Number(`${[1, 2, 5][i % 3]}e${Math.floor(i / 3) - 9}`)).filter((one) => one >= low && one <= high);
/** Those of some places that are far enough apart for their labels, the first one among them. */
function spaced(values: number[], place: (value: number) => number, apart: number): number[] {
  let last = NaN;
  return values.filter((one) => { const far = !(Math.abs(place(one) - last) < apart); if (far) last = place(one); return far; });
}
/** Names beside their dots, the farthest out first; those that would lie over another name or dot are only in the list below. */
function names(out: Dot[], all: Dot[], at: (dot: Dot) => [number, number], width: number): SVGElement[] {
  const taken: [left: number, right: number, middle: number][] = all.map((dot) => { const [x, y] = at(dot); return [x - 5, x + 5, y]; });
  return out.flatMap((dot) => {
    const [x, y] = at(dot), text = dot.row[current() === "vi" ? "name" : "name_en"], wide = text.length * 6.8 + 2;
    const left = [x + 9, x - 9 - wide].find((one) => one > LEFT && one + wide < width && !taken.some(([l, r, middle]) => one < r && one + wide > l && Math.abs(middle - y) < 11));
    if (left === undefined) return [];
    taken.push([left, left + wide, y]);
    return [s("text", { x: left, y: y + 4, class: "name", "aria-hidden": "true" }, text)];
  });
}
function symbol({ row }: Dot, x: number, y: number): string {
  if (!row.unusual) return `M${x - 4},${y}a4,4 0 1,0 8,0a4,4 0 1,0 -8,0Z`;
  const up = -row.unusual * 6;
  return `M${x},${y + up}L${x + 6},${y - up * 0.8}L${x - 6},${y - up * 0.8}Z`;
}
const line = (xs: number[], ys: number[]): string => xs.map((x, i) => `${i ? "L" : "M"}${x.toFixed(1)},${(ys[i] as number).toFixed(1)}`).join("");

/** The plot; one dot can be reached by the Tab key, and the others from there by arrows. */
function plot(dots: Dot[], curves: Curves, overall: number, show: (code: string) => void): HTMLElement {
  const said = h("output", { class: "said" }, w("keys"));
  const byRate = dots.map((_, i) => i).sort((a, b) => (dots[a] as Dot).rate - (dots[b] as Dot).rate);
  const chosen = dots.findIndex(({ row }) => `${state.set}:${row.key}` === state.area);
  let at = Math.max(0, chosen >= 0 ? chosen : byRate.at(-1) ?? 0);
  const tell = (i: number): void => {
    const dot = dots[i] as Dot;
    said.replaceChildren(`${label(dot)} `, h("button", { type: "button", class: "link", click: () => show(dot.row.key) }, t("showOnMap")));
  };
  function draw(width: number): Element {
    const least = curves.population[0] as number, most = curves.population.at(-1) as number;
    const top = Math.max(...dots.map((one) => one.rate), overall * 2, 1e-6) * 1.1;
    const x = (people: number): number => LEFT + ((width - LEFT - RIGHT) * Math.log(people / least)) / Math.log(most / least), y = (rate: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.sqrt(rate / top));
    const position = (dot: Dot): [number, number] => [x(dot.row.population), y(dot.rate)];
    const marks = spaced([0, ...decades(0, top)], y, 30), people = spaced(decades(least, most), x, 62);
    const xs = curves.population.map(x);
    const curve = (side: "lower" | "upper", k: number): SVGElement => s("path", { class: k ? "outer" : "inner", d: line(xs, (curves[side][k] ?? []).map(y)), "clip-path": "url(#funnel-frame)" });
    const symbols = dots.map((dot, i) => s("path", { class: ["dot", dot.row.unusual ? "out" : "", dot.row.few ? "few" : "", i === chosen ? "chosen" : ""].filter(Boolean).join(" "), d: symbol(dot, ...position(dot)), role: "button", tabindex: i === at ? 0 : -1, "aria-label": label(dot), "data-i": i, "data-code": dot.row.key, focus: () => { symbols[at]?.setAttribute("tabindex", "-1"); at = i; symbols[i]?.setAttribute("tabindex", "0"); tell(i); } }));
    const nearest = (event: MouseEvent): number => {
      const box = svg.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
      const apart = dots.map((dot) => { const [dx, dy] = position(dot); return Math.hypot(dx - px, dy - py); }), least = Math.min(...apart);
      return least > REACH ? -1 : apart.indexOf(least);
    };
    let tapped = -1;
    const svg = s("svg", { width, height: HEIGHT, role: "group", "aria-label": `${w("chart")}. ${w("keys")}`,
      keydown: (event: KeyboardEvent) => {
        const steps: Record<string, number | undefined> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: dots.length - 1, ArrowUp: byRate[byRate.indexOf(at) + 1], ArrowDown: byRate[byRate.indexOf(at) - 1] };
        if (event.key === "Enter" || event.key === " ") show((dots[at] as Dot).row.key);
        else if (event.key in steps) symbols[steps[event.key] ?? at]?.focus();
        else return;
        event.preventDefault();
      },
      pointermove: (event: PointerEvent) => { const i = nearest(event); if (i >= 0 && event.pointerType === "mouse") tell(i); },
      click: (event: PointerEvent) => {
        const i = nearest(event);
        if (i < 0) return;
        // A finger covers several dots: the first tap says which one it found.
        if (event.pointerType !== "touch" || tapped === i) { show((dots[i] as Dot).row.key); return; }
        tapped = i;
        symbols[i]?.focus();
      },
    });
    const out = dots.filter((one) => one.row.unusual).sort((a, b) => distance(b) - distance(a));
    svg.append(s("clipPath", { id: "funnel-frame" }, s("rect", { x: LEFT, y: TOP, width: width - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM })),
      s("text", { x: 2, y: 12, class: "unit" }, `${w("rate")} (${w("root")})`), s("text", { x: width - RIGHT, y: HEIGHT - 6, class: "unit", "text-anchor": "end" }, w("people")),
      ...marks.flatMap((mark) => [s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(mark), y2: y(mark) }), s("text", { x: LEFT - 6, y: y(mark) + 4, "text-anchor": "end" }, fine(mark))]),
      ...people.flatMap((mark) => [s("line", { class: "grid", x1: x(mark), x2: x(mark), y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 5 }), s("text", { x: Math.min(x(mark), width - 28), y: HEIGHT - BOTTOM + 18, "text-anchor": "middle" }, number(mark))]),
      s("line", { class: "overall", x1: LEFT, x2: width - RIGHT, y1: y(overall), y2: y(overall) }),
      ...curves.levels.flatMap((_, k) => [curve("lower", k), curve("upper", k)]), ...symbols, ...names(out, dots, position, width));
    return svg;
  }
  return h("div", { class: "funnel" }, fitted(draw), key(), said);
}
/** How many standard deviations of chance a rate lies from the middle of its limits. */
const distance = ({ row, rate }: Dot): number => { const [low, high] = row.funnel[1]; return Math.abs(rate - (low + high) / 2) / Math.max(high - low, 1e-9); };

function key(): HTMLElement {
  const sample = (kind: string, d: string, text: string): HTMLElement => h("li", {}, s("svg", { width: 26, height: 14, "aria-hidden": "true" }, s("path", { class: kind, d })) as unknown as HTMLElement, text);
  return h("ul", { class: "key" }, sample("dot out", "M13,1L19,12L7,12Z", w("outside")), sample("dot", "M9,7a4,4 0 1,0 8,0a4,4 0 1,0 -8,0Z", w("within")), sample("dot few", "M9,7a4,4 0 1,0 8,0a4,4 0 1,0 -8,0Z", w("fewer")), sample("overall", "M1,7L25,7", w("overall")), sample("inner", "M1,7L25,7", w("inner")), sample("outer", "M1,7L25,7", w("outer")));
}
function listed(title: string, dots: Dot[], show: (code: string) => void): HTMLElement | null {
  if (!dots.length) return null;
  return h("div", { class: "beyond" }, h("h3", {}, `${title}: ${number(dots.length)}`), h("ul", {}, ...dots.map(({ row, rate }) => h("li", {}, h("button", { type: "button", class: "link", "data-code": row.key, click: () => show(row.key) }, nameOf(row)), ` ${fine(rate)}`))));
}

/** A funnel plot of the areas under the filter, read when it is opened; `show` is given the code of a chosen area. */
export function funnelSection(show: (code: string) => void): HTMLElement {
  const place = h("div", {});
  const read = async (): Promise<void> => {
    place.replaceChildren(h("p", { role: "status" }, t("loading")));
    try {
      const found = await ask<Answer>(`/api/v1/counts?by=area&funnel=true&set=${state.set}&${filter(["area", "cell", "polygon"])}`);
      const dots = found.rows.filter((row): row is Row => "funnel" in row).map(dotOf).sort((a, b) => a.row.population - b.row.population || a.row.key.localeCompare(b.row.key));
      if (!found.funnel || !dots.length) { place.replaceChildren(h("p", {}, t("noPopulation"))); return; }
      const overall = (1000 * dots.reduce((sum, one) => sum + one.row.n, 0)) / dots.reduce((sum, one) => sum + one.row.population, 0);
      const beyond = (sign: number): Dot[] => dots.filter((one) => one.row.unusual === sign).sort((a, b) => sign * (b.rate - a.rate));
      const lists = [listed(w("higher"), beyond(1), show), listed(w("lower"), beyond(-1), show)].filter((one) => one !== null);
      place.replaceChildren(h("p", {}, counted(dots, found.rows.length - dots.length), ...((["area", "cell", "polygon"] as const).some(limits) ? [` ${w("all")}`] : [])),
        plot(dots, found.funnel, overall, show), ...(lists.length ? lists : [h("p", {}, w("none"))]), h("p", { class: "source" }, w("says")));
    } catch (problem) { place.replaceChildren(alertOf(problem, () => void read())); }
  };
  return h("details", { class: "figures funnel-plot", toggle: (event) => { if ((event.target as HTMLDetailsElement).open && !place.childElementCount) void read(); } }, h("summary", {}, w("title")), place);
}
