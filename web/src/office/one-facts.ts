/** One complaint as an official sees it: its shape, its words, and the parts that state facts. */
import type { Domain } from "../api";
import { ask as askPublic } from "../api";
import { h } from "../dom";
import { current, instant, named, number, phrases, status } from "../i18n";
import { link } from "./desk";
import { isOpen } from "./queue-due";
import { photosPart, saysOf } from "./one-photos";

export interface Area { set: string; code: string; name: string }
export interface Person { id: number; full_name: string }
export interface Shot { id: string; small: string; large: string; alike?: string[]; taken_at?: string | null; distance_m?: number | null }
export interface Near { code: string; status: string; category: string; distance_m: number; reported_at: string }
export interface Step { at: string; who: string | null; act: string; reason: string | null; change: Record<string, unknown> | null; public: boolean }
export interface Template { code: string; name: string; text: string; fields?: { code: string; name: string; required?: boolean }[] }
export interface Named { code: string; vi: string; en: string }
export interface Ground extends Named { law: string; shipped: boolean }
export interface Question { id: number; at: string; who: string; text: string; reply: string | null; replied_at: string | null }
/** An answer that waits for a supervisor. */
export interface Closing { at: string; who: string; text: string; own: boolean; photos: Shot[] }
export interface Rules { photo: boolean; photo_m: number; check: boolean; templates: Template[]; grounds: Ground[]; pauses: Named[] }
/** `GET /api/v1/work/{code}` */
/** An answer to a question of the category, in words of both languages. */
export interface Detail { code: string; vi: string; en: string; value_vi: string; value_en: string }
export interface Work {
  code: string; version: number; status: string; city: string; domain: string; category: string; reported_at: string; closed_at: string | null; urgent: boolean; lon: number; lat: number; address: string | null; text: string;
  area: Area | null; areas: Area[]; assignee: Person | null; due_at: string | null; accept_due_at: string | null; handle_due_at: string | null; reacted_at?: string | null; details?: Detail[]; ratings?: Record<"satisfied" | "accepted" | "dissatisfied", number>; overdue: boolean; paused: { since: string; reason: string; vi?: string; en?: string } | null;
  reopened: number; bounces: number; check_state: string | null; duplicate_of: string | null; duplicates: string[]; supporters: number; photos: Shot[];
  answers: { at: string; text: string; photos?: Shot[] }[]; timeline: Step[]; notes: { id: number; at: string; who: string | null; text: string }[]; near: Near[];
  spot: { n_year: number; n_all: number; /** These are the least there are. */ more?: boolean; last: { code: string; closed_at: string | null; answer: string | null }[] } | null;
  questions: Question[]; disputes: { at: string; reason: string | null; reopened: boolean }[]; closing: Closing | null; split_from: string | null; split_into: string[];
  sensitive: boolean; /** What the asker did last, as long as it can be taken back. */ undo?: { id: number; act: string; until: string } | null; may: string[]; may_move_to: string[]; answer_rules: Rules;
}

