import { Map as MapView, Marker, NavigationControl, ScaleControl } from "maplibre-gl";
import type { MapGeoJSONFeature, MapMouseEvent, VectorTileSource, GeoJSONSource } from "maplibre-gl";
import "./maplibre";
import type { AreaSet, City, Config, Domain } from "./api";
import { Choropleth, type Painting } from "./choropleth";
import { byId, h } from "./dom";
import { embedded, gestures } from "./embed";
import { resolutionOf, type Shown } from "./figures";
import { drawHeat } from "./heat";
import { current, number, t } from "./i18n";
import { className, HOT, PATTERNS } from "./hotspots";
import { addOutliers, outlierName, outlierStory, OUTLINED } from "./outliers";
import { coloursOf } from "./ramp";
import { seriesKey } from "./series";
import { FINE_ZOOM, shapesOf } from "./shapes";
import { change, filter, LAYERS, state, STUDIED, type State } from "./state";

const TILED = LAYERS.filter((layer) => layer !== "density");
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const paper = dark ? "#1b242c" : "#eef2f5";
const ink = dark ? "#e2e8f0" : "#1c2733";
const coloured = (of: typeof HOT): never => ["match", ["get", "class"], ...Object.entries(of).filter(([code]) => code !== "none").flatMap(([code, { colour }]) => [code, colour]), "rgba(0,0,0,0)"] as never;
/** The map's layers that draw one layer of the page. */
const PARTS: Partial<Record<State["layer"], string[]>> = { complaints: ["complaints", "numbers"], hotspots: ["hotspots", "hot", "cold"], trends: ["trends", "signs"], outliers: OUTLINED };
/** The element of a map, what it shows, and the map it moves with. */
export interface Place { container: string; shown: () => State; follows?: CityMap; title?: string }

