/** One complaint: all that an official needs to handle it, and what may be done with it now. */
import "./one.css";
import { h, openDialog, byId } from "../dom";
import { current, instant, phrases, t } from "../i18n";
import { Refused } from "../problems";
import { ask, type Page, said, send, toast, whoami } from "./desk";
import { here, listen, type News } from "./live";
import { begin, type Desk, KEYS, takeBack } from "./one-acts";
import { answer } from "./one-answer";
import { answersPart, askedPart, categoryName, closingPart, dueOf, factList, nearPart, readDomains, spotPart, tags, type Work } from "./one-facts";
import { mapOf } from "./one-map";
import { photosPart } from "./one-photos";
import { actName, notesPart, timelinePart } from "./one-timeline";
import { drop, factsOf, keep, kept, star, starred } from "./road-kept";
import { sendWaiting, takeNote, waitingPart } from "./road-send";

const w = phrases({
  vi: { keys: "Phím tắt", asWritten: "Nguyên văn", address: "Địa chỉ", reporter: "Người gửi", supporter: "Người cùng phản ánh", noMail: "không để lại thư điện tử", confirmed: "đã xác nhận", unconfirmed: "chưa xác nhận", star: "Đưa vào chuyến đi", around: "Đang xem quanh đây…", unstar: "Bỏ khỏi chuyến đi", note: "Ghi chú nội bộ", save: "Lưu ghi chú", personal: "Thông tin người gửi", why: "Vì sao cần xem? Lần xem này được ghi vào nhật ký.", look: "Xem", offline: "Không có mạng: số liệu lúc", map: "Vị trí phản ánh", acts: "Việc có thể làm", changed: "Người khác vừa thay đổi phản ánh này:", own: "Bạn vừa thay đổi phản ánh này ở cửa sổ khác:", alsoHere: "Cũng đang mở phản ánh này:", show: "Xem bản mới", pdf: "Tải PDF", kept: "Đã giữ ghi chú; sẽ gửi khi có mạng.", notKept: "Chưa có trên máy này, và không có mạng." },
  en: { keys: "Keys", asWritten: "As written", address: "Address", reporter: "Reporter", supporter: "Supporter", noMail: "left no e-mail", confirmed: "confirmed", unconfirmed: "not confirmed", star: "Take on the road", around: "Looking around…", unstar: "Leave out of the road", note: "Note (inside only)", save: "Save the note", personal: "Who reported it", why: "Why do you need to see this? The look is logged.", look: "Look", offline: "No network: as it was", map: "Place of the complaint", acts: "What can be done", changed: "Somebody changed this complaint:", own: "You changed this complaint in another window:", alsoHere: "Has this complaint open too:", show: "Show it as it is now", pdf: "PDF", kept: "The note is kept; it is sent when there is a network.", notKept: "Not on this device, and there is no network." },
});

// What comes next stands first, what is rare or ends it without help last.
const ORDER = ["check", "accept", "start", "answer", "resume", "reopen", "take-up", "assign", "note", "hand-over", "ask", "pause", "recategorise", "move", "merge", "unmerge", "split", "refuse"].filter((one) => one in KEYS);
const NEXT: ReadonlySet<string> = new Set(["check", "accept", "start", "answer", "resume", "reopen", "take-up"]);
interface Private { words: string; address: string | null; masked: boolean; answers: Record<string, unknown>; urgent: boolean; people: { role: string; address: string | null; confirmed: boolean; since: string }[] }
function privately(found: Private): HTMLElement {
  const rows: [string, string][] = [[w("asWritten"), found.words], [w("address"), found.address ?? "–"], ...Object.entries(found.answers).map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(", ") : String(value)]), ...found.people.map((one): [string, string] => [w(one.role === "reporter" ? "reporter" : "supporter"), [one.address ?? w("noMail"), one.address ? w(one.confirmed ? "confirmed" : "unconfirmed") : "", instant(one.since)].filter(Boolean).join(" · ")])];
  return h("dl", { class: "facts" }, ...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}
/** The part about the reporter, behind a reason. */
function personal(code: string): void {
  const reason = h("input", { id: "look-reason", required: true, maxlength: 200 }), out = h("div", { role: "status" });
  const look = async (): Promise<void> => {
    if (!reason.value.trim()) { reason.focus(); return; }
    try {
      out.replaceChildren(privately(await ask<Private>(`/api/v1/work/${encodeURIComponent(code)}/personal?${new URLSearchParams({ reason: reason.value.trim() })}`)));
    } catch (problem) { out.replaceChildren(h("p", { class: "alert" }, said(problem))); }
  };
  openDialog(w("personal"), t("close"), h("form", { submit: (event) => { event.preventDefault(); void look(); } }, h("label", { for: "look-reason" }, w("why")), reason, h("button", { type: "submit", class: "main" }, w("look"))), out);
}
/** Words of a note; they stay on the device until they are sent. */
async function noteForm(account: number, code: string): Promise<HTMLElement> {
  const draft = await kept("draft", account, `note/${code}`);
  const field = h("textarea", { id: `note-${code}`, rows: 3, maxlength: 4000, input: () => void keep("draft", account, `note/${code}`, { text: field.value, photos: [] }) });
  field.value = draft?.text ?? "";
  return h("form", { class: "note-form", submit: (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) { field.focus(); return; }
    void takeNote(account, code, text).then(async () => { field.value = ""; await drop("draft", account, `note/${code}`); dispatchEvent(new Event("office:sent")); if (!navigator.onLine) toast(w("kept")); }).catch((problem: unknown) => toast(said(problem)));
  } }, h("label", { for: field.id }, w("note")), field, h("button", { type: "submit" }, w("save")));
}

