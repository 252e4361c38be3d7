/** Figures as cards of the whole, and as a table that is a card for each row on a phone. */
import { h } from "../dom";
import { current, day, number } from "../i18n";
import { link } from "./desk";
import { between, long, nameOf, percent, w, type By, type Clock, type Row, type Share, type Times } from "./figures-words";

/** The rows of a figure in the queue; its `until` is the last day that is shown. */
export function addressOf(row: Row, measure: string): string | null {
  if (row.query === null || !row.linked.includes(measure)) return null;
  const asked = new URLSearchParams(row.query), until = asked.get("until");
  if (until) {
    const last = new Date(`${until}T00:00:00Z`);
    last.setUTCDate(last.getUTCDate() - 1);
    asked.set("until", last.toISOString().slice(0, 10));
  }
  asked.set("measure", measure);
  return `/office?${asked}`;
}
export function counted(row: Row, measure: string): Node {
  const n = row.n[measure] ?? 0, to = addressOf(row, measure);
  return to ? link(to, { "aria-label": `${w(measure as "open")}: ${number(n)}. ${w("rows")}` }, number(n)) : h("span", {}, number(n));
}
function estimate(value: number | null, few: boolean, interval: string, said: (value: number) => string): Node {
  const first = value !== null ? said(value) : few ? w("few") : w("unknown");
  return h("span", { class: few ? "few" : "sure" }, h("b", {}, first), interval ? h("small", {}, interval) : null);
}
const shareOf = (of: Share): Node => (of.n ? estimate(of.value, of.few, between(of, percent), percent) : h("span", {}, "–"));
const timeOf = (of: Times, which: "median" | "p90", clock: Clock): Node => (of.n ? estimate(of[which].value, of.few, between(of[which], (one) => long(one, clock)), (one) => long(one, clock)) : h("span", {}, "–"));

/** What was closed before it came here: told apart, for it has no working time. */
export function beforeCard(of: Times): HTMLElement {
  return h("div", { class: "card" }, h("h2", {}, w("beforeHere")), h("p", { class: "main-figure" }, h("b", {}, number(of.n))),
    h("p", {}, `${w("median")}: `, timeOf(of, "median", "calendar")), h("p", {}, w("beforeHereSays")));
}
function change(now: number, before: number | undefined): string {
  if (before === undefined) return "";
  const by = now - before;
  return `${by > 0 ? "+" : by < 0 ? "−" : "±"}${number(Math.abs(by))} ${w("of")} ${number(before)}, ${w("before")}`;
}
export function cards(whole: Row, before: Row | null, clock: Clock): HTMLElement {
  const card = (title: string, main: Node, ...more: (Node | string)[]): HTMLElement => h("div", { class: "card" }, h("h2", {}, title), h("p", { class: "main-figure" }, main), ...more.filter((one) => one !== "").map((one) => h("p", {}, one)));
  const counts = (...names: string[]): HTMLElement => h("span", {}, ...names.flatMap((name, i) => [...(i ? [" · "] : []), `${w(name as "open")} `, counted(whole, name)]));
  const against = (of: Share | undefined): string => (of && of.value !== null ? `${w("before")}: ${percent(of.value)}` : "");
  const earlier = (of: Times | undefined): string => (of && of.median.value !== null ? `${w("before")}: ${long(of.median.value, clock)}` : "");
  const ninety = (of: Times): HTMLElement => h("span", {}, `${w("p90")}: `, timeOf(of, "p90", clock));
  return h("div", { class: "figures-cards" },
    card(w("received"), counted(whole, "received"), change(whole.n["received"] ?? 0, before?.n["received"]), counts("ended")),
    card(w("closed"), counted(whole, "closed"), change(whole.n["closed"] ?? 0, before?.n["closed"]), counts("refused")),
    card(w("open"), counted(whole, "open"), counts("overdue", "unreacted", "paused")),
    card(w("in_time"), shareOf(whole.in_time), `${w("of")} ${number(whole.in_time.n)}`, counts("kept", "missed"), counts("missed_handed"), against(before?.in_time)),
    card(w("closing"), timeOf(whole.closing[clock], "median", clock), ninety(whole.closing[clock]), earlier(before?.closing[clock])),
    card(w("reaction"), timeOf(whole.reaction[clock], "median", clock), ninety(whole.reaction[clock]), counts("reacted_late"), earlier(before?.reaction[clock])),
    card(w("satisfaction"), shareOf(whole.satisfaction), `${w("of")} ${number(whole.satisfaction.n)}`, against(before?.satisfaction)),
    card(w("reopened"), counted(whole, "reopened"), change(whole.n["reopened"] ?? 0, before?.n["reopened"])),
    card(w("handed_in"), counted(whole, "handed_in"), counts("handed_out")),
    card(w("stood"), counted(whole, "stood"), `${w("stoodTotal")}: ${long(whole.stood_h, "working")}`));
}

