/** The map of the queue: the same complaints as the list, coloured by how long there is. */
import { Map as MapView, NavigationControl, type GeoJSONSource } from "maplibre-gl";
import "../maplibre";
import type { AreaSet, City } from "../api";
import { written as corners, type Corner } from "../corners";
import { h } from "../dom";
import { current, phrases } from "../i18n";
import { drawPolygon, drawWord, outline } from "../polygon";
import { FINE_ZOOM, shapesOf } from "../shapes";
import { ask, said } from "./desk";
import { COLOURS, dueState, type DueState } from "./queue-due";
import { asked, type Question } from "./queue-question";

const w = phrases({
  vi: { map: "Bản đồ phản ánh", box: "Chọn theo khung", boxSays: "Kéo một khung trên bản đồ. Escape: thôi.", seen: "Chọn cả khung nhìn", overdue: "quá hạn", soon: "sắp đến hạn", later: "còn thời gian", paused: "tạm dừng", none: "không có hạn", cells: "Số: nhiều phản ánh trong một ô; viền đỏ: có quá hạn.", failed: "Không tải được bản đồ:", zoomIn: "Phóng to", zoomOut: "Thu nhỏ" },
  en: { map: "Map of complaints", box: "Select by a box", boxSays: "Drag a box on the map. Escape cancels.", seen: "Select what is seen", overdue: "overdue", soon: "soon due", later: "time left", paused: "paused", none: "no limit", cells: "A number: many complaints in one cell; red rim: some are overdue.", failed: "The map cannot be loaded:", zoomIn: "Zoom in", zoomOut: "Zoom out" },
});
interface Drawn { type: "FeatureCollection"; features: { type: "Feature"; geometry: { type: string; coordinates: unknown }; properties: Record<string, unknown> }[] }
const NOTHING: Drawn = { type: "FeatureCollection", features: [] };
// The most urgent first, which is drawn last: none of them lies under others.
const STATES: readonly DueState[] = ["overdue", "soon", "later", "paused", "none"];
export interface MapActs { pick(code: string): void; open(code: string): void; hover(code: string | null): void; shape(corners: string): void }

/** The state of a point: named by the server, or told from its time. */
function stateOf(properties: Record<string, unknown>): DueState {
  const due = properties["due"];
  if (STATES.includes(due as DueState)) return due as DueState;
  const at = typeof due === "string" && !Number.isNaN(Date.parse(due)) ? due : null;
  return dueState({ due_at: at, overdue: properties["overdue"] === true, paused: properties["paused"] === true, left_h: null });
}

