/** Administration: the calendar of a year, policies with their versions, reminders; each change is previewed first. */
import "./admin-deadlines.css";
import { h } from "../dom";
import { day as dayOf, number, phrases } from "../i18n";
import { ask, json, language, said, toast } from "./desk";

type Why = "hours" | "weekend" | "holiday" | "made-up" | "extra" | "less";
interface Day { day: string; hours: string[]; why: Why }
interface Hours { hours?: Record<string, string[]>; holidays?: string | null; extra?: string[]; less?: string[] }
interface CalendarVersion { id: number; valid_from: string | null; working_time: Hours; week: Record<string, string[]>; reason: string | null; who: string | null }
interface Year { year: number; days: Day[]; versions: CalendarVersion[] }
interface Limits { accept_working_hours?: number | null; urgent_working_hours?: number | null; handle_working_hours?: number | null; handle_working_days?: number | null; stops?: Record<string, number | null> }
/** `open_without`: open complaints without a limit for handling, the first of them reported on `first_without`. */
interface Policy { domain: string; domain_vi: string; domain_en: string; category: string; vi: string; en: string; limits: Limits; open_without: number; first_without: string | null }
interface PolicyVersion { id: number; domain: string | null; category: string | null; valid_from: string; limits: Limits; reason: string; who: string | null }
interface Moves { open: number; moved: number; later: number; earlier: number; median_hours: number | null; first: { code: string; before: string | null; after: string | null }[] }
interface Reminders { before: number | null; after: number[]; quiet: boolean }

const w = phrases({
  vi: {
    title: "Thời hạn", calendar: "Lịch làm việc", year: "Năm", "hours": "ngày làm việc", weekend: "cuối tuần", holiday: "nghỉ lễ", "made-up": "làm bù", extra: "làm thêm", less: "nghỉ thêm",
    weekly: "Giờ làm việc trong tuần", spans: "08:00-12:00, 13:00-17:00; để trống: nghỉ", free: "nghỉ", pick: "Chọn ngày để đổi: ngày nghỉ thành làm thêm, ngày làm việc thành nghỉ thêm.", from: "Áp dụng từ ngày", reason: "Lý do", preview: "Xem trước", apply: "Áp dụng", policies: "Thời hạn xử lý", category: "Lĩnh vực, loại", all: "Tất cả",
    accept: "Tiếp nhận (giờ)", urgent: "Khẩn (giờ)", handle: "Xử lý (giờ)", days: "Xử lý (ngày)", versions: "Các lần thay đổi", none: "Chưa có thay đổi.", who: "Người đổi", limits: "Thời hạn", beginning: "từ đầu", unset: "{n} trong {of} loại chưa có hạn xử lý: sau khi tiếp nhận, những phản ánh đó không bao giờ quá hạn. Hãy đặt hạn cho tất cả hoặc cho từng lĩnh vực ở dưới.", without: "{n} phản ánh chưa xong không có hạn xử lý. Hạn mới chỉ áp dụng cho phản ánh gửi từ ngày bạn chọn.", oldest: "cũ nhất gửi ngày", set: "Đặt hạn",
    moves: "{moved} trong {open} phản ánh đang mở đổi hạn: {later} muộn hơn, {earlier} sớm hơn (trung vị {median} giờ).", before: "Hạn cũ", after: "Hạn mới", code: "Mã", done: "Đã áp dụng; các hạn đang được tính lại.", command: "lệnh",
    rule: "Phản ánh được xét theo thời hạn có hiệu lực vào ngày gửi. Để trống: giữ theo quy định chung; 0: không có hạn.", reminders: "Nhắc và báo cáo lên cấp trên", remind: "Nhắc trước hạn (giờ làm việc)", steps: "Sau hạn (giờ làm việc): cán bộ; phụ trách địa bàn; phụ trách thành phố", quiet: "Chỉ gửi trong giờ làm việc", save: "Lưu", saved: "Đã lưu.", week: "T2 T3 T4 T5 T6 T7 CN",
  },
  en: {
    title: "Deadlines", calendar: "Working calendar", year: "Year", "hours": "working day", weekend: "weekend", holiday: "public holiday", "made-up": "made up for", extra: "worked besides", less: "day off besides",
    weekly: "Working hours of the week", spans: "08:00-12:00, 13:00-17:00; empty: not worked", free: "free", pick: "Choose days to change: a free day is then worked, a working day free.", from: "Valid from", reason: "Reason", preview: "Preview", apply: "Apply", policies: "Time limits", category: "Domain or category", all: "All",
    accept: "Accept (hours)", urgent: "Urgent (hours)", handle: "Handle (hours)", days: "Handle (days)", versions: "Changes made", none: "Nothing was changed yet.", who: "By", limits: "Limits", beginning: "from the beginning", unset: "{n} of {of} categories have no limit for handling: once accepted, nothing of them is ever overdue. Set one for all, or for each domain, below.", without: "{n} open complaints have no limit for handling. A new limit holds for what is reported from the day you choose.", oldest: "the oldest reported", set: "Set a limit",
    moves: "{moved} of {open} open complaints would be due at another time: {later} later, {earlier} earlier (median {median} hours).", before: "Due before", after: "Due then", code: "Code", done: "Applied; deadlines are being counted anew.", command: "command",
    rule: "A complaint is judged by the limits in force on the day it was reported. Empty: as the general rule says; 0: no limit.", reminders: "Reminders and escalation", remind: "Remind before (working hours)", steps: "After (working hours): assignee; the area's supervisors; the city's", quiet: "Within working time only", save: "Save", saved: "Saved.", week: "Mo Tu We Th Fr Sa Su",
  },
});
const API = "/api/v1/admin";
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
// 08:00-12:00, 13:00-17:00; empty: not worked.
const SPAN = "\\s*[0-2]\\d:[0-5]\\d-[0-2]\\d:[0-5]\\d\\s*", SPANS = `(${SPAN}(,${SPAN})*)?`;
const today = (): string => new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" });
const time = (at: string | null): string => (at ? new Date(at).toLocaleString(language(), { timeZone: "Asia/Ho_Chi_Minh", dateStyle: "short", timeStyle: "short" }) : "–");
const field = (label: string, input: HTMLElement, wide = false): HTMLElement => h("label", wide ? { class: "wide" } : {}, label, input);
const table = (heads: string[], rows: (string | Node)[][]): HTMLElement =>
  h("div", { class: "scroll", tabindex: 0 }, h("table", {}, h("thead", {}, h("tr", {}, ...heads.map((one) => h("th", { scope: "col" }, one)))), h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((one) => h("td", {}, one)))))));

