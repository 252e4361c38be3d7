import "./style.css";
import type { AreaSet, Classes, Config, Counts, Domain, Found, Hotspots, Trends } from "./api";
import { get, onTrouble, Refused } from "./api";
import { installAsOf } from "./asof";
import { openGroups } from "./compare";
import { byId, deeper } from "./dom";
import { drawEmbed, embedded, legendFits, openOutside, openPlaceOutside } from "./embed";
import { openSpots } from "./hotspots";
import { current, named, setLanguage, setZone, t } from "./i18n";
import { drawLegend, drawPanel, playing, readMonths } from "./panel";
import { explained } from "./problems";
import { openReport, sendWhenOnline } from "./report";
import { headSearch } from "./search";
import { Story } from "./story";
import { change, dayAfter, filter, onChange, readAddress, state } from "./state";
import { openComplaint, openList, openTable } from "./tables";
import { tools } from "./tools";

type Key = Parameters<typeof t>[0];
readAddress();
setLanguage(state.lang === "en" ? "en" : "vi");
const texts = (): void => { for (const one of document.querySelectorAll<HTMLElement>("[data-t]")) one.textContent = t(one.dataset["t"] as Key); };
texts();
byId("title").textContent = t("title");

let down = false;
const banner = (): void => {
  const text = !navigator.onLine ? t("offline") : down ? t("error") : "";
  byId("banner").textContent = text;
  byId("banner").hidden = !text;
};
onTrouble((now) => { down = now; banner(); });
addEventListener("online", banner);
addEventListener("offline", banner);

