/** Saved views: filters under a name, of one's own and those that colleagues share. */
import { h, openDialog } from "../dom";
import { phrases } from "../i18n";
import { ask, json, said, toast } from "./desk";
import { read, written, type Question } from "./queue-question";

const w = phrases({
  vi: { views: "Chế độ xem", own: "Của tôi", others: "Đồng nghiệp chia sẻ", by: "của", save: "Lưu chế độ xem này", name: "Tên", shared: "Đồng nghiệp cùng địa bàn cũng thấy", isShared: "đã chia sẻ", keep: "Lưu", edit: "Sửa", cancel: "Thôi", here: "Thay bằng bộ lọc đang xem", remove: "Xoá", share: "Chép liên kết", copied: "Đã chép liên kết.", notCopied: "Trình duyệt không cho chép. Liên kết:", saved: "Đã lưu.", removed: "Đã xoá.", none: "Chưa lưu chế độ xem nào.", close: "Đóng" },
  en: { views: "Views", own: "Mine", others: "Shared by colleagues", by: "by", save: "Save this view", name: "Name", shared: "Colleagues of the same areas see it too", isShared: "shared", keep: "Save", edit: "Change", cancel: "Cancel", here: "Let it stand for the filters shown now", remove: "Delete", share: "Copy the link", copied: "The link is copied.", notCopied: "The browser does not allow to copy. The link:", saved: "Saved.", removed: "Deleted.", none: "No view is saved yet.", close: "Close" },
});
/** `GET /api/v1/work/views` */
interface View { id: number; name: string; query: string; shared: boolean; owner: string; own: boolean }
const VIEWS = "/api/v1/work/views";
// A drawn shape, words and all: as the address of the page has it.
const linkOf = (one: View): string => `${location.origin}/office${one.query ? `?${one.query}` : ""}`;

/** Fields of a view; `done` is called with what was written. */
function fields(id: string, of: { name: string; shared: boolean }, done: (name: string, shared: boolean, here: boolean) => void, ...more: HTMLElement[]): HTMLFormElement {
  const name = h("input", { id: `${id}-name`, maxlength: 80, required: true, value: of.name }), shared = h("input", { type: "checkbox", id: `${id}-shared`, checked: of.shared });
  const here = more.length ? [h("label", { class: "choice" }, h("input", { type: "checkbox", id: `${id}-here` }), w("here"))] : [];
  const form = h("form", { submit: (event) => { event.preventDefault(); done(name.value.trim(), shared.checked, form.querySelector<HTMLInputElement>(`#${id}-here`)?.checked ?? false); } },
    h("div", { class: "field" }, h("label", { for: name.id }, w("name")), name), h("label", { class: "choice" }, shared, w("shared")), ...here,
    h("div", { class: "row" }, h("button", { type: "submit", class: "main" }, w("keep")), ...more));
  return form;
}

/** Opens the dialog of views; `turnTo` shows the question of the one that is chosen. */
export async function showViews(question: Question, turnTo: (to: Question) => void): Promise<void> {
  const alert = h("p", { role: "alert", class: "alert" }), list = h("div", { id: "views-list" });
  const tried = async (act: () => Promise<void>): Promise<void> => { alert.textContent = ""; try { await act(); } catch (problem) { alert.textContent = said(problem); } };
  const again = async (): Promise<void> => {
    const found = await ask<View[]>(VIEWS), own = found.filter((one) => one.own), others = found.filter((one) => !one.own);
    list.replaceChildren(
      ...(found.length ? [] : [h("p", {}, w("none"))]),
      ...(own.length ? [h("h3", {}, w("own")), h("ul", { class: "views" }, ...own.map(entry))] : []),
      ...(others.length ? [h("h3", {}, w("others")), h("ul", { class: "views" }, ...others.map(entry))] : []));
  };
  const show = (one: View): void => {
    // The dialog is a step of the history: once it is taken back, the view is one of its own.
    addEventListener("settled", () => turnTo(read(new URLSearchParams(one.query))), { once: true });
    dialog.close();
  };
  const copy = async (one: View): Promise<void> => {
    try { await navigator.clipboard.writeText(linkOf(one)); toast(w("copied")); } catch { alert.textContent = `${w("notCopied")} ${linkOf(one)}`; }
  };
  const entry = (one: View): HTMLElement => {
    const button = (word: "share" | "edit" | "remove", act: () => void): HTMLElement => h("button", { type: "button", "aria-label": `${w(word)}: ${one.name}`, click: act }, w(word));
    const about = one.own ? (one.shared ? ` · ${w("isShared")}` : "") : ` · ${w("by")} ${one.owner}`;
    const item = h("li", {},
      h("span", {}, h("button", { type: "button", class: "link", click: () => show(one) }, one.name), about),
      h("span", { class: "row" }, button("share", () => void copy(one)), ...(one.own ? [
        button("edit", () => edit(item, one)),
        button("remove", () => void tried(async () => { await ask(`${VIEWS}/${one.id}`, { method: "DELETE" }); toast(`${w("removed")} ${one.name}`, () => void keep(one.name, one.query, one.shared)); await again(); })),
      ] : [])));
    return item;
  };
  const edit = (item: HTMLElement, one: View): void => {
    const form = fields("edit", one, (name, shared, here) => void tried(async () => {
      await ask(`${VIEWS}/${one.id}`, json("PATCH", { name, shared, ...(here ? { query: written(question) } : {}) }));
      toast(w("saved"));
      await again();
    }), h("button", { type: "button", click: () => void tried(again) }, w("cancel")));
    item.replaceChildren(form);
    form.querySelector("input")?.focus();
  };
  const keep = (name: string, query: string, shared: boolean): Promise<void> => tried(async () => {
    await ask(VIEWS, json("POST", { name, query, shared }));
    toast(w("saved"));
    made.reset();
    await again();
  });
  const made = fields("view", { name: "", shared: false }, (name, shared) => void keep(name, written(question), shared));
  const dialog = openDialog(w("views"), w("close"), alert, list, h("h3", {}, w("save")), made);
  await tried(again);
}
