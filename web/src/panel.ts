import type { AreaSet, City, Domain } from "./api";
import { byId, h } from "./dom";
import { current, named, phrases, status, t } from "./i18n";
import { openCompare } from "./compare";
import { chips, choice } from "./fields";
import { layerControls } from "./layers";
import { drawSlider } from "./slider";
import { splitControls } from "./split";
import { change, clear, dayAfter, filtered, limits, state } from "./state";

const w = phrases({
  vi: { sensitive: "Các loại nhạy cảm không có trong số liệu nào ở đây.", told: "Số liệu được công bố" },
  en: { sensitive: "Sensitive categories are in none of these figures.", told: "What is told of them" },
});
const STATES = ["received", "accepted", "in_progress", "resolved", "rejected", "duplicate", "withdrawn"];
const today = (): string => new Date().toLocaleDateString("sv-SE");
function period(days: number): { since: string; until: string } { return { since: dayAfter(today(), 1 - days), until: "" }; }
function presetOf(): string {
  if (!state.since && !state.until) return "all";
  for (const days of [7, 30, 90]) if (state.since === period(days).since && !state.until) return String(days);
  return state.since === `${today().slice(0, 4)}-01-01` && !state.until ? "year" : "own";
}
/** The filters, drawn anew with every change; the focus stays where it was. */
export function drawPanel(cities: City[], sets: AreaSet[], domains: Domain[], area: string, tools: HTMLElement[]): void {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const code = focused?.dataset["code"], fieldset = focused?.closest("fieldset")?.querySelector("legend")?.textContent;
  const set = sets.find((one) => one.code === state.set);
  const city = cities.find((one) => one.code === state.city);
  const open = domains.find((one) => one.code === state.domain);
  const all = (open ? [open] : domains).flatMap((one) => one.categories), categories = all.filter((one) => !one.sensitive);
  const statuses: [string, string][] = [["", t("anyStatus")], ["open", t("open")], ["closed", t("closed")], ...STATES.map((one): [string, string] => [one, status(one)])];
  const presets: [string, string][] = [["all", t("allTime")], ["7", t("days7")], ["30", t("days30")], ["90", t("days90")], ["year", t("thisYear")], ["own", t("ownTime")]];
  const date = (id: "since" | "until", label: string): HTMLElement => h("div", { class: "field" }, h("label", { for: id }, label), h("input", { type: "date", id, value: state[id], min: city?.first_day ?? "", change: (event) => {
    const value = (event.target as HTMLInputElement).value;
    const other = id === "since" ? state.until : state.since;
    // An end before the beginning asks for nothing: the other end gives way.
    const crossed = value && other && (id === "since" ? value > other : value < other);
    change({ [id]: value, ...(crossed ? { [id === "since" ? "until" : "since"]: "" } : {}) });
  } }));
  const notes = [city?.sample ? t("sample") : "", set?.approximate ? t("roughly") : ""].filter(Boolean);
  byId("panel").replaceChildren(
    h("p", { id: "total", role: "status" }),
    ...notes.map((note) => h("p", { class: "note" }, note)),
    ...(filtered() ? [h("button", { type: "button", id: "reset", click: clear }, t("reset"))] : []),
    ...(limits("area") ? [h("p", { class: "chosen" }, `${t("chosenArea")}: ${area} `, h("button", { type: "button", "aria-label": t("removeArea"), click: () => change({ area: "" }) }, "✕")), h("button", { type: "button", id: "compare", click: () => openCompare(area, city ?? { first_day: null, last_day: null }) }, t("beforeAfter"))] : []),
    ...tools,
    ...(cities.length > 1 ? [choice("city", t("city"), cities.map((one) => [one.code, named(one.name)]), state.city, (value) => { location.search = `?lang=${current()}&city=${value}`; })] : []),
    ...layerControls(),
    chips(t("domain"), [["", t("all")], ...domains.map((one): [string, string, string] => [one.code, named(one.name), one.colour])], state.domain, (value) => change({ domain: value, category: "" })),
    choice("category", t("category"), [["", t("all")], ...categories.map((one): [string, string] => [one.code, named(one.name)])], state.category, (value) => change({ category: value })),
    ...(categories.length < all.length ? [h("p", { class: "note" }, w("sensitive"), " ", h("a", { href: `/api/v1/sensitive?city=${state.city}` }, w("told")))] : []),
    choice("status", t("status"), statuses, state.status, (value) => change({ status: value })),
    choice("period", t("time"), presets, presetOf(), (value) => {
      if (value === "all") change({ since: "", until: "" });
      else if (value === "year") change({ since: `${today().slice(0, 4)}-01-01`, until: "" });
      else if (value === "own") byId("since").focus();
      else change(period(Number(value)));
    }),
    h("div", { class: "pair" }, date("since", t("from")), date("until", t("to"))),
    h("div", { id: "months" }),
    ...splitControls(domains),
    ...(sets.length ? [choice("set", t("set"), sets.map((one) => [one.code, named(one.name)]), state.set, (value) => change({ set: value }))] : []),
    ...(set ? [h("p", { class: "source" }, `${set.source}${set.licence ? ` (${set.licence})` : ""}`)] : []),
  );
  drawSlider();
  if (code !== undefined && fieldset) {
    for (const group of byId("panel").querySelectorAll("fieldset")) if (group.querySelector("legend")?.textContent === fieldset) group.querySelector<HTMLElement>(`[data-code="${code}"]`)?.focus();
  } else if (focused?.id && focused.id !== document.activeElement?.id) document.getElementById(focused.id)?.focus();
}
