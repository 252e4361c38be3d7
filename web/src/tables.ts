import type { AreaCounts, AreaRow, Domain, Feature, Page, Properties } from "./api";
import { get, Refused } from "./api";
import { byId, h, moment, openDialog } from "./dom";
import { funnelSection } from "./funnel";
import { current, day, instant, named, number, phrases, status, t } from "./i18n";
import { reportingLine } from "./reporting";
import { change, dayAfter, filter, limits, state } from "./state";

type Column = "name" | "n" | "rate" | "rate_smoothed" | "per_km2" | "population";
let order: { by: Column; down: boolean } = { by: "n", down: true };

/** The map's figures as a table that sorts. */
export async function openTable(): Promise<void> {
  openDialog(t("table"), t("close"), h("p", { role: "status" }, t("loading")));
  const now = moment();
  const found = await get<AreaCounts>(`/api/v1/counts?by=area&set=${state.set}&${filter()}`);
  const titles: [Column, string][] = [["name", t("name")], ["n", t("count")], ...(found.rate === null ? [] : [["rate", t("rate")], ["rate_smoothed", t("smoothed")]] as [Column, string][]), ["per_km2", t("density")], ...(found.rate === null ? [] : [["population", t("population")]] as [Column, string][])];
  const rated = found.rate !== null;
  const name = (row: AreaRow): string => (current() === "vi" ? `${row.kind ?? ""} ${row.name}`.trim() : row.name_en);
  const show = (code: string): void => { byId<HTMLDialogElement>("dialog").close(); change({ area: `${state.set}:${code}` }); };
  const plot = rated ? [funnelSection(show)] : [];
  const draw = (): void => {
    // Under a place's filter the other areas have none that match: they are not zeros.
    const rows = found.rows.filter((row) => !(["area", "cell", "polygon"] as const).some(limits) || row.n > 0).sort((a, b) => {
      const sign = order.down ? -1 : 1;
      return order.by === "name" ? sign * name(a).localeCompare(name(b), current()) : sign * ((a[order.by] ?? -1) - (b[order.by] ?? -1));
    });
    const save = (those: AreaRow[]): void => {
      const columns = ["key", "kind", "name", "name_en", "n", "rate", "rate_low", "rate_high", "rate_smoothed", "rate_smoothed_local", "unusual", "per_km2", "population"] as const;
      const cell = (value: unknown): string => (typeof value === "string" ? `"${value.replaceAll('"', '""')}"` : String(value ?? ""));
      const lines = [columns.join(","), ...those.map((row) => columns.map((column) => cell(row[column])).join(",")), `,,"${t("outside")}",,${found.outside},,,,,,,,`];
      const link = h("a", { href: URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" })), download: `phananh-${state.set}.csv` });
      link.click();
      URL.revokeObjectURL(link.href);
    };
    const head = h("tr", {}, ...titles.map(([column, title]) => h("th", { scope: "col", "aria-sort": order.by === column ? (order.down ? "descending" : "ascending") : "none" },
      h("button", { type: "button", click: () => { order = { by: column, down: order.by === column ? !order.down : column !== "name" }; draw(); } }, `${title}${order.by === column ? (order.down ? " ↓" : " ↑") : ""}`))));
    const shown = (value: number | null): string => (value === null ? "–" : number(value));
    const rate = (row: AreaRow): Node => h("span", {}, shown(row.rate), row.unusual ? h("abbr", { title: t(row.unusual > 0 ? "unusuallyHigh" : "unusuallyLow") }, row.unusual > 0 ? " ▲" : " ▼") : "", row.rate === null ? "" : h("small", {}, ` ${shown(row.rate_low)}–${shown(row.rate_high)}`));
    const body = rows.map((row) => h("tr", {}, h("th", { scope: "row" }, h("button", { type: "button", class: "link", click: () => show(row.key) }, name(row))), h("td", {}, number(row.n)), ...(rated ? [h("td", {}, rate(row)), h("td", {}, shown(row.rate_smoothed))] : []), h("td", {}, shown(row.per_km2)), ...(rated ? [h("td", {}, shown(row.population))] : [])));
    const outside = h("tr", {}, h("th", { scope: "row" }, t("outside")), h("td", {}, number(found.outside)), ...titles.slice(2).map(() => h("td")));
    openDialog(t("table"), t("close"),
      ...(found.rate === null ? [h("p", { class: "source" }, t("noPopulation"))] : [h("p", { class: "source" }, `${t("overall")}: ${number(found.rate)} ${t("rate")}. ${t("ratesSay")}`)]),
      reportingLine(),
      h("p", {}, `${number(found.total)} ${t("total")} · `, h("button", { type: "button", class: "link", click: () => save(rows) }, t("download"))),
      ...plot,
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("table") }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...body, outside))));
  };
  if (now === moment()) draw();
}

function entry(one: Feature, domains: Domain[], open: (code: string) => void): HTMLElement {
  const p = one.properties;
  const domain = domains.find((each) => each.code === p.domain);
  const category = domain?.categories.find((each) => each.code === p.category);
  const dot = h("i");
  dot.style.background = domain?.colour ?? "#475569";
  return h("li", {}, h("button", { type: "button", class: "entry", click: () => open(p.code) },
    h("span", { class: "what" }, dot, category ? named(category.name) : p.category), h("span", { class: `state ${p.status}` }, status(p.status)),
    h("span", { class: "text" }, p.text), h("small", {}, [p.address, instant(p.reported_at), p.code].filter(Boolean).join(" · "))));
}