/** Preview, then apply: what is applied is what was previewed, or it is previewed again. */
function order(form: HTMLFormElement, result: HTMLElement, path: string, method: string, body: () => Record<string, unknown>, reason: HTMLInputElement, then: () => void): void {
  let shown = "";
  const apply = h("button", { type: "button", disabled: true, click: () => void send() }, w("apply"));
  form.append(h("button", { type: "submit" }, w("preview")), apply);
  form.addEventListener("submit", (event) => { event.preventDefault(); void look(); });
  form.addEventListener("input", (event) => { if (event.target !== reason) apply.disabled = true; });
  async function look(): Promise<void> {
    try {
      const asked = JSON.stringify(body());
      const moves = await ask<Moves>(`${API}/${path}/preview`, { method: "POST", body: asked });
      const words = w("moves").replace("{moved}", String(moves.moved)).replace("{open}", String(moves.open)).replace("{later}", String(moves.later)).replace("{earlier}", String(moves.earlier)).replace("{median}", String(moves.median_hours ?? "–"));
      result.replaceChildren(h("p", { role: "status" }, words), ...(moves.first.length ? [table([w("code"), w("before"), w("after")], moves.first.map((one) => [one.code, time(one.before), time(one.after)]))] : []));
      shown = asked;
      apply.disabled = false;
    } catch (problem) { fail(problem); }
  }
  async function send(): Promise<void> {
    if (JSON.stringify(body()) !== shown) { await look(); return; }
    try {
      await ask(`${API}/${path}`, json(method, { ...body(), reason: reason.value }));
      toast(w("done"));
      then();
    } catch (problem) { fail(problem); }
  }
  const fail = (problem: unknown): void => result.replaceChildren(h("p", { role: "alert" }, said(problem)));
}

