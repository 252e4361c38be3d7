/** The audit log, for admins: alerts first, then what was done by whom, the newest first, as it grows. */
import { h } from "../dom";
import { current, instant, number, phrases, status } from "../i18n";
import { ask, go, json, said, toast, type Page } from "./desk";
import { actGroups, actName } from "./audit-words";
import { ROLES, roleName, type RoleName } from "./roles";
import "./audit.css";

const w = phrases({
  vi: { title: "Nhật ký", actor: "Ai", act: "Việc", subject: "Đối tượng", since: "Từ", until: "Đến", at: "Lúc", who: "Ai", what: "Việc", of: "Đối tượng", details: "Chi tiết", filter: "Lọc", none: "Không có mục nào phù hợp.", more: "Cũ hơn", verify: "Kiểm tra toàn vẹn", whole: "{n} mục nguyên vẹn, {anchors} mốc đã ghi; đầu chuỗi {head}", broken: "Mục {n} không đúng: {why}", csv: "Tải CSV", follow: "Tự cập nhật", lost: "Có quá nhiều mục mới: hãy tải lại trang.", alerts: "Việc bất thường chưa xem", noAlerts: "Không có cảnh báo nào chưa xem.", every: "Xem cả những cảnh báo đã xử lý", note: "Đã xử lý thế nào", done: "Đã xem", entries: "Xem trong nhật ký",
    looks: "Xem dữ liệu cá nhân nhiều bất thường", hours: "Làm ngoài giờ", "failed-name": "Đăng nhập sai nhiều lần", "failed-address": "Đăng nhập sai từ một địa chỉ", denied: "Nhiều lần bị từ chối truy cập", export: "Xuất nhiều dữ liệu", exports: "Xuất nhiều dữ liệu trong ngày", "own-role": "Tự cấp quyền cho mình", in_hour: "trong một giờ", in_day: "trong ngày", usual: "ngày bận thường lệ", n: "số lần", rows: "số dòng", role: "vai trò",
    reason: "lý do", form: "dạng tệp", fields: "đã đổi", did: "đã làm", failed: "không làm được", areas: "địa bàn", domains: "lĩnh vực", insert: "thêm", update: "sửa", delete: "xoá", hidden: "không ghi giá trị", event: "diễn biến số", why: "vì", method: "cách gọi", verdict: "đánh giá", reopened: "mở lại", changed: "đã đổi", yes: "có", no: "không", signIn: "tên đăng nhập", whose: "mã phản ánh, tài khoản, địa bàn", allActs: "Tất cả", domain: "lĩnh vực", category: "loại", area: "địa bàn", from: "từ", to: "đến", closed: "kết thúc", version: "lần" },
  en: { title: "Audit log", actor: "Who", act: "Act", subject: "What", since: "Since", until: "Until", at: "When", who: "Who", what: "Act", of: "What", details: "Details", filter: "Filter", none: "No entry matches.", more: "Older ones", verify: "Check that it is whole", whole: "{n} entries are whole, with {anchors} heads noted; the head is {head}", broken: "Entry {n} is wrong: {why}", csv: "Download CSV", follow: "Follow", lost: "There are too many new ones: load the page again.", alerts: "Unusual acts nobody has seen to", noAlerts: "There is no alert to be seen to.", every: "Those that were seen to as well", note: "What came of it", done: "Seen to", entries: "Show in the log",
    looks: "Unusually many looks at personal data", hours: "Acts out of working time", "failed-name": "Failed sign-ins", "failed-address": "Failed sign-ins from one address", denied: "Many refused requests", export: "A large export", exports: "Many rows exported in a day", "own-role": "Gave itself a role", in_hour: "in an hour", in_day: "in the day", usual: "own busy day", n: "times", rows: "rows", role: "role",
    reason: "reason", form: "kind of file", fields: "changed", did: "done", failed: "not done", areas: "areas", domains: "domains", insert: "added", update: "changed", delete: "removed", hidden: "values not kept", event: "event no.", why: "why", method: "by", verdict: "verdict", reopened: "reopened", changed: "changed", yes: "yes", no: "no", signIn: "sign-in name", whose: "code, account, area", allActs: "All", domain: "domain", category: "category", area: "area", from: "from", to: "to", closed: "closed", version: "version" },
});
interface Entry { id: number; at: string; actor: string; act: string; subject: string; details: Record<string, unknown> }
/** What codes of the entries are called. */
interface Names { people: Record<string, string>; areas: Record<string, string>; vi: Record<string, string>; en: Record<string, string> }
interface Log { entries: Entry[]; names: Names; next: number | null }
interface Alert { id: number; kind: string; actor: string; at: string; details: Record<string, unknown>; seen_at: string | null; seen_name: string | null; note: string | null }
const FIELDS = ["actor", "act", "subject", "since", "until"] as const, API = "/api/v1/audit";
const value = (given: unknown): string => (typeof given === "object" ? JSON.stringify(given) : String(given));
const KEPT: Names = { people: {}, areas: {}, vi: {}, en: {} };
const learn = (found: Names): void => { for (const key of ["people", "areas", "vi", "en"] as const) Object.assign(KEPT[key], found[key]); };
const STATES: ReadonlySet<string> = new Set(["received", "accepted", "in_progress", "resolved", "rejected", "duplicate", "withdrawn"]);
/** A code in words, where it is one. */
function called(code: string, key: string): string {
  if (key === "role" && ROLES.includes(code as RoleName)) return roleName(code as RoleName);
  if (key === "what") return actName(`work.${code}`);
  if ((key === "from" || key === "to") && STATES.has(code)) return status(code);
  return KEPT.areas[code] ?? KEPT[current()][code] ?? code;
}
/** One thing of an entry in words: lists with commas, what changed from its old to its new value. */
const plain = (given: unknown, key = ""): string => (Array.isArray(given) ? given.map((one) => plain(one, key)).join(", ") : given === null || given === undefined ? "–" : typeof given === "boolean" ? w(given ? "yes" : "no") : typeof given === "object" ? Object.entries(given).map(([name, one]) => `${name} ${plain(one, name)}`).join("; ") : called(String(given), key));
function words(given: Record<string, unknown>): string {
  const { old, new: now, op, ...rest } = given as { old?: Record<string, unknown> | null; new?: Record<string, unknown> | null; op?: string };
  const fields = [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])];
  const changed = fields.map((name) => (old && now ? `${label(name)}: ${plain(old[name], name)} → ${plain(now[name], name)}` : `${label(name)}: ${plain((now ?? old ?? {})[name], name)}`));
  const said = Object.entries(rest).filter(([, one]) => one !== null && !(Array.isArray(one) && !one.length)).map(([name, one]) => `${label(name)}: ${plain(one, name)}`);
  return [op ? label(op) : "", ...changed, ...said].filter(Boolean).join(" · ");
}
const person = (name: string): string => { const full = KEPT.people[name]; return full && full !== name ? `${full} (${name})` : name; };
/** Whom or what it was done to: a complaint's code leads to it; others are told by their names. */
function subject({ act, subject: of }: Entry): Node | string {
  const code = /^row\./.test(act) ? of.slice(of.indexOf(":") + 1) : of;
  const name = KEPT.areas[of] ?? KEPT[current()][code];
  if (name) return `${name} (${code})`;
  return /^(account|role|password|session|sign|totp|row\.account)/.test(act) ? person(code) : code;
}
const row = (one: Entry): HTMLElement => h("tr", { "data-entry": one.id }, h("td", {}, instant(one.at)), h("td", {}, person(one.actor)), h("td", { title: one.act }, actName(one.act)), h("td", {}, subject(one)), h("td", {}, words(one.details)));
const LABELS = new Set(["reason", "rows", "form", "filter", "n", "role", "fields", "failed", "what", "areas", "domains", "until", "since", "insert", "update", "delete", "hidden", "event", "why", "method", "verdict", "reopened", "changed", "domain", "category", "area", "from", "to", "closed", "version"]);
const label = (name: string): string => (name === "done" ? w("did") : LABELS.has(name) ? w(name as "reason") : name);
// Kinds and numbers that a later server adds are shown as they are called.
const named = (key: string): string => w(key as "looks") || key;

