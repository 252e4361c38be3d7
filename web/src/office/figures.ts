/** How the work goes: figures with their intervals, each with a way to its rows. */
import "./figures.css";
import type { AreaSet, Config, Domain } from "../api";
import { h } from "../dom";
import { choice } from "../fields";
import { current, day, named, setZone } from "../i18n";
import { shapesOf } from "../shapes";
import { ask, go, json, may, said, toast, whoami, type Page } from "./desk";
import { funnelChart, timesChart } from "./figures-charts";
import { beforeCard, cards, table } from "./figures-table";
import { BYS, METHOD, w, type By, type Clock, type Times, type Told } from "./figures-words";

const PERIODS = { p28: 28, p91: 91, p365: 365 } as const;
const DAY = /^\d{4}-\d\d-\d\d$/;
interface Facts { config: Config; domains: Domain[]; sets: AreaSet[]; areas: [string, string][] }
let facts: Promise<Facts> | null = null;

async function readFacts(): Promise<Facts> {
  const [config, { domains }, { sets }] = await Promise.all([ask<Config>("/api/v1/config"), ask<{ domains: Domain[] }>("/api/v1/domains"), ask<{ sets: AreaSet[] }>("/api/v1/boundaries")]);
  const shapes = await Promise.all(sets.map(async (set) => {
    const found = await shapesOf(set.code, false);
    return found.features.map(({ properties: p }): [string, string] => [`${set.code}:${p.code}`, `${p.name} (${named(set.name)})`]);
  }));
  return { config, domains, sets, areas: shapes.flat().sort((a, b) => a[1].localeCompare(b[1], "vi")) };
}
function shifted(iso: string, days: number): string {
  const at = new Date(`${iso}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
/** Areas of one's own roles; all of them where a role is for everywhere. */
function own(areas: [string, string][]): [string, string][] {
  const roles = whoami().roles.filter(({ role }) => role !== "admin");
  if (roles.some((one) => one.areas === null)) return areas;
  const mine = new Set(roles.flatMap((one) => one.areas ?? []));
  return areas.filter(([code]) => mine.has(code));
}

export const page: Page = async (place, _path, query) => {
  facts ??= readFacts();
  const { config, domains, sets, areas } = await facts.catch((problem: unknown) => { facts = null; throw problem; });
  const zone = config.cities[0]?.timezone ?? "UTC";
  setZone(zone);
  const today = new Date().toLocaleDateString("sv-SE", { timeZone: zone });
  const given = (key: string): string => query.get(key)?.trim() ?? "";
  const until = DAY.test(given("until")) ? given("until") : today;
  const since = DAY.test(given("since")) ? given("since") : shifted(until, -90);
  const bys = BYS.filter((one) => one !== "person" || may("supervise"));
  const by: By = bys.find((one) => one === given("by")) ?? "area";
  const clock: Clock = given("clock") === "calendar" ? "calendar" : "working";
  const turn = (changes: Record<string, string>): void => {
    const next = new URLSearchParams(query);
    for (const [key, value] of Object.entries(changes)) { if (value) next.set(key, value); else next.delete(key); }
    go(`/office/figures?${next}`);
  };
  const date = (key: "since" | "until", value: string): HTMLElement => h("div", { class: "field" }, h("label", { for: `figures-${key}` }, w(key)), h("input", { type: "date", id: `figures-${key}`, value, max: today, change: (event) => { const to = (event.target as HTMLInputElement).value; if (to) turn({ since, until, [key]: to }); } }));
  const length = Object.entries(PERIODS).find(([, days]) => until === today && since === shifted(today, 1 - days))?.[0] ?? "";
  const filters = h("div", { class: "figures-filter", role: "group", "aria-label": w("periods") },
    h("div", { class: "chips" }, ...Object.entries(PERIODS).map(([name, days]) => h("button", { type: "button", id: name, "aria-pressed": String(length === name), click: () => turn({ until: "", since: shifted(today, 1 - days) }) }, w(name as "p28")))),
    date("since", since), date("until", until),
    choice("figures-by", w("by"), bys.map((one) => [one, w(`by.${one}`)]), by, (to) => turn({ by: to })),
    ...(by === "area" ? [choice("figures-set", w("set"), sets.map((one) => [one.code, named(one.name)]), given("set") || (sets.find((one) => one.until === null)?.code ?? ""), (to) => turn({ set: to }))] : []),
    choice("figures-area", w("area"), [["", w("mine")], ...own(areas)], given("area"), (to) => turn({ area: to })),
    choice("figures-domain", w("domain"), [["", w("all")], ...domains.map((one): [string, string] => [one.code, named(one.name)])], given("domain"), (to) => turn({ domain: to })),
    choice("figures-clock", w("clock"), [["working", w("working")], ["calendar", w("calendar")]], clock, (to) => turn({ clock: to })));

  const asked = new URLSearchParams({ since, until: shifted(until, 1), by });
  for (const key of ["area", "domain", "category", ...(by === "area" ? ["set"] : [])]) if (given(key)) asked.set(key, given(key));
  const figures = h("div", { class: "figures-body" }, h("p", { role: "status" }, w("loading")));
  place.replaceChildren(h("div", { class: "work-figures" }, h("h1", {}, w("title")), filters, figures));
  let told: Told;
  try { told = await ask<Told>(`/api/v1/performance?${asked}&compare=true`); }
  catch (problem) { figures.replaceChildren(h("p", { role: "alert", class: "alert" }, said(problem))); return; }
  const rows = told.rows;
  const time = by === "week" || by === "month" || by === "quarter";
  figures.replaceChildren(
    h("p", { role: "status" }, `${day(told.since)} – ${day(shifted(told.until, -1))}. ${w("fewSays")}`),
    ...(told.whole.n["received"] || told.whole.n["closed"] ? [] : [h("p", {}, w("none"))]), cards(told.whole, told.before, clock),
    ...(told.funnel ? [funnelChart(rows, told.funnel, by)] : []), ...(time && rows.length ? [timesChart(rows, clock)] : []),
    h("section", {}, h("h2", {}, w("table")), by === "person" ? h("p", { class: "hint" }, w("people")) : null, table(rows, by, clock),
      h("p", { class: "row" }, ...(["csv", "xlsx"] as const).map((form) => h("a", { href: `/api/v1/performance/figures.${form}?${asked}`, download: true }, w(form))))),
    await weekly(given("area")),
    h("details", { class: "figures-method" }, h("summary", {}, w("method")), ...METHOD[current()].map((words) => h("p", {}, words))));
  void addBefore(figures, asked);
};

/** Comes by itself: it may be of many more complaints than the others, and nothing waits for it. */
async function addBefore(place: HTMLElement, asked: URLSearchParams): Promise<void> {
  try {
    const found = await ask<Times>(`/api/v1/performance/before-here?${asked}`);
    if (found.n && place.isConnected) place.querySelector(".figures-cards")?.append(beforeCard(found));
  } catch { /* the other figures stand without it */ }
}

interface Subscription { area: string | null }
/** The page of the week before: shown, printed, and mailed to who asks for it. */
async function weekly(area: string): Promise<HTMLElement> {
  const query = area ? `area=${encodeURIComponent(area)}&` : "", lang = `lang=${current()}`;
  const button = h("button", { type: "button", id: "weekly-mail" });
  const alert = h("p", { role: "alert", class: "alert" });
  let on = false;
  const show = (subscriptions: Subscription[]): void => {
    on = subscriptions.some((one) => (one.area ?? "") === area);
    button.textContent = w(on ? "unsubscribe" : "subscribe");
    button.setAttribute("aria-pressed", String(on));
  };
  button.addEventListener("click", () => void (async () => {
    alert.textContent = "";
    try {
      const answer = await ask<{ subscriptions: Subscription[] }>("/api/v1/performance/weekly/subscription", json(on ? "DELETE" : "PUT", { area: area || null }));
      show(answer.subscriptions);
      toast(w(on ? "subscribed" : "unsubscribed"));
    } catch (problem) { alert.textContent = said(problem); }
  })());
  try { show((await ask<{ subscriptions: Subscription[] }>("/api/v1/performance/weekly/subscription")).subscriptions); }
  catch (problem) { alert.textContent = said(problem); button.hidden = true; }
  return h("section", { class: "figures-weekly" }, h("h2", {}, w("weekly")), h("p", {}, w("weeklySays")),
    h("p", { class: "row" }, h("a", { href: `/api/v1/performance/weekly?${query}${lang}`, target: "_blank", rel: "noopener" }, w("html")), h("a", { href: `/api/v1/performance/weekly.pdf?${query}${lang}`, download: true }, w("pdf")), button), alert);
}