const w = phrases({
  vi: { overdue: "Quá hạn", left: "Còn", noDue: "Chưa đặt hạn cho loại này (quản trị viên đặt ở trang Thời hạn)", closed: "Đã kết thúc", paused: "Tạm dừng", handler: "Người xử lý", nobody: "Chưa giao cho ai", area: "Đơn vị", supporters: "Người cùng phản ánh", promise: "Hạn hứa với người dân", urgent: "Khẩn", reopened: "Mở lại", bounces: "Lần chuyển đơn vị", spot: "Nơi này trước đây", year: "trong một năm", all: "tất cả", first: "Lần đầu ở nơi này.", reported: "Gửi lúc", address: "Địa chỉ", near: "Phản ánh gần đây quanh chỗ này", noNear: "Không có phản ánh nào gần đây.", of: "Trùng với", others: "Các bản trùng", check: "Chờ kiểm tra", sensitive: "Nhạy cảm: không nói ra ngoài", answered: "Đã trả lời", hours: "giờ", minutes: "phút", days: "ngày", ratings: "Người dân đánh giá", satisfied: "hài lòng", dissatisfied: "chưa hài lòng", acceptedRating: "chấp nhận được", accepted: "Tiếp nhận", by: "trước", late: "muộn, hạn là", used: "Thời gian đã dùng", questions: "Câu hỏi và trả lời", due: "Hạn", splitFrom: "Tách từ", splitInto: "Đã tách ra", refusedCheck: "Câu trả lời bị trả lại khi kiểm tra: xem lý do ở phần Diễn biến.", waits: "Câu trả lời chờ kiểm tra", notYet: "người dân chưa thấy", noPhotos: "Không có ảnh.", photo: "Ảnh", disputes: "Người dân chưa hài lòng vì", asked: "Hỏi người gửi", reporter: "Người gửi", noReply: "Chưa trả lời.", erased: "(đã xóa theo yêu cầu của người gửi)" },
  en: { overdue: "Overdue by", left: "Left:", noDue: "No limit is set for this category (admins set it on the page Deadlines)", closed: "Closed", paused: "Paused", handler: "Handled by", nobody: "Nobody yet", area: "Area", supporters: "Others who report it", promise: "Promised to citizens", urgent: "Urgent", reopened: "Reopened", bounces: "Handed over", spot: "This spot before", year: "in a year", all: "in all", first: "The first one at this spot.", reported: "Reported", address: "Address", near: "Near this place", noNear: "None near.", of: "Duplicate of", others: "Duplicates of it", check: "Waits for a check", sensitive: "Sensitive: nothing of it may be told", answered: "Answered", hours: "h", minutes: "min", days: "days", ratings: "Judged by citizens", satisfied: "satisfied", dissatisfied: "not satisfied", acceptedRating: "accepting", accepted: "Accepted", by: "by", late: "late, due", used: "Time used", questions: "Questions and answers", due: "Due", splitFrom: "Split from", splitInto: "Split into", refusedCheck: "The closing was given back at the check: see the reason under What happened.", waits: "A closing waits for a check", notYet: "citizens do not see it yet", noPhotos: "No photos.", photo: "Photo", disputes: "Citizens were not satisfied because", asked: "Asked of the reporter", reporter: "The reporter", noReply: "No reply yet.", erased: "(erased, as the reporter wished)" },
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
  if (work.paused) return h("p", { class: "due" }, h("strong", {}, w("paused")), ` · ${work.paused[current()] ?? work.paused.reason} · ${instant(work.paused.since)}`);
  if (!isOpen(work.status)) return h("p", { class: "due" }, [w("closed"), work.closed_at ? instant(work.closed_at) : ""].filter(Boolean).join(" · "));
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
/** When it was accepted, and whether that was later than it should have been; or by when it should be. */
function acceptance(work: Work): [string, string][] {
  const { accept_due_at: due, reacted_at: at } = work;
  if (at) return [[w("accepted"), `${instant(at)}${due && Date.parse(at) > Date.parse(due) ? ` · ${w("late")} ${instant(due)}` : ""}`]];
  return due && isOpen(work.status) ? [[w("accepted"), `${w("by")} ${instant(due)}`]] : [];
}
export function factList(work: Work): HTMLElement {
  const rows: [string, Node | string][] = [
    [w("handler"), work.assignee?.full_name ?? w("nobody")],
    [w("area"), work.area?.name ?? "–"],
    [w("address"), work.address ?? "–"],
    ...(work.details ?? []).map((one): [string, string] => [one[current()], one[`value_${current()}`]]),
    [w("reported"), instant(work.reported_at)],
    ...acceptance(work),
    [w("promise"), work.handle_due_at ? instant(work.handle_due_at) : "–"],
    [w("supporters"), number(work.supporters)],
    ...(work.ratings && Object.values(work.ratings).some(Boolean) ? [[w("ratings"), (["satisfied", "accepted", "dissatisfied"] as const).map((one) => `${w(one === "accepted" ? "acceptedRating" : one)} ${number(work.ratings?.[one] ?? 0)}`).join(" · ")] as [string, string]] : []),
    ...(work.bounces ? [[w("bounces"), number(work.bounces)] as [string, string]] : []),
    ...(work.duplicate_of ? [[w("of"), link(`/office/c/${work.duplicate_of}`, {}, work.duplicate_of)] as [string, Node]] : []),
    ...(work.split_from ? [[w("splitFrom"), link(`/office/c/${work.split_from}`, {}, work.split_from)] as [string, Node]] : []),
    ...(work.split_into.length ? [[w("splitInto"), h("span", {}, ...work.split_into.map((code) => link(`/office/c/${code}`, { class: "gap" }, code)))] as [string, Node]] : []),
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
  return h("section", {}, h("h2", {}, w("answered")), ...work.answers.map((one) => h("blockquote", {}, h("small", {}, instant(one.at)), h("p", { class: "body" }, one.text), photosPart(one.photos ?? [], work.code) ?? "")));
}
/** An answer that is to close it once a supervisor has looked at it: citizens see nothing of it yet. */
export function closingPart(work: Work): HTMLElement | null {
  const { closing } = work;
  if (!closing) return work.check_state === "refused" && work.status !== "resolved" ? h("p", { class: "band", role: "status" }, w("refusedCheck")) : null;
  return h("section", { class: "closing" }, h("h2", {}, w("waits")), h("p", { class: "source" }, `${closing.who} · ${instant(closing.at)} · ${w("notYet")}`), h("blockquote", { class: "body" }, closing.text), photosPart(closing.photos, work.code) ?? h("p", {}, w("noPhotos")), ...closing.photos.map((one, i) => h("p", { class: "source" }, `${w("photo")} ${number(i + 1)}: ${saysOf(one)}`)));
}
/** What was asked of the reporter, and why those who were not satisfied were not. */
export function askedPart(work: Work): HTMLElement | null {
  if (!work.questions.length && !work.disputes.length) return null;
  return h("section", { class: "asked" },
    ...(work.disputes.length ? [h("h2", {}, w("disputes")), ...work.disputes.map((one) => h("blockquote", {}, h("small", {}, instant(one.at)), h("p", { class: "body" }, one.reason ?? "–")))] : []),
    ...(work.questions.length ? [h("h2", {}, w("asked")), ...work.questions.map((one) => h("div", { class: "question" }, h("small", {}, `${one.who} · ${instant(one.at)}`), h("p", { class: "body" }, one.text), one.replied_at ? h("blockquote", {}, h("small", {}, `${w("reporter")} · ${instant(one.replied_at)}`), h("p", { class: "body" }, one.reply || w("erased"))) : h("p", { class: "source" }, w("noReply"))))] : []));
}
export const spokenIn = (words: { vi: string; en: string }): string => words[current()];
