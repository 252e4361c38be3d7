/** What happened to a complaint: what citizens see and what only officials see, told apart. */
import { h } from "../dom";
import { instant, phrases, status } from "../i18n";
import { categoryName, type Step, type Work } from "./one-facts";

const ACTS = {
  vi: { accept: "Tiếp nhận", start: "Bắt đầu xử lý", resolve: "Giải quyết xong", reject: "Từ chối", refuse: "Từ chối", reopen: "Mở lại", "take-up": "Xét lại", "withdraw-refusal": "Rút lời từ chối", assign: "Giao việc", unassign: "Thôi giao", "hand-over": "Chuyển đơn vị", recategorise: "Đổi loại", move: "Đổi vị trí", ask: "Hỏi người gửi", "answered-by-reporter": "Người gửi trả lời", merge: "Gộp bản trùng", unmerge: "Tách bản trùng", split: "Chia nhỏ", note: "Ghi chú", pause: "Tạm dừng", resume: "Tiếp tục", answer: "Trả lời", check: "Kiểm tra", "check-asked": "Xin kiểm tra", "check-passed": "Kiểm tra: đạt", "check-refused": "Kiểm tra: chưa đạt", escalate: "Báo lên cấp trên", remind: "Nhắc hạn", undo: "Hoàn tác", bulk: "Làm hàng loạt", text: "Nội dung được sửa", left: "Người gửi rút phần của mình" },
  en: { accept: "Accept", start: "Start", resolve: "Resolved", reject: "Refused", refuse: "Refuse", reopen: "Reopen", "take-up": "Take up again", "withdraw-refusal": "Refusal withdrawn", assign: "Assign", unassign: "Unassigned", "hand-over": "Hand over", recategorise: "Change category", move: "Move the pin", ask: "Ask the reporter", "answered-by-reporter": "Reporter answered", merge: "Merge", unmerge: "Unmerge", split: "Split", note: "Note", pause: "Pause", resume: "Resume", answer: "Answer", check: "Check", "check-asked": "Check asked for", "check-passed": "Check passed", "check-refused": "Check not passed", escalate: "Escalated", remind: "Reminder", undo: "Undone", bulk: "In bulk", text: "Words changed", left: "Reporter withdrew their part" },
};
export type Act = keyof typeof ACTS.vi;
const named = phrases<Act>(ACTS);
const w = phrases({
  vi: { title: "Diễn biến", answer: "câu trả lời", stated: "số của cơ quan, được công khai", open: "Người dân thấy", inside: "Nội bộ", told: "Người dân thấy câu trả lời", system: "Hệ thống", all: "Tất cả", show: "Xem", photos: "ảnh", unsaid: "tệp ảnh không ghi", of: "từ", time: "giờ chụp", place: "nơi chụp", notes: "Ghi chú nội bộ", noNotes: "Chưa có ghi chú.", until: "hoàn tác được đến", undo: "Hoàn tác" },
  en: { title: "What happened", answer: "the answer", stated: "the office's own, and public", open: "Citizens see this", inside: "Inside only", told: "Citizens see the answer", system: "The system", all: "All", show: "Show", photos: "photos", unsaid: "the files do not say", of: "of", time: "when", place: "where", notes: "Notes (inside only)", noNotes: "No notes yet.", until: "can be undone until", undo: "Undo" },
});
export const actName = (act: string): string => (act in ACTS.vi ? named(act as Act) : status(act));

const SPOKEN = { photos: 1, unsaid: 1, of: 1, answer: 1, stated: 1 };
type Spoken = keyof typeof SPOKEN;
// What is for programs alone: versions and ids.
const UNSAID: ReadonlySet<string> = new Set(["version", "closed", "from_id", "to_id", "question", "own", "why", "ground"]);
/** What a step changed, in short: from what to what, then the rest as the server names it. */
export function changeOf(change: Record<string, unknown> | null, act = ""): string {
  const { from, to, ...rest } = change ?? {};
  const plain = (value: unknown): boolean => value !== null && value !== undefined && (typeof value !== "object" || Array.isArray(value));
  const way = [from, to].filter(plain).map((one) => (act === "recategorise" ? categoryName(String(one)) : status(String(one)))).join(" → ");
  const words = (value: unknown): string => (Array.isArray(value) ? value : [value]).map((one) => (one === "time" || one === "place" ? w(one) : String(one))).join(", ");
  return [way, ...Object.entries(rest).filter(([key, value]) => plain(value) && !UNSAID.has(key) && !(Array.isArray(value) && !value.length)).map(([key, value]) => (key === "status" ? status(String(value)) : key === "act" ? actName(String(value)) : key === "into" ? words(value) : `${key in SPOKEN ? w(key as Spoken) : key}: ${words(value)}`))].filter(Boolean).join(" · ");
}
// The act is written down inside; what it says to the reporter is public.
const ANSWERED: ReadonlySet<string> = new Set(["answer", "resolve", "refuse", "reject", "check-passed"]);
function row(step: Step): HTMLElement {
  const change = changeOf(step.change, step.act);
  return h("li", { class: step.public ? "public" : "inside" },
    h("strong", {}, actName(step.act)), ` · ${step.who ?? w("system")} `, h("span", { class: "state" }, w(step.public ? "open" : ANSWERED.has(step.act) ? "told" : "inside")),
    step.reason ? h("p", { class: "body" }, step.reason) : null, change ? h("p", { class: "body" }, change) : null, h("small", {}, instant(step.at)));
}
export function timelinePart(work: Work, takeBack?: (id: number) => void): HTMLElement {
  const undo = takeBack && work.undo && Date.parse(work.undo.until) > Date.now() ? work.undo : null;
  const list = h("ol", { class: "timeline" });
  const choice = h("select", { "aria-label": w("show"), change: () => draw() }, ...(["all", "open", "inside"] as const).map((one) => h("option", { value: one }, w(one))));
  const draw = (): void => list.replaceChildren(...[...work.timeline].sort((a, b) => b.at.localeCompare(a.at)).filter((one) => choice.value === "all" || one.public === (choice.value === "open")).map(row));
  draw();
  return h("section", {}, h("div", { class: "row" }, h("h2", {}, w("title")), choice), undo ? h("p", { class: "band" }, `${actName(undo.act)}: ${w("until")} ${instant(undo.until)} `, h("button", { type: "button", id: "one-undo", click: () => takeBack?.(undo.id) }, w("undo"))) : "", list);
}
export function notesPart(work: Work, waiting: HTMLElement | null): HTMLElement {
  return h("section", { class: "notes" }, h("h2", {}, w("notes")), waiting, work.notes.length
    ? h("ul", {}, ...work.notes.map((one) => h("li", {}, h("p", { class: "body" }, one.text), h("small", {}, `${one.who ?? w("system")} · ${instant(one.at)}`))))
    : h("p", {}, w("noNotes")));
}