export class QueueMap {
  readonly stage = h("div", { id: "stage", class: "queue-stage" });
  private readonly note = h("p", { role: "status", class: "map-note" });
  private map: MapView | null = null;
  private picking: ((lon: number, lat: number) => void) | null = null;
  private question: Question = {};
  private turn: AbortController | null = null;
  private chosen: readonly string[] = [];
  private active = "";
  constructor(private readonly city: City, private readonly set: AreaSet | undefined, private readonly acts: MapActs) {
    const tool = (id: string, words: string, click: () => void): HTMLElement => h("button", { type: "button", id, click }, words);
    this.stage.append(
      h("div", { id: "map", "data-map": "queue" }),
      h("div", { class: "map-tools", role: "group", "aria-label": w("map") }, tool("pick-box", w("box"), () => this.box()), tool("pick-shape", drawWord(), () => this.polygon()), tool("pick-seen", w("seen"), () => this.seen())),
      h("ul", { class: "map-legend" }, ...STATES.map((one) => { const dot = h("i", {}); dot.style.background = COLOURS[one]; return h("li", {}, dot, w(one)); }), h("li", { class: "cells-say" }, w("cells"))),
      this.note);
  }
  /** Draws, once the stage is in the page. */
  async start(): Promise<void> {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const map = new MapView({
      container: this.stage.querySelector<HTMLElement>("#map") as HTMLElement, bounds: this.city.bbox, maxZoom: 18, attributionControl: false, fadeDuration: 0,
      locale: { "NavigationControl.ZoomIn": w("zoomIn"), "NavigationControl.ZoomOut": w("zoomOut"), "Map.Title": w("map") },
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": dark ? "#1b242c" : "#eef2f5" } }] },
    });
    this.map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    if (!map.isStyleLoaded()) await map.once("style.load");
    const ink = dark ? "#e2e8f0" : "#1c2733", paper = dark ? "#1b242c" : "#ffffff";
    for (const id of ["borders", "names", "work"]) map.addSource(id, { type: "geojson", data: NOTHING as never });
    map.addLayer({ id: "land", type: "fill", source: "borders", paint: { "fill-color": dark ? "#26323c" : "#ffffff" } });
    map.addLayer({ id: "borders", type: "line", source: "borders", paint: { "line-color": dark ? "#94a3b8" : "#475569", "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.5, 14, 1.6] } });
    map.addLayer({ id: "cells", type: "circle", source: "work", filter: ["has", "n"], layout: { "circle-sort-key": ["coalesce", ["get", "overdue"], 0] }, paint: { "circle-radius": ["interpolate", ["linear"], ["log10", ["get", "n"]], 0, 9, 2, 15, 4, 24], "circle-color": "#475569", "circle-stroke-width": 3, "circle-stroke-color": ["case", [">", ["coalesce", ["get", "overdue"], 0], 0], COLOURS.overdue, "#ffffff"] } });
    map.addLayer({ id: "numbers", type: "symbol", source: "work", filter: ["has", "n"], layout: { "text-field": ["to-string", ["get", "n"]], "text-size": 11, "text-allow-overlap": true, "text-font": ["Noto Sans Bold", "sans-serif"] }, paint: { "text-color": "#ffffff" } });
    map.addLayer({ id: "points", type: "circle", source: "work", filter: ["!", ["has", "n"]], layout: { "circle-sort-key": ["match", ["get", "state"], ...STATES.flatMap((one, n) => [one, STATES.length - n]), 0] as never }, paint: { "circle-radius": ["case", ["==", ["get", "urgent"], true], 9, 6.5], "circle-color": ["match", ["get", "state"], ...STATES.flatMap((one) => [one, COLOURS[one]]), COLOURS.none] as never, "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5 } });
    map.addLayer({ id: "chosen", type: "circle", source: "work", filter: ["in", ["get", "code"], ["literal", []]], paint: { "circle-radius": 11, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": "#1d4ed8", "circle-stroke-width": 3 } });
    map.addLayer({ id: "active", type: "circle", source: "work", filter: ["==", ["get", "code"], ""], paint: { "circle-radius": 14, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": "#f59e0b", "circle-stroke-width": 4 } });
    map.addLayer({ id: "names", type: "symbol", source: "names", layout: { "text-field": ["get", "name"], "text-size": 12, "text-font": ["Noto Sans", "sans-serif"], "text-padding": 4 }, paint: { "text-color": ink, "text-halo-color": paper, "text-halo-width": 1.6 } });
    map.on("click", (event) => {
      if (this.picking) { this.picking(event.lngLat.lng, event.lngLat.lat); return; }
      const found = map.queryRenderedFeatures(event.point, { layers: ["points", "cells"] })[0];
      const code = found?.properties["code"] as string | undefined;
      if (code) this.acts.pick(code);
      else if (found?.properties["n"]) map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 });
    });
    map.on("mousemove", "points", (event) => { map.getCanvas().style.cursor = "pointer"; this.acts.hover((event.features?.[0]?.properties["code"] as string | undefined) ?? null); });
    map.on("mouseleave", "points", () => { map.getCanvas().style.cursor = ""; this.acts.hover(null); });
    map.on("moveend", () => { void this.outlines(); void this.load(); });
    map.on("idle", () => { this.stage.dataset["ready"] = "yes"; });
    await this.outlines().catch(() => undefined);
    if (this.question.polygon) outline(map, this.drawn());
    await this.load();
    this.marks();
  }
  private fitted = false;
  private drawn(): Corner[] { return (this.question.polygon ?? "").split(";").filter(Boolean).map((pair) => pair.split(",").map(Number) as Corner); }
  private async outlines(): Promise<void> {
    if (!this.set || !this.map) return;
    const shapes = await shapesOf(this.set.code, this.map.getZoom() >= FINE_ZOOM);
    this.map.getSource<GeoJSONSource>("borders")?.setData(shapes as never);
    this.map.getSource<GeoJSONSource>("names")?.setData({ type: "FeatureCollection", features: shapes.features.map(({ properties: p }) => ({ type: "Feature", properties: { name: current() === "vi" ? p.name : p.name_en }, geometry: { type: "Point", coordinates: [p.label_lon, p.label_lat] } })) });
  }
  ask(question: Question): void {
    this.question = question;
    if (this.map) { outline(this.map, this.drawn()); void this.load(); }
  }
  async load(): Promise<void> {
    const map = this.map;
    // A map that is not seen (the phone's list) asks for nothing.
    if (!map?.getSource("work") || !this.stage.clientWidth) return;
    this.turn?.abort();
    const own = (this.turn = new AbortController());
    const query = asked(this.question), seen = map.getBounds();
    const within = (value: number, most: number): number => Math.min(most, Math.max(-most, value));
    // First all of it, wherever that is; then what is seen.
    if (this.fitted) query.set("bbox", [within(seen.getWest(), 180), within(seen.getSouth(), 85), within(seen.getEast(), 180), within(seen.getNorth(), 85)].map((one) => one.toFixed(5)).join(","));
    query.set("zoom", String(Math.round(map.getZoom())));
    try {
      const found = await ask<Drawn>(`/api/v1/work/map?${query}`, { signal: own.signal });
      for (const { properties } of found.features) if (!properties["n"]) properties["state"] = stateOf(properties);
      map.getSource<GeoJSONSource>("work")?.setData(found as never);
      if (!this.fitted) { this.fitted = true; this.fit(found); }
      this.note.textContent = "";
      this.stage.dataset["shown"] = String(found.features.length);
    } catch (problem) {
      if (!own.signal.aborted) this.note.textContent = `${w("failed")} ${said(problem)}`;
    }
  }
  private fit(found: Drawn): void {
    const places = found.features.map((one) => one.geometry.coordinates as Corner);
    if (!places.length || this.question.polygon) return;
    const lons = places.map((one) => one[0]), lats = places.map((one) => one[1]);
    this.map?.fitBounds([[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]], { padding: 70, maxZoom: 15, animate: false });
  }
  /** Shows which rows are chosen, and which one has the keyboard or the pointer. */
  show(active: string, chosen: readonly string[]): void { this.active = active; this.chosen = chosen; this.marks(); }
  private marks(): void {
    if (!this.map?.getLayer("active")) return;
    this.map.setFilter("active", ["==", ["get", "code"], this.active]);
    this.map.setFilter("chosen", ["in", ["get", "code"], ["literal", [...this.chosen]]]);
  }
  /** Brings a place into sight, without moving where it is seen already. */
  reveal(lon: number, lat: number): void {
    if (this.map && this.stage.clientWidth && !this.map.getBounds().contains([lon, lat])) this.map.jumpTo({ center: [lon, lat], zoom: Math.max(this.map.getZoom(), 14) });
  }
  resize(): void { this.map?.resize(); void this.load(); }
  leave(): void { this.turn?.abort(); this.map?.remove(); this.map = null; }

  private polygon(): void {
    if (!this.map) return;
    drawPolygon({ view: this.map, pick: (chosen) => { this.picking = chosen; this.map?.getCanvas().focus(); } }, (found) => this.acts.shape(corners(found)));
  }
  /** What the keyboard can do of a box: move the map, and take all that it shows. */
  private seen(): void {
    const bounds = this.map?.getBounds();
    if (bounds) this.rectangle([bounds.getWest(), bounds.getSouth()], [bounds.getEast(), bounds.getNorth()]);
  }
  private rectangle([a, b]: Corner, [c, d]: Corner): void { this.acts.shape(corners([[a, b], [c, b], [c, d], [a, d]])); }
  private box(): void {
    const map = this.map;
    if (!map) return;
    const canvas = map.getCanvasContainer(), frame = h("div", { class: "pick-frame" });
    this.note.textContent = w("boxSays");
    map.dragPan.disable();
    canvas.style.touchAction = "none";
    let from: { x: number; y: number } | null = null;
    const at = (event: PointerEvent): { x: number; y: number } => { const own = this.stage.getBoundingClientRect(); return { x: event.clientX - own.left, y: event.clientY - own.top }; };
    const down = (event: PointerEvent): void => { from = at(event); canvas.setPointerCapture(event.pointerId); this.stage.append(frame); };
    const move = (event: PointerEvent): void => {
      if (!from) return;
      const to = at(event);
      frame.style.cssText = `left:${Math.min(from.x, to.x)}px;top:${Math.min(from.y, to.y)}px;width:${Math.abs(to.x - from.x)}px;height:${Math.abs(to.y - from.y)}px`;
    };
    const up = (event: PointerEvent): void => {
      const start = from, to = at(event);
      end();
      if (!start || Math.abs(to.x - start.x) < 4 || Math.abs(to.y - start.y) < 4) return;
      const [p, q] = [map.unproject([Math.min(start.x, to.x), Math.max(start.y, to.y)]), map.unproject([Math.max(start.x, to.x), Math.min(start.y, to.y)])];
      this.rectangle([p.lng, p.lat], [q.lng, q.lat]);
    };
    const key = (event: KeyboardEvent): void => { if (event.key === "Escape") { event.preventDefault(); end(); } };
    const end = (): void => {
      canvas.removeEventListener("pointerdown", down); canvas.removeEventListener("pointermove", move); canvas.removeEventListener("pointerup", up); removeEventListener("keydown", key);
      canvas.style.touchAction = ""; frame.remove(); map.dragPan.enable(); this.note.textContent = "";
    };
    canvas.addEventListener("pointerdown", down); canvas.addEventListener("pointermove", move); canvas.addEventListener("pointerup", up); addEventListener("keydown", key);
  }
}
