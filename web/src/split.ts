import type { Domain } from "./api";
import { byId, h } from "./dom";
import { chips, choice } from "./fields";
import { titleOf } from "./legend";
import { day, named, number, phrases, status, t } from "./i18n";
import { layerName, measures } from "./layers";
import { change, changeSecond, LAYERS, OWN, second, secondState, state, timeOf, type Own, type State } from "./state";

const w = phrases({
  vi: { maps: "Số bản đồ", one: "Một bản đồ", beside: "Hai bản đồ cạnh nhau", swipe: "Hai bản đồ, kéo vạch", mapB: "Bản đồ B", same: "như bản đồ A", sameTime: "cùng thời gian với A", ownTime: "tự chọn", yearBefore: "cùng kỳ năm trước", close: "Đóng bản đồ B", divider: "Vạch chia hai bản đồ", measure: "Số đo", from: "B: từ ngày", to: "B: đến hết ngày" },
  en: { maps: "Maps", one: "One map", beside: "Two, side by side", swipe: "Two, wiped", mapB: "Map B", same: "as map A", sameTime: "same time as A", ownTime: "own choice", yearBefore: "a year earlier", close: "Close map B", divider: "Divider of the two maps", measure: "Measure", from: "B: from", to: "B: up to and including" },
});
const SAME = "=";
export const mapTitle = (): string => w("mapB");

/** One map again. */
export function closeSecond(): void {
  for (const key of OWN) delete second[key];
  change({ split: "" });
}
/** A day of a year before; the last day of a month stays the last one. */
function yearBefore(date: string): string {
  if (!date) return "";
  const [y, m, d] = date.split("-").map(Number) as [number, number, number];
  const last = (year: number): number => new Date(Date.UTC(year, m, 0)).getUTCDate();
  return `${y - 1}-${date.slice(5, 7)}-${String(d === last(y) ? last(y - 1) : Math.min(d, last(y - 1))).padStart(2, "0")}`;
}

/** Whether there is a second map, and what it shows otherwise than the first. */
export function splitControls(domains: Domain[]): HTMLElement[] {
  const kinds = chips(w("maps"), [["", w("one")], ["beside", w("beside")], ["swipe", w("swipe")]], state.split, (value) => (value ? change({ split: value }) : closeSecond()));
  if (!state.split) return [kinds];
  const own = (key: Own, label: string, options: [string, string][]): HTMLElement => choice(`b-${key}`, `B: ${label}`, [[SAME, w("same")], ...options], second[key] ?? SAME, (value) => changeSecond({ [key]: value === SAME ? undefined : value, ...(key === "domain" ? { category: undefined } : {}) }));
  const of = secondState(), a = timeOf(state);
  const earlier = { since: yearBefore(a.since), until: yearBefore(a.until) };
  const timed = second.since !== undefined || second.until !== undefined;
  const preset = !timed ? SAME : !of.since && !of.until ? "all" : of.since === earlier.since && of.until === earlier.until ? "before" : "own";
  const date = (key: "since" | "until", label: string): HTMLElement => h("div", { class: "field" }, h("label", { for: `b-${key}` }, label), h("input", { type: "date", id: `b-${key}`, value: of[key], change: (event) => {
    const value = (event.target as HTMLInputElement).value, other = key === "since" ? of.until : of.since;
    // An end before the beginning asks for nothing: the other end gives way.
    const crossed = value && other && (key === "since" ? value > other : value < other);
    changeSecond({ since: of.since, until: of.until, [key]: value, ...(crossed ? { [key === "since" ? "until" : "since"]: "" } : {}) });
  } }));
  const times: [string, string][] = [[SAME, w("sameTime")], ["all", t("allTime")], ...(a.since || a.until ? [["before", w("yearBefore")] as [string, string]] : []), ["own", w("ownTime")]];
  return [kinds, h("div", { class: "second", role: "group", "aria-label": w("mapB") },
    own("layer", t("layer"), LAYERS.map((layer) => [layer, layerName(layer)])),
    ...(of.layer === "areas" ? [own("measure", w("measure"), measures(of.set))] : []),
    own("domain", t("domain"), [["", t("all")], ...domains.map((one): [string, string] => [one.code, named(one.name)])]),
    own("status", t("status"), [["", t("anyStatus")], ["open", t("open")], ["closed", t("closed")]]),
    choice("b-period", `B: ${t("time")}`, times, preset, (value) => {
      if (value === SAME) changeSecond({ since: undefined, until: undefined });
      else if (value === "all") changeSecond({ since: "", until: "" });
      else if (value === "before") changeSecond(earlier);
      else changeSecond({ since: a.since, until: a.until || state.until || today() });
    }),
    ...(preset === "own" || preset === "before" ? [h("div", { class: "pair" }, date("since", w("from")), date("until", w("to")))] : []))];
}
const today = (): string => new Date().toLocaleDateString("sv-SE");