type Around = Pick<Work, "near" | "spot">;
const OWN_MS = 3000;

class One {
  private work!: Work;
  private etag = "";
  private at: number | null = null;
  private around: Around = { near: [], spot: null };
  private takeMap: (() => void) | null = null;
  private changes: HTMLElement | null = null;
  private newest = 0;
  private names: readonly string[] = [];
  private readonly account = whoami().id;
  readonly desk: Desk = { work: () => this.work, etag: () => this.etag, changed: (work, etag) => { const moved = work.lon !== this.work.lon || work.lat !== this.work.lat; this.set(work, etag); void this.draw(); if (moved) void this.readAround(); }, reload: () => this.read(true) };
  constructor(private readonly place: HTMLElement, private readonly code: string) {}

  /** What its place tells takes longer than the rest, and nobody waits for it. */
  private async readAround(): Promise<void> {
    try {
      this.around = await ask<Around>(`/api/v1/work/${encodeURIComponent(this.code)}/around`);
    } catch {
      this.place.querySelector(".one-around")?.replaceChildren();
      return;
    }
    this.set(this.work, this.etag);
    this.place.querySelector(".one-around")?.replaceChildren(...this.aroundParts());
  }
  private aroundParts(): Node[] {
    if (!this.work.spot) return this.at === null ? [h("p", { "aria-busy": "true" }, w("around"))] : [];
    return [spotPart(this.work), nearPart(this.work)].filter((one) => one !== null);
  }
  private set(work: Work, etag: string): void {
    [this.work, this.etag, this.at] = [{ ...work, ...this.around }, etag, null];
    // An answer that was under way when the news came may be of before.
    if (work.version >= this.newest) this.changes = null;
    // Only what was chosen for the road stays on the device.
    void starred(this.account).then((codes) => codes.includes(this.code) && keep("facts", this.account, this.code, { work: this.work, at: Date.now() }));
  }
  async read(redraw = false): Promise<void> {
    try {
      const answer = await send(`/api/v1/work/${encodeURIComponent(this.code)}`);
      this.set((await answer.json()) as Work, answer.headers.get("ETag") ?? "");
      void this.readAround();
    } catch (problem) {
      if (problem instanceof Refused) throw problem;
      const found = await factsOf(this.account, this.code);
      if (!found) throw navigator.onLine ? problem : new Error(w("notKept"));
      [this.work, this.at] = [{ ...this.around, ...found.work }, found.at];
    }
    if (redraw) await this.draw();
  }
  private async starButton(): Promise<HTMLElement> {
    const on = (await starred(this.account)).includes(this.code);
    const button: HTMLButtonElement = h("button", { type: "button", class: "star", "aria-pressed": String(on), "aria-label": w(on ? "unstar" : "star"), click: () => void (async () => {
      await star(this.account, this.code, !on);
      if (on) await drop("facts", this.account, this.code);
      else this.set(this.work, this.etag);
      button.replaceWith(await this.starButton());
    })() }, on ? "★" : "☆");
    return button;
  }
  act(name: string): void {
    if (name === "note") { this.place.querySelector<HTMLElement>(`#note-${CSS.escape(this.code)}`)?.focus(); return; }
    if (!this.work.may.includes(name) || this.at !== null) return;
    if (name === "answer") void answer(this.desk); else void begin(this.desk, name);
  }
  async draw(): Promise<void> {
    const { work } = this, notes = h("div", {});
    const [starNode, form, waiting] = await Promise.all([this.starButton(), noteForm(this.account, this.code), waitingPart(this.account, this.code)]);
    this.takeMap?.();
    const holder = h("div", { class: "one-map", role: "region", "aria-label": w("map") });
    const buttons = this.at === null ? ORDER.filter((one) => work.may.includes(one)).map((one, i) => h("button", { type: "button", class: i === 0 && NEXT.has(one) ? "main" : "", "data-act": one, "aria-keyshortcuts": KEYS[one] ?? "", click: () => this.act(one) }, actName(one))) : [];
    notes.append(notesPart(work, waiting), ...(work.may.includes("note") ? [form] : []));
    this.place.replaceChildren(h("article", { class: "one", "data-code": work.code },
      this.at === null ? "" : h("p", { class: "band", role: "status" }, `${w("offline")} ${instant(new Date(this.at).toISOString())}`),
      h("header", { class: "one-head" }, h("h1", {}, `${categoryName(work.category)} · ${work.code}`), starNode),
      h("div", { class: "one-changed", role: "status" }),
      h("div", { class: "one-parts" },
        h("div", {}, tags(work), dueOf(work), closingPart(work) ?? "", h("p", { class: "body words" }, work.text), photosPart(work.photos, work.code) ?? "", askedPart(work) ?? "", answersPart(work) ?? "", factList(work),
          h("div", { class: "row" }, ...(work.bounces && !work.may.length ? [] : [h("button", { type: "button", id: "look", click: () => personal(this.code) }, w("personal"))]), this.at === null ? h("a", { id: "one-pdf", href: `/api/v1/work/${encodeURIComponent(work.code)}.pdf?lang=${current()}`, target: "_blank", rel: "noopener" }, w("pdf")) : "")),
        h("div", {}, holder, h("div", { class: "one-around" }, ...this.aroundParts())),
        h("div", {}, notes, timelinePart(work, this.at === null ? (id) => void takeBack(this.desk, id) : undefined))),
      h("nav", { class: "acts", "aria-label": w("acts") }, ...buttons)));
    this.showOthers();
    this.takeMap = this.at === null ? mapOf(holder, work, w("map")) : (holder.remove(), null);
  }
  /** Others are at work on it: says so, and changes nothing under the reader's hands. */
  told(one: News): void {
    if (one.code !== this.code || one.version <= this.work.version) return;
    // The answer to one's own act comes a moment after the news of it.
    if (one.own && !one.late) { window.setTimeout(() => this.told({ ...one, late: true }), OWN_MS); return; }
    this.tell(one.version, one.own ? w("own") : w("changed"), one.own ? "" : (one.who ?? ""), one.act);
  }
  private tell(version: number, words: string, who: string, act: string): void {
    this.newest = version;
    this.changes = h("p", { class: "band" }, `${words} ${[who, act && actName(act)].filter(Boolean).join(" · ")} `, h("button", { type: "button", click: () => void this.read(true).catch((problem: unknown) => toast(said(problem))) }, w("show")));
    this.showOthers();
  }
  /** News were missed: looks whether it is another version by now. */
  async look(): Promise<void> {
    if (this.at !== null) return;
    const answer = await send(`/api/v1/work/${encodeURIComponent(this.code)}`), found = (await answer.json()) as Work;
    if (found.version > this.work.version) this.tell(found.version, w("changed"), "", "");
  }
  present(names: readonly string[]): void { this.names = names; this.showOthers(); }
  private showOthers(): void {
    const open = this.names.length ? [h("p", { class: "band here" }, `${w("alsoHere")} ${this.names.join(", ")}`)] : [];
    this.place.querySelector(".one-changed")?.replaceChildren(...open, ...(this.changes ? [this.changes] : []));
  }
  gone(): void { this.takeMap?.(); }
}

