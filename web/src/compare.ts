import { get, Refused } from "./api";
import { h, moment, openDialog } from "./dom";
import { current, day, fine, number, phrases, t } from "./i18n";
import { alertOf } from "./problems";
import { dayAfter, filter, state } from "./state";

interface Ratio { ratio: number | null; lower: number | null; upper: number | null; p: number | null; few: boolean }
interface Side extends Ratio { series: number[]; before: number; after: number }
interface Compared { since: string; at: string; until: string; weeks: string[]; weeks_before: number; area: Side; rest: Side; against_rest: Ratio & { corrected: boolean } }
interface Group { areas: { code: string; name: string; name_en: string }[]; lon: number; lat: number; first_day: string; last_day: string; observed: number; expected: number; relative_risk: number | null; p: number }
interface Groups { periods: string[]; clusters: Group[]; left_out: string[] }

const times = (of: Ratio): string => (of.ratio === null ? "–" : `× ${fine(of.ratio)} (${of.lower === null ? "0" : fine(of.lower)}–${of.upper === null ? "∞" : fine(of.upper)})`);
const chance = (p: number): string => (p < 0.001 ? `p < ${fine(0.001)}` : `p = ${fine(p)}`);
const today = (): string => new Date().toLocaleDateString("sv-SE");

/** Bars of one series, the weeks after the change in another shade; the numbers stand in the text. */
function bars(series: number[], before: number): HTMLElement {
  const top = Math.max(1, ...series);
  return h("div", { class: "bars weeks", "aria-hidden": "true" }, ...series.map((n, i) => {
    const bar = h("i", { ...(i >= before ? { class: "on" } : {}) });
    bar.style.height = `${Math.max(3, (100 * n) / top)}%`;
    return bar;
  }));
}

const way = phrases({
  vi: { roseLess: "Tăng ít hơn phần còn lại của thành phố.", fellLess: "Giảm ít hơn phần còn lại của thành phố." },
  en: { roseLess: "Rose less than the rest of the city.", fellLess: "Fell less than the rest of the city." },
});
/** Did it help? A place before and after a day, and against the rest of the city; `base` is the filter of the place. */
export function openCompare(area: string, last: string, base = filter(["since", "until"])): void {
  const result = h("div", { role: "status" });
  const at = h("input", { type: "date", id: "compare-at", value: dayAfter(last < today() ? last : today(), -83), max: today() });
  const weeks = h("select", { id: "compare-weeks" }, ...[4, 8, 12, 26, 52].map((n) => h("option", { value: n, selected: n === 12 }, `${n} ${t("weeks")}`)));
  async function read(): Promise<void> {
    result.textContent = t("loading");
    try {
      const asked = new URLSearchParams(base);
      asked.set("at", at.value);
      asked.set("weeks", weeks.value);
      const found = await get<Compared>(`/api/v1/compare?${asked}`);
      const { lower, upper, few, corrected } = found.against_rest;
      const rose = (found.area.ratio ?? 0) >= 1;
      const verdict = upper !== null && upper < 1 ? (rose ? way("roseLess") : t("fellMore")) : lower !== null && lower > 1 ? (rose ? t("roseMore") : way("fellLess")) : t("cannotTell");
      result.replaceChildren(
        h("p", {}, h("strong", {}, verdict), ` ${t("againstRest")}: ${times(found.against_rest)}${found.against_rest.p === null ? "" : `, ${chance(found.against_rest.p)}`}.`),
        ...(few || corrected ? [h("p", { class: "note" }, t("fewHere"))] : []),
        h("h3", {}, area), h("p", {}, `${number(found.area.before)} → ${number(found.area.after)} ${t("total")}: ${times(found.area)}`), bars(found.area.series, found.weeks_before),
        h("h3", {}, t("restOfCity")), h("p", {}, `${number(found.rest.before)} → ${number(found.rest.after)} ${t("total")}: ${times(found.rest)}`), bars(found.rest.series, found.weeks_before),
        h("p", { class: "source" }, `${day(found.since)} – ${day(dayAfter(found.until, -1))}, ${found.weeks_before} + ${found.weeks.length - found.weeks_before} ${t("weeks")}. ${t("perWeek")} ${t("compareSays")}`));
    } catch (problem) { result.replaceChildren(alertOf(problem)); }
  }
  at.addEventListener("change", () => { if (at.value) void read(); });
  weeks.addEventListener("change", () => void read());
  openDialog(t("beforeAfter"), t("close"),
    h("div", { class: "pair" }, h("div", { class: "field" }, h("label", { for: "compare-at" }, t("changeOn")), at), h("div", { class: "field" }, h("label", { for: "compare-weeks" }, t("eachSide")), weeks)), result);
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
    const dialog = openDialog(t("groups"), t("close"), h("p", { class: "source" }, t("groupsSay")), ...(entries.length ? [h("ol", { class: "entries" }, ...entries)] : [h("p", {}, t("noGroups"))]));
  } catch (problem) {
    if (leave.signal.aborted) return;
    openDialog(t("groups"), t("close"), problem instanceof Refused ? h("p", { role: "alert" }, t("groupsTooShort")) : alertOf(problem));
  } finally { clearInterval(looking); }
}
