import type { AreaSet, City, Classes, Counts, Domain, Hotspots, Trends } from "./api";
import { get } from "./api";
import { byId, h } from "./dom";
import { current, day, named, number, status, t } from "./i18n";
import { openCompare } from "./compare";
import { caution, classLines, HOT, PATTERNS } from "./hotspots";
import { RAMP } from "./map";
import { reportingLine } from "./reporting";
import { change, clear, dayAfter, filter, filtered, limits, SIZES, state, STEPS, STUDIED, type Layer } from "./state";

const STATES = ["received", "accepted", "in_progress", "resolved", "rejected", "duplicate", "withdrawn"];
let months: { key: string; n: number }[] = [];
let timer: number | undefined;
/** The time that was chosen before a month of it is looked at. */
let base = { since: "", until: "" };
let baseOf = "";
/** The busiest month while the months play, else null. */
export function playing(): { since: string; until: string } | null {
  if (timer === undefined) return null;
  const top = inBase().reduce((most, one) => (one.n > most.n ? one : most));
  return { since: `${top.key}-01`, until: lastDay(top.key) };
}
const inBase = (): typeof months => months.filter((one) => (!base.since || lastDay(one.key) >= base.since) && (!base.until || `${one.key}-01` <= base.until));

function choice(id: string, label: string, options: [string, string][], value: string, chosen: (value: string) => void): HTMLElement {
  const select = h("select", { id, change: (event) => chosen((event.target as HTMLSelectElement).value) }, ...options.map(([code, text]) => h("option", { value: code, selected: code === value }, text)));
  return h("div", { class: "field" }, h("label", { for: id }, label), select);
}
function chips(label: string, options: [string, string, string?][], value: string, chosen: (value: string) => void): HTMLElement {
  return h("fieldset", {}, h("legend", {}, label), h("div", { class: "chips" }, ...options.map(([code, text, colour]) => {
    const chip = h("button", { type: "button", "aria-pressed": String(code === value), "data-code": code, click: () => chosen(code) }, text);
    if (colour) chip.style.setProperty("--dot", colour);
    return chip;
  })));
}
const today = (): string => new Date().toLocaleDateString("sv-SE");
function period(days: number): { since: string; until: string } { return { since: dayAfter(today(), 1 - days), until: "" }; }
function presetOf(): string {
  if (!state.since && !state.until) return "all";
  for (const days of [7, 30, 90]) if (state.since === period(days).since && !state.until) return String(days);
  return state.since === `${today().slice(0, 4)}-01-01` && !state.until ? "year" : "own";
}
function lastDay(month: string): string {
  const [y, m] = month.split("-").map(Number) as [number, number];
  return new Date(Date.UTC(y, m, 0)).toISOString().slice(0, 10);
}

