import "./analysis.css";
import { ask, type AreaSet, type City, type Domain } from "./api";
import { bars } from "./charts";
import { openCompare } from "./compare";
import { areaKm2, read, written, type Corner } from "./corners";
import { h, openDialog } from "./dom";
import { watchWord } from "./feeds";
import { openFollow } from "./follow";
import { current, fine, named, number, phrases, status, t } from "./i18n";
import { rhythmSection, timeSection, type Section } from "./overtime";
import { drawPolygon, outline, type Board } from "./polygon";
import { alertOf } from "./problems";
import { reportingLine } from "./reporting";
import { change, filter, limits, onChange, state, type Shape } from "./state";

interface Told {
  total: number; open: number; open_share: number | null; km2: number | null; per_km2: number | null; residents: number | null; per_1000: number | null;
  categories: { key: string; n: number }[]; statuses: { key: string; n: number }[]; closing: { n: number; median_days: number | null; p90_days: number | null };
  areas: { code: string; set: string; name: string; name_en: string; kind?: string | null; n: number }[]; streets: { name: string; n: number }[]; landmarks?: { name: string; name_en: string; distance_m: number }[];
}
const w = phrases({
  vi: { cell: "Ô lục giác", hexagons: "ô lục giác", area: "Đơn vị hành chính", polygon: "Vùng đã vẽ", open: "Chưa xong", density: "Mỗi km²", rate: "Mỗi 1.000 dân", noResidents: "chưa biết số dân", residents: "dân", closing: "Xử lý trong", median: "một nửa trong", p90: "9 trên 10 trong", days: "ngày", few: "quá ít để nói", ofClosed: "phản ánh đã xong", categories: "Loại phản ánh", more: "Xem hết", statuses: "Trạng thái", areas: "Thuộc về", streets: "Đường có nhiều nhất", limit: "Giới hạn mọi số liệu vào vùng này", lift: "Bỏ giới hạn", follow: "Tin điểm nóng nơi này", inArea: "phản ánh ở đây", limited: "Mọi số liệu đang giới hạn vào:", tell: "Câu chuyện", remove: "Bỏ", none: "–" },
  en: { cell: "Hexagon", hexagons: "hexagons", area: "Area", polygon: "Drawn shape", open: "Open", density: "Per km²", rate: "Per 1,000 residents", noResidents: "residents not known", residents: "residents", closing: "Closed within", median: "half within", p90: "9 of 10 within", days: "days", few: "too few to say", ofClosed: "closed complaints", categories: "Categories", more: "Show all", statuses: "States", areas: "Lies in", streets: "Streets with most", limit: "Limit everything to this shape", lift: "Lift the limit", follow: "Hot spot news of this place", inArea: "complaints here", limited: "All figures are limited to:", tell: "Story", remove: "Remove", none: "–" },
});
const near = phrases({ vi: { title: "Gần đó" }, en: { title: "Nearby" } });
/** Below so many closed complaints a median and a 90th percentile say little. */
const FEW = 20, SHORT_LIST = 6;
/** Of a phone's height: what the panel takes at most, as its style says. */
const LOW = 0.68;
const SHAPES: readonly Shape[] = ["cell", "polygon", "area"];

const areaName = (one: Told["areas"][number]): string => (current() === "vi" ? `${one.kind ?? ""} ${one.name}`.trim() : one.name_en);

export interface Surroundings { map: Board; city: City; sets: AreaSet[]; domains: Domain[]; list(asked: URLSearchParams): void }

/** The panel beside the map that tells of one hexagon, area or drawn shape. */
export class Story {
  private readonly panel = h("section", { id: "story", class: "story", hidden: true, "aria-labelledby": "story-title", tabindex: "-1", keydown: (event) => { if ((event as KeyboardEvent).key === "Escape") this.close(); } });
  private opened: Shape | "" = "";
  private drawn = "";
  private charted = "";
  private sections: Section[] = [];
  private readonly head = h("div", { class: "bar" });
  private readonly figures = h("div", { class: "story-figures" });
  private readonly charts = h("div", { class: "story-charts" });
  private reading = new AbortController();
  private at: Corner | null = null;
  private clicked = { value: "", n: 0, words: [] as string[] };

