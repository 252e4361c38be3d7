import { Map as MapView, NavigationControl, Popup, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";

setWorkerUrl(workerUrl);

type Language = "vi" | "en";
type Names = Record<Language, string>;
interface City { code: string; name: Names; bbox: [number, number, number, number]; sample: boolean }
interface AreaSet { code: string; city: string; approximate: boolean; note: Names | null; until: string | null; source: string }
interface Domain { code: string; name: Names; colour: string }
interface Cells { total: number; cells: string[]; n: number[] }

const words = {
  vi: { title: "Bản đồ phản ánh", all: "Tất cả", other: "English", total: "phản ánh", none: "Không có phản ánh nào phù hợp.", sample: "Dữ liệu mẫu, không phải phản ánh thật.", cell: "phản ánh trong ô này", error: "Không tải được dữ liệu. Đang thử lại…", per: "mỗi ô" },
  en: { title: "Complaint map", all: "All", other: "Tiếng Việt", total: "complaints", none: "No complaint matches.", sample: "Sample data, not real complaints.", cell: "complaints in this cell", error: "The data cannot be loaded. Trying again…", per: "per cell" },
};
// ColorBrewer YlOrRd, five classes: safe for the colour-blind.
const ramp = ["#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"];
const view = new URLSearchParams(location.search);
let language: Language = view.get("lang") === "en" ? "en" : "vi";
let domain = view.get("domain") ?? "";

const element = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

async function get<T>(path: string): Promise<T> {
  for (let wait = 500; ; wait = Math.min(wait * 2, 15000)) {
    try {
      const answer = await fetch(path);
      if (answer.ok) return (await answer.json()) as T;
      if (answer.status < 500) throw new RangeError(`${path}: ${answer.status}`);
    } catch (problem) {
      if (problem instanceof RangeError) throw problem;
    }
    element("total").textContent = words[language].error;
    await new Promise((done) => setTimeout(done, wait));
  }
}

/** Lower bounds of up to five classes with about as many cells in each. */
function quantiles(values: number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const bounds = ramp.map((_, i) => sorted[Math.floor((i * sorted.length) / ramp.length)] ?? 0);
  return [...new Set(bounds)];
}

function resolutionAt(zoom: number): number {
  const steps: [number, number][] = [[8, 6], [10, 7], [12, 8], [13, 9], [14, 10], [16, 11]];
  return steps.find(([limit]) => zoom <= limit)?.[1] ?? 12;
}

const [config, { domains }, { sets }] = await Promise.all([
  get<{ cities: City[]; basemap: { url: string; attribution: string } | null }>("/api/v1/config"),
  get<{ domains: Domain[] }>("/api/v1/domains"),
  get<{ sets: AreaSet[] }>("/api/v1/boundaries"),
]);
const city = config.cities.find((one) => one.code === view.get("city")) ?? config.cities[0];
if (!city) throw new Error("no city is set up");
const set = sets.find((one) => one.city === city.code && one.until === null);
const filter = (): string => `city=${city.code}${domain ? `&domain=${domain}` : ""}`;
const tiles = (): string => `${location.origin}/tiles/cells/{z}/{x}/{y}.mvt?${filter()}`;

const map = new MapView({
  container: "map",
  bounds: city.bbox,
  attributionControl: { customAttribution: set?.source ?? "" },
  style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#eef2f5" } }] },
});
map.addControl(new NavigationControl(), "top-right");
await map.once("load");
if (config.basemap) {
  map.addSource("basemap", { type: "raster", tiles: [config.basemap.url], tileSize: 256, attribution: config.basemap.attribution });
  map.addLayer({ id: "basemap", type: "raster", source: "basemap" });
}
map.addSource("cells", { type: "vector", tiles: [tiles()], maxzoom: 17 });
map.addLayer({ id: "cells", type: "fill", source: "cells", "source-layer": "cells", paint: { "fill-opacity": 0.75, "fill-color": "#ccc" } });
if (set) {
  map.addSource("areas", { type: "geojson", data: `/api/v1/boundaries/${set.code}?simplify=60`, attribution: "" });
  map.addLayer({ id: "areas", type: "line", source: "areas", paint: { "line-color": "#475569", "line-width": 0.8 } });
  const areas = await get<{ features: { properties: { name: string; label_lon: number; label_lat: number } }[] }>(`/api/v1/boundaries/${set.code}`);
  const labels = areas.features.map(({ properties }) => ({
    type: "Feature" as const,
    properties: { name: properties.name },
    geometry: { type: "Point" as const, coordinates: [properties.label_lon, properties.label_lat] },
  }));
  map.addSource("labels", { type: "geojson", data: { type: "FeatureCollection", features: labels } });
  map.addLayer({
    id: "labels", type: "symbol", source: "labels",
    layout: { "text-field": ["get", "name"], "text-size": 12, "text-font": ["Noto Sans", "sans-serif"] },
    paint: { "text-color": "#1c2733", "text-halo-color": "#fff", "text-halo-width": 1.5 },
  });
}
map.on("click", "cells", (event) => {
  const n = event.features?.[0]?.properties["n"] as number | undefined;
  if (n) new Popup().setLngLat(event.lngLat).setText(`${n} ${words[language].cell}`).addTo(map);
});

/** Classes of the resolution on screen; they hold still until it or the filter changes. */
async function classify(): Promise<void> {
  const resolution = Math.min(resolutionAt(Math.floor(map.getZoom())), 9);
  const found = await get<Cells>(`/api/v1/counts?by=cell&resolution=${resolution}&${filter()}`);
  const bounds = quantiles(found.n);
  const text = words[language];
  element("total").textContent = found.total ? `${found.total.toLocaleString(language)} ${text.total}` : text.none;
  const top = found.n.reduce((a, b) => Math.max(a, b), 0);
  element("legend").replaceChildren(
    ...bounds.map((low, i) => {
      const line = document.createElement("li");
      const box = document.createElement("i");
      box.style.background = ramp[i] ?? "";
      const next = bounds[i + 1];
      const high = next === undefined ? top : next - 1;
      line.append(box, `${low}${high > low ? `–${high}` : ""} ${text.per}`);
      return line;
    }),
  );
  const steps = bounds.slice(1).flatMap((low, i) => [low, ramp[i + 1] ?? "#000"]);
  map.setPaintProperty("cells", "fill-color", steps.length ? ["step", ["get", "n"], ramp[0] ?? "", ...steps] : (ramp[0] ?? ""));
}

function draw(): void {
  const text = words[language];
  document.documentElement.lang = language;
  document.title = text.title;
  element("title").textContent = `${text.title} · ${city?.name[language]}`;
  element("language").textContent = text.other;
  element("notice").textContent = [city?.sample ? text.sample : "", set?.approximate ? (set.note?.[language] ?? "") : ""].join(" ").trim();
  const chips = [{ code: "", label: text.all }, ...domains.map((one) => ({ code: one.code, label: one.name[language] }))];
  element("domains").replaceChildren(
    ...chips.map(({ code, label }) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.textContent = label;
      chip.ariaPressed = String(code === domain);
      chip.onclick = () => { domain = code; draw(); };
      return chip;
    }),
  );
  const address = new URLSearchParams({ lang: language, city: city?.code ?? "", ...(domain ? { domain } : {}) });
  history.replaceState(null, "", `?${address}`);
  const source = map.getSource("cells");
  if (source && "setTiles" in source) (source as unknown as { setTiles(urls: string[]): void }).setTiles([tiles()]);
  void classify();
}

element("language").onclick = () => { language = language === "vi" ? "en" : "vi"; draw(); };
let shown = -1;
map.on("moveend", () => {
  const resolution = resolutionAt(Math.floor(map.getZoom()));
  if (resolution !== shown) { shown = resolution; void classify(); }
});
draw();
map.once("idle", () => { document.body.dataset["ready"] = "yes"; });
