import { ask } from "./api";
import { byId, h, openDialog } from "./dom";
import { number, phrases, t, type Names, named } from "./i18n";
import { rhythmChart, timeChart, type Series, type Span, type Step, type TimeChart } from "./charts";
import { alertOf } from "./problems";
import { change, filter, onChange, state } from "./state";

interface History extends Series { note: Names | null }
interface Rhythm { timezone: string; n: number[][]; total: number }
const w = phrases({
  vi: { title: "Biểu đồ theo thời gian", time: "Theo thời gian", step: "Mỗi cột là một", day: "ngày", week: "tuần", month: "tháng", rhythm: "Theo giờ và ngày trong tuần", whole: "Xem lại toàn bộ thời gian", nothing: "Không có phản ánh nào phù hợp.", clock: "Giờ của", short: "Thời gian còn ngắn nên chưa tách được mùa: chỉ có số phản ánh.", open: "Biểu đồ" },
  en: { title: "Charts over time", time: "Over time", step: "One bar is a", day: "day", week: "week", month: "month", rhythm: "By hour and weekday", whole: "Back to the whole time", nothing: "No complaint matches.", clock: "Hours of", short: "The time is too short to tell the season: only the numbers are shown.", open: "Charts" },
});
const STEPS: readonly Step[] = ["day", "week", "month"];
let step: Step = "month";

const chosen = (): Span => ({ since: state.since, until: state.until });
const loading = (): HTMLElement => h("p", { role: "status" }, t("loading"));
// A dialog is a step of the browser's history already: changes under it are none of their own.
const choose = (span: Span): void => change({ ...span }, !byId<HTMLDialogElement>("dialog").open);
/** Everything a filter asks for but the time: the chart shows all of it, and shades what is chosen. */
const timeless = (asked: URLSearchParams): URLSearchParams => { const rest = new URLSearchParams(asked); rest.delete("since"); rest.delete("until"); return rest; };

export interface Section { element: HTMLElement; /** Shows the chosen time anew. */ mark(): void; stop(): void }
/** The chart over the whole time of a question, with a choice of the period; a stretch of it can be chosen. */
export function timeSection(asked: URLSearchParams, id: string): Section {
  const place = h("div"), whole = h("button", { type: "button", hidden: true, click: () => { choose({ since: "", until: "" }); mark(); } }, w("whole"));
  let chart: TimeChart | null = null, reading = new AbortController();
  const mark = (): void => { whole.hidden = !state.since && !state.until; chart?.mark(); };
  async function read(): Promise<void> {
    reading.abort();
    const { signal } = (reading = new AbortController());
    place.replaceChildren(loading());
    chart = null;
    try {
      const found = await ask<History>(`/api/v1/history?step=${step}&${timeless(asked)}`, { signal });
      if (!found.periods.length) { place.replaceChildren(h("p", {}, w("nothing"))); return; }
      chart = timeChart(found, chosen, (span) => { choose(span); mark(); });
      const note = found.note ? named(found.note) : found.adjusted ? "" : w("short");
      place.replaceChildren(chart.element, ...(note ? [h("p", { class: "source" }, note)] : []));
    } catch (problem) { if (!signal.aborted) place.replaceChildren(alertOf(problem, () => void read())); }
  }
  const select = h("select", { id, change: () => { step = select.value as Step; void read(); } }, ...STEPS.map((one) => h("option", { value: one, selected: one === step }, w(one))));
  mark();
  void read();
  return { element: h("section", { class: "over-time" }, h("div", { class: "chart-head" }, h("h3", {}, w("time")), h("label", { for: id }, w("step")), select), place, whole), mark, stop: () => reading.abort() };
}
/** Hours and weekdays of the question, its time included. */
export function rhythmSection(asked: URLSearchParams): Section {
  const place = h("div", {}, loading()), reading = new AbortController(), { signal } = reading;
  const read = (): Promise<void> => ask<Rhythm>(`/api/v1/rhythm?${asked}`, { signal }).then(
    (found) => place.replaceChildren(...(found.total ? [rhythmChart(found.n), h("p", { class: "source" }, `${w("clock")} ${found.timezone} · ${number(found.total)} ${t("total")}`)] : [h("p", {}, w("nothing"))])),
    (problem: unknown) => { if (!signal.aborted) place.replaceChildren(alertOf(problem, () => void read())); });
  void read();
  return { element: h("section", { class: "over-time" }, h("h3", {}, w("rhythm")), place), mark: () => {}, stop: () => reading.abort() };
}

/** Both charts of what is shown; the hours follow the time that is chosen on the first. */
export function openCharts(): void {
  const place = h("div");
  let hours = rhythmSection(filter());
  place.append(hours.element);
  const time = timeSection(filter(), "charts-step");
  let shown = filter().toString();
  const again = (): void => {
    if (shown === filter().toString()) return;
    shown = filter().toString();
    time.mark();
    hours.stop();
    hours = rhythmSection(filter());
    place.replaceChildren(hours.element);
  };
  const dialog = openDialog(w("title"), t("close"), time.element, place);
  const forget = onChange(again);
  dialog.addEventListener("close", () => { forget(); time.stop(); hours.stop(); }, { once: true });
}
export const chartsWord = (): string => w("open");