/** The keys of what may be done with it now; also below those of the queue. */
export function actKeys(may: readonly string[]): HTMLElement {
  return h("table", { class: "keys" }, h("tbody", {}, ...ORDER.filter((one) => one === "note" || may.includes(one)).map((one) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, KEYS[one] ?? "")), h("td", {}, actName(one))))));
}
const showActKeys = (may: readonly string[]): void => { openDialog(w("keys"), t("close"), actKeys(may)); };

export const page: Page = async (place, [code = ""]) => {
  const one = new One(place, code), account = whoami().id, control = new AbortController(), { signal } = control;
  await Promise.all([readDomains(), one.read()]);
  await one.draw();
  void sendWaiting(account);
  // Alone on the page its keys work anywhere; in a panel of the queue only while the panel has the focus.
  const listens: EventTarget = place === byId("place") ? document : place;
  listens.addEventListener("keydown", (event) => {
    const pressed = event as KeyboardEvent, from = pressed.target as HTMLElement;
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || from.closest("input, textarea, select, dialog, [role=application]") || byId<HTMLDialogElement>("dialog").open) return;
    if (pressed.key === "?") { event.preventDefault(); showActKeys(one.desk.work().may); return; }
    const act = Object.keys(KEYS).find((name) => KEYS[name] === pressed.key && (name === "note" || one.desk.work().may.includes(name)));
    if (!act) return;
    event.preventDefault();
    one.act(act);
  }, { signal });
  addEventListener("online", () => void sendWaiting(account), { signal });
  addEventListener("office:sent", () => void one.read().catch(() => undefined).then(async () => {
    const typing = place.contains(document.activeElement) && document.activeElement instanceof HTMLTextAreaElement && document.activeElement.value;
    if (!typing && !signal.aborted) await one.draw();
  }), { signal });
  const unlisten = navigator.onLine ? listen({
    work: (news) => { for (const each of news) one.told(each); },
    presence: (found) => { if (found.code === code) one.present(found.who); },
    lost: () => void one.look().catch(() => undefined),
  }) : undefined;
  const leave = navigator.onLine ? here(code) : undefined;
  return () => { control.abort(); leave?.(); unlisten?.(); one.gone(); };
};