// The map library is the larger part: it loads while the lists are read.
const [{ CityMap }, config, { domains }, { sets: allSets }] = await Promise.all([
  import("./map"),
  get<Config>("/api/v1/config"),
  get<{ domains: Domain[] }>("/api/v1/domains"),
  get<{ sets: AreaSet[] }>("/api/v1/boundaries"),
]);
const city = config.cities.find((one) => one.code === state.city) ?? config.cities[0];
if (!city) {
  byId("banner").textContent = t("nocity");
  byId("banner").hidden = false;
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
const open = (code: string): void => { if (embedded) { openOutside(code); return; } deeper(t("back")); void openComplaint(code, domains, (lon, lat) => { change({ layer: "complaints" }); map.go(lon, lat, 17); }); };
const map = new CityMap(config, city, { open, story: (shape, value, n, words) => { if (embedded) openPlaceOutside(shape, value); else story.show(shape, value, n, words); } });
const story = new Story({ map, city, sets, domains, list: (asked) => void openList(domains, open, asked) });
const view = { bounds: () => map.view.getBounds().toArray().flat() as [number, number, number, number], resolution: () => resolutionAt(Math.floor(map.zoom)) };

const areaNames = new Map<string, string>();
async function areaName(): Promise<string> {
  const [of, code] = state.area.split(":");
  if (!of || !code) return "";
  if (!areaNames.has(state.area)) {
    try {
      const found = await get<{ features: { geometry: { coordinates: number[][][][] }; properties: { code: string; name: string; name_en: string; kind: string | null } }[] }>(`/api/v1/boundaries/${of}?simplify=500`);
      for (const { properties: p } of found.features) areaNames.set(`${of}:${p.code}`, current() === "vi" ? `${p.kind ?? ""} ${p.name}`.trim() : p.name_en);
      // A link to an area without a view shows the area.
      const wanted = state.view ? undefined : found.features.find((one) => one.properties.code === code);
      if (wanted) {
        const points = wanted.geometry.coordinates.flat(2) as unknown as [number, number][];
        const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
        map.fit([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]);
      }
    } catch (problem) { if (!(problem instanceof Refused)) throw problem; }
  }
  return areaNames.get(state.area) ?? code;
}

function resolutionAt(zoom: number): number {
  const steps: [number, number][] = [[8, 6], [10, 7], [12, 8], [13, 9], [14, 10], [16, 11]];
  return steps.find(([limit]) => zoom <= limit)?.[1] ?? 12;
}
const phone = matchMedia("(max-width: 760px)");
let legendOpen = embedded ? legendFits() : !phone.matches;
byId("legend").addEventListener("toggle", (event) => { legendOpen = (event.target as HTMLDetailsElement).open; }, true);

let held: Classes | null = null;
let asking = new AbortController();
let shownResolution = 0;
/** Figures and classes; these hold still while the map moves at one resolution. */
async function figures(months: boolean): Promise<void> {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  // Finer classes than these would be a download of all cells; colours then follow resolution 9.
  shownResolution = resolutionAt(Math.floor(map.zoom));
  const asked = filter();
  asked.set("layer", state.layer === "areas" ? "areas" : "cells");
  asked.set("method", state.method);
  if (state.layer === "areas") asked.set("set", state.set);
  else asked.set("resolution", String(Math.min(shownResolution, 10)));
  try {
    const plain = state.layer === "cells" || state.layer === "areas";
    const [total, classes, hot, trends] = await Promise.all([
      get<Counts>(`/api/v1/counts?by=status&${filter()}`, signal),
      plain ? get<Classes>(`/api/v1/classes?${asked}`, signal) : null,
      state.layer === "hotspots" ? get<Hotspots>(`/api/v1/hotspots?format=spots&resolution=${state.size}&${filter()}`, signal) : null,
      state.layer === "trends" ? get<Trends>(`/api/v1/trends?format=patterns&resolution=${state.size}&step=${state.step}&${filter()}`, signal) : null,
      months ? readMonths(signal) : null,
    ]);
    banner();
    // While the months play, one colour means one number: the classes are those of the busiest month.
    const month = playing();
    if (!month) held = null;
    else if (classes && !held) {
      asked.set("since", month.since);
      asked.set("until", dayAfter(month.until));
      held = await get<Classes>(`/api/v1/classes?${asked}`, signal);
    }
    const shown = classes && held ? { ...held, min: 1 } : classes;
    if (shown) map.colour(shown.breaks);
    const notes = [city!.sample ? t("sample") : "", set()?.approximate ? t("roughly") : ""].filter(Boolean).join(" ");
    drawLegend(shown, hot, trends, total.total, domains, notes, legendOpen, () => { if (hot) openSpots(hot, (lon, lat) => map.go(lon, lat, 13.5)); }, () => void openGroups((lon, lat) => map.go(lon, lat, 12)));
  } catch (problem) {
    if (signal.aborted) return;
    if (!(problem instanceof Refused)) throw problem;
    byId("banner").hidden = false;
    byId("banner").replaceChildren(...(state.layer === "trends" ? [t("tooShort")] : [`${t("badFilter")} `, ...explained(problem)]));
  }
}

let before = "", spoken = "";
async function draw(): Promise<void> {
  settle();
  setLanguage(state.lang === "en" ? "en" : "vi");
  texts();
  document.title = `${t("title")} · ${named(city!.name)}`;
  byId("title").textContent = `${t("title")} · ${named(city!.name)}`;
  byId("language").textContent = t("other");
  drawEmbed();
  if (spoken !== current()) { spoken = current(); areaNames.clear(); headSearch(city!.code, take); }
  drawPanel(config.cities, sets, domains, areaNames.get(state.area) ?? "…", tools(story, view));
  const rest = filter(["since", "until"]).toString() + current();
  const months = rest !== before;
  before = rest;
  await Promise.all([map.update(set()), figures(months)]);
  if (state.area && !areaNames.has(state.area)) { await areaName(); drawPanel(config.cities, sets, domains, areaNames.get(state.area) ?? "", tools(story, view)); void figures(false); }
}
function take(found: Found): void {
  if (found.type === "complaint" && found.code) { open(found.code); return; }
  if (found.type === "area" && found.bbox) { map.fit(found.bbox); change({ area: `${found.set}:${found.code}`, set: found.set ?? state.set }); return; }
  map.go(found.lon, found.lat, 16);
}
byId("language").onclick = () => change({ lang: current() === "vi" ? "en" : "vi" });
byId("show-table").onclick = () => void openTable();
byId("show-list").onclick = () => void openList(domains, open);
byId("show-report").onclick = () => openReport(map, domains, open);
byId("show-filters").onclick = () => {
  const now = document.body.toggleAttribute("data-filters");
  byId("show-filters").setAttribute("aria-expanded", String(now));
  if (now) byId("panel").focus();
};
await map.start(domains, () => { if (resolutionAt(Math.floor(map.zoom)) !== shownResolution && state.layer === "cells") void figures(false); });
onChange(() => void draw());
await draw();
if (!embedded) {
  installAsOf();
  story.start();
  sendWhenOnline(map, domains, open);
  if (state.complaint) open(state.complaint);
}