function alert(one: Alert, again: () => Promise<void>): HTMLElement {
  const note = h("input", { name: "note", required: true, minlength: 3, maxlength: 500, placeholder: w("note"), "aria-label": w("note") });
  const told = Object.entries(one.details).filter(([, given]) => given !== null).map(([name, given]) => `${named(name)}: ${typeof given === "number" ? number(given) : value(given)}`).join("; ");
  const act = h("form", { submit: (event) => {
    event.preventDefault();
    void ask(`${API}/alerts/${one.id}`, json("POST", { note: note.value })).then(again, (problem: unknown) => toast(said(problem)));
  } }, note, h("button", { type: "submit" }, w("done")));
  return h("li", { "data-alert": one.id }, h("strong", {}, `${named(one.kind)}: ${one.actor}`), ` · ${instant(one.at)} · ${told} `, h("a", { href: `/office/audit?actor=${encodeURIComponent(one.actor)}` }, w("entries")), one.seen_at ? h("p", {}, `${one.seen_name ?? ""}: ${one.note ?? ""}`) : act);
}
/** The alerts, and how they are read again when there are new ones. */
function alerts(place: HTMLElement): () => Promise<void> {
  const list = h("ul", {}), every = h("input", { type: "checkbox", change: () => void read() });
  place.append(h("h2", {}, w("alerts")), list, h("label", {}, every, w("every")));
  async function read(): Promise<void> {
    const found = await ask<{ alerts: Alert[] }>(`${API}/alerts?every=${every.checked}`);
    list.replaceChildren(...(found.alerts.length ? found.alerts.map((one) => alert(one, read)) : [h("li", {}, w("noAlerts"))]));
  }
  return read;
}
async function verify(place: HTMLElement): Promise<void> {
  place.textContent = "…";
  try {
    const found = await ask<{ n: number; head: string; broken: number | null; why: string | null; anchors: number }>(`${API}/verify`);
    place.textContent = found.broken === null ? w("whole").replace("{n}", number(found.n)).replace("{anchors}", number(found.anchors)).replace("{head}", found.head) : w("broken").replace("{n}", String(found.broken)).replace("{why}", found.why ?? "");
  } catch (problem) { place.textContent = said(problem); }
}

