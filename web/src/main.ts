import "./style.css";
import type { AreaSet, Config, Domain, Feature, Found } from "./api";
import { get, onTrouble, Refused } from "./api";
import { installAsOf } from "./asof";
import { openGroups } from "./compare";
import { byId, deeper, h } from "./dom";
import { drawEmbed, embedded, openOutside, openPlaceOutside } from "./embed";
import { installFeeds } from "./feeds";
import { readAhead, resolutionOf, zoomOf } from "./figures";
import { openSpots } from "./hotspots";
import { current, named, setLanguage, setZone, t } from "./i18n";
import { drawPanel } from "./panel";
import { explained } from "./problems";
import { installApp } from "./pwa";
import { type Around, openReport, startSending } from "./report";
import { headSearch } from "./search";
import { onFrame, readPeriods } from "./slider";
import { FINE_ZOOM, populated, shapesOf } from "./shapes";
import { change, filter, MOST_CELLS, onChange, OWN, readAddress, second, state } from "./state";
import { Story } from "./story";
import { openComplaint, openList, openTable } from "./tables";
import { tools } from "./tools";
import { Workbench } from "./workbench";

type Key = Parameters<typeof t>[0];
// A link from the page of a complaint asks for it; the map's own address forgets what it does not know.
const watches = new URLSearchParams(location.search).has("watch");
readAddress();
setLanguage(state.lang === "en" ? "en" : "vi");
const texts = (): void => { for (const one of document.querySelectorAll<HTMLElement>("[data-t]")) one.textContent = t(one.dataset["t"] as Key); };
texts();
byId("title").textContent = t("title");

let down = false;
/** Two lines at most, the rest by scrolling: a phone shows a map, not what is wrong with it. */
function say(...words: (Node | string)[]): void {
  byId("banner").replaceChildren(h("span", { class: "banner-said", tabindex: "0" }, ...words), h("button", { type: "button", class: "close", "aria-label": t("close"), click: () => { byId("banner").hidden = true; } }, "✕"));
  byId("banner").hidden = false;
}
const banner = (): void => {
  const text = !navigator.onLine ? t("offline") : down ? t("error") : "";
  if (text) say(text);
  else byId("banner").hidden = true;
};
onTrouble((now) => { down = now; banner(); });
addEventListener("online", banner);
addEventListener("offline", banner);

const asked = { config: get<Config>("/api/v1/config"), domains: get<{ domains: Domain[] }>("/api/v1/domains") };
// Whoever wants to report need not wait for the map.
const around: Around = { catalogue: Promise.all([asked.config, asked.domains]).then(([config, { domains }]) => ({ config, domains })), city: state.city, map: () => null, follow: (code) => location.assign(`/c/${code}`) };
byId("show-report").onclick = () => void openReport(around);
if (!embedded && new URLSearchParams(location.search).has("report")) void openReport(around);

// The map library is the larger part: it loads while all that it will draw is read.
const library = import("./map");
const [config, { domains }, { sets: allSets }] = await Promise.all([asked.config, asked.domains, get<{ sets: AreaSet[] }>("/api/v1/boundaries")]);
const city = config.cities.find((one) => one.code === state.city) ?? config.cities[0];
if (!city) {
  say(t("nocity"));
  throw new Error("no city is set up");
}
state.city = city.code;
setZone(city.timezone);
const sets = allSets.filter((one) => one.city === city.code);
const set = (): AreaSet | undefined => sets.find((one) => one.code === state.set);
const settle = (): void => {
  state.city ||= city.code;
  if (!set()) state.set = (sets.find((one) => one.until === null) ?? sets[0])?.code ?? "";
};
settle();
/** Whether the address itself says which part of the map is seen. */
const viewed = Boolean(state.view);
const { clientWidth, clientHeight } = byId("map"), zoom = state.view ? Number(state.view.split("/")[0]) : zoomOf(city.bbox, clientWidth, clientHeight);
void shapesOf(state.set, zoom >= FINE_ZOOM).catch(() => undefined);
readAhead(state, zoom);
const { CityMap } = await library;
const open = (code: string): void => { if (embedded) { openOutside(code); return; } deeper(t("back")); void openComplaint(code, domains, (lon, lat) => { change({ layer: "complaints", marked: code }); map.go(lon, lat, 17); }); };
const actions: ConstructorParameters<typeof CityMap>[2] = {
  open,
  story: (shape, value, n, words, of) => {
    if (embedded) { openPlaceOutside(shape, value); return; }
    if (OWN.every((key) => of[key] === state[key])) { story.show(shape, value, n, words); return; }
    // The story is that of the first map's filter; of the second the complaints themselves are shown.
    const asked = filter([], of);
    asked.set(shape, value);
    void openList(domains, open, asked);
  },
};
const map = new CityMap(config, city, actions);
const story = new Story({ map, city, sets, domains, list: (asked) => void openList(domains, open, asked) });
const view = { bounds: () => map.view.getBounds().toArray().flat() as [number, number, number, number], resolution: () => resolutionOf(state, map.zoom) };