  constructor(private readonly around: Surroundings) {
    document.querySelector("main")?.append(this.panel);
    around.map.view.on("click", ({ lngLat }) => { this.at = [lngLat.lng, lngLat.lat]; });
  }
  /** From now on the panel follows the address; the map must have been started. */
  start(): void {
    onChange(() => this.draw());
    this.draw();
  }
  /** A place that was clicked, with what its tile already tells. */
  show(shape: Shape, value: string, n: number, words: string[]): void {
    this.clicked = { value, n, words };
    this.opened = shape;
    // A shape that limits the figures goes on doing so; another one is only looked at.
    if (!(state[shape] === value && limits(shape))) change({ [shape]: value, look: shape, ...(shape === "polygon" ? { cell: "" } : {}) });
    else this.draw();
    this.panel.focus();
    this.uncover();
  }
  /** On a phone the panel lies over the lower part of the map: what was tapped moves above it. */
  private uncover(): void {
    const { view } = this.around.map, below = view.getContainer().getBoundingClientRect().bottom - this.panel.getBoundingClientRect().top;
    if (!this.at || getComputedStyle(this.panel).position !== "absolute") return;
    const high = view.getContainer().clientHeight, { y } = view.project(this.at);
    if (y > high - below - 24) view.panBy([0, y - (high - below) / 2], { animate: false });
  }
  /** How many pixels of the map's lower part lie under the panel. */
  covers(): number {
    if (this.panel.hidden || getComputedStyle(this.panel).position !== "absolute") return 0;
    return Math.round(this.around.map.view.getContainer().clientHeight * LOW);
  }
  /** A line around the hexagons in whichever layer draws it. */
  private ring(): void {
    const { view } = this.around.map;
    for (const source of ["cells", "hotspots", "trends", "outliers"]) {
      const id = `chosen-${source}`;
      if (!view.getLayer(id)) {
        if (!state.cell || !view.getSource(source)) continue;
        view.addLayer({ id, type: "line", source, "source-layer": source, paint: { "line-color": "#1d4ed8", "line-width": 4 } });
      }
      view.setFilter(id, ["in", ["get", "cell"], ["literal", state.cell.split(",")]]);
      view.setLayoutProperty(id, "visibility", state.cell && state.layer === source ? "visible" : "none");
    }
  }
  drawShape(): void {
    document.body.removeAttribute("data-filters");
    drawPolygon(this.around.map, (corners) => { this.at = corners.reduce((low, one) => (one[1] < low[1] ? one : low)); this.show("polygon", written(corners), 0, []); });
  }
  /** What the address compares: of the shape it is of, called so where that is an area. */
  compare(area: string): void {
    const shape = state.look || SHAPES.find(limits);
    if (!shape) { change({ compare: "" }, false); return; }
    const asked = filter(["since", "until"]);
    asked.set(shape, state[shape]);
    openCompare(shape === "area" ? area : w(shape), this.around.city, asked);
  }
  /** Asks what new complaints the reader wants to be told of. */
  watch(asked?: URLSearchParams): void {
    // Few open it: its part of the page comes when it is asked for, which a phone without a network cannot.
    import("./watch").then(({ openWatch }) => openWatch(this.around, asked)).catch((problem: unknown) => { openDialog(watchWord(), t("close"), alertOf(problem, () => this.watch(asked))); });
  }
  close(): void {
    this.opened = "";
    if (state.look) change({ [state.look]: "", look: "" });
    else this.draw();
    document.querySelector<HTMLElement>("#map canvas")?.focus();
  }
  /** The panel as the address says. */
  draw(): void {
    if (state.polygon) outline(this.around.map.view, read(state.polygon));
    else outline(this.around.map.view, []);
    this.ring();
    const shape = state.look || (this.opened && state[this.opened] ? this.opened : "");
    this.panel.hidden = !shape;
    if (!shape) { this.forget(); return; }
    const asked = filter();
    asked.set(shape, state[shape]);
    const wanted = `${shape} ${asked} ${state.look} ${current()}`;
    if (wanted !== this.drawn) { this.drawn = wanted; void this.read(shape, asked); }
    const rest = new URLSearchParams(asked);
    rest.delete("since");
    rest.delete("until");
    // The charts keep the focus of whoever chooses a time on them.
    if (`${rest} ${current()}` !== this.charted) { this.charted = `${rest} ${current()}`; this.chart(asked); } else this.sections.forEach((one) => one.mark());
  }
  private forget(): void {
    this.reading.abort();
    this.sections.forEach((one) => one.stop());
    [this.drawn, this.charted, this.sections] = ["", "", []];
    this.panel.replaceChildren();
  }
  private chart(asked: URLSearchParams): void {
    this.sections.forEach((one) => one.stop());
    this.sections = [timeSection(asked, "story-step"), rhythmSection(asked)];
    this.charts.replaceChildren(...this.sections.map((one) => one.element));
  }
  private async read(shape: Shape, asked: URLSearchParams): Promise<void> {
    this.reading.abort();
    const { signal } = (this.reading = new AbortController());
    const known = this.clicked.value === state[shape] ? this.clicked : { n: 0, words: [] };
    const strong = h("strong", { role: "status" }, known.n ? this.count(shape, known.n) : t("loading"));
    const title = h("h2", { id: "story-title" }, w(shape));
    const rest = h("div", {}, h("p", { class: "source" }, known.n ? t("loading") : ""));
    // The way out stays in sight, however far down the panel is read.
    this.head.replaceChildren(title, h("button", { type: "button", class: "close", "aria-label": t("close"), click: () => this.close() }, "✕"));
    this.figures.replaceChildren(strong, ...known.words.map((text) => h("p", {}, text)), this.actions(shape, asked, () => title.textContent ?? ""), rest);
    if (!this.panel.contains(this.figures)) this.panel.replaceChildren(this.head, this.figures, this.charts);
    try {
      const told = await ask<Told>(`/api/v1/story?${asked}`, { signal });
      title.textContent = this.name(shape, told);
      strong.textContent = this.count(shape, told.total);
      rest.replaceChildren(...this.tell(told));
    } catch (problem) {
      if (signal.aborted) return;
      if (!known.n) strong.textContent = "";
      rest.replaceChildren(alertOf(problem, () => { this.drawn = ""; this.draw(); }));
    }
  }
  private count(shape: Shape, n: number): string {
    const said = `${number(n)} ${shape === "cell" && !state.cell.includes(",") ? t("inCell") : w("inArea")}`;
    return n === 1 && current() === "en" ? said.replace("complaints", "complaint") : said;
  }
  private name(shape: Shape, told: Told): string {
    if (shape === "polygon") return `${w("polygon")} · ${number(told.km2 ?? areaKm2(read(state.polygon)))} km²`;
    const hexagons = shape === "cell" ? state.cell.split(",").length : 0;
    if (hexagons > 1) return [`${number(hexagons)} ${w("hexagons")}`, told.areas.filter((one) => one.set === state.set).slice(0, 2).map(areaName).join(", ")].filter(Boolean).join(" · ");
    const [set, code] = state.area.split(":");
    const found = shape === "area" ? told.areas.find((one) => one.set === set && one.code === code) : told.areas.find((one) => one.set === state.set);
    const name = found ? areaName(found) : "";
    return shape === "area" ? name || w("area") : [w("cell"), name].filter(Boolean).join(" · ");
  }
  private actions(shape: Shape, asked: URLSearchParams, title: () => string): HTMLElement {
    const action = (text: string, click: () => void, id: string): HTMLElement => h("button", { type: "button", id, click }, text);
    return h("div", { class: "row actions" },
      action(t("showList"), () => this.around.list(asked), "story-list"),
      limits(shape) ? action(w("lift"), () => change({ look: shape }), "story-limit") : action(w("limit"), () => { this.opened = shape; change({ look: "" }); }, "story-limit"),
      action(t("beforeAfter"), () => { const base = new URLSearchParams(asked); base.delete("since"); base.delete("until"); openCompare(title(), this.around.city, base); }, "story-compare"),
      action(w("follow"), () => openFollow({ question: asked, place: title() }), "story-follow"),
      action(watchWord(), () => this.watch(asked), "story-watch"));
  }
  private tell(told: Told): Node[] {
    const { closing } = told;
    const span = (days: number | null): string => (days === null ? w("none") : `${fine(days)} ${w("days")}`);
    const fact = (name: string, value: string, small = ""): Node => h("div", {}, h("dt", {}, name), h("dd", {}, value, small ? h("small", {}, ` ${small}`) : null));
    const share = (part: number | null): string => (part === null ? w("none") : part.toLocaleString(current() === "vi" ? "vi-VN" : "en-GB", { style: "percent", maximumFractionDigits: 0 }));
    const name = (key: string): { name: string; colour?: string } => {
      const of = this.around.domains.find((one) => one.categories.some((each) => each.code === key)), found = of?.categories.find((each) => each.code === key);
      return found ? { name: named(found.name), colour: found.colour } : { name: key };
    };
    const categories = [...told.categories].sort((a, b) => b.n - a.n).map((one) => ({ ...name(one.key), n: one.n }));
    const setName = (code: string): string => { const found = this.around.sets.find((one) => one.code === code); return found ? named(found.name) : code; };
    return [
      reportingLine(),
      h("dl", { class: "facts" },
        fact(w("open"), share(told.open_share), `${number(told.open)} / ${number(told.total)}`),
        fact(w("density"), told.per_km2 === null ? w("none") : number(told.per_km2), told.km2 === null ? "" : `${fine(told.km2)} km²`),
        fact(w("rate"), told.per_1000 === null ? w("none") : number(told.per_1000), told.residents === null ? w("noResidents") : `${number(Math.round(told.residents))} ${w("residents")}`),
        closing.n < FEW ? fact(w("closing"), w("few"), `n = ${number(closing.n)}`) : fact(w("closing"), `${w("median")} ${span(closing.median_days)}, ${w("p90")} ${span(closing.p90_days)}`, `n = ${number(closing.n)} ${w("ofClosed")}`)),
      h("h3", {}, w("categories")), bars(categories.slice(0, SHORT_LIST)),
      ...(categories.length > SHORT_LIST ? [h("details", {}, h("summary", {}, `${w("more")} (${number(categories.length)})`), bars(categories.slice(SHORT_LIST)))] : []),
      h("h3", {}, w("statuses")), bars(told.statuses.filter((one) => one.n > 0).map((one) => ({ name: status(one.key), n: one.n }))),
      ...(told.areas.length ? [h("h3", {}, w("areas")), h("ul", { class: "plain" }, ...told.areas.slice(0, 12).map((one) => h("li", {}, h("button", { type: "button", class: "link", click: () => this.show("area", `${one.set}:${one.code}`, 0, []) }, areaName(one)), ` · ${number(one.n)} · `, h("small", {}, setName(one.set)))))] : []),
      ...(told.landmarks?.length ? [h("h3", {}, near("title")), h("ul", { class: "plain" }, ...told.landmarks.map((one) => h("li", {}, `${current() === "vi" ? one.name : one.name_en} · ${number(one.distance_m)} m`)))] : []),
      ...(told.streets.length ? [h("h3", {}, w("streets")), h("ul", { class: "plain" }, ...told.streets.map((one) => h("li", {}, `${one.name} · ${number(one.n)}`)))] : []),
    ];
  }
  /** Lines of the panel of filters: what limits the figures, with a way out of it and to its story. */
  limitLines(): HTMLElement[] {
    return SHAPES.filter((shape) => shape !== "area" && limits(shape)).map((shape) => h("p", { class: "chosen limit" }, `${w("limited")} ${w(shape)} `, h("span", { class: "row" },
      h("button", { type: "button", "aria-label": `${w("tell")}: ${w(shape)}`, click: () => { document.body.removeAttribute("data-filters"); this.show(shape, state[shape], 0, []); } }, w("tell")),
      h("button", { type: "button", "aria-label": `${w("remove")}: ${w(shape)}`, click: () => change({ [shape]: "" }) }, "✕"))));
  }
}
