/** Many at once: what will be done is shown before, what was done after, and it can be undone for a while. */
import type { Domain } from "../api";
import { h, openDialog } from "../dom";
import { choice } from "../fields";
import { instant, named, number, phrases } from "../i18n";
import { halfOf } from "../problems";
import { ask, json, said, toast } from "./desk";
import { contactStated, contactTick } from "./office-contact";
import type { AreaName } from "./queue-filter";

const w = phrases({
  vi: { assign: "Giao việc", "hand-over": "Chuyển đơn vị", recategorise: "Đổi loại", answer: "Trả lời", accept: "Tiếp nhận", start: "Bắt đầu xử lý", note: "Ghi chú", close: "Đóng", to: "Người nhận", nobody: "Không giao ai", area: "Đơn vị nhận", category: "Loại mới", reason: "Lý do", text: "Câu trả lời", words: "Ghi chú nội bộ", place: "{address} được thay bằng địa chỉ của từng phản ánh: mỗi câu trả lời kết thúc phải nói về đúng nơi đó.", closes: "Kết thúc phản ánh sau khi trả lời", held: "Người gửi được báo tin sau mười phút: đến lúc đó còn hoàn tác được.", preview: "Xem trước", will: "Sẽ làm", not: "Không làm được", doIt: "Thực hiện", working: "Đang làm…", done: "Đã làm", failed: "Chưa làm được", undone: "Đã hoàn tác", notUndone: "Không hoàn tác được", forGood: "không hoàn tác được", refuse: "Từ chối", recent: "Vừa làm", none: "Chưa có việc nào còn hoàn tác được.", until: "Hoàn tác được đến", undo: "Hoàn tác", nothing: "Không có phản ánh nào làm được việc này.", "to.assign": "Giao cho", "to.nobody": "Không giao cho ai", "to.hand-over": "Chuyển đến", "to.recategorise": "Đổi thành", complaints: "phản ánh" },
  en: { assign: "Assign", "hand-over": "Hand over", recategorise: "Change category", answer: "Answer", accept: "Accept", start: "Start", note: "Note", close: "Close", to: "To", nobody: "Nobody", area: "To the area", category: "New category", reason: "Reason", text: "Answer", words: "Note (inside only)", place: "{address} becomes the address of each complaint: words that close one say what was done there.", closes: "Close the complaint with this answer", held: "Reporters are told after ten minutes: until then it can be undone.", preview: "Preview", will: "Will be done", not: "Cannot be done", doIt: "Do it", working: "Working…", done: "Done", failed: "Not done", undone: "Undone", notUndone: "Not undone", forGood: "cannot be undone", refuse: "Refuse", recent: "Recent acts", none: "There is nothing that can still be undone.", until: "Can be undone until", undo: "Undo", nothing: "This can be done for none of them.", "to.assign": "Assign to", "to.nobody": "Assign to nobody", "to.hand-over": "Hand over to", "to.recategorise": "Change to", complaints: "complaints" },
});
export const ACTS = ["assign", "hand-over", "recategorise", "answer", "accept", "start", "note"] as const;
export type Act = (typeof ACTS)[number];
export const actWord = (act: Act): string => w(act);
/** `first`: one of those that the question finds; colleagues are those who may handle it. */
export type Target = { codes: string[] } | { query: string; first: string };
interface Preview { token: string; will: { code: string; category: string; address: string | null }[]; not: { code: string; why: string }[] }
interface Undone { done: string[]; failed: { code: string; why: string }[] }
interface Report { id: number | string; done: (string | { code: string })[]; failed: { code: string; why: string }[]; undo_until: string }
interface Colleague { id: number; full_name: string; unit: string | null }
interface Recent { id: number; act: Act | "refuse"; n: number; /** Of an act on one alone. */ code?: string | null; undo_until: string; undoable: boolean }