async function calendar(place: HTMLElement, year: number): Promise<void> {
  const found = await ask<Year>(`${API}/calendar?year=${year}`);
  // The version in force now is what a change begins with.
  const base = found.versions.find((one) => one.valid_from === null || one.valid_from <= today())?.working_time ?? {};
  const changed = new Set<string>(), result = h("div"), form = h("form");
  const from = h("input", { type: "date", value: today(), required: true, name: "calendar-from" }), reason = h("input", { maxlength: 500, name: "calendar-reason" });
  const pick = h("input", { type: "number", min: 1970, max: 2199, value: year, name: "year", change: () => void calendar(place, Number(pick.value)) });
  const now = found.versions.find((one) => one.valid_from === null || one.valid_from <= today())?.week ?? {};
  const hours = Object.fromEntries(DAYS.map((day) => [day, h("input", { name: `hours-${day}`, value: (now[day] ?? []).join(", "), placeholder: w("free"), pattern: SPANS, title: w("spans"), size: 24 })]));
  const wanted = (): Hours => {
    const said = Object.fromEntries(DAYS.map((day) => [day, hours[day]?.value.split(",").map((one) => one.trim()).filter(Boolean) ?? []]));
    const week = JSON.stringify(said) === JSON.stringify(Object.fromEntries(DAYS.map((day) => [day, now[day] ?? []]))) ? {} : { hours: said };
    const extra = new Set(base.extra ?? []), less = new Set(base.less ?? []);
    for (const one of found.days.filter((day) => changed.has(day.day))) {
      if (one.why === "extra") extra.delete(one.day);
      else if (one.why === "less") less.delete(one.day);
      else (one.hours.length ? less : extra).add(one.day);
    }
    return { ...base, ...week, extra: [...extra].sort(), less: [...less].sort() };
  };
  const named = w("week").split(" ");
  form.append(h("fieldset", { class: "wide hours" }, h("legend", {}, w("weekly")), ...DAYS.map((day, at) => field(named[at] ?? day, hours[day] as HTMLElement))));
  form.append(h("p", { class: "wide" }, w("pick")), field(w("year"), pick), field(w("from"), from), field(w("reason"), reason));
  order(form, result, "calendar", "PUT", () => ({ valid_from: from.value, working_time: wanted() }), reason, () => void calendar(place, year));
  const months = Array.from({ length: 12 }, (_, month) => {
    const days = found.days.filter((one) => Number(one.day.slice(5, 7)) === month + 1);
    const before = (new Date(`${days[0]?.day ?? ""}T00:00:00Z`).getUTCDay() + 6) % 7;
    const name = new Date(Date.UTC(year, month, 1)).toLocaleDateString(language(), { month: "long", timeZone: "UTC" });
    return h("div", { class: "month" }, h("h3", {}, name), ...w("week").split(" ").map((one) => h("span", { class: "name", "aria-hidden": "true" }, one)), ...Array.from({ length: before }, () => h("span")), ...days.map((one) => {
      const label = `${one.day}: ${w(one.why)}${one.hours.length ? `, ${one.hours.join(", ")}` : ""}`;
      const own = h("button", { type: "button", class: one.why, title: label, "aria-label": `${Number(one.day.slice(8))} · ${label}`, "aria-pressed": "false", click: () => {
        if (!changed.delete(one.day)) changed.add(one.day);
        own.setAttribute("aria-pressed", String(changed.has(one.day)));
        form.dispatchEvent(new Event("input"));
      } }, String(Number(one.day.slice(8))));
      return own;
    }));
  });
  const key = (["holiday", "made-up", "extra", "less", "weekend"] as const).map((why) => h("li", {}, `${w(why)}: ${found.days.filter((one) => one.why === why).length}`));
  place.replaceChildren(h("h2", {}, w("calendar")), h("ul", { class: "key" }, ...key), h("div", { class: "year" }, ...months), form, result,
    h("h3", {}, w("versions")), table([w("from"), w("extra"), w("less"), w("reason"), w("who")], found.versions.map((one) => [one.valid_from ? dayOf(one.valid_from) : w("beginning"), (one.working_time.extra ?? []).map(dayOf).join(", ") || "–", (one.working_time.less ?? []).map(dayOf).join(", ") || "–", one.reason ?? "–", one.id ? one.who ?? w("command") : "–"])));
}

const NAMES = ["accept_working_hours", "urgent_working_hours", "handle_working_hours", "handle_working_days"] as const;
const SHORT = { accept_working_hours: "accept", urgent_working_hours: "urgent", handle_working_hours: "handle", handle_working_days: "days" } as const;
const spoken = (limits: Limits): string => NAMES.filter((name) => limits[name] !== undefined).map((name) => `${w(SHORT[name])}: ${limits[name] ?? "–"}`).join("; ") || "–";