/** The filters, drawn anew with every change; the focus stays where it was. */
export function drawPanel(cities: City[], sets: AreaSet[], domains: Domain[], area: string, tools: HTMLElement[]): void {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const code = focused?.dataset["code"], fieldset = focused?.closest("fieldset")?.querySelector("legend")?.textContent;
  const set = sets.find((one) => one.code === state.set);
  const city = cities.find((one) => one.code === state.city);
  const open = domains.find((one) => one.code === state.domain);
  const categories = (open ? [open] : domains).flatMap((one) => one.categories);
  const statuses: [string, string][] = [["", t("anyStatus")], ["open", t("open")], ["closed", t("closed")], ...STATES.map((one): [string, string] => [one, status(one)])];
  const presets: [string, string][] = [["all", t("allTime")], ["7", t("days7")], ["30", t("days30")], ["90", t("days90")], ["year", t("thisYear")], ["own", t("ownTime")]];
  const date = (id: "since" | "until", label: string): HTMLElement => h("div", { class: "field" }, h("label", { for: id }, label), h("input", { type: "date", id, value: state[id], min: city?.first_day ?? "", change: (event) => {
    const value = (event.target as HTMLInputElement).value;
    const other = id === "since" ? state.until : state.since;
    // An end before the beginning asks for nothing: the other end gives way.
    const crossed = value && other && (id === "since" ? value > other : value < other);
    change({ [id]: value, ...(crossed ? { [id === "since" ? "until" : "since"]: "" } : {}) });
  } }));
  const layers: [string, string][] = [["cells", t("cells")], ["areas", t("areas")], ["hotspots", t("hotspots")], ["trends", t("trends")], ["complaints", t("complaints")]];
  const notes = [city?.sample ? t("sample") : "", set?.approximate && set.note ? named(set.note) : ""].filter(Boolean);
  byId("panel").replaceChildren(
    h("p", { id: "total", role: "status" }),
    ...notes.map((note) => h("p", { class: "note" }, note)),
    ...(filtered() ? [h("button", { type: "button", id: "reset", click: clear }, t("reset"))] : []),
    ...(limits("area") ? [h("p", { class: "chosen" }, `${t("chosenArea")}: ${area} `, h("button", { type: "button", "aria-label": t("removeArea"), click: () => change({ area: "" }) }, "✕")), h("button", { type: "button", id: "compare", click: () => openCompare(area, city?.last_day ?? "9") }, t("beforeAfter"))] : []),
    ...tools,
    ...(cities.length > 1 ? [choice("city", t("city"), cities.map((one) => [one.code, named(one.name)]), state.city, (value) => { location.search = `?lang=${current()}&city=${value}`; })] : []),
    chips(t("layer"), layers, state.layer, (value) => change({ layer: value as Layer })),
    ...(STUDIED.includes(state.layer) ? [choice("size", t("cellSize"), SIZES.map(([size, km2]) => [size, `≈ ${number(km2)} km²`]), state.size, (value) => change({ size: value }))] : []),
    ...(state.layer === "trends" ? [choice("step", t("step"), STEPS.map((step) => [step, t(step === "month" ? "oneMonth" : step)]), state.step, (value) => change({ step: value }))] : []),
    chips(t("domain"), [["", t("all")], ...domains.map((one): [string, string, string] => [one.code, named(one.name), one.colour])], state.domain, (value) => change({ domain: value, category: "" })),
    choice("category", t("category"), [["", t("all")], ...categories.map((one): [string, string] => [one.code, named(one.name)])], state.category, (value) => change({ category: value })),
    choice("status", t("status"), statuses, state.status, (value) => change({ status: value })),
    choice("period", t("time"), presets, presetOf(), (value) => {
      if (value === "all") change({ since: "", until: "" });
      else if (value === "year") change({ since: `${today().slice(0, 4)}-01-01`, until: "" });
      else if (value === "own") byId("since").focus();
      else change(period(Number(value)));
    }),
    h("div", { class: "pair" }, date("since", t("from")), date("until", t("to"))),
    h("div", { id: "months" }),
    ...(sets.length ? [choice("set", t("set"), sets.map((one) => [one.code, named(one.name)]), state.set, (value) => change({ set: value }))] : []),
    ...(set ? [h("p", { class: "source" }, `${set.source}${set.licence ? ` (${set.licence})` : ""}`)] : []),
  );
  drawMonths();
  if (code !== undefined && fieldset) {
    for (const group of byId("panel").querySelectorAll("fieldset")) if (group.querySelector("legend")?.textContent === fieldset) group.querySelector<HTMLElement>(`[data-code="${code}"]`)?.focus();
  } else if (focused?.id && focused.id !== document.activeElement?.id) document.getElementById(focused.id)?.focus();
}

