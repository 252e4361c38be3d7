import { get, Refused } from "./api";
import { h, moment, openDialog } from "./dom";
import { current, day, fine, number, phrases, t } from "./i18n";
import { methodLink } from "./methods";
import { bars, barsOfBoth, range, sidesOfDay, twoPeriods, w, type Choice, type Known } from "./periods";
import { alertOf } from "./problems";
import { change, dayAfter, filter, state } from "./state";

interface Ratio { ratio: number | null; lower: number | null; upper: number | null; p: number | null; few: boolean }
interface Side extends Ratio { series: number[]; before: number; after: number }
interface Compared { since: string; at: string; until: string; first: string; second: string; left_out_days: { first: number; second: number }; weeks: string[]; weeks_before: number; area: Side; rest: Side; against_rest: Ratio & { corrected: boolean } }
interface Group { areas: { code: string; name: string; name_en: string }[]; lon: number; lat: number; first_day: string; last_day: string; observed: number; expected: number; relative_risk: number | null; p: number }
interface Groups { periods: string[]; clusters: Group[]; left_out: string[] }

const times = (of: Ratio): string => (of.ratio === null ? "–" : `× ${fine(of.ratio)} (${of.lower === null ? "0" : fine(of.lower)}–${of.upper === null ? "∞" : fine(of.upper)})`);
const chance = (p: number): string => (p < 0.001 ? `p < ${fine(0.001)}` : `p = ${fine(p)}`);

/** What was found, as a paragraph for the verdict and one for each side. */
function told(found: Compared, area: string, periods: boolean): HTMLElement[] {
  const { lower, upper, few, corrected } = found.against_rest;
  const rose = (found.area.ratio ?? 0) >= 1;
  const verdict = upper !== null && upper < 1 ? (rose ? way("roseLess") : t("fellMore")) : lower !== null && lower > 1 ? (rose ? t("roseMore") : way("fellLess")) : t("cannotTell");
  const later = found.weeks.length - found.weeks_before, { first, second } = found.left_out_days;
  // Periods of other lengths: the totals alone would mislead.
  const weekly = (of: Side): string => (periods ? `, ${number(of.before / found.weeks_before)} → ${number(of.after / later)} ${w("aWeek")}` : "");
  const side = (title: string, of: Side): HTMLElement[] => [
    h("h3", {}, title), h("p", {}, `${number(of.before)} → ${number(of.after)} ${t("total")}${weekly(of)}: ${times(of)}`),
    periods ? barsOfBoth(of.series, found.weeks_before, found.first, found.second) : bars(of.series, found.weeks_before)];
  const source = periods
    ? `${range(found.first)} (${found.weeks_before} ${t("weeks")}) → ${range(found.second)} (${later} ${t("weeks")}). ${first + second ? `${w("leftOut")} ${first} + ${second}. ` : ""}${w("perWeek")} ${t("compareSays")} ${w("advice")}`
    : `${day(found.since)} – ${day(dayAfter(found.until, -1))}, ${found.weeks_before} + ${later} ${t("weeks")}. ${t("perWeek")} ${t("compareSays")}`;
  return [
    h("p", {}, h("strong", {}, verdict), ` ${t("againstRest")}: ${times(found.against_rest)}${found.against_rest.p === null ? "" : `, ${chance(found.against_rest.p)}`}.`),
    ...(few || corrected ? [h("p", { class: "note" }, t("fewHere"))] : []),
    ...side(area, found.area), ...side(t("restOfCity"), found.rest), h("p", { class: "source" }, source)];
}

