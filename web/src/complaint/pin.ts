/** A map on which a pin is set anew; the library is loaded for it alone. */
import { Map as MapView, Marker, NavigationControl } from "maplibre-gl";
import "../maplibre";
import { ask, type AreaSet, type Config } from "../api";
import { current } from "../i18n";
import { shapesOf } from "../shapes";

const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const MOVES: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP_PX = 12;

export interface Pin { go(lon: number, lat: number): void; remove(): void }
/** Draws outlines or the basemap around a place; a tap, a drag and the arrow keys move the pin. */
export async function pinMap(container: HTMLElement, city: string, start: [number, number], label: string, moved: (lon: number, lat: number) => void): Promise<Pin> {
  const [config, { sets }] = await Promise.all([ask<Config>("/api/v1/config"), ask<{ sets: AreaSet[] }>("/api/v1/boundaries")]);
  const set = sets.find((one) => one.city === city && one.until === null) ?? sets.find((one) => one.city === city);
  const map = new MapView({
    container, center: start, zoom: 15, maxZoom: 19, fadeDuration: 0, dragRotate: false, attributionControl: config.basemap ? { compact: true } : false,
    locale: current() === "vi" ? { "NavigationControl.ZoomIn": "Phóng to", "NavigationControl.ZoomOut": "Thu nhỏ", "Map.Title": label } : { "Map.Title": label },
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": dark ? "#1b242c" : "#eef2f5" } }] },
  });
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  const marker = new Marker({ color: "#c2410c", draggable: true }).setLngLat(start).addTo(map), element = marker.getElement();
  for (const [name, value] of [["aria-label", label], ["role", "application"], ["tabindex", "0"]] as const) element.setAttribute(name, value);
  const set_ = (lon: number, lat: number): void => { marker.setLngLat([lon, lat]); moved(lon, lat); };
  marker.on("dragend", () => { const { lng, lat } = marker.getLngLat(); moved(lng, lat); });
  map.on("click", ({ lngLat: { lng, lat } }) => set_(lng, lat));
  element.addEventListener("keydown", (event) => {
    const step = MOVES[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const at = map.project(marker.getLngLat()), { lng, lat } = map.unproject([at.x + STEP_PX * step[0], at.y + STEP_PX * step[1]]);
    set_(lng, lat);
    if (!map.getBounds().contains([lng, lat])) map.panTo([lng, lat], { animate: false });
  });
  if (!map.isStyleLoaded()) await map.once("load");
  if (config.basemap) {
    map.addSource("basemap", { type: "raster", tiles: [config.basemap.url], tileSize: 256, attribution: config.basemap.attribution });
    map.addLayer({ id: "basemap", type: "raster", source: "basemap" });
  }
  if (set) {
    const shapes = await shapesOf(set.code);
    map.addSource("borders", { type: "geojson", data: shapes as never });
    if (!config.basemap) map.addLayer({ id: "land", type: "fill", source: "borders", paint: { "fill-color": dark ? "#26323c" : "#ffffff" } });
    map.addLayer({ id: "borders", type: "line", source: "borders", paint: { "line-color": dark ? "#94a3b8" : "#475569", "line-width": 1 } });
    map.addSource("names", { type: "geojson", data: { type: "FeatureCollection", features: shapes.features.map(({ properties: p }) => ({ type: "Feature" as const, properties: { name: current() === "vi" ? p.name : p.name_en }, geometry: { type: "Point" as const, coordinates: [p.label_lon, p.label_lat] } })) } });
    map.addLayer({ id: "names", type: "symbol", source: "names", layout: { "text-field": ["get", "name"], "text-size": 12, "text-font": ["Noto Sans", "sans-serif"] }, paint: { "text-color": dark ? "#e2e8f0" : "#1c2733", "text-halo-color": dark ? "#1b242c" : "#eef2f5", "text-halo-width": 1.6 } });
  }
  return { go: (lon, lat) => { marker.setLngLat([lon, lat]); map.jumpTo({ center: [lon, lat] }); }, remove: () => map.remove() };
}
