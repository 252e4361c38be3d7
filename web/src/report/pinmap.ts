/** A small map with one pin to drag, and with the complaints nearby; loaded only when it is to be seen. */
import { type GeoJSONSource, Map as MapView, Marker, NavigationControl } from "maplibre-gl";
import { type AreaSet, type City, type Config, get } from "../api";
import "../maplibre";
import { h } from "../dom";
import { current } from "../i18n";
import { shapesOf } from "../shapes";

export interface Around { lon: number; lat: number; label: string }
export interface Order {
  config: Config; city: City; set: string;
  /** What a screen reader calls the pin. */
  label: string;
  start: [number, number] | null; zoom: number;
  /** Called when a hand moved the pin; without it the pin stays where it is. */
  placed?: (lon: number, lat: number, rough: boolean) => void;
}
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
// Without streets a nearer view is a blank sheet: here a ward, its name and what lies around it are still to be seen.
const CLOSE = 14, NEAR = 16, NEAR_BLANK = 13, STEP_PX = 12, SHIFT_PX = 60;
const MOVES: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class PinMap {
  private readonly map: MapView;
  private marker: Marker | null = null;
  private others: Marker[] = [];
  constructor(holder: HTMLElement, private readonly order: Order) {
    const { config, city, start, zoom, placed } = order;
    this.map = new MapView({
      container: holder, ...(start ? { center: start, zoom: Math.min(Math.max(zoom, 11), this.nearest) } : { bounds: city.bbox }), maxZoom: 19, fadeDuration: 0, dragRotate: false, pitchWithRotate: false, touchPitch: false, attributionControl: config.basemap ? { compact: true } : false,
      locale: current() === "vi" ? { "NavigationControl.ZoomIn": "Phóng to", "NavigationControl.ZoomOut": "Thu nhỏ", "Map.Title": "Bản đồ chọn vị trí" } : { "Map.Title": "Map to choose the place" },
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": dark ? "#1b242c" : "#eef2f5" } }] },
    });
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    if (placed) this.map.on("click", ({ lngLat: { lng, lat } }) => {
      const rough = this.map.getZoom() < CLOSE;
      this.pin([lng, lat]);
      // From far away a tap is a guess: the map comes nearer for a second look.
      if (rough) this.map.easeTo({ center: [lng, lat], zoom: Math.max(this.map.getZoom(), this.nearest), animate: !still });
      placed(lng, lat, rough);
    });
    void this.draw();
  }
  private async draw(): Promise<void> {
    const map = this.map, { config, city, set } = this.order;
    if (!map.isStyleLoaded()) await map.once("load");
    if (config.basemap) {
      map.addSource("basemap", { type: "raster", tiles: [config.basemap.url], tileSize: 256, attribution: config.basemap.attribution });
      map.addLayer({ id: "basemap", type: "raster", source: "basemap" });
    }
    map.addSource("complaints", { type: "vector", tiles: [`${location.origin}/tiles/complaints/{z}/{x}/{y}.mvt?city=${city.code}&status=open`], maxzoom: 17 });
    map.addSource("borders", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addSource("names", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    if (!config.basemap) map.addLayer({ id: "land", type: "fill", source: "borders", paint: { "fill-color": dark ? "#26323c" : "#ffffff" } });
    map.addLayer({ id: "borders", type: "line", source: "borders", paint: { "line-color": dark ? "#94a3b8" : "#475569", "line-width": config.basemap ? 1 : 1.6 } });
    map.addLayer({ id: "complaints", type: "circle", source: "complaints", "source-layer": "complaints", minzoom: config.basemap ? 13 : 11.5, paint: { "circle-radius": ["case", ["has", "n"], 9, 5], "circle-color": "#475569", "circle-opacity": 0.8, "circle-stroke-color": "#ffffff", "circle-stroke-width": 1 } });
    map.addLayer({ id: "numbers", type: "symbol", source: "complaints", "source-layer": "complaints", minzoom: config.basemap ? 13 : 11.5, filter: ["has", "n"], layout: { "text-field": ["to-string", ["get", "n"]], "text-size": 10, "text-allow-overlap": true, "text-font": ["Noto Sans Bold", "sans-serif"] }, paint: { "text-color": "#ffffff" } });
    map.addLayer({ id: "names", type: "symbol", source: "names", layout: { "text-field": ["get", "name"], "text-size": 12, "text-font": ["Noto Sans", "sans-serif"] }, paint: { "text-color": dark ? "#e2e8f0" : "#1c2733", "text-halo-color": dark ? "#1b242c" : "#eef2f5", "text-halo-width": 1.6 } });
    const shapes = await (set ? Promise.resolve(set) : this.presentSet()).then((code) => (code ? shapesOf(code) : null)).catch(() => null);
    if (!shapes || !map.getSource("borders")) return;
    map.getSource<GeoJSONSource>("borders")?.setData(shapes as never);
    map.getSource<GeoJSONSource>("names")?.setData({ type: "FeatureCollection", features: shapes.features.map(({ properties: p }) => ({ type: "Feature" as const, properties: { name: current() === "vi" ? p.name : p.name_en }, geometry: { type: "Point" as const, coordinates: [p.label_lon, p.label_lat] } })) });
  }
  /** The areas of today, for a form that is open before the page knows its sets. */
  private async presentSet(): Promise<string | undefined> {
    const { sets } = await get<{ sets: AreaSet[] }>("/api/v1/boundaries");
    const own = sets.filter((one) => one.city === this.order.city.code);
    return (own.find((one) => one.until === null) ?? own[0])?.code;
  }
  /** How near the map goes by itself. */
  private get nearest(): number { return this.order.config.basemap ? NEAR : NEAR_BLANK; }
  /** Sets the pin, or takes it away; `go` brings it into the middle. */
  pin(place: [number, number] | null, go = false): void {
    if (!place) { this.marker?.remove(); this.marker = null; return; }
    if (!this.marker) {
      const marker = new Marker({ color: "#c2410c", draggable: Boolean(this.order.placed) }).setLngLat(place).addTo(this.map);
      const element = marker.getElement();
      element.setAttribute("aria-label", this.order.label);
      element.setAttribute("role", this.order.placed ? "application" : "img");
      if (this.order.placed) {
        element.tabIndex = 0;
        marker.on("dragend", () => { const { lng, lat } = marker.getLngLat(); this.order.placed?.(lng, lat, this.map.getZoom() < CLOSE); });
        element.addEventListener("keydown", (event) => this.moved(event, marker));
      } else element.removeAttribute("tabindex");
      this.marker = marker;
    }
    this.marker.setLngLat(place);
    if (go) this.map.jumpTo({ center: place, zoom: Math.max(this.map.getZoom(), this.nearest) });
  }
  private moved(event: KeyboardEvent, marker: Marker): void {
    const step = MOVES[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const by = event.shiftKey ? SHIFT_PX : STEP_PX, at = this.map.project(marker.getLngLat());
    const { lng, lat } = this.map.unproject([at.x + by * step[0], at.y + by * step[1]]);
    this.pin([lng, lat]);
    if (!this.map.getBounds().contains([lng, lat])) this.map.panTo([lng, lat], { animate: false });
    this.order.placed?.(lng, lat, this.map.getZoom() < CLOSE);
  }
  /** Shows where the ones nearby are, by the numbers they have in the list, and all of them on the map. */
  around(places: Around[], own: [number, number] | null): void {
    this.others.forEach((one) => one.remove());
    this.others = places.map(({ lon, lat, label }) => new Marker({ element: h("span", { class: "near-pin", "aria-hidden": "true" }, label) }).setLngLat([lon, lat]).addTo(this.map));
    const points = [...places.map(({ lon, lat }): [number, number] => [lon, lat]), ...(own ? [own] : [])];
    const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
    if (points.length) this.map.fitBounds([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], { padding: 40, maxZoom: this.order.config.basemap ? 18 : 16, animate: false });
  }
  /** The whole city again, without a pin. */
  home(): void { this.pin(null); this.map.fitBounds(this.order.city.bbox, { animate: false }); }
  get centre(): [number, number] { const { lng, lat } = this.map.getCenter(); return [lng, lat]; }
  get zoom(): number { return this.map.getZoom(); }
  remove(): void { this.map.remove(); }
}
