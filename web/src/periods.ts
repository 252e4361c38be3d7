import "./compare.css";
import type { City } from "./api";
import { h } from "./dom";
import { day, phrases, t } from "./i18n";
import { dayAfter } from "./state";

export const w = phrases({
  vi: {
    compare: "So sánh", sides: "hai bên một ngày", periods: "hai giai đoạn", first: "Giai đoạn thứ nhất", second: "Giai đoạn thứ hai", from: "Từ ngày", to: "Đến hết ngày",
    perWeek: "× là tỷ lệ số phản ánh mỗi tuần, giai đoạn thứ hai so với giai đoạn thứ nhất.", aWeek: "mỗi tuần", leftOut: "Số ngày bỏ ra (không thuộc tuần trọn vẹn nào trong thời gian có phản ánh):",
    advice: "Hãy chọn hai giai đoạn cùng mùa; các ngày lễ theo âm lịch mỗi năm rơi vào những tuần khác nhau.", unfinished: "Hãy điền đủ các ngày, không ngày nào ở tương lai.",
  },
  en: {
    compare: "Compare", sides: "two sides of a day", periods: "two periods", first: "First period", second: "Second period", from: "From", to: "To the end of",
    perWeek: "× is complaints a week in the second period, by those in the first.", aWeek: "a week", leftOut: "Days left out (in no whole week of the time that has complaints):",
    advice: "Choose periods of the same season; holidays of the lunar calendar fall in other weeks each year.", unfinished: "Please fill in all days, none of them in the future.",
  },
});

/** One way to say what is compared: its fields, and the parameters they ask for; null while a day is missing or lies ahead. */
export interface Choice { fields: HTMLElement; asked: () => Record<string, string> | null }
const today = (): string => new Date().toLocaleDateString("sv-SE");
/** The days a city has complaints of, as it says so itself. */
export type Known = Pick<City, "first_day" | "last_day">;
/** The last day that is over and has complaints. */
const latest = ({ last_day: last }: Known): string => { const yesterday = dayAfter(today(), -1); return last && last < yesterday ? last : yesterday; };
const field = (label: string, of: HTMLInputElement | HTMLSelectElement): HTMLElement => h("div", { class: "field" }, h("label", { for: of.id }, label), of);

/** So many weeks before a day and from it on; at first the last twelve are those from it on. */
export function sidesOfDay(known: Known, changed: () => void, given = ""): Choice {
  const [day = "", length = ""] = given.includes("/") ? [] : given.split(",");
  const at = h("input", { type: "date", id: "compare-at", value: day || dayAfter(latest(known), -83), max: today(), required: true, change: changed });
  const weeks = h("select", { id: "compare-weeks", change: changed }, ...[4, 8, 12, 26, 52].map((n) => h("option", { value: n, selected: n === (Number(length) || 12) }, `${n} ${t("weeks")}`)));
  return {
    fields: h("div", { class: "pair" }, field(t("changeOn"), at), field(t("eachSide"), weeks)),
    asked: () => (at.checkValidity() ? { at: at.value, weeks: weeks.value } : null),
  };
}

/** The last twelve whole weeks and those of a year before; where that is not known, the two halves of what is. */
function usual(known: Known): { first: string; second: string; days: number } {
  const end = dayAfter(latest(known)), since = known.first_day ?? "";
  // 52 weeks, so that the same weekdays are compared.
  if (since <= dayAfter(end, -84 - 364)) return { first: dayAfter(end, -84 - 364), second: dayAfter(end, -84), days: 84 };
  let weeks = 12;
  while (weeks > 2 && since > dayAfter(end, -14 * weeks)) weeks--;
  return { first: dayAfter(end, -14 * weeks), second: dayAfter(end, -7 * weeks), days: 7 * weeks };
}
/** Two periods of free choice. */
export function twoPeriods(known: Known, changed: () => void, given = ""): Choice {
  const start = usual(known), said = given.includes("/") ? given.split(",").map((one) => one.split("/")) : [];
  const inputs = (["first", "second"] as const).map((name, i) => {
    const [since = start[name], until = dayAfter(start[name], start.days)] = said[i] ?? [];
    const input = (of: string, value: string): HTMLInputElement => h("input", { type: "date", id: `compare-${name}-${of}`, value, max: today(), required: true, change: changed });
    return { name, from: input("from", since), to: input("to", dayAfter(until, -1)) };
  });
  return {
    fields: h("div", { class: "two-periods" }, ...inputs.map(({ name, from, to }) => h("fieldset", { id: `compare-${name}` }, h("legend", {}, w(name)), h("div", { class: "pair" }, field(w("from"), from), field(w("to"), to))))),
    asked: () => (inputs.every(({ from, to }) => from.checkValidity() && to.checkValidity()) ? Object.fromEntries(inputs.map(({ name, from, to }) => [name, `${from.value}/${dayAfter(to.value)}`])) : null),
  };
}

/** An interval of days as people say it, the last day in it. */
export function range(interval: string): string {
  const [since = "", until = ""] = interval.split("/");
  return `${day(since)} – ${day(dayAfter(until, -1))}`;
}

/** Bars of a series of weeks on the scale of `top`; those from `before` on in another shade. */
export function bars(series: number[], before: number, top = Math.max(1, ...series)): HTMLElement {
  return h("div", { class: "bars weeks", "aria-hidden": "true" }, ...series.map((n, i) => {
    const bar = h("i", { ...(i >= before ? { class: "on" } : {}) });
    bar.style.height = `${Math.max(3, (100 * n) / top)}%`;
    return bar;
  }));
}

/** The weeks of both periods below each other, on one scale and each week as wide: the second in another shade. */
export function barsOfBoth(series: number[], before: number, first: string, second: string): HTMLElement {
  const parts = [[first, series.slice(0, before), before], [second, series.slice(before), 0]] as const;
  const most = Math.max(...parts.map(([, weeks]) => weeks.length)), top = Math.max(1, ...series);
  return h("div", { class: "both" }, ...parts.map(([interval, weeks, shade]) => {
    const row = bars([...weeks], shade, top);
    row.style.width = `${(100 * weeks.length) / most}%`;
    return h("div", {}, h("small", {}, range(interval)), row);
  }));
}
