import { Map as MapView, Marker, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { MapGeoJSONFeature, MapMouseEvent, VectorTileSource, GeoJSONSource } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import type { AreaSet, City, Config, Domain } from "./api";
import { get } from "./api";
import { byId } from "./dom";
import { embedded, gestures } from "./embed";
import { current, number, t } from "./i18n";
import { className, HOT, PATTERNS } from "./hotspots";
import { change, filter, LAYERS, state, STUDIED } from "./state";

setWorkerUrl(workerUrl);
// ColorBrewer YlOrRd, six classes: ordered in lightness, safe for the colour-blind and in print.
export const RAMP = ["#ffffb2", "#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026"];
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const paper = dark ? "#1b242c" : "#eef2f5";
const ink = dark ? "#e2e8f0" : "#1c2733";
const coloured = (of: typeof HOT): never => ["match", ["get", "class"], ...Object.entries(of).filter(([code]) => code !== "none").flatMap(([code, { colour }]) => [code, colour]), "rgba(0,0,0,0)"] as never;
type Names = { features: { id: string; properties: { name: string; name_en: string; label_lon: number; label_lat: number } }[] };

export class CityMap {
  private readonly map: MapView;
  private marker: Marker | null = null;
  private borders = "";
  private readonly drawn = new Map<string, string>();
  private picking: ((lon: number, lat: number) => void) | null = null;
  constructor(private readonly config: Config, city: City, private readonly actions: { open(code: string): void; story(shape: "cell" | "area", value: string, n: number, words: string[]): void }) {
    const [z, lon, lat] = state.view.split("/").map(Number);
    const start = state.view && [z, lon, lat].every(Number.isFinite) ? { zoom: z as number, center: [lon as number, lat as number] as [number, number] } : { bounds: city.bbox };
    this.map = new MapView({
      container: "map", ...start, maxZoom: 18, attributionControl: { compact: true }, fadeDuration: 0, cooperativeGestures: embedded,
      locale: { "NavigationControl.ZoomIn": current() === "vi" ? "Phóng to" : "Zoom in", "NavigationControl.ZoomOut": current() === "vi" ? "Thu nhỏ" : "Zoom out", "Map.Title": t("title"), ...gestures() },
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": paper } }] },
    });
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl(), "bottom-right");
  }
  async start(domains: Domain[], moved: () => void): Promise<void> {
    const map = this.map;
    if (!map.isStyleLoaded()) await map.once("load");
    if (this.config.basemap) {
      map.addSource("basemap", { type: "raster", tiles: [this.config.basemap.url], tileSize: 256, attribution: this.config.basemap.attribution });
      map.addLayer({ id: "basemap", type: "raster", source: "basemap" });
    }
    for (const layer of LAYERS) {
      this.drawn.set(layer, this.tiles(layer));
      map.addSource(layer, { type: "vector", tiles: [this.tiles(layer)], maxzoom: 17 });
    }
    map.addSource("borders", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addSource("names", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({ id: "land", type: "fill", source: "borders", paint: { "fill-color": dark ? "#26323c" : "#ffffff", "fill-opacity": this.config.basemap ? 0 : 1 } });
    for (const layer of ["cells", "areas"]) map.addLayer({ id: layer, type: "fill", source: layer, "source-layer": layer, paint: { "fill-opacity": 0.78, "fill-outline-color": "rgba(60,30,0,0.25)" } });
    map.addLayer({ id: "hotspots", type: "fill", source: "hotspots", "source-layer": "hotspots", paint: { "fill-color": coloured(HOT), "fill-opacity": 0.8, "fill-outline-color": "rgba(71,85,105,0.35)" } });
    // Width and dashes say it again for a print without colours: hot is a full line, cold a dashed one.
    const width = ["match", ["slice", ["get", "class"], -2], "99", 2.4, "95", 1.5, 0.8] as never;
    map.addLayer({ id: "hot", type: "line", source: "hotspots", "source-layer": "hotspots", filter: ["==", ["slice", ["get", "class"], 0, 3], "hot"], paint: { "line-color": dark ? "#fecaca" : "#450a0a", "line-width": width } });
    map.addLayer({ id: "cold", type: "line", source: "hotspots", "source-layer": "hotspots", filter: ["==", ["slice", ["get", "class"], 0, 4], "cold"], paint: { "line-color": dark ? "#bfdbfe" : "#0c2d57", "line-width": width, "line-dasharray": [2, 2] } });
    map.addLayer({ id: "trends", type: "fill", source: "trends", "source-layer": "trends", paint: { "fill-color": coloured(PATTERNS), "fill-opacity": 0.85, "fill-outline-color": "rgba(71,85,105,0.35)" } });
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
    map.on("click", (event) => this.clicked(event));
    for (const layer of LAYERS) {
      map.on("mousemove", layer, (event) => this.hover(event.features?.[0], event));
      map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; byId("map").title = ""; });
    }
    map.on("moveend", () => {
      const { lng, lat } = map.getCenter();
      change({ view: `${map.getZoom().toFixed(2)}/${lng.toFixed(5)}/${lat.toFixed(5)}` }, false);
      moved();
    });
    map.on("dataloading", () => { byId("busy").dataset["on"] = "yes"; });
    map.on("idle", () => { delete byId("busy").dataset["on"]; document.body.dataset["ready"] = "yes"; });
  }
  private tiles(layer: string): string {
    const asked = filter();
    if (layer === "areas") asked.set("set", state.set);
    if (STUDIED.includes(layer as never)) asked.set("resolution", state.size);
    if (layer === "trends") asked.set("step", state.step);
    return `${location.origin}/tiles/${layer}/{z}/{x}/{y}.mvt?${asked}`;
  }
  /** Draws what the state says. */
  async update(set: AreaSet | undefined): Promise<void> {
    const map = this.map;
    for (const layer of LAYERS) {
      const shown = state.layer === layer;
      for (const id of { complaints: ["complaints", "numbers"], hotspots: ["hotspots", "hot", "cold"], trends: ["trends", "signs"] }[layer as string] ?? [layer]) map.setLayoutProperty(id, "visibility", shown ? "visible" : "none");
      const url = this.tiles(layer);
      if (this.drawn.get(layer) === url) continue;
      this.drawn.set(layer, url);
      (map.getSource(layer) as VectorTileSource).setTiles([url]);
    }
    const [of, code] = state.area.split(":");
    map.setFilter("chosen", ["==", ["get", "code"], of === state.set ? code ?? "" : ""]);
    const wanted = `${set?.code ?? ""} ${current()}`;
    if (set && this.borders !== wanted) {
      this.borders = wanted;
      const shapes = await get<Names>(`/api/v1/boundaries/${set.code}?simplify=40`);
      (map.getSource("borders") as GeoJSONSource).setData(shapes as never);
      const points = shapes.features.map(({ properties: p }) => ({ type: "Feature" as const, properties: { name: current() === "vi" ? p.name : p.name_en }, geometry: { type: "Point" as const, coordinates: [p.label_lon, p.label_lat] } }));
      (map.getSource("names") as GeoJSONSource).setData({ type: "FeatureCollection", features: points });
    }
  }
  colour(breaks: number[]): void {
    const steps = breaks.flatMap((low, i) => [low, RAMP[i + 1] ?? "#000"]);
    const layer = state.layer === "areas" ? "areas" : "cells";
    const colour = steps.length ? ["step", ["get", "n"], RAMP[0], ...steps] : RAMP[3];
    this.map.setPaintProperty(layer, "fill-color", (layer === "areas" ? ["case", ["==", ["get", "n"], 0], "rgba(0,0,0,0)", colour] : colour) as never);
  }
  /** The view itself, for what draws on top of it. */
  get view(): MapView { return this.map; }
  get zoom(): number { return this.map.getZoom(); }
  get centre(): [number, number] { const { lng, lat } = this.map.getCenter(); return [lng, lat]; }
  fit(bbox: [number, number, number, number]): void { this.map.fitBounds(bbox, { padding: 30, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches, maxZoom: 15 }); }
  go(lon: number, lat: number, zoom = 16): void { this.map.jumpTo({ center: [lon, lat], zoom }); }
  /** Taps choose a place until null is given. */
  pick(chosen: ((lon: number, lat: number) => void) | null): void {
    this.picking = chosen;
    this.map.getCanvas().style.cursor = chosen ? "crosshair" : "";
    if (chosen) this.map.getCanvas().focus();
  }
  /** Shows where a report is about to be. */
  mark(place: [number, number] | null): void {
    this.marker?.remove();
    this.marker = place ? new Marker({ color: "#c2410c" }).setLngLat(place).addTo(this.map) : null;
  }

  private hover(feature: MapGeoJSONFeature | undefined, _: MapMouseEvent): void {
    if (!feature || this.picking) return;
    this.map.getCanvas().style.cursor = "pointer";
    const p = feature.properties as { n?: number; name?: string; class?: string };
    byId("map").title = [p.name, p.n === undefined ? "" : `${number(p.n)} ${t("total")}`, p.class ? className(p.class) : ""].filter(Boolean).join(": ");
  }
  private clicked(event: MapMouseEvent): void {
    if (this.picking) {
      this.picking(event.lngLat.lng, event.lngLat.lat);
      return;
    }
    const feature = this.map.queryRenderedFeatures(event.point, { layers: [state.layer] })[0];
    if (!feature) return;
    const p = feature.properties as { n?: number; code?: string; cell?: string; class?: string; z?: string };
    if (state.layer === "complaints" && p.code) { this.actions.open(p.code); return; }
    const words = !p.class ? [] : [state.layer === "trends" ? `${className(p.class)}. ${t("numberIs")} ${t(Math.abs(Number(p.z)) < 1.96 ? "steady" : Number(p.z) > 0 ? "rising" : "falling")} (z = ${number(Number(p.z))}).` : `${t("around")}: ${className(p.class)} (z = ${number(Number(p.z))})`];
    if (state.layer === "areas" && p.code) this.actions.story("area", `${state.set}:${p.code}`, p.n ?? 0, words);
    else if (p.cell) this.actions.story("cell", p.cell, p.n ?? 0, words);
  }
}
