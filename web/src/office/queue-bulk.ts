/** Many at once: what will be done is shown before, what was done after, and it can be undone for a while. */
import type { Domain } from "../api";
import { h, openDialog } from "../dom";
import { choice } from "../fields";
import { instant, named, number, phrases } from "../i18n";
import { ask, json, said, toast } from "./desk";
import type { AreaName } from "./queue-filter";

const w = phrases({
  vi: { assign: "Giao việc", "hand-over": "Chuyển đơn vị", recategorise: "Đổi loại", answer: "Trả lời", accept: "Tiếp nhận", start: "Bắt đầu xử lý", close: "Đóng", to: "Người nhận", nobody: "Không giao ai", area: "Đơn vị nhận", domain: "Lĩnh vực nhận", same: "Giữ nguyên", category: "Loại mới", reason: "Lý do", text: "Câu trả lời", closes: "Kết thúc phản ánh sau khi trả lời", preview: "Xem trước", will: "Sẽ làm", not: "Không làm được", doIt: "Thực hiện", working: "Đang làm…", done: "Đã làm", failed: "Chưa làm được", undone: "Đã hoàn tác.", recent: "Vừa làm hàng loạt", none: "Chưa có việc làm hàng loạt nào còn hoàn tác được.", until: "Hoàn tác được đến", undo: "Hoàn tác", nothing: "Không có phản ánh nào làm được việc này." },
  en: { assign: "Assign", "hand-over": "Hand over", recategorise: "Change category", answer: "Answer", accept: "Accept", start: "Start", close: "Close", to: "To", nobody: "Nobody", area: "To the area", domain: "To the domain", same: "As it is", category: "New category", reason: "Reason", text: "Answer", closes: "Close the complaint with this answer", preview: "Preview", will: "Will be done", not: "Cannot be done", doIt: "Do it", working: "Working…", done: "Done", failed: "Not done", undone: "Undone.", recent: "Recent bulk acts", none: "There is no bulk act that can still be undone.", until: "Can be undone until", undo: "Undo", nothing: "This can be done for none of them." },
});
export const ACTS = ["assign", "hand-over", "recategorise", "answer", "accept", "start"] as const;
export type Act = (typeof ACTS)[number];
export const actWord = (act: Act): string => w(act);
/** `first`: one of those that the question finds; colleagues are those who may handle it. */
export type Target = { codes: string[] } | { query: string; first: string };
interface Preview { token: string; will: { code: string }[]; not: { code: string; why: string }[] }
interface Report { id: number | string; done: (string | { code: string })[]; failed: { code: string; why: string }[]; undo_until: string }
interface Colleague { id: number; full_name: string; unit: string | null }
interface Recent { id: number | string; act: Act; n: number; until: string }
const KEPT = "phananh-bulk";

