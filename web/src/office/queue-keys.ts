/** The keys of the queue. They act where no text is written and no dialog is open. */
import { h, openDialog } from "../dom";
import { phrases } from "../i18n";
import type { Scope } from "./queue-question";

const w = phrases({
  vi: { title: "Phím tắt", close: "Đóng", down: "dòng sau", up: "dòng trước", ends: "đầu, cuối danh sách", pages: "một trang", open: "mở phản ánh", select: "chọn, bỏ chọn", range: "chọn cả đoạn", all: "chọn tất cả", none: "đóng khung, rồi bỏ chọn", accept: "tiếp nhận phản ánh đang mở", assign: "giao việc đã chọn", search: "tìm", mine: "của tôi", unassigned: "chưa giao", overdue: "quá hạn", due: "sắp đến hạn", everything: "tất cả", keys: "bảng phím này", map: "danh sách, bản đồ", fresh: "tải lại" },
  en: { title: "Keys", close: "Close", down: "next row", up: "row before", ends: "first, last row", pages: "a page", open: "open the complaint", select: "select, or not", range: "select all between", all: "select all", none: "close the panel, then clear the selection", accept: "accept the one that is open", assign: "assign what is selected", search: "search", mine: "mine", unassigned: "unassigned", overdue: "overdue", due: "soon due", everything: "everything", keys: "this table of keys", map: "list, map", fresh: "load anew" },
});
const TABLE: readonly [string, Parameters<typeof w>[0]][] = [["j ↓", "down"], ["k ↑", "up"], ["Home End", "ends"], ["PageDown PageUp", "pages"], ["Enter", "open"], ["x Space", "select"], ["Shift+↓ Shift+↑", "range"], ["Ctrl+a", "all"], ["Escape", "none"], ["a", "accept"], ["Shift+a", "assign"], ["/", "search"], ["m", "map"], ["r", "fresh"], ["g m", "mine"], ["g u", "unassigned"], ["g o", "overdue"], ["g d", "due"], ["g a", "everything"], ["?", "keys"]];
const GOES: Record<string, Scope | ""> = { m: "mine", u: "unassigned", o: "overdue", d: "due", a: "" };
const WITHIN_MS = 1500;

export interface KeyActs {
  move(by: number, range: boolean): void; ends(last: boolean): void; page(): number; open(): void; toggle(): void; all(): void; escape(): void; accept(): void; assign(): void; search(): void; swap(): void; fresh(): void; only(scope: Scope | ""): void;
}
export function showKeys(): void {
  openDialog(w("title"), w("close"), h("table", { class: "keys" }, h("tbody", {}, ...TABLE.map(([keys, word]) => h("tr", {}, h("th", { scope: "row" }, ...keys.split(" ").flatMap((key) => [h("kbd", {}, key), " "])), h("td", {}, w(word)))))));
}
/** Whether a key belongs to what is written or pressed elsewhere. */
function elsewhere(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  return target.closest("input, textarea, select, [contenteditable], dialog, #queue-panel") !== null || document.querySelector("dialog[open]") !== null;
}
/** Listens until the returned function is called. */
export function keys(acts: KeyActs): () => void {
  let gone = 0;
  function pressed(event: KeyboardEvent): void {
    if (event.key === "Escape" && !document.querySelector("dialog[open]") && !(event.target as HTMLElement).closest("input, textarea, select, canvas")) { acts.escape(); return; }
    if (elsewhere(event) || event.altKey) return;
    const target = event.target as HTMLElement, listed = target.closest("[role=listbox]") !== null, plain = target === document.body || target.id === "place" || listed;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const does = (act: () => void): void => { event.preventDefault(); act(); };
    if (event.ctrlKey || event.metaKey) { if (key === "a" && listed) does(acts.all); return; }
    if (performance.now() - gone < WITHIN_MS && key in GOES) { gone = 0; does(() => acts.only(GOES[key] ?? "")); return; }
    gone = 0;
    if (key === "g") gone = performance.now();
    else if (key === "j" || (key === "ArrowDown" && plain)) does(() => acts.move(1, event.shiftKey));
    else if (key === "k" || (key === "ArrowUp" && plain)) does(() => acts.move(-1, event.shiftKey));
    else if (key === "PageDown" && plain) does(() => acts.move(acts.page(), event.shiftKey));
    else if (key === "PageUp" && plain) does(() => acts.move(-acts.page(), event.shiftKey));
    else if ((key === "Home" || key === "End") && plain) does(() => acts.ends(key === "End"));
    else if (key === "Enter" && plain) does(acts.open);
    else if (key === "x" || (key === " " && listed)) does(acts.toggle);
    else if (key === "a") does(event.shiftKey ? acts.assign : acts.accept);
    else if (key === "m") does(acts.swap);
    else if (key === "r") does(acts.fresh);
    else if (key === "/") does(acts.search);
    else if (key === "?") does(showKeys);
  }
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}