export const page: Page = async (place, _path, query) => {
  const known = (id: string): HTMLDataListElement => h("datalist", { id }), people = known("audit-people"), subjects = known("audit-subjects");
  const offer = (list: HTMLDataListElement, items: [string, string][]): void => list.replaceChildren(...items.map(([value, words]) => h("option", { value }, words)));
  let typed = 0;
  /** Who is meant by a name: accounts by full name, sign-in name or unit; and kinds, for what was changed. */
  async function complete(list: HTMLDataListElement, q: string): Promise<void> {
    const own = ++typed;
    if (q.length < 2) return;
    const { accounts } = await ask<{ accounts: { name: string; full_name: string; unit: string | null }[] }>(`/api/v1/admin/accounts?${new URLSearchParams({ q, limit: "8" })}`);
    const areas = list === subjects ? (await ask<{ results: { type: string; label: string; set?: string; code?: string }[] }>(`/api/v1/search?q=${encodeURIComponent(q)}`)).results.filter((one) => one.type === "area" && one.set) : [];
    if (own === typed) offer(list, [...accounts.map((one): [string, string] => [one.name, [one.full_name, one.unit].filter(Boolean).join(" · ")]), ...areas.map((one): [string, string] => [`${one.set}:${one.code}`, one.label])]);
  }
  const field = (name: (typeof FIELDS)[number]): HTMLInputElement | HTMLSelectElement => {
    const value = query.get(name) ?? "";
    if (name === "act") return h("select", { name }, h("option", { value: "" }, w("allActs")), ...actGroups().map((one) => h("optgroup", { label: one.name }, ...one.acts.map(([code, words]) => h("option", { value: code, selected: code === value }, words)))));
    if (name === "since" || name === "until") return h("input", { name, type: "datetime-local", value });
    const list = name === "actor" ? people : subjects;
    return h("input", { name, value, maxlength: 100, list: list.id, autocomplete: "off", placeholder: w(name === "actor" ? "signIn" : "whose"), input: (event) => void complete(list, (event.target as HTMLInputElement).value.trim()).catch(() => undefined) });
  };
  const inputs = FIELDS.map(field);
  const form = h("form", { class: "audit-filter", submit: (event) => {
    event.preventDefault();
    go(`/office/audit?${new URLSearchParams(inputs.filter((one) => one.value.trim()).map((one) => [one.name, one.value.trim()]))}`);
  } }, ...inputs.map((one, n) => h("label", {}, w(FIELDS[n] ?? "actor"), one)), h("button", { type: "submit" }, w("filter")), people, subjects);
  const filter = (): URLSearchParams => new URLSearchParams(FIELDS.flatMap((field) => {
    const given = query.get(field);
    // A local time is told with its zone.
    return given ? [[field, field === "since" || field === "until" ? new Date(given).toISOString() : given]] : [];
  }));
  const rows = h("tbody"), more = h("button", { type: "button", hidden: true }, w("more")), none = h("p", { hidden: true }, w("none")), checked = h("p", { role: "status", class: "head" }), top = h("section", { class: "audit-alerts", "aria-label": w("alerts") });
  const readAlerts = alerts(top);
  let next: number | null = null, open = -1;
  async function read(): Promise<void> {
    const asked = filter();
    if (next) asked.set("before", String(next));
    const found = await ask<Log>(`${API}?${asked}`);
    learn(found.names);
    rows.append(...found.entries.map(row));
    next = found.next;
    more.hidden = next === null;
    none.hidden = rows.childElementCount > 0;
  }
  more.addEventListener("click", () => void read());
  const live = h("input", { type: "checkbox", checked: true, change: () => (live.checked ? follow() : source?.close()) });
  place.append(h("div", { class: "audit" }, h("h1", {}, w("title")), top, form,
    h("div", { class: "audit-tools" }, h("label", {}, live, w("follow")), h("a", { href: `${API}/export.csv?${filter()}`, download: "" }, w("csv")), h("button", { type: "button", click: () => void verify(checked) }, w("verify")), checked),
    h("div", { class: "audit-rows", tabindex: 0, role: "region", "aria-label": w("title") }, h("table", {}, h("thead", {}, h("tr", {}, ...(["at", "who", "what", "of", "details"] as const).map((key) => h("th", { scope: "col" }, w(key))))), rows)), none, more));
  await Promise.all([read(), readAlerts()]);
  let source: EventSource | null = null;
  function follow(): void {
    const asked = filter(), first = rows.querySelector<HTMLElement>("tr")?.dataset["entry"];
    if (first) asked.set("after", first);
    source?.close();
    source = new EventSource(`${API}/live?${asked}`);
    source.addEventListener("audit", (event) => {
      const known = Number(rows.querySelector<HTMLElement>("tr")?.dataset["entry"] ?? 0);
      const { entries, names } = JSON.parse((event as MessageEvent<string>).data) as Log;
      learn(names);
      rows.prepend(...entries.filter((one) => one.id > known).map(row));
      none.hidden = rows.childElementCount > 0;
    });
    source.addEventListener("lost", () => toast(w("lost")));
    source.addEventListener("alerts", (event) => {
      const { open: now } = JSON.parse((event as MessageEvent<string>).data) as { open: number };
      if (open >= 0 && now !== open) void readAlerts();
      open = now;
    });
  }
  follow();
  return () => source?.close();
};
