/** What narrows the queue: chips with counts, words, fields, order and saved views. */
import type { Domain } from "../api";
import { h, openDialog } from "../dom";
import { choice } from "../fields";
import { day, named, number, phrases, status } from "../i18n";
import { ask, json, may, said, toast } from "./desk";
import type { Counts } from "./live";
import { altered, FIGURE, narrowed, read, SCOPES, SOON_H, SORTS, written, type Key, type Question } from "./queue-question";

const w = phrases({
  vi: {
    mine: "Của tôi", unassigned: "Chưa giao", due: "Sắp đến hạn", overdue: "Quá hạn", urgent: "Khẩn", reopened: "Mở lại", misrouted: "Chuyển nhầm",
    quick: "Lọc nhanh", search: "Tìm trong nội dung, địa chỉ", filters: "Bộ lọc", domain: "Lĩnh vực", category: "Loại", status: "Trạng thái", area: "Đơn vị", since: "Từ ngày", until: "Đến hết ngày", all: "Tất cả", open: "Chưa xong", sort: "Xếp theo", clear: "Xoá bộ lọc", shape: "Vùng đã vẽ", drop: "Bỏ vùng", figure: "Danh sách của một con số", dropFigure: "Bỏ",
    "s.due": "Hạn gần nhất", "s.reported": "Cũ nhất", "s.-reported": "Mới nhất",
    views: "Chế độ xem", save: "Lưu chế độ xem này", name: "Tên", shared: "Đồng nghiệp cũng thấy", keep: "Lưu", rename: "Đổi tên", remove: "Xoá", share: "Chép liên kết", copied: "Đã chép liên kết.", saved: "Đã lưu.", removed: "Đã xoá.", noViews: "Chưa lưu chế độ xem nào.", close: "Đóng",
  },
  en: {
    mine: "Mine", unassigned: "Unassigned", due: "Soon due", overdue: "Overdue", urgent: "Urgent", reopened: "Reopened", misrouted: "Misrouted",
    quick: "Quick filters", search: "Search in words and addresses", filters: "Filters", domain: "Domain", category: "Category", status: "Status", area: "Area", since: "From", until: "Up to and including", all: "All", open: "Open", sort: "Order", clear: "Clear the filters", shape: "Drawn shape", drop: "Remove the shape", figure: "Rows of a figure", dropFigure: "Remove",
    "s.due": "Soonest limit", "s.reported": "Oldest", "s.-reported": "Newest",
    views: "Views", save: "Save this view", name: "Name", shared: "Colleagues see it too", keep: "Save", rename: "Rename", remove: "Delete", share: "Copy the link", copied: "The link is copied.", saved: "Saved.", removed: "Deleted.", noViews: "No view is saved yet.", close: "Close",
  },
});
export const scopeWord = (scope: (typeof SCOPES)[number]): string => w(scope);
export interface AreaName { code: string; name: string }
export interface View { id: number; name: string; query: string; shared: boolean }
const STATUSES = ["open", "received", "accepted", "in_progress", "resolved", "rejected", "duplicate", "withdrawn"] as const;