export class CityMap {
  private readonly map: MapView;
  private borders = "";
  private set: AreaSet | undefined;
  private readonly drawn = new Map<string, string>();
  private picking: ((lon: number, lat: number) => void) | null = null;
  private choropleth: Choropleth | null = null;
  private marker: Marker | null = null;
  private heat: Shown["density"] = null;
  constructor(private readonly config: Config, city: City, private readonly actions: { open(code: string): void; story(shape: "cell" | "area", value: string, n: number, words: string[], of: State): void }, private readonly place: Place = { container: "map", shown: () => state }) {
    const [z, lon, lat] = state.view.split("/").map(Number);
    const start = state.view && [z, lon, lat].every(Number.isFinite) ? { zoom: z as number, center: [lon as number, lat as number] as [number, number] } : { bounds: city.bbox };
    this.map = new MapView({
      container: place.container, ...start, maxZoom: 18, attributionControl: { compact: true }, fadeDuration: 0, cooperativeGestures: embedded,
      locale: { "NavigationControl.ZoomIn": current() === "vi" ? "Phóng to" : "Zoom in", "NavigationControl.ZoomOut": current() === "vi" ? "Thu nhỏ" : "Zoom out", "Map.Title": place.title ?? t("title"), ...gestures() },
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": paper } }] },
    });
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    if (!place.follows) this.map.addControl(new ScaleControl(), "bottom-right");
  }
  async start(domains: Domain[], moved: () => void): Promise<void> {
    const map = this.map;
    // Not "load", which waits for a first picture of nothing.
    if (!map.isStyleLoaded()) await map.once("style.load");
    if (this.config.basemap) {
      map.addSource("basemap", { type: "raster", tiles: [this.config.basemap.url], tileSize: 256, attribution: this.config.basemap.attribution });
      map.addLayer({ id: "basemap", type: "raster", source: "basemap" });
    }
    for (const layer of TILED) {
      this.drawn.set(layer, this.tiles(layer));
      map.addSource(layer, { type: "vector", tiles: [this.tiles(layer)], maxzoom: 17 });
    }
    map.addSource("borders", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addSource("names", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({ id: "land", type: "fill", source: "borders", paint: { "fill-color": dark ? "#26323c" : "#ffffff", "fill-opacity": this.config.basemap ? 0 : 1 } });
    for (const layer of ["cells", "areas"]) map.addLayer({ id: layer, type: "fill", source: layer, "source-layer": layer, paint: { "fill-opacity": 0.78, "fill-outline-color": "rgba(60,30,0,0.25)" }, layout: { visibility: "none" } });
    map.addLayer({ id: "hotspots", type: "fill", source: "hotspots", "source-layer": "hotspots", paint: { "fill-color": coloured(HOT), "fill-opacity": 0.8, "fill-outline-color": "rgba(71,85,105,0.35)" } });
    // Width and dashes say it again for a print without colours: hot is a full line, cold a dashed one.
    const width = ["match", ["slice", ["get", "class"], -2], "99", 2.4, "95", 1.5, 0.8] as never;
    map.addLayer({ id: "hot", type: "line", source: "hotspots", "source-layer": "hotspots", filter: ["==", ["slice", ["get", "class"], 0, 3], "hot"], paint: { "line-color": dark ? "#fecaca" : "#450a0a", "line-width": width } });
    map.addLayer({ id: "cold", type: "line", source: "hotspots", "source-layer": "hotspots", filter: ["==", ["slice", ["get", "class"], 0, 4], "cold"], paint: { "line-color": dark ? "#bfdbfe" : "#0c2d57", "line-width": width, "line-dasharray": [2, 2] } });
    map.addLayer({ id: "trends", type: "fill", source: "trends", "source-layer": "trends", paint: { "fill-color": coloured(PATTERNS), "fill-opacity": 0.85, "fill-outline-color": "rgba(71,85,105,0.35)" } });
    addOutliers(map, ink);
    map.addLayer({ id: "borders", type: "line", source: "borders", paint: { "line-color": dark ? "#94a3b8" : "#475569", "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.5, 14, 1.6] } });
    map.addLayer({ id: "chosen", type: "line", source: "borders", filter: ["==", ["get", "code"], ""], paint: { "line-color": "#1d4ed8", "line-width": 4 } });
    const colours = domains.flatMap((one) => [one.code, one.colour]);
    map.addLayer({ id: "complaints", type: "circle", source: "complaints", "source-layer": "complaints", paint: {
      "circle-radius": ["case", ["has", "n"], ["interpolate", ["linear"], ["log10", ["get", "n"]], 0, 7, 2, 13, 4, 22], 7],
      "circle-color": ["case", ["has", "n"], "#7c3aed", ["match", ["get", "domain"], ...(colours.length ? colours : ["", "#000"]), "#475569"] as never],
      "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5, "circle-opacity": 0.88 } });
    map.addLayer({ id: "numbers", type: "symbol", source: "complaints", "source-layer": "complaints", filter: ["has", "n"], layout: { "text-field": ["to-string", ["get", "n"]], "text-size": 11, "text-allow-overlap": true, "text-font": ["Noto Sans Bold", "sans-serif"] }, paint: { "text-color": "#ffffff" } });
    map.addLayer({ id: "names", type: "symbol", source: "names", layout: { "text-field": ["get", "name"], "text-size": ["interpolate", ["linear"], ["zoom"], 9, 10, 13, 14], "text-font": ["Noto Sans", "sans-serif"], "text-padding": 4 }, paint: { "text-color": ink, "text-halo-color": paper, "text-halo-width": 1.8 } });
    map.addLayer({ id: "signs", type: "symbol", source: "trends", "source-layer": "trends", filter: ["!=", ["get", "class"], "none"], minzoom: 9.5, layout: { "text-field": ["match", ["get", "class"], ...Object.entries(PATTERNS).flatMap(([code, { sign }]) => [code, sign]), ""] as never, "text-size": 13, "text-allow-overlap": true, "text-font": ["Noto Sans", "sans-serif"] }, paint: { "text-color": "#111827", "text-halo-color": "#ffffff", "text-halo-width": 1.4 } });
    this.choropleth = new Choropleth(map, "borders", dark ? "#e2e8f0" : "#334155");
    // Nothing is asked for that is not to be seen.
    this.reveal(true);
    map.on("click", (event) => this.clicked(event));
    for (const layer of [...TILED, "painted"]) {
      map.on("mousemove", layer, (event) => this.hover(event.features?.[0], event));
      map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; byId(this.place.container).title = ""; });
    }
    // A tile refuses cells too fine for its zoom: coarser ones are asked for before it is.
    map.on("zoom", () => { if (this.place.shown().resolution && map.getSource("cells")) this.retile("cells"); });
    map.on("moveend", () => {
      void this.outline(this.set).catch(() => { this.borders = ""; });
      if (this.place.follows) return;
      const { lng, lat } = map.getCenter();
      change({ view: `${map.getZoom().toFixed(2)}/${lng.toFixed(5)}/${lat.toFixed(5)}` }, false);
      moved();
    });
    map.on("dataloading", () => { byId("busy").dataset["on"] = "yes"; });
    map.on("idle", () => { delete byId("busy").dataset["on"]; byId(this.place.container).dataset["ready"] = "yes"; if (!this.place.follows) document.body.dataset["ready"] = "yes"; });
  }
  private tiles(layer: string): string {
    const of = this.place.shown(), asked = filter([], of);
    if (layer === "areas") asked.set("set", of.set);
    if (layer === "cells" && of.resolution) asked.set("resolution", String(resolutionOf(of, this.map.getZoom())));
    if (STUDIED.includes(layer as never)) asked.set("resolution", of.size);
    if (layer === "trends") asked.set("step", of.step);
    return `${location.origin}/tiles/${layer}/{z}/{x}/{y}.mvt?${asked}`;
  }
  private retile(layer: string): void {
    const url = this.tiles(layer);
    if (this.drawn.get(layer) === url) return;
    this.drawn.set(layer, url);
    (this.map.getSource(layer) as VectorTileSource).setTiles([url]);
  }
  /** Which layers are seen; where the client draws the places itself, not their tiles. */
  private reveal(painted: boolean): void {
    for (const layer of TILED) {
      const seen = this.place.shown().layer === layer && !painted;
      if (!seen) { this.hide([layer]); continue; }
      for (const id of PARTS[layer] ?? [layer]) this.map.setLayoutProperty(id, "visibility", "visible");
      this.retile(layer);
    }
  }
  private hide(layers: readonly State["layer"][]): void {
    for (const id of layers.flatMap((layer) => PARTS[layer] ?? [layer])) this.map.setLayoutProperty(id, "visibility", "none");
  }
  /** Draws what the state says; what needs figures first waits for `show`. */
  async update(set: AreaSet | undefined): Promise<void> {
    const map = this.map, shown = this.place.shown();
    if (shown.layer !== "density") this.heated(null);
    if (!this.waits(shown)) { this.choropleth?.paint(null); this.reveal(false); } else this.hide(TILED.filter((layer) => layer !== shown.layer));
    const [areaSet, code] = state.area.split(":");
    map.setFilter("chosen", ["==", ["get", "code"], areaSet === state.set ? code ?? "" : ""]);
    await this.outline(set);
  }
  /** Borders and names; finer ones once the view is near. */
  private async outline(set: AreaSet | undefined): Promise<void> {
    this.set = set;
    const map = this.map, fine = map.getZoom() >= FINE_ZOOM, wanted = `${set?.code ?? ""} ${current()}`, drawn = `${wanted} ${fine}`;
    if (!set || this.borders === drawn || this.borders === `${wanted} true`) return;
    this.borders = drawn;
    const shapes = await shapesOf(set.code, fine);
    if (this.borders !== drawn) return;
    (map.getSource("borders") as GeoJSONSource).setData(shapes as never);
    const points = shapes.features.map(({ properties: p }) => ({ type: "Feature" as const, properties: { name: current() === "vi" ? p.name : p.name_en }, geometry: { type: "Point" as const, coordinates: [p.label_lon, p.label_lat] } }));
    (map.getSource("names") as GeoJSONSource).setData({ type: "FeatureCollection", features: points });
  }
  private waits(of: State): boolean { return seriesKey(of, 0) !== null || (of.layer === "areas" && of.measure !== "n"); }
  private heated(found: Shown["density"]): void {
    if (this.heat === found) return;
    this.heat = found;
    drawHeat(this.map, found, found?.breaks ?? [], "borders");
  }
  /** Draws what needed figures: colours of classes, places the client draws, the smooth surface. */
  show({ classes, density }: Shown, painting: Painting | null): void {
    if (this.place.shown().layer === "density") this.reveal(false);
    this.heated(density);
    this.paint(painting);
    if (!painting && this.waits(this.place.shown())) this.reveal(false);
    if (classes) this.colour(classes.breaks);
  }
  /** Colours the places anew; no request. */
  paint(painting: Painting | null): void {
    if (painting && !this.choropleth?.painting) this.reveal(true);
    this.choropleth?.paint(painting);
  }
  private colour(breaks: number[]): void {
    const colours = coloursOf(breaks);
    const layer = this.place.shown().layer === "areas" ? "areas" : "cells";
    const colour = breaks.length ? ["step", ["get", "n"], colours[0], ...breaks.flatMap((low, i) => [low, colours[i + 1]])] : colours[0];
    this.map.setPaintProperty(layer, "fill-color", (layer === "areas" ? ["case", ["==", ["get", "n"], 0], "rgba(0,0,0,0)", colour] : colour) as never);
  }
  /** The view itself, for what draws on top of it. */
  get view(): MapView { return this.map; }
  /** Moves together with another map. */
  follow(other: CityMap): void {
    let moving = false;
    const after = (leader: MapView, follower: MapView): void => {
      leader.on("move", () => {
        if (moving) return;
        moving = true;
        follower.jumpTo({ center: leader.getCenter(), zoom: leader.getZoom(), bearing: leader.getBearing(), pitch: leader.getPitch() });
        moving = false;
      });
    };
    this.map.jumpTo({ center: other.map.getCenter(), zoom: other.map.getZoom(), bearing: other.map.getBearing(), pitch: other.map.getPitch() });
    after(this.map, other.map);
    after(other.map, this.map);
  }
  resize(): void { this.map.resize(); }
  remove(): void { this.map.remove(); }
  get zoom(): number { return this.map.getZoom(); }
  get centre(): [number, number] { const { lng, lat } = this.map.getCenter(); return [lng, lat]; }
  /** Shows a box whole, above the lowest `below` pixels and beside the legend where that leaves room. */
  fit(bbox: [number, number, number, number], below = 0, beside = 0): void { this.map.fitBounds(bbox, { padding: { top: 30, left: 30 + beside, right: 30, bottom: 30 + below }, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches, maxZoom: 15 }); }
  go(lon: number, lat: number, zoom = 16): void { this.map.jumpTo({ center: [lon, lat], zoom }); }
  /** A pin with the code of one complaint, which opens it; null takes it away. */
  mark(code: string, at: [number, number] | null): void {
    this.marker?.remove();
    // A tap on the pin is none on what lies under it.
    const open = (event: Event): void => { event.stopPropagation(); this.actions.open(code); };
    this.marker = at && new Marker({ element: h("button", { type: "button", class: "marked", "aria-label": `${t("code")} ${code}`, click: open }, code), anchor: "bottom", offset: [0, -14] }).setLngLat(at).addTo(this.map);
  }
  /** Taps choose a place until null is given. */
  pick(chosen: ((lon: number, lat: number) => void) | null): void {
    this.picking = chosen;
    this.map.getCanvas().style.cursor = chosen ? "crosshair" : "";
    if (chosen) this.map.getCanvas().focus();
  }

  private hover(feature: MapGeoJSONFeature | undefined, _: MapMouseEvent): void {
    if (!feature || this.picking) return;
    this.map.getCanvas().style.cursor = "pointer";
    const p = this.told(feature);
    byId(this.place.container).title = [p.name, p.n === undefined ? "" : `${number(p.n)} ${t("total")}`, p.class ? this.named(p.class) : ""].filter(Boolean).join(": ");
  }
  private named(code: string): string { return this.place.shown().layer === "outliers" ? outlierName(code) : className(code); }
  /** A feature's properties; a painted place's number is that of the frame. */
  private told(feature: MapGeoJSONFeature): { n?: number; name?: string; code?: string; rate?: number; cell?: string; class?: string; z?: string; label?: string } {
    const p = feature.properties as { i?: number; n?: number };
    const painting = this.choropleth?.painting;
    if (feature.layer.id !== "painted" || !painting || p.i === undefined) return p;
    return { ...p, n: painting.n(p.i), label: painting.label(p.i) };
  }
  private clicked(event: MapMouseEvent): void {
    const picking = this.picking ?? this.place.follows?.picking;
    if (picking) {
      picking(event.lngLat.lng, event.lngLat.lat);
      return;
    }
    const of = this.place.shown();
    const feature = this.map.queryRenderedFeatures(event.point, { layers: this.choropleth?.painting ? ["painted"] : [of.layer].filter((layer) => layer !== "density") })[0];
    if (!feature) return;
    const p = this.told(feature);
    if (of.layer === "complaints" && p.code) { this.actions.open(p.code); return; }
    const words = p.class && of.layer === "outliers" ? [outlierStory(p.class, Number(p.z))]
      : p.class ? [of.layer === "trends" ? `${className(p.class)}. ${t("numberIs")} ${t(Math.abs(Number(p.z)) < 1.96 ? "steady" : Number(p.z) > 0 ? "rising" : "falling")} (z = ${number(Number(p.z))}).` : `${t("around")}: ${className(p.class)} (z = ${number(Number(p.z))})`]
      : p.label ? [p.label] : [];
    if (of.layer === "areas" && p.code) this.actions.story("area", `${of.set}:${p.code}`, p.n ?? 0, words, of);
    else if (p.cell) this.actions.story("cell", p.cell, p.n ?? 0, words, of);
  }
}