function recent(): Recent[] {
  try { return (JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") as Recent[]).filter((one) => Date.parse(one.until) > Date.now()); } catch { return []; }
}
function keep(all: Recent[]): void { try { sessionStorage.setItem(KEPT, JSON.stringify(all)); } catch { /* private mode: the toast alone can undo */ } }
async function undo(id: number | string, changed: () => void): Promise<void> {
  try {
    await ask(`/api/v1/work/bulk/${id}/undo`, { method: "POST" });
    keep(recent().filter((one) => one.id !== id));
    toast(w("undone"));
    changed();
  } catch (problem) { toast(said(problem)); }
}
/** The bulk acts of this window that can still be undone. */
export function showRecent(changed: () => void): void {
  const all = recent();
  const dialog = openDialog(w("recent"), w("close"), all.length ? h("ul", { class: "views" }, ...all.map((one) => h("li", {}, h("span", {}, `${w(one.act)}: ${number(one.n)} · ${w("until")} ${instant(one.until)}`), h("button", { type: "button", click: () => { dialog.close(); void undo(one.id, changed); } }, w("undo"))))) : h("p", {}, w("none")));
}
/** The fields of an act, and the body that they say. */
async function fields(act: Act, first: string, domains: Domain[], areas: readonly AreaName[]): Promise<{ place: HTMLElement[]; body: () => Record<string, unknown> }> {
  const values: Record<string, string> = {};
  const pick = (key: string, words: string, options: [string, string][]): HTMLElement => { values[key] = options[0]?.[0] ?? ""; return choice(`bulk-${key}`, words, options, values[key], (value) => { values[key] = value; }); };
  const write = (key: "reason" | "text", required: boolean): HTMLElement => h("div", { class: "field" }, h("label", { for: `bulk-${key}` }, w(key)), h("textarea", { id: `bulk-${key}`, rows: key === "text" ? 5 : 2, required, maxlength: 4000, input: (event) => { values[key] = (event.target as HTMLTextAreaElement).value.trim(); } }));
  const categories = domains.flatMap((one) => one.categories.map((own): [string, string] => [own.code, named(own.name)]));
  if (act === "assign") {
    const answer = await ask<Colleague[] | { colleagues: Colleague[] }>(`/api/v1/account/colleagues?code=${encodeURIComponent(first)}`);
    const all = Array.isArray(answer) ? answer : answer.colleagues;
    return { place: [pick("to", w("to"), [...all.map((one): [string, string] => [String(one.id), one.unit ? `${one.full_name} · ${one.unit}` : one.full_name]), ["", w("nobody")]])], body: () => ({ account_id: values["to"] ? Number(values["to"]) : null }) };
  }
  if (act === "hand-over") return { place: [pick("area", w("area"), [["", w("same")], ...areas.map((one): [string, string] => [one.code, one.name])]), write("reason", true)], body: () => ({ ...(values["area"] ? { area: values["area"] } : {}), reason: values["reason"] ?? "" }) };
  if (act === "recategorise") return { place: [pick("category", w("category"), categories), write("reason", false)], body: () => ({ category: values["category"], ...(values["reason"] ? { reason: values["reason"] } : {}) }) };
  if (act === "answer") {
    const closes = h("input", { type: "checkbox", id: "bulk-closes" });
    return { place: [write("text", true), h("label", { class: "choice" }, closes, w("closes"))], body: () => ({ text: values["text"] ?? "", close: closes.checked, photos: [] }) };
  }
  return { place: [], body: () => ({}) };
}
const refused = (words: string, rows: { code: string; why: string }[]): HTMLElement[] => (rows.length ? [h("h3", {}, `${words}: ${number(rows.length)}`), h("ul", { class: "bulk-not" }, ...rows.map((one) => h("li", {}, h("code", {}, one.code), ` ${one.why}`)))] : []);

/** Asks what an act needs, shows what it would do, does it, and says what came of it. */
export async function bulk(act: Act, target: Target, domains: Domain[], areas: readonly AreaName[], changed: () => void): Promise<void> {
  const alert = h("p", { role: "alert", class: "alert" }), place = h("div", { class: "bulk" });
  const dialog = openDialog(w(act), w("close"), alert, place);
  const tried = async (button: HTMLButtonElement | null, what: () => Promise<void>): Promise<void> => {
    alert.textContent = "";
    if (button) button.disabled = true;
    try { await what(); } catch (problem) { alert.textContent = said(problem); } finally { if (button) button.disabled = false; }
  };
  async function make(found: Preview): Promise<void> {
    const report = await ask<Report>("/api/v1/work/bulk", json("POST", { token: found.token }));
    const back = (): void => void undo(report.id, changed);
    if (report.done.length) keep([{ id: report.id, act, n: report.done.length, until: report.undo_until }, ...recent()]);
    place.replaceChildren(h("p", { role: "status", class: "bulk-done" }, `${w("done")}: ${number(report.done.length)}`), ...(report.done.length ? [h("p", {}, `${w("until")} ${instant(report.undo_until)}`)] : []), ...refused(w("failed"), report.failed));
    if (!report.failed.length) dialog.close();
    if (report.done.length) toast(`${w(act)}: ${number(report.done.length)}`, back, Math.max(0, Date.parse(report.undo_until) - Date.now()));
    changed();
  }
  function preview(found: Preview): void {
    const go = h("button", { type: "button", id: "bulk-do", class: "main", click: () => void tried(go, () => make(found)) }, `${w("doIt")} (${number(found.will.length)})`);
    place.replaceChildren(h("h3", {}, `${w("will")}: ${number(found.will.length)}`), h("p", { class: "bulk-will" }, found.will.length ? found.will.slice(0, 200).map((one) => one.code).join(", ") + (found.will.length > 200 ? " …" : "") : w("nothing")), ...refused(w("not"), found.not), ...(found.will.length ? [go] : []));
    if (found.will.length) go.focus();
  }
  await tried(null, async () => {
    const own = await fields(act, "codes" in target ? target.codes[0] ?? "" : target.first, domains, areas);
    const submit = h("button", { type: "submit", id: "bulk-preview", class: "main" }, w("preview"));
    place.replaceChildren(h("form", { submit: (event) => { event.preventDefault(); void tried(submit, async () => preview(await ask<Preview>("/api/v1/work/bulk/preview", json("POST", { ...("codes" in target ? { codes: target.codes } : { query: target.query }), act, body: own.body() })))); } }, ...own.place, submit));
    (place.querySelector<HTMLElement>("select, textarea") ?? submit).focus();
  });
}