interface Column { id: string; title: string; cell: (row: Row) => Node; worth: (row: Row) => number | string | null }
function columns(by: By, clock: Clock): Column[] {
  // By which day: a heading says it, for the two differ.
  const dated = (id: string, on: "reporting" | "closing"): string => `${w(id as "open")} (${w(`by.${on}`)})`;
  const count = (id: string): Column => ({ id, title: dated(id, id === "closed" ? "closing" : "reporting"), cell: (row) => counted(row, id), worth: (row) => row.n[id] ?? 0 });
  const time = (what: "closing" | "reaction", which: "median" | "p90"): Column => ({ id: `${what}-${which}`, title: `${dated(what, "reporting")}, ${w(which)}`, cell: (row) => timeOf(row[what][clock], which, clock), worth: (row) => row[what][clock][which].value });
  const share = (id: "in_time" | "satisfaction"): Column => ({ id: `share-${id}`, title: `${dated(id, id === "in_time" ? "closing" : "reporting")}, %`, cell: (row) => h("span", {}, shareOf(row[id]), id === "in_time" && row.beyond ? h("abbr", { title: w(row.beyond > 0 ? "high" : "low") }, row.beyond > 0 ? " ▲" : " ▼") : null), worth: (row) => row[id].value });
  const period = (row: Row): string => (row.since ? (by === "week" ? day(row.since) : String(row.key)) : nameOf(row, by));
  return [{ id: "name", title: w(`by.${by}`), cell: (row) => h("span", {}, period(row)), worth: (row) => (row.since ?? nameOf(row, by)) },
    ...["received", "open", "overdue", "closed"].map(count), share("in_time"), time("closing", "median"), time("closing", "p90"), time("reaction", "median"),
    ...["reopened"].map(count), share("satisfaction"), ...["handed_in", ...(by === "unit" || by === "person" ? [] : ["handed_out"])].map(count)];
}
/** Sorted by a press on a heading; people stand by name alone. Where there are few, a figure has no place in an order. */
export function table(rows: Row[], by: By, clock: Clock): HTMLElement {
  const all = columns(by, clock), box = h("div", { class: "figures-table", tabindex: 0, role: "region", "aria-label": w("table") });
  let order = { id: "name", down: false };
  const draw = (focus = ""): void => {
    const own = all.find(({ id }) => id === order.id) ?? all[0];
    const sorted = own ? [...rows].sort((a, b) => {
      const [left, right] = [own.worth(a), own.worth(b)];
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      const sign = order.down ? -1 : 1;
      return sign * (typeof left === "string" ? left.localeCompare(String(right), current()) : left - Number(right));
    }) : rows;
    const head = all.map(({ id, title }) => h("th", { scope: "col", "aria-sort": order.id === id ? (order.down ? "descending" : "ascending") : "none" },
      by === "person" ? title : h("button", { type: "button", id: `sort-${id}`, click: () => { order = { id, down: order.id === id ? !order.down : id !== "name" }; draw(`sort-${id}`); } }, `${title}${order.id === id ? (order.down ? " ↓" : " ↑") : ""}`)));
    const body = sorted.map((row) => h("tr", {}, ...all.map(({ title, cell }, i) => (i ? h("td", { "data-title": title }, cell(row)) : h("th", { scope: "row" }, cell(row))))));
    box.replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body)));
    if (focus) document.getElementById(focus)?.focus();
  };
  draw();
  return box;
}