const way = phrases({
  vi: { roseLess: "Tăng ít hơn phần còn lại của thành phố.", fellLess: "Giảm ít hơn phần còn lại của thành phố.", take: "Lấy số liệu:" },
  en: { roseLess: "Rose less than the rest of the city.", fellLess: "Fell less than the rest of the city.", take: "Take the figures:" },
});
/** Did it help? A place before and after a day, or in two periods, and against the rest of the city; `base` is the filter of the place. */
export function openCompare(area: string, known: Known, base = filter(["since", "until"])): void {
  const result = h("div", { role: "status", id: "compare-result" }), files = h("p", { class: "source" });
  let leave = new AbortController();
  const read = async (): Promise<void> => {
    // The answer to what was chosen before must not come after this one.
    leave.abort();
    const { signal } = (leave = new AbortController());
    const wanted = chosen.asked();
    files.replaceChildren();
    if (!wanted) { result.textContent = w("unfinished"); return; }
    // The address says what is compared, so that it can be sent to others.
    change({ compare: Object.values(wanted).join(",") }, false);
    result.textContent = t("loading");
    const asked = new URLSearchParams([...base, ...Object.entries(wanted)]);
    try {
      const found = await get<Compared>(`/api/v1/compare?${asked}`, signal);
      if (signal.aborted) return;
      result.replaceChildren(...told(found, area, chosen === choices.periods));
      files.replaceChildren(`${way("take")} `, ...(["xlsx", "csv"] as const).flatMap((form) => [h("a", { href: `/api/v1/compare.${form}?${asked}`, download: "" }, form.toUpperCase()), " "]));
    } catch (problem) { if (!signal.aborted) result.replaceChildren(alertOf(problem)); }
  };
  const given = state.compare, start = given.includes("/") ? "periods" : "sides";
  const choices = { sides: sidesOfDay(known, () => void read(), given), periods: twoPeriods(known, () => void read(), given) };
  let chosen: Choice = choices[start];
  const fields = h("div", {}, chosen.fields);
  const kind = h("fieldset", { class: "compare-kind" }, h("legend", {}, w("compare")), h("div", { class: "row" }, ...(["sides", "periods"] as const).map((one) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "compare-kind", value: one, checked: one === start, change: () => { chosen = choices[one]; fields.replaceChildren(chosen.fields); void read(); } }), ` ${w(one)}`))));
  openDialog(t("beforeAfter"), t("close"), kind, fields, result, files, methodLink("before-after")).addEventListener("close", () => { leave.abort(); change({ compare: "" }, false); }, { once: true });
  void read();
}

/** Unusual groups of complaints that still last, the strongest first. */
export async function openGroups(go: (lon: number, lat: number) => void): Promise<void> {
  const done = h("progress", { max: 1, "aria-label": t("loading") });
  const waiting = openDialog(t("groups"), t("close"), h("p", { role: "status" }, t("loading")), done);
  // It takes seconds: how far it is can be asked by name, and it ends when nobody waits for it.
  const name = `groups-${Date.now()}-${Math.random().toString(36).slice(2, 12)}`, leave = new AbortController();
  waiting.addEventListener("close", () => leave.abort(), { once: true });
  const looking = setInterval(() => {
    void fetch(`/api/v1/progress/${name}`).then(async (answer) => { if (answer.ok) done.value = ((await answer.json()) as { share: number }).share; }).catch(() => undefined);
  }, 700);
  try {
    const asked = filter();
    asked.set("set", state.set);
    asked.set("task", name);
    const now = moment();
    const found = await get<Groups>(`/api/v1/clusters?${asked}`, leave.signal);
    if (now !== moment()) return;
    const some = found.clusters.filter((one) => one.p <= 0.05);
    const entries = some.map((one) => h("li", {}, h("button", { type: "button", class: "entry", click: () => { dialog.close(); go(one.lon, one.lat); } },
      h("span", { class: "what" }, one.areas.map((each) => (current() === "vi" ? each.name : each.name_en)).join(", ")), h("span", { class: "state" }, chance(one.p)),
      h("small", {}, `${day(one.first_day)} – ${day(one.last_day)}: ${number(one.observed)} ${t("total")}, ${t("expected")} ${number(one.expected)}`))));
    const dialog = openDialog(t("groups"), t("close"), h("p", { class: "source" }, t("groupsSay")), methodLink("scan"), ...(entries.length ? [h("ol", { class: "entries" }, ...entries)] : [h("p", {}, t("noGroups"))]));
  } catch (problem) {
    if (leave.signal.aborted) return;
    openDialog(t("groups"), t("close"), problem instanceof Refused ? h("p", { role: "alert" }, t("groupsTooShort")) : alertOf(problem));
  } finally { clearInterval(looking); }
}