/** By the same reason together: one fault of hundreds is read once. */
function refused(words: string, rows: { code: string; why: string }[]): HTMLElement[] {
  if (!rows.length) return [];
  const groups = new Map<string, string[]>();
  for (const { code, why } of rows) groups.set(why, [...(groups.get(why) ?? []), code]);
  return [h("h3", {}, `${words}: ${number(rows.length)}`), h("ul", { class: "bulk-not" }, ...[...groups].map(([why, codes]) => h("li", {}, `${halfOf(why) ?? why}: `, h("code", {}, codes.join(", ")))))];
}
async function undo(id: number | string, changed: () => void): Promise<void> {
  try {
    const { done, failed } = await ask<Undone>(`/api/v1/work/bulk/${id}/undo`, { method: "POST" });
    if (done.length || !failed.length) toast(`${w("undone")}: ${number(done.length)}`);
    if (failed.length) openDialog(w("undo"), w("close"), h("p", { role: "status" }, `${w("undone")}: ${number(done.length)}`), ...refused(w("notUndone"), failed));
    changed();
  } catch (problem) { toast(said(problem)); }
}
/** One's own bulk acts of the last minutes, also of other windows. */
export async function showRecent(changed: () => void): Promise<void> {
  try {
    const { items } = await ask<{ items: Recent[] }>("/api/v1/work/bulk");
    const entry = (one: Recent): HTMLElement => h("li", {}, h("span", {}, `${w(one.act)}: ${one.code ?? number(one.n)} · ${!one.n ? w("undone") : one.undoable ? `${w("until")} ${instant(one.undo_until)}` : w("forGood")}`), one.undoable && one.n ? h("button", { type: "button", click: () => { dialog.close(); void undo(one.id, changed); } }, w("undo")) : "");
    const dialog = openDialog(w("recent"), w("close"), items.length ? h("ul", { class: "views" }, ...items.map(entry)) : h("p", {}, w("none")));
  } catch (problem) { toast(said(problem)); }
}
/** The fields of an act, the body that they say, and what that does in words: to whom, where or what. */
interface Fields { place: HTMLElement[]; body: () => Record<string, unknown>; says?: () => string }
async function fields(act: Act, first: string, domains: Domain[], areas: readonly AreaName[]): Promise<Fields> {
  const values: Record<string, string> = {};
  const pick = (key: string, words: string, options: [string, string][]): HTMLElement => { values[key] = options[0]?.[0] ?? ""; return choice(`bulk-${key}`, words, options, values[key], (value) => { values[key] = value; }); };
  const write = (key: "reason" | "text", required: boolean, label: "reason" | "text" | "words" = key): HTMLElement => h("div", { class: "field" }, h("label", { for: `bulk-${key}` }, w(label)), h("textarea", { id: `bulk-${key}`, rows: key === "text" ? 5 : 2, required, maxlength: 4000, input: (event) => { values[key] = (event.target as HTMLTextAreaElement).value.trim(); } }));
  const categories = domains.flatMap((one) => one.categories.map((own): [string, string] => [own.code, named(own.name)]));
  if (act === "assign") {
    const answer = await ask<Colleague[] | { colleagues: Colleague[] }>(`/api/v1/account/colleagues?code=${encodeURIComponent(first)}`);
    const all = Array.isArray(answer) ? answer : answer.colleagues;
    const people = all.map((one): [string, string] => [String(one.id), one.unit ? `${one.full_name} · ${one.unit}` : one.full_name]);
    return { place: [pick("to", w("to"), [...people, ["", w("nobody")]])], body: () => ({ account_id: values["to"] ? Number(values["to"]) : null }), says: () => (values["to"] ? `${w("to.assign")} ${new Map(people).get(values["to"]) ?? ""}` : w("to.nobody")) };
  }
  if (act === "hand-over") return { place: [pick("area", w("area"), areas.map((one): [string, string] => [one.code, one.name])), write("reason", true)], body: () => ({ area: values["area"], reason: values["reason"] ?? "" }), says: () => `${w("to.hand-over")} ${areas.find((one) => one.code === values["area"])?.name ?? ""}` };
  if (act === "recategorise") return { place: [pick("category", w("category"), categories), write("reason", false)], body: () => ({ category: values["category"], ...(values["reason"] ? { reason: values["reason"] } : {}) }), says: () => `${w("to.recategorise")} ${new Map(categories).get(values["category"] ?? "") ?? ""}` };
  if (act === "answer") {
    const closes = h("input", { type: "checkbox", id: "bulk-closes" });
    return { place: [write("text", true), h("p", { class: "bulk-hint" }, w("place")), h("label", { class: "choice" }, closes, w("closes")), h("p", { class: "bulk-hint" }, w("held"))], body: () => ({ text: values["text"] ?? "", close: closes.checked, photos: [] }) };
  }
  if (act === "note") return { place: [write("text", true, "words")], body: () => ({ text: values["text"] ?? "" }) };
  return { place: [], body: () => ({}) };
}
/** Asks what an act needs, shows what it would do, does it, and says what came of it. */
export async function bulk(act: Act, target: Target, domains: Domain[], areas: readonly AreaName[], changed: () => void): Promise<void> {
  const alert = h("p", { role: "alert", class: "alert" }), place = h("div", { class: "bulk" });
  const kinds = new Map(domains.flatMap((one) => one.categories.map((own): [string, string] => [own.code, named(own.name)])));
  const dialog = openDialog(w(act), w("close"), alert, place);
  const tried = async (button: HTMLButtonElement | null, what: () => Promise<void>): Promise<void> => {
    if (button) button.disabled = true;
    try { await what(); alert.textContent = ""; } catch (problem) { alert.replaceChildren(said(problem), contactTick(problem)); } finally { if (button) button.disabled = false; }
  };
  async function make(found: Preview): Promise<void> {
    const report = await ask<Report>("/api/v1/work/bulk", json("POST", { token: found.token }));
    const back = (): void => void undo(report.id, changed), undoes = act !== "note";
    place.replaceChildren(h("p", { role: "status", class: "bulk-done" }, `${w("done")}: ${number(report.done.length)}`), ...(undoes && report.done.length ? [h("p", {}, `${w("until")} ${instant(report.undo_until)}`)] : []), ...refused(w("failed"), report.failed));
    if (!report.failed.length) dialog.close();
    const words = `${w(act)}: ${number(report.done.length)}`;
    if (report.done.length) { if (undoes) toast(words, back, Math.max(0, Date.parse(report.undo_until) - Date.now())); else toast(words); }
    changed();
  }
  function preview(found: Preview, says: string): void {
    const go = h("button", { type: "button", id: "bulk-do", class: "main", click: () => void tried(go, () => make(found)) }, `${w("doIt")} (${number(found.will.length)})`);
    place.replaceChildren(h("h3", {}, says ? `${says}, ${number(found.will.length)} ${w("complaints")}` : `${w("will")}: ${number(found.will.length)}`), found.will.length ? h("ul", { class: "bulk-will" }, ...found.will.map((one) => h("li", {}, h("code", {}, one.code), ` ${[kinds.get(one.category) ?? one.category, one.address].filter(Boolean).join(" · ")}`))) : h("p", { class: "bulk-will" }, w("nothing")), ...refused(w("not"), found.not), ...(found.will.length ? [go] : []));
    if (found.will.length) go.focus();
  }
  await tried(null, async () => {
    const own = await fields(act, "codes" in target ? target.codes[0] ?? "" : target.first, domains, areas);
    const submit = h("button", { type: "submit", id: "bulk-preview", class: "main" }, w("preview"));
    place.replaceChildren(h("form", { submit: (event) => { event.preventDefault(); void tried(submit, async () => { const says = own.says?.() ?? ""; preview(await ask<Preview>("/api/v1/work/bulk/preview", json("POST", { ...("codes" in target ? { codes: target.codes } : { query: target.query }), act, body: { ...own.body(), ...contactStated() } })), says); }); } }, ...own.place, submit));
    (place.querySelector<HTMLElement>("select, textarea") ?? submit).focus();
  });
}