/** Complaints by month under the other filters: a slider over them, and a button that plays. */
export async function readMonths(signal: AbortSignal): Promise<void> {
  months = (await get<Counts>(`/api/v1/counts?by=month&${filter(["since", "until"])}`, signal)).rows;
  drawMonths();
}
function show(index: number): void {
  const month = inBase()[index - 1];
  change(month ? { since: `${month.key}-01`, until: lastDay(month.key) } : { ...base }, timer === undefined);
}
function stop(): void { clearInterval(timer); timer = undefined; change({}, false); }
function drawMonths(): void {
  const place = document.getElementById("months");
  if (!place) return;
  const whole = months.findIndex((one) => state.since === `${one.key}-01` && state.until === lastDay(one.key)) + 1;
  if (!whole || baseOf !== state.city) { base = { since: state.since, until: state.until }; baseOf = state.city; }
  const shown = inBase();
  if (shown.length < 2 || STUDIED.includes(state.layer)) { if (timer !== undefined) { clearInterval(timer); timer = undefined; } place.replaceChildren(); return; }
  const at = shown.findIndex((one) => state.since === `${one.key}-01` && state.until === lastDay(one.key)) + 1;
  const top = Math.max(...shown.map((one) => one.n));
  const kept = document.activeElement?.id;
  place.replaceChildren(
    h("div", { class: "bars", "aria-hidden": "true" }, ...shown.map((one, i) => {
      const bar = h("i", { title: `${one.key}: ${number(one.n)}`, ...(i + 1 === at ? { class: "on" } : {}) });
      bar.style.height = `${Math.max(4, (100 * one.n) / top)}%`;
      return bar;
    })),
    h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, shown[0]?.key ?? ""), h("span", {}, shown.at(-1)?.key ?? "")),
    h("div", { class: "play" },
      h("button", { type: "button", id: "play", click: () => {
        if (timer !== undefined) { stop(); return; }
        let next = at >= shown.length ? 1 : at + 1;
        timer = window.setInterval(() => {
          if (document.hidden) return;
          if (next > inBase().length) { stop(); return; }
          show(next++);
        }, 1200);
        drawMonths();
      } }, timer === undefined ? `▶ ${t("play")}` : `❚❚ ${t("pause")}`),
      h("input", { type: "range", id: "month", "aria-label": t("month"), min: 0, max: shown.length, value: at, "aria-valuetext": at ? shown[at - 1]?.key ?? "" : t("everyMonth"), input: (event) => { if (timer !== undefined) { clearInterval(timer); timer = undefined; } show(Number((event.target as HTMLInputElement).value)); } }),
      h("output", {}, at ? `${shown[at - 1]?.key} · ${number(shown[at - 1]?.n ?? 0)}` : t("everyMonth")),
    ),
  );
  if (kept === "month" || kept === "play") document.getElementById(kept)?.focus();
}

/** Classes as numbers, with the total; on a phone a line that opens. */
export function drawLegend(classes: Classes | null, hot: Hotspots | null, trends: Trends | null, total: number, domains: Domain[], notes: string, wasOpen: boolean, openSpots: () => void, openGroups: () => void): void {
  const text = total ? `${number(total)} ${t("total")}` : t("none");
  const shown = document.getElementById("total");
  if (shown) shown.textContent = text;
  const lines: Node[] = [];
  if (state.layer === "complaints") {
    lines.push(...domains.map((one) => line(one.colour, named(one.name))), line("#7c3aed", t("many")));
  } else if (hot) {
    lines.push(...classLines(hot.classes, HOT));
  } else if (trends) {
    lines.push(...classLines(trends.classes, PATTERNS));
  } else if (classes && classes.min !== null && classes.max !== null) {
    const bounds = [classes.min, ...classes.breaks];
    lines.push(...bounds.map((low, i) => {
      const next = bounds[i + 1];
      const high = next === undefined ? (classes.max as number) : next - 1;
      return line((bounds.length === 1 ? RAMP[3] : RAMP[i]) ?? "", `${number(low)}${high > low ? `–${number(high)}` : ""}`);
    }));
  }
  const title = state.layer === "cells" ? t("perCell") : state.layer === "areas" ? t("perArea") : STUDIED.includes(state.layer) ? t(state.layer as "hotspots") : t("legend");
  const box = h("details", { open: wasOpen && lines.length > 0 }, h("summary", {}, h("b", {}, text), ` · ${title}`), h("ul", {}, ...lines), notes ? h("p", { class: "note" }, notes) : null);
  if (hot) {
    box.append(h("p", { class: "source" }, caution(hot)), h("button", { type: "button", id: "show-spots", click: openSpots }, `${t("spotList")} (${number(hot.spots.length)})`), h("button", { type: "button", id: "show-groups", click: openGroups }, t("groups")));
  } else if (trends) {
    box.append(h("p", { class: "source" }, `${trends.periods.length} ${t("periods")}: ${day(trends.periods[0] ?? "")} – ${day(trends.last_day)}, ${number(trends.total)} ${t("total")}. ${caution(trends)}`));
  } else if (state.layer === "cells" || state.layer === "areas") {
    box.append(choice("method", t("classes"), [["quantile", t("quantile")], ["natural", t("natural")]], state.method, (value) => change({ method: value as "quantile" | "natural" })));
  }
  if (state.layer !== "complaints") box.append(reportingLine());
  byId("legend").setAttribute("aria-label", t("legend"));
  byId("legend").replaceChildren(box);
}
function line(colour: string, text: string): HTMLElement {
  const box = h("i");
  box.style.background = colour;
  return h("li", {}, box, text);
}