const areaNames = new Map<string, string>();
async function areaName(): Promise<string> {
  const [of, code] = state.area.split(":");
  if (!of || !code) return "";
  if (!areaNames.has(state.area)) {
    try {
      const found = await get<{ features: { geometry: { coordinates: number[][][][] }; properties: { code: string; name: string; name_en: string; kind: string | null } }[] }>(`/api/v1/boundaries/${of}?simplify=500`);
      for (const { properties: p } of found.features) areaNames.set(`${of}:${p.code}`, current() === "vi" ? `${p.kind ?? ""} ${p.name}`.trim() : p.name_en);
      // A link to an area without a view shows the area.
      const wanted = viewed ? undefined : found.features.find((one) => one.properties.code === code);
      if (wanted) {
        const points = wanted.geometry.coordinates.flat(2) as unknown as [number, number][];
        const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
        map.fit([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]);
      }
    } catch (problem) { if (!(problem instanceof Refused)) throw problem; }
  }
  return areaNames.get(state.area) ?? code;
}

const bench = new Workbench(map, {
  open: (place) => new CityMap(config, city, actions, place),
  domains, read: banner, sample: city.sample,
  notes: () => [city.sample ? t("sample") : "", set()?.approximate ? t("roughly") : ""].filter(Boolean).join(" "),
  refused: (problem) => say(...(state.layer === "trends" ? [t("tooShort")] : [`${t("badFilter")} `, ...explained(problem)])),
  spots: (hot) => openSpots(hot, (one) => {
    // Of a hot spot of more cells than an address holds the map alone tells. The story takes room of it.
    if (one.cells.length <= MOST_CELLS) story.show("cell", one.cells.join(","), one.n, []);
    map.resize();
    const legend = byId("legend"), wide = byId("map").clientWidth;
    map.fit(one.bbox, story.covers(), wide > 2 * legend.clientWidth && legend.querySelector("details")?.open !== false ? legend.clientWidth : 0);
  }),
  groups: () => void openGroups((lon, lat) => map.go(lon, lat, 12)),
});
onFrame((frame) => bench.frame(frame));

let marked = "";
/** Marks the complaint that the address names. */
async function mark(): Promise<void> {
  const code = state.marked;
  if (marked === code) return;
  marked = code;
  map.mark("", null);
  if (!code) return;
  try {
    const { properties: p, geometry } = await get<Feature>(`/api/v1/complaints/${encodeURIComponent(code)}`);
    if (marked !== code || p.sensitive) return;
    map.mark(p.code, geometry.coordinates);
    if (!viewed) map.go(...geometry.coordinates);
  } catch (problem) { if (!(problem instanceof Refused)) throw problem; }
}

let before = "", spoken = "";
async function draw(): Promise<void> {
  settle();
  setLanguage(state.lang === "en" ? "en" : "vi");
  texts();
  document.title = `${t("title")} · ${named(city!.name)}`;
  byId("title").textContent = `${t("title")} · ${named(city!.name)}`;
  byId("language").textContent = t("other");
  for (const [way, vi, en] of [["in", "Phóng to", "Zoom in"], ["out", "Thu nhỏ", "Zoom out"]] as const) for (const one of document.querySelectorAll(`.maplibregl-ctrl-zoom-${way}`)) for (const name of ["title", "aria-label"]) one.setAttribute(name, current() === "vi" ? vi : en);
  drawEmbed();
  void mark();
  if (spoken !== current()) { spoken = current(); areaNames.clear(); headSearch(city!.code, take); }
  drawPanel(config.cities, sets, domains, areaNames.get(state.area) ?? "…", tools(story, view));
  const rest = filter(["frame"]).toString() + state.pace;
  if (rest !== before) void readPeriods();
  before = rest;
  const known = populated(state.set);
  await bench.update(set());
  if (known === undefined) {
    // Only now is it known whether there are rates.
    if (populated(state.set) === false && [state.measure, second.measure].some((measure) => measure?.startsWith("rate"))) {
      if (second.measure?.startsWith("rate")) delete second.measure;
      change({ measure: state.measure === "per_km2" ? "per_km2" : "n" }, false);
      return;
    }
    drawPanel(config.cities, sets, domains, areaNames.get(state.area) ?? "…", tools(story, view));
    bench.total();
  }
  if (state.area && !areaNames.has(state.area)) { await areaName(); drawPanel(config.cities, sets, domains, areaNames.get(state.area) ?? "", tools(story, view)); void bench.figures(); }
}
function take(found: Found): void {
  if (found.type === "complaint" && found.code) { open(found.code); return; }
  if (found.type === "area" && found.bbox) { map.fit(found.bbox); change({ area: `${found.set}:${found.code}`, set: found.set ?? state.set }); return; }
  map.go(found.lon, found.lat, 16);
}
byId("language").onclick = () => change({ lang: current() === "vi" ? "en" : "vi" });
byId("show-table").onclick = () => void openTable();
byId("show-list").onclick = () => void openList(domains, open);
byId("show-filters").onclick = () => {
  const now = document.body.toggleAttribute("data-filters");
  byId("show-filters").setAttribute("aria-expanded", String(now));
  if (now) byId("panel").focus();
};
Object.assign(around, { city: city.code, map: () => map, follow: open } satisfies Partial<Around>);
await map.start(domains, () => bench.moved());
onChange(() => void draw());
await draw();
if (!embedded) {
  installAsOf();
  installFeeds();
  story.start();
  if (state.complaint || state.marked) open(state.complaint || state.marked);
  else if (state.compare) story.compare(await areaName());
  else if (watches) story.watch();
  // Without a network the form can only be opened where its parts are there: they come right after the figures.
  void startSending(around);
  // The worker fetches the shell anew: after what is seen.
  await (map.view.loaded() ? null : Promise.race([map.view.once("idle"), new Promise((done) => setTimeout(done, 5000))]));
  installApp();
}