/** In words: layer, kind, state and time of a map. */
function told(of: State, domains: Domain[]): string {
  const domain = domains.find((one) => one.code === of.domain);
  const category = domains.flatMap((one) => one.categories).find((one) => one.code === of.category);
  const { since, until } = timeOf(of);
  const time = of.frame.length === 7 ? of.frame : since || until ? `${since ? day(since) : "…"} – ${until ? day(until) : "…"}` : t("allTime");
  const layer = of.layer === "areas" && of.measure !== "n" ? `${layerName(of.layer)} (${titleOf(of)})` : layerName(of.layer);
  return [layer, category ? named(category.name) : domain ? named(domain.name) : t("all"), of.status ? (of.status === "open" || of.status === "closed" ? t(of.status) : status(of.status)) : "", time].filter(Boolean).join(" · ");
}
/** Says over each of two maps what it shows. */
export function drawCaptions(views: { of: State; total: number | null }[], domains: Domain[]): void {
  const stage = byId("stage");
  views.forEach(({ of, total }, i) => {
    const id = `caption-${"ab"[i]}`;
    let box = document.getElementById(id);
    if (!box) {
      box = h("p", { id, class: "caption" }, h("span"), ...(i ? [h("button", { type: "button", click: closeSecond }, "✕")] : []));
      stage.append(box);
    }
    const text = `${"AB"[i]}: ${told(of, domains)}${total === null ? "" : ` · ${number(total)}`}`;
    const span = box.querySelector("span") as HTMLElement;
    if (span.textContent !== text) span.textContent = text;
    box.querySelector("button")?.setAttribute("aria-label", w("close"));
  });
}

let wiped = "";
/** Puts the two maps beside each other, or one over the other with a divider; "" leaves one. */
export function layOut(kind: string): void {
  const stage = byId("stage");
  if (kind) stage.dataset["split"] = kind; else delete stage.dataset["split"];
  if (!kind) for (const id of ["map-b", "divider", "caption-a", "caption-b"]) document.getElementById(id)?.remove();
  if (kind && !document.getElementById("map-b")) byId("map").after(h("div", { id: "map-b" }));
  if (kind === "swipe" && !document.getElementById("divider")) byId("map-b").after(divider());
  if (kind !== "swipe") document.getElementById("divider")?.remove();
  document.getElementById("divider")?.setAttribute("aria-label", w("divider"));
  wipe(Number(state.swipe));
}
function wipe(percent: number): void {
  const at = Math.round(Math.min(100, Math.max(0, percent))), bar = document.getElementById("divider");
  wiped = String(at);
  byId("stage").style.setProperty("--swipe", `${at}%`);
  bar?.setAttribute("aria-valuenow", wiped);
  bar?.setAttribute("aria-valuetext", `A ${at}% · B ${100 - at}%`);
}
const keep = (): void => { if (wiped !== state.swipe) change({ swipe: wiped }, false); };
function divider(): HTMLElement {
  const bar = h("div", { id: "divider", role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal",
    keydown: (event) => {
      const { key, shiftKey } = event as KeyboardEvent, step = shiftKey ? 10 : 2, now = Number(wiped);
      const to = { ArrowLeft: now - step, ArrowDown: now - step, ArrowRight: now + step, ArrowUp: now + step, PageDown: now - 10, PageUp: now + 10, Home: 0, End: 100 }[key];
      if (to === undefined) return;
      event.preventDefault();
      wipe(to);
      keep();
    },
    pointerdown: (event) => { event.preventDefault(); bar.focus(); bar.setPointerCapture((event as PointerEvent).pointerId); },
    pointermove: (event) => {
      const { pointerId, clientX } = event as PointerEvent, box = byId("stage").getBoundingClientRect();
      if (bar.hasPointerCapture(pointerId)) wipe((100 * (clientX - box.left)) / box.width);
    },
    pointerup: keep, pointercancel: keep }, h("span", { "aria-hidden": "true" }, "◂▸"));
  return bar;
}
