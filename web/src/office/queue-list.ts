/** The list of the queue: a listbox that holds only the rows that are seen. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { Domain } from "../api";
import { h } from "../dom";
import { instant, named, number, phrases, status } from "../i18n";
import { COLOURS, dueAt, dueState, dueWords } from "./queue-due";
import type { Row, Rows } from "./queue-rows";

const w = phrases({
  vi: { list: "Danh sách phản ánh", urgent: "Khẩn", nobody: "Chưa giao", reopened: "Mở lại", bounced: "Chuyển qua", times: "lần", check: "Chờ duyệt", photos: "ảnh", more: "người cùng báo", same: "Nghi trùng", private: "Riêng tư", someone: "Có người", changed: "vừa thay đổi", gone: "không còn ở đây", here: "đang xem", loading: "Đang tải…" },
  en: { list: "Complaints", urgent: "Urgent", nobody: "Unassigned", reopened: "Reopened", bounced: "Handed on", times: "times", check: "To be checked", photos: "photos", more: "others report it", same: "May be a duplicate", private: "Sensitive", someone: "Someone", changed: "changed it just now", gone: "no longer here", here: "is looking", loading: "Loading…" },
});
export const ROW_PX = 112;
export interface Choices { active: string; chosen: ReadonlySet<string>; all: boolean }
export interface Acts { open(code: string): void; focus(code: string): void; toggle(code: string, range: boolean): void; hover(code: string | null): void }
const idOf = (code: string): string => `row-${code}`;

export class List {
  readonly box: HTMLElement;
  private readonly inner = h("div", { role: "presentation", class: "rows" });
  private readonly virtual: Virtualizer<HTMLElement, HTMLElement>;
  private readonly unmount: () => void;
  presence = new Map<string, string[]>();
  constructor(private readonly rows: Rows, private readonly domains: Domain[], private readonly choices: Choices, private readonly acts: Acts) {
    this.box = h("div", { id: "queue-list", role: "listbox", tabindex: 0, "aria-multiselectable": "true", "aria-label": w("list") }, this.inner);
    this.virtual = new Virtualizer<HTMLElement, HTMLElement>(this.options());
    this.unmount = this.virtual._didMount();
    this.box.addEventListener("mouseleave", () => acts.hover(null));
  }
  private options(): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
    return { count: this.rows.total, getScrollElement: () => this.box, estimateSize: () => ROW_PX, overscan: 6, observeElementRect, observeElementOffset, scrollToFn: elementScroll, onChange: () => this.paint() };
  }
  /** Called once the box is in the page, and whenever rows changed. */
  refresh(): void {
    this.virtual.setOptions(this.options());
    this.virtual._willUpdate();
    this.paint();
  }
  leave(): void { this.unmount(); }
  show(index: number): void { this.virtual.scrollToIndex(index, { align: "auto" }); }
  get top(): number { return this.box.scrollTop; }
  set top(value: number) { this.box.scrollTop = value; }
  /** How many rows fit: a step of PageUp and PageDown. */
  get fitting(): number { return Math.max(1, Math.floor(this.box.clientHeight / ROW_PX) - 1); }

  private paint(): void {
    const seen = this.virtual.getVirtualItems();
    this.inner.style.height = `${this.virtual.getTotalSize()}px`;
    this.rows.reach((seen.at(-1)?.index ?? 0) + 40);
    const active = this.rows.indexOf(this.choices.active);
    const indexes = seen.map((one) => one.index);
    // What has the keyboard stays in the page, so that it is read out.
    if (active >= 0 && !indexes.includes(active)) indexes.push(active);
    this.inner.replaceChildren(...indexes.map((index) => this.row(index)));
    if (active >= 0) this.box.setAttribute("aria-activedescendant", idOf(this.choices.active));
    else this.box.removeAttribute("aria-activedescendant");
  }
  private row(index: number): HTMLElement {
    const row = this.rows.at(index);
    const at = `transform: translateY(${index * ROW_PX}px); height: ${ROW_PX}px`;
    const numbers = { "aria-setsize": this.rows.total, "aria-posinset": index + 1 };
    if (!row) return h("div", { role: "option", class: "work-row waiting", "aria-selected": "false", "aria-disabled": "true", style: at, ...numbers }, w("loading"));
    const chosen = this.choices.all || this.choices.chosen.has(row.code);
    const mark = this.rows.marks.get(row.code);
    const tick = h("span", { class: "tick", "aria-hidden": "true" }, chosen ? "☑" : "☐");
    const own = h("div", {
      role: "option", id: idOf(row.code), class: "work-row", "data-code": row.code, "aria-selected": String(chosen), style: at, ...numbers,
      mouseenter: () => this.acts.hover(row.code),
      click: (event) => {
        const pressed = event as MouseEvent;
        if (tick.contains(pressed.target as Node) || pressed.shiftKey || pressed.ctrlKey || pressed.metaKey) this.acts.toggle(row.code, pressed.shiftKey);
        else { this.acts.focus(row.code); this.acts.open(row.code); }
      },
      mousedown: (event) => { if ((event as MouseEvent).shiftKey) event.preventDefault(); },
    }, tick, ...this.parts(row));
    own.classList.toggle("active", row.code === this.choices.active);
    own.classList.toggle("changed", Boolean(mark));
    own.classList.toggle("gone", Boolean(mark?.gone));
    own.style.setProperty("--due", COLOURS[dueState(row)]);
    return own;
  }
  private parts(row: Row): HTMLElement[] {
    const kind = this.domains.flatMap((one) => one.categories).find((one) => one.code === row.category);
    const photos = Array.isArray(row.photos) ? row.photos.length : row.photos;
    const badge = (shown: unknown, words: string, name = ""): HTMLElement[] => (shown ? [h("span", { class: `badge ${name}` }, words)] : []);
    return [
      h("span", { class: "top" }, h("b", {}, kind ? named(kind.name) : row.category), h("code", {}, row.code), h("span", { class: "due", title: dueAt(row) }, dueWords(row))),
      h("span", { class: "words" }, row.text),
      h("span", { class: "where" }, [instant(row.reported_at), row.address, row.area?.name].filter(Boolean).join(" · ")),
      // First, so that it is seen in a narrow list: the rest of the badges is cut off before it.
      h("span", { class: "badges" }, this.marked(row),
        ...badge(row.urgent, w("urgent"), "hot"), h("span", { class: "badge" }, status(row.status)),
        h("span", { class: "badge who" }, row.assignee?.full_name ?? w("nobody")),
        ...badge(row.reopened, w("reopened"), "hot"), ...badge(row.bounces, `${w("bounced")} ${number(row.bounces)} ${w("times")}`),
        ...badge(row.check_state === "asked" || row.check_state === "waiting", w("check")), ...badge(row.duplicates?.length, w("same")), ...badge(row.sensitive, w("private")),
        ...badge(photos, `${number(photos)} ${w("photos")}`), ...badge(row.supporters, `+${number(row.supporters)} ${w("more")}`)),
    ];
  }
  private marked(row: Row): HTMLElement | null {
    const mark = this.rows.marks.get(row.code), here = this.presence.get(row.code);
    const same = here?.length === 1 && here[0] === mark?.who;
    const words = [mark ? `${mark.who ?? w("someone")} ${mark.gone ? `${w("changed")}: ${w("gone")}` : w("changed")}` : "", here?.length ? `${same ? "" : `${here.join(", ")} `}${w("here")}` : ""].filter(Boolean);
    return words.length ? h("span", { class: "mark" }, words.join(" · ")) : null;
  }
}
