/** What narrows the queue: chips with counts, words, fields and order. */
import type { Domain } from "../api";
import { h } from "../dom";
import { choice } from "../fields";
import { day, named, number, phrases, status } from "../i18n";
import { may } from "./desk";
import { altered, FIGURE, narrowed, read, SCOPES, SOON_H, SORTS, type Key, type Question } from "./queue-question";
import { showViews } from "./queue-views";

const w = phrases({
  vi: {
    mine: "Của tôi", unassigned: "Chưa giao", due: "Sắp đến hạn", overdue: "Quá hạn", urgent: "Khẩn", reopened: "Mở lại", misrouted: "Chuyển nhầm", duplicates: "Có thể trùng", checking: "Chờ duyệt", paused: "Tạm dừng", no_limit: "Không có hạn xử lý",
    quick: "Lọc nhanh", search: "Tìm trong nội dung, địa chỉ", filters: "Bộ lọc", domain: "Lĩnh vực", category: "Loại", status: "Trạng thái", area: "Đơn vị", since: "Từ ngày", until: "Đến hết ngày", all: "Tất cả", open: "Chưa xong", sort: "Xếp theo", clear: "Xoá bộ lọc", shape: "Vùng đã vẽ", drop: "Bỏ vùng", figure: "Danh sách của một con số", dropFigure: "Bỏ",
    "s.due": "Hạn gần nhất", "s.reported": "Cũ nhất", "s.-reported": "Mới nhất",
    views: "Chế độ xem",
  },
  en: {
    mine: "Mine", unassigned: "Unassigned", due: "Soon due", overdue: "Overdue", urgent: "Urgent", reopened: "Reopened", misrouted: "Misrouted", duplicates: "Likely duplicates", checking: "Waiting for a check", paused: "Paused", no_limit: "No limit",
    quick: "Quick filters", search: "Search in words and addresses", filters: "Filters", domain: "Domain", category: "Category", status: "Status", area: "Area", since: "From", until: "Up to and including", all: "All", open: "Open", sort: "Order", clear: "Clear the filters", shape: "Drawn shape", drop: "Remove the shape", figure: "Rows of a figure", dropFigure: "Remove",
    "s.due": "Soonest limit", "s.reported": "Oldest", "s.-reported": "Newest",
    views: "Views",
  },
});
export const scopeWord = (scope: (typeof SCOPES)[number]): string => w(scope);
export interface AreaName { code: string; name: string }
/** How many the chips would show. */
export type Counts = Partial<Record<string, number>>;
/** A pause in typing as long as this asks. */
const TYPING_MS = 300;
const STATUSES = ["open", "received", "accepted", "in_progress", "resolved", "rejected", "duplicate", "withdrawn"] as const;