/** The complaints under a filter, the newest first. */
export async function openList(domains: Domain[], open: (code: string) => void, asked = filter()): Promise<void> {
  openDialog(t("list"), t("close"), h("p", { role: "status" }, t("loading")));
  const list = h("ul", { class: "entries" });
  const more = h("button", { type: "button", hidden: true }, t("more"));
  const head = h("p", { role: "status" });
  let next: string | null = `/api/v1/complaints?${asked}&limit=30&total=true`;
  const read = async (): Promise<void> => {
    if (!next) return;
    more.disabled = true;
    const address = new URL(next, location.origin);
    const page: Page = await get<Page>(address.pathname + address.search);
    const first = list.children.length;
    list.append(...page.features.map((one) => entry(one, domains, open)));
    if (first) list.children[first]?.querySelector("button")?.focus();
    next = page.next;
    more.hidden = !next;
    more.disabled = false;
    head.textContent = page.total ? `${number(page.total)} ${t("total")} · ${t("newest")}` : t("none");
  };
  more.addEventListener("click", () => void read());
  const now = moment();
  await read();
  if (now !== moment()) return;
  openDialog(t("list"), t("close"), head, list, more);
}

const w = phrases({
  vi: { page: "Trang của phản ánh này", promise: "Hạn:", met: "đúng hạn", missed: "quá hạn", answer: "Trả lời", supporters: "người nữa cũng phản ánh việc này", supporterOne: "người nữa cũng phản ánh việc này", photos: "ảnh", reopened: "Mở lại: người gửi chưa hài lòng" },
  en: { page: "Page of this complaint", promise: "Due:", met: "in time", missed: "late", answer: "Answer", supporters: "more people report this", supporterOne: "more person reports this", photos: "photos", reopened: "Reopened: the reporter was not satisfied" },
});
/** What followed from a complaint, in short; its page tells all of it. */
function followed({ code, photos, answers, promise, supporters }: Properties): Node[] {
  const href = `/c/${encodeURIComponent(code)}${current() === "en" ? "?lang=en" : ""}`;
  return [
    ...(photos?.length ? [h("a", { class: "thumbs", href, "aria-label": `${number(photos.length)} ${w("photos")}` }, ...photos.slice(0, 5).map((one) => h("img", { src: one.small, alt: "", width: 96, height: 72, loading: "lazy" })))] : []),
    ...(promise ? [h("p", {}, `${w("promise")} ${instant(promise.due_at)}${promise.met === true ? ` (${w("met")})` : promise.met === false ? ` (${w("missed")})` : ""}`)] : []),
    ...(supporters ? [h("p", {}, h("strong", {}, number(supporters)), ` ${w(supporters === 1 ? "supporterOne" : "supporters")}`)] : []),
    ...(answers ?? []).slice(-1).map((one) => h("blockquote", {}, h("p", { class: "body" }, one.text), h("small", {}, `${w("answer")} · ${instant(one.at)}`))),
    h("p", {}, h("a", { href, id: "complaint-page" }, w("page"))),
  ];
}

/** One complaint, as anyone may see it. */
export async function openComplaint(code: string, domains: Domain[], show: (lon: number, lat: number) => void): Promise<void> {
  openDialog(`${t("code")} ${code}`, t("close"), h("p", { role: "status" }, t("loading")));
  const now = moment();
  try {
    const one = await get<Feature>(`/api/v1/complaints/${encodeURIComponent(code)}`);
    if (now !== moment()) return;
    const p = one.properties;
    const domain = domains.find((each) => each.code === p.domain);
    const category = domain?.categories.find((each) => each.code === p.category);
    const places = (p.areas ?? []).map((each) => `${current() === "vi" ? `${each.kind ?? ""} ${each.name}`.trim() : each.name_en}${each.until ? ` (${t("abolished")} ${day(dayAfter(each.until, -1))})` : ""}`);
    const dialog = openDialog(`${t("code")} ${p.code}`, t("close"),
      h("p", {}, h("strong", {}, category ? named(category.name) : p.category), ` · ${domain ? named(domain.name) : p.domain} `, h("span", { class: `state ${p.status}` }, status(p.status))),
      h("p", { class: "body" }, p.text),
      h("p", {}, `${t("place")}: ${[p.address, ...places].filter(Boolean).join(" · ")}`),
      ...followed(p),
      h("h3", {}, t("timeline")),
      h("ol", {}, ...(p.timeline ?? []).map((event) => h("li", {}, `${event.at ? instant(event.at) : t("unknownTime")}: ${event.kind === "reopened" ? w("reopened") : event.to ? status(event.to) : event.kind === "received" ? t("received") : t("changed")}`))),
      h("button", { type: "button", click: () => { dialog.close(); show(...one.geometry.coordinates); } }, t("showOnMap")));
    change({ complaint: p.code }, false);
    dialog.addEventListener("close", () => change({ complaint: "" }, false), { once: true });
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    openDialog(t("code"), t("close"), h("p", { role: "alert" }, t("nothingFound")));
  }
}