async function policies(place: HTMLElement): Promise<void> {
  const [now, history] = await Promise.all([ask<{ policies: Policy[] }>(`${API}/policies`), ask<{ versions: PolicyVersion[] }>(`${API}/policies/history`)]);
  // Of all domains, also of those that are not offered to citizens.
  const names = new Map(now.policies.flatMap((one): [string, string][] => [[`domain:${one.domain}`, one[`domain_${language()}`]], [`category:${one.category}`, one[language()]]]));
  const called = (kind: "domain" | "category", code: string): string => names.get(`${kind}:${code}`) ?? code;
  // Without a limit for handling nothing of it is ever late: whoever sets this up is told.
  const unset = now.policies.filter((one) => !one.limits.handle_working_hours && !one.limits.handle_working_days).length;
  const without = now.policies.filter((one) => one.open_without).sort((a, b) => b.open_without - a.open_without);
  const open = without.reduce((n, one) => n + one.open_without, 0);
  const result = h("div"), form = h("form"), domains = [...new Set(now.policies.map((one) => one.domain))];
  const scope = h("select", { name: "scope" }, h("option", { value: "" }, w("all")), ...domains.map((one) => h("option", { value: `domain:${one}` }, called("domain", one))), ...now.policies.map((one) => h("option", { value: `category:${one.category}` }, `${called("domain", one.domain)} · ${one[language()]}`)));
  const from = h("input", { type: "date", value: today(), required: true, name: "policy-from" }), reason = h("input", { maxlength: 500, name: "policy-reason" });
  const inputs = NAMES.map((name) => h("input", { type: "number", min: 0, max: 2000, step: name.endsWith("days") ? 1 : 0.5, name }));
  const body = (): Record<string, unknown> => {
    const [kind, code] = scope.value.split(":");
    const limits = Object.fromEntries(inputs.filter((one) => one.value !== "").map((one) => [one.name, Number(one.value) || null]));
    return { valid_from: from.value, limits, ...(kind && code ? { [kind]: code } : {}) };
  };
  const limit = (category: string): void => { scope.value = `category:${category}`; inputs[3]?.focus(); };
  form.append(h("p", { class: "wide" }, w("rule")), field(w("category"), scope), ...NAMES.map((name, n) => field(w(SHORT[name]), inputs[n] ?? h("span"))), field(w("from"), from), field(w("reason"), reason));
  order(form, result, "policies", "POST", body, reason, () => void policies(place));
  place.replaceChildren(h("h2", {}, w("policies")), unset ? h("p", { class: "alert", id: "no-limits" }, w("unset").replace("{n}", String(unset)).replace("{of}", String(now.policies.length))) : "",
    ...(open ? [h("p", {}, w("without").replace("{n}", number(open))), h("ul", { id: "open-without" }, ...without.map((one) => h("li", {}, `${one[language()]}: ${number(one.open_without)}${one.first_without ? ` (${w("oldest")} ${dayOf(one.first_without)})` : ""} `, h("button", { type: "button", class: "link", click: () => limit(one.category) }, w("set")))))] : []),
    table([w("category"), ...NAMES.map((name) => w(SHORT[name]))], now.policies.map((one) => [one[language()], ...NAMES.map((name) => String(one.limits[name] ?? "–"))])), form, result,
    h("h3", {}, w("versions")), history.versions.length ? table([w("from"), w("category"), w("limits"), w("reason"), w("who")], history.versions.map((one) => [dayOf(one.valid_from), one.category ? called("category", one.category) : one.domain ? called("domain", one.domain) : w("all"), spoken(one.limits), one.reason, one.who ?? w("command")])) : h("p", {}, w("none")));
}

async function reminders(place: HTMLElement): Promise<void> {
  const now = await ask<Reminders>(`${API}/reminders`);
  const before = h("input", { type: "number", min: 0, max: 200, step: 0.5, value: now.before ?? "", name: "before" });
  const after = h("input", { value: now.after.join("; "), name: "after", pattern: "[0-9.; ]*" });
  const quiet = h("input", { type: "checkbox", checked: now.quiet, name: "quiet" }), result = h("div");
  const form = h("form", { submit: (event) => { event.preventDefault(); void save(); } }, field(w("remind"), before), field(w("steps"), after), field(w("quiet"), quiet), h("button", { type: "submit" }, w("save")));
  async function save(): Promise<void> {
    try {
      const hours = after.value.split(";").map((one) => one.trim()).filter(Boolean).map(Number);
      await ask(`${API}/reminders`, json("PUT", { before: before.value === "" ? null : Number(before.value), after: hours, quiet: quiet.checked }));
      result.replaceChildren();
      toast(w("saved"));
    } catch (problem) { result.replaceChildren(h("p", { role: "alert" }, said(problem))); }
  }
  place.replaceChildren(h("h2", {}, w("reminders")), form, result);
}

/** Fills a section of the administration. */
export async function section(place: HTMLElement): Promise<void> {
  const parts = [h("section"), h("section"), h("section")] as const;
  place.replaceChildren(h("div", { class: "deadlines" }, h("h1", {}, w("title")), ...parts));
  await Promise.all([calendar(parts[0], Number(today().slice(0, 4))), policies(parts[1]), reminders(parts[2])]);
}
