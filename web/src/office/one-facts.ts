/** One complaint as an official sees it: its shape, its words, and the parts that state facts. */
import type { Domain } from "../api";
import { ask as askPublic } from "../api";
import { h } from "../dom";
import { current, instant, named, number, phrases, status } from "../i18n";
import { link } from "./desk";

export interface Area { set: string; code: string; name: string }
export interface Person { id: number; full_name: string }
export interface Shot { id: string; small: string; large: string; alike?: string[]; taken_at?: string | null; distance_m?: number | null }
export interface Near { code: string; status: string; category: string; distance_m: number; reported_at: string }
export interface Step { at: string; who: string | null; act: string; reason: string | null; change: Record<string, unknown> | null; public: boolean }
export interface Template { code: string; name: string; text: string; fields?: { code: string; name: string; required?: boolean }[] }
/** `GET /api/v1/work/{code}` */
export interface Work {
  code: string; version: number; status: string; city: string; domain: string; category: string; reported_at: string; urgent: boolean; lon: number; lat: number; address: string | null; text: string;
  area: Area | null; areas: Area[]; assignee: Person | null; due_at: string | null; accept_due_at: string | null; handle_due_at: string | null; overdue: boolean; paused: { since: string; reason: string } | null;
  reopened: number; bounces: number; check_state: string | null; duplicate_of: string | null; duplicates: string[]; supporters: number; photos: Shot[];
  answers: { at: string; text: string; photos?: Shot[] }[]; timeline: Step[]; notes: { id: number; at: string; who: string | null; text: string }[]; near: Near[];
  spot: { n_year: number; n_all: number; /** These are the least there are. */ more?: boolean; last: { code: string; closed_at: string | null; answer: string | null }[] } | null;
  questions: unknown[]; sensitive: boolean; may: string[]; may_move_to: string[]; answer_rules: { photo: boolean; check: boolean; templates: Template[] };
}

const w = phrases({
  vi: { overdue: "Quá hạn", left: "Còn", noDue: "Không có hạn", paused: "Tạm dừng", handler: "Người xử lý", nobody: "Chưa giao cho ai", area: "Đơn vị", supporters: "Người cùng phản ánh", promise: "Hạn hứa với người dân", urgent: "Khẩn", reopened: "Mở lại", bounces: "Lần chuyển đơn vị", spot: "Nơi này trước đây", year: "trong một năm", all: "tất cả", first: "Lần đầu ở nơi này.", reported: "Gửi lúc", address: "Địa chỉ", near: "Phản ánh gần đây quanh chỗ này", noNear: "Không có phản ánh nào gần đây.", of: "Trùng với", others: "Các bản trùng", check: "Chờ kiểm tra", sensitive: "Nhạy cảm: không nói ra ngoài", answered: "Đã trả lời", hours: "giờ", minutes: "phút", days: "ngày", used: "Thời gian đã dùng", questions: "Câu hỏi và trả lời", due: "Hạn" },
  en: { overdue: "Overdue by", left: "Left:", noDue: "No deadline", paused: "Paused", handler: "Handled by", nobody: "Nobody yet", area: "Area", supporters: "Others who report it", promise: "Promised to citizens", urgent: "Urgent", reopened: "Reopened", bounces: "Handed over", spot: "This spot before", year: "in a year", all: "in all", first: "The first one at this spot.", reported: "Reported", address: "Address", near: "Near this place", noNear: "None near.", of: "Duplicate of", others: "Duplicates of it", check: "Waits for a check", sensitive: "Sensitive: nothing of it may be told", answered: "Answered", hours: "h", minutes: "min", days: "days", used: "Time used", questions: "Questions and answers", due: "Due" },
});

let domains: Domain[] = [];
/** Names of categories; where they cannot be read, codes are shown. */
export async function readDomains(): Promise<Domain[]> {
  if (!domains.length) domains = (await askPublic<{ domains: Domain[] }>("/api/v1/domains").catch(() => ({ domains: [] }))).domains;
  return domains;
}
export function categoryName(code: string): string {
  for (const domain of domains) for (const one of domain.categories) if (one.code === code) return named(one.name);
  return code;
}