export class Filter {
  readonly place = h("div", { class: "queue-filter" });
  counts: Counts = {};
  private opened = false;
  private question: Question = {};
  private typing = 0;
  // It stays in its place: whoever types Vietnamese composes a letter of several keys in it.
  private readonly search = h("input", { type: "search", id: "queue-search", "aria-label": w("search"), placeholder: w("search"), maxlength: 200, input: () => { clearTimeout(this.typing); this.typing = window.setTimeout(() => this.find(true), TYPING_MS); }, change: () => this.find(false), keydown: (event) => {
    const { key, isComposing } = event as KeyboardEvent;
    if (isComposing || (key !== "Enter" && key !== "Escape")) return;
    event.preventDefault();
    if (key === "Escape") this.search.value = "";
    this.find(false);
  } });
  private readonly top = h("div", { class: "queue-top" }, this.search);
  /** `typed`: while words are typed, which is no step to go back to. */
  constructor(private readonly domains: Domain[], private readonly areas: readonly AreaName[], private readonly change: (to: Question, typed?: boolean) => void) { this.place.append(this.top); }
  private find(typed: boolean): void {
    clearTimeout(this.typing);
    this.typing = 0;
    const q = this.search.value.trim();
    if (q !== (this.question.q ?? "")) this.change(altered(this.question, { q }), typed);
  }
  show(question: Question): void {
    this.question = question;
    if (!this.typing && this.search.value.trim() !== (question.q ?? "")) this.search.value = question.q ?? "";
    // Who writes or presses here goes on where they are.
    const focused = this.place.contains(document.activeElement) ? (document.activeElement as HTMLElement).id : "";
    const set = (changes: Partial<Record<Key, string>>): void => this.change(altered(question, changes));
    const chips = SCOPES.map((scope) => {
      const n = this.counts[scope];
      return h("button", { type: "button", id: `scope-${scope}`, "aria-pressed": String(Boolean(question[scope])), click: () => set({ [scope]: question[scope] ? "" : scope === "due" ? String(SOON_H) : "true" }) }, w(scope), n === undefined ? null : h("b", {}, number(n)));
    });
    const n = narrowed(question), categories = question.domain ? this.domains.filter((one) => one.code === question.domain) : this.domains;
    const details = h("details", { class: "queue-fields", open: this.opened, toggle: (event) => { this.opened = (event.target as HTMLDetailsElement).open; } }, h("summary", { id: "queue-fields" }, n ? `${w("filters")} (${number(n)})` : w("filters")), h("div", { class: "fields" },
      choice("queue-domain", w("domain"), [["", w("all")], ...this.domains.map((one): [string, string] => [one.code, named(one.name)])], question.domain ?? "", (domain) => set({ domain, category: "" })),
      choice("queue-category", w("category"), [["", w("all")], ...categories.flatMap((one) => one.categories.map((own): [string, string] => [own.code, named(own.name)]))], question.category ?? "", (category) => set({ category })),
      choice("queue-status", w("status"), [["", w("open")], ...STATUSES.slice(1).map((one): [string, string] => [one, status(one)])], question.status ?? "", (found) => set({ status: found })),
      choice("queue-area", w("area"), [["", w("all")], ...this.areas.map((one): [string, string] => [one.code, one.name])], question.area ?? "", (area) => set({ area })),
      this.date("since", question, set), this.date("until", question, set)));
    while (this.search.nextSibling) this.search.nextSibling.remove();
    while (this.top.nextSibling) this.top.nextSibling.remove();
    this.top.append(choice("queue-sort", w("sort"), SORTS.map((one) => [one, w(`s.${one}`)]), question.sort ?? "due", (sort) => set({ sort: sort === "due" ? "" : sort })), ...(may("views") ? [h("button", { type: "button", id: "queue-views", click: () => void showViews(question, this.change) }, w("views"))] : []));
    this.place.append(
      h("div", { class: "chips", role: "group", "aria-label": w("quick") }, ...chips),
      h("div", { class: "queue-more" }, details, ...(question.measure ? [h("button", { type: "button", id: "drop-figure", click: () => set(Object.fromEntries(FIGURE.map((key) => [key, ""]))) }, `${w("figure")} · ${w("dropFigure")} ✕`)] : []), ...(question.polygon ? [h("button", { type: "button", id: "drop-shape", click: () => set({ polygon: "" }) }, `${w("shape")} · ${w("drop")} ✕`)] : []), ...(n ? [h("button", { type: "button", id: "queue-clear", class: "link", click: () => this.change(read(new URLSearchParams({ sort: question.sort ?? "" }))) }, w("clear"))] : [])));
    if (focused && focused !== this.search.id) document.getElementById(focused)?.focus();
  }
  private date(key: "since" | "until", question: Question, set: (changes: Partial<Record<Key, string>>) => void): HTMLElement {
    const input = h("input", { type: "date", id: `queue-${key}`, value: question[key] ?? "", change: (event) => set({ [key]: (event.target as HTMLInputElement).value }) });
    if (question[key]) input.title = day(question[key]);
    return h("div", { class: "field" }, h("label", { for: `queue-${key}` }, w(key)), input);
  }
}