export class Filter {
  readonly place = h("div", { class: "queue-filter" });
  counts: Counts = {};
  private opened = false;
  constructor(private readonly domains: Domain[], private readonly areas: readonly AreaName[], private readonly change: (to: Question) => void) {}
  show(question: Question): void {
    // Who writes or presses here goes on where they are.
    const focused = this.place.contains(document.activeElement) ? (document.activeElement as HTMLElement).id : "";
    const set = (changes: Partial<Record<Key, string>>): void => this.change(altered(question, changes));
    const search = h("input", { type: "search", id: "queue-search", "aria-label": w("search"), placeholder: w("search"), value: question.q ?? "", maxlength: 200, change: (event) => set({ q: (event.target as HTMLInputElement).value.trim() }) });
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
    this.place.replaceChildren(
      h("div", { class: "queue-top" }, search, choice("queue-sort", w("sort"), SORTS.map((one) => [one, w(`s.${one}`)]), question.sort ?? "due", (sort) => set({ sort: sort === "due" ? "" : sort })), ...(may("views") ? [h("button", { type: "button", id: "queue-views", click: () => void this.views(question) }, w("views"))] : [])),
      h("div", { class: "chips", role: "group", "aria-label": w("quick") }, ...chips),
      h("div", { class: "queue-more" }, details, ...(question.measure ? [h("button", { type: "button", id: "drop-figure", click: () => set(Object.fromEntries(FIGURE.map((key) => [key, ""]))) }, `${w("figure")} · ${w("dropFigure")} ✕`)] : []), ...(question.polygon ? [h("button", { type: "button", id: "drop-shape", click: () => set({ polygon: "" }) }, `${w("shape")} · ${w("drop")} ✕`)] : []), ...(n ? [h("button", { type: "button", id: "queue-clear", class: "link", click: () => this.change(read(new URLSearchParams({ sort: question.sort ?? "" }))) }, w("clear"))] : [])));
    if (focused) document.getElementById(focused)?.focus();
  }
  private date(key: "since" | "until", question: Question, set: (changes: Partial<Record<Key, string>>) => void): HTMLElement {
    const input = h("input", { type: "date", id: `queue-${key}`, value: question[key] ?? "", change: (event) => set({ [key]: (event.target as HTMLInputElement).value }) });
    if (question[key]) input.title = day(question[key]);
    return h("div", { class: "field" }, h("label", { for: `queue-${key}` }, w(key)), input);
  }
  /** The saved views: open, share, rename, delete; and this one can be kept. */
  private async views(question: Question): Promise<void> {
    let found: View[] = [];
    const alert = h("p", { role: "alert", class: "alert" }), list = h("ul", { class: "views" });
    const name = h("input", { id: "view-name", maxlength: 80, required: true }), shared = h("input", { type: "checkbox", id: "view-shared" });
    const tried = async (act: () => Promise<void>): Promise<void> => { alert.textContent = ""; try { await act(); } catch (problem) { alert.textContent = said(problem); } };
    const again = async (): Promise<void> => {
      const answer = await ask<View[] | { views: View[] }>("/api/v1/work/views");
      found = Array.isArray(answer) ? answer : answer.views;
      list.replaceChildren(...(found.length ? found.map(entry) : [h("li", {}, w("noViews"))]));
    };
    const remove = (one: View): Promise<void> => ask(`/api/v1/work/views/${one.id}`, { method: "DELETE" });
    const entry = (one: View): HTMLElement => h("li", {},
      h("button", { type: "button", class: "link", click: () => { dialog.close(); this.change(read(new URLSearchParams(one.query))); } }, one.name),
      h("span", { class: "row" },
        h("button", { type: "button", "aria-label": `${w("share")}: ${one.name}`, click: () => void tried(async () => { await navigator.clipboard.writeText(`${location.origin}/office?${one.query}`); toast(w("copied")); }) }, w("share")),
        h("button", { type: "button", "aria-label": `${w("rename")}: ${one.name}`, click: () => void tried(async () => {
          const to = prompt(w("name"), one.name)?.trim();
          if (!to || to === one.name) return;
          // Made anew before the old one goes: a failure between leaves two, not none.
          await ask("/api/v1/work/views", json("POST", { name: to, query: one.query, shared: one.shared }));
          await remove(one);
          await again();
        }) }, w("rename")),
        h("button", { type: "button", "aria-label": `${w("remove")}: ${one.name}`, click: () => void tried(async () => { await remove(one); toast(w("removed")); await again(); }) }, w("remove"))));
    const form = h("form", { submit: (event) => { event.preventDefault(); void tried(async () => { await ask("/api/v1/work/views", json("POST", { name: name.value.trim(), query: written(question), shared: shared.checked })); toast(w("saved")); name.value = ""; await again(); }); } },
      h("div", { class: "field" }, h("label", { for: "view-name" }, w("name")), name), h("label", { class: "choice" }, shared, w("shared")), h("button", { type: "submit", class: "main" }, w("keep")));
    const dialog = openDialog(w("views"), w("close"), alert, list, h("h3", {}, w("save")), form);
    await tried(again);
  }
}