const MINUTE_MS = 60_000, HOUR = 60, DAY = 24 * HOUR;
/** How long, in the two largest words that say something. */
export function lasting(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / MINUTE_MS));
  if (minutes < HOUR) return `${number(minutes)} ${w("minutes")}`;
  if (minutes < 2 * DAY) return `${number(Math.floor(minutes / HOUR))} ${w("hours")}${minutes % HOUR ? ` ${number(minutes % HOUR)} ${w("minutes")}` : ""}`;
  return `${number(Math.floor(minutes / DAY))} ${w("days")}`;
}
/** When it is due, in words and as a bar of the time that was given. */
export function dueOf(work: Work, now = Date.now()): HTMLElement {
  if (work.paused) return h("p", { class: "due" }, h("strong", {}, w("paused")), ` · ${work.paused.reason}`);
  if (!work.due_at) return h("p", { class: "due" }, w("noDue"));
  const due = Date.parse(work.due_at), start = Date.parse(work.reported_at), late = work.overdue || due < now;
  const share = Math.round(Math.min(1, Math.max(0, (now - start) / Math.max(1, due - start))) * 100);
  return h("div", { class: `due${late ? " late" : ""}` },
    h("p", {}, h("strong", {}, `${w(late ? "overdue" : "left")} ${lasting(Math.abs(due - now))}`), ` · ${w("due")} ${instant(work.due_at)}`),
    h("progress", { max: 100, value: share, "aria-label": w("used") }));
}
export function tags(work: Work): HTMLElement {
  const shown = [status(work.status), ...(work.urgent ? [w("urgent")] : []), ...(work.reopened ? [`${w("reopened")} ×${number(work.reopened)}`] : []), ...(work.check_state === "asked" ? [w("check")] : []), ...(work.sensitive ? [w("sensitive")] : [])];
  return h("p", { class: "row tags" }, ...shown.map((one) => h("span", { class: "state" }, one)));
}
export function factList(work: Work): HTMLElement {
  const rows: [string, Node | string][] = [
    [w("handler"), work.assignee?.full_name ?? w("nobody")],
    [w("area"), work.area?.name ?? "–"],
    [w("address"), work.address ?? "–"],
    [w("reported"), instant(work.reported_at)],
    [w("promise"), work.handle_due_at ? instant(work.handle_due_at) : "–"],
    [w("supporters"), number(work.supporters)],
    ...(work.bounces ? [[w("bounces"), number(work.bounces)] as [string, string]] : []),
    ...(work.duplicate_of ? [[w("of"), link(`/office/c/${work.duplicate_of}`, {}, work.duplicate_of)] as [string, Node]] : []),
    ...(work.duplicates.length ? [[w("others"), h("span", {}, ...work.duplicates.map((code) => link(`/office/c/${code}`, { class: "gap" }, code)))] as [string, Node]] : []),
  ];
  return h("dl", { class: "facts" }, ...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}
/** What this spot's history says: how often, and what was answered last. */
export function spotPart(work: Work): HTMLElement | null {
  const { spot } = work;
  if (!spot) return null;
  return h("section", { class: "spot" }, h("h2", {}, w("spot")),
    spot.n_all ? h("p", {}, `${spot.more ? "≥ " : ""}${number(spot.n_year)} ${w("year")}, ${spot.more ? "≥ " : ""}${number(spot.n_all)} ${w("all")}`) : h("p", {}, w("first")),
    spot.last.length ? h("ul", {}, ...spot.last.map((one) => h("li", {}, link(`/office/c/${one.code}`, {}, one.code), one.closed_at ? ` · ${instant(one.closed_at)}` : "", one.answer ? h("blockquote", {}, one.answer) : null))) : null);
}
export function nearPart(work: Work): HTMLElement {
  return h("section", { class: "near" }, h("h2", {}, w("near")), work.near.length
    ? h("ol", {}, ...work.near.map((one) => h("li", {}, link(`/office/c/${one.code}`, {}, one.code), ` ${categoryName(one.category)} · ${status(one.status)} · ${number(Math.round(one.distance_m))} m`)))
    : h("p", {}, w("noNear")));
}
export function answersPart(work: Work): HTMLElement | null {
  if (!work.answers.length) return null;
  return h("section", {}, h("h2", {}, w("answered")), ...work.answers.map((one) => h("blockquote", {}, h("small", {}, instant(one.at)), h("p", { class: "body" }, one.text))));
}
export const spokenIn = (words: { vi: string; en: string }): string => words[current()];
