/** The acts on one complaint: a button, a key and a dialog for each of those that are allowed now. */
import { ask as askPublic, type Domain, type Located } from "../api";
import { byId, h, openDialog } from "../dom";
import { current, instant, named, number, phrases, t } from "../i18n";
import { halfOf, Refused } from "../problems";
import { ask, go, json, said, send, toast, whoami } from "./desk";
import { categoryName, closingPart, readDomains, type Step, type Work } from "./one-facts";
import { contactStated, contactTick } from "./office-contact";
import { choiceOf } from "./one-map";
import { actName, changeOf } from "./one-timeline";

const w = phrases({
  vi: { reason: "Lý do", text: "Nội dung", colleague: "Tìm đồng nghiệp", me: "Giao cho tôi", none: "Thôi giao", area: "Tìm đơn vị nhận", areaPick: "Đơn vị theo điểm trên bản đồ", goes: "Sẽ chuyển cho", category: "Loại mới", question: "Câu hỏi cho người gửi", into: "Gộp vào phản ánh", this: "Phản ánh này", that: "Phản ánh kia", part: "Phần", ground: "Căn cứ pháp lý", words: "Lời giải thích cho người dân", passed: "Đạt", refused: "Chưa đạt: trả lại", pin: "Vị trí: kéo ghim, chạm bản đồ hoặc dùng phím mũi tên", meanwhile: "Trong lúc đó đã có người thay đổi. Điều đã viết vẫn còn; hãy xem rồi gửi lại nếu vẫn đúng.", again: "Vẫn gửi", cancel: "Thôi", need: "Hãy điền:", done: "Đã xong:", anyDomain: "– không đổi –", ownCode: "hoặc mã khác", nobody: "Không tìm thấy.", gone: "Đã chuyển đi: nay nơi khác xử lý.", orArea: "Chuyển cho đơn vị", orDomain: "Chuyển sang lĩnh vực, loại", why: "Ghi thêm (không bắt buộc)", pauseReason: "Vì sao tạm dừng", more: "Thêm một phần", shipped: "(mẫu sẵn có, chưa được xác nhận tại đây)", splitSays: "Phản ánh này giữ nguyên; mỗi phần dưới đây thành một phản ánh mới cùng chỗ, hai bên chỉ đến nhau. Nội dung sẽ công khai.", askSays: "Chỉ người gửi thấy câu hỏi. Thời hạn tạm dừng cho đến khi họ trả lời.", ownClosing: "Bạn đã viết câu trả lời này: người khác kiểm tra, bạn chỉ có thể rút lại.", result: "Kết quả", failed: "Chưa làm được:", undone: "Đã hoàn tác.", notUndone: "Không hoàn tác được:" },
  en: { reason: "Reason", text: "Words", colleague: "Find a colleague", me: "Assign to me", none: "Unassign", area: "Find the area that receives it", areaPick: "The area of a point on the map", goes: "Will go to", category: "New category", question: "Question to the reporter", into: "Merge into", this: "This one", that: "The other", part: "Part", ground: "Legal ground", words: "Explanation to citizens", passed: "Passed", refused: "Not passed: back to work", pin: "Place: drag the pin, tap the map or use the arrow keys", meanwhile: "It was changed meanwhile. What you wrote is kept; look, and send again if it is still right.", again: "Send all the same", cancel: "Cancel", need: "Please fill in:", done: "Done:", anyDomain: "– as it is –", ownCode: "or another code", nobody: "Nobody found.", gone: "It went to others, who handle it now.", orArea: "To an area", orDomain: "To a category of another domain", why: "More words (not needed)", pauseReason: "Why its clock stands still", more: "One more part", shipped: "(as shipped; nobody here has confirmed it)", splitSays: "This complaint stays as it is; each part below becomes one of its own at the same place, and both name each other. The words are public.", askSays: "Only the reporter sees the question. The clock stands still until the reply.", ownClosing: "You wrote this closing: somebody else passes it, you can take it back.", result: "Result", failed: "Not done:", undone: "Undone.", notUndone: "Not undone:" },
});
/** A key for each act; letters that the queue's own list does not use while a complaint is open. */
export const KEYS: Record<string, string> = { accept: "a", start: "s", assign: "g", "hand-over": "h", recategorise: "c", move: "m", ask: "q", merge: "d", unmerge: "u", split: "p", refuse: "r", pause: "z", resume: "z", note: "n", answer: "t", check: "k", reopen: "o", "take-up": "o" };
const AT_ONCE: ReadonlySet<string> = new Set(["accept", "start", "resume", "unmerge"]);

export interface Desk { work: () => Work; etag: () => string; changed: (work: Work, etag: string) => void; reload: () => Promise<void> }
export type Body = Record<string, unknown>;

/** Long enough to see a slip; the timeline, or the recent acts of the queue, undo for ten minutes. */
const UNDO_MS = 20_000;
/** Says that an act was done, with the way back where there is one. */
const tellDone = (desk: Desk, act: string): void => {
  const { undo } = desk.work();
  toast(`${w("done")} ${actName(act)}`, undo ? () => void takeBack(desk, undo.id) : undefined, undo ? UNDO_MS : undefined);
};
/** Brings back what was before an act of one's own, if nobody did anything since. */
export async function takeBack(desk: Desk, id: number): Promise<void> {
  const { code } = desk.work();
  try {
    const { failed } = await ask<{ failed: { why: string }[] }>(`/api/v1/work/bulk/${id}/undo`, { method: "POST" });
    const why = failed[0]?.why;
    toast(why ? `${w("notUndone")} ${halfOf(why) ?? why}` : w("undone"));
    // Where it is still shown; it may have gone to others, and be back in the queue.
    if (document.querySelector(`.one[data-code="${CSS.escape(code)}"]`)) await desk.reload();
  } catch (problem) { toast(said(problem)); }
}
/** Sends one act; what comes back is what the complaint is now. False where it went to others. */
export async function sendAct(desk: Desk, act: string, body: Body): Promise<boolean> {
  const headers: Record<string, string> = act === "note" ? {} : { "If-Match": desk.etag() };
  const answer = await send(`/api/v1/work/${encodeURIComponent(desk.work().code)}/${act}`, json("POST", body, headers));
  if (answer.status === 204) {
    const number = Number(answer.headers.get("X-Phananh-Undo"));
    toast(w("gone"), number ? () => void takeBack(desk, number) : undefined, UNDO_MS);
    leave();
    return false;
  }
  desk.changed((await answer.json()) as Work, answer.headers.get("ETag") ?? "");
  return true;
}
/** It went to others and is no longer shown here: back to the list, as it was where it is beside it. */
function leave(): void {
  const away = (): void => {
    const beside = document.getElementById("panel-close");
    if (beside) beside.click();
    else go("/office");
  };
  // A dialog takes its own step of the history back first.
  if (byId<HTMLDialogElement>("dialog").open) addEventListener("settled", away, { once: true });
  else away();
}
/** What others did since this page read the complaint. */
export function meanwhile(problem: Refused): HTMLElement {
  const changed = (problem.said["changed"] ?? []) as Step[];
  return h("div", { class: "meanwhile", role: "alert" }, h("p", {}, w("meanwhile")), h("ul", {}, ...changed.map((one) => h("li", {}, `${one.who ?? ""} · ${actName(one.act)} ${changeOf(one.change)} · ${instant(one.at)}`))));
}

interface Form { fields: (HTMLElement | string)[]; body: () => Body | string; leave?: () => void }
/** A dialog with a form: wrong input says what is missing, and a change of others keeps what was typed. */
export function formDialog(desk: Desk, act: string, form: Form): void {
  const alert = h("div", { class: "alert", role: "alert" }), go = h("button", { type: "submit", class: "main" }, actName(act));
  let dialog: HTMLDialogElement | null = null;
  const submit = async (): Promise<void> => {
    const body = form.body();
    if (typeof body === "string") { alert.replaceChildren(`${w("need")} ${body}`); return; }
    go.disabled = true;
    try {
      const stays = await sendAct(desk, act, { ...body, ...contactStated() });
      dialog?.close();
      if (stays) tellDone(desk, act);
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 412) {
        alert.replaceChildren(meanwhile(problem));
        go.textContent = w("again");
        await desk.reload().catch(() => undefined);
      } else alert.replaceChildren(said(problem), contactTick(problem));
    } finally { go.disabled = false; }
  };
  const own = h("form", { class: "act", novalidate: true, submit: (event) => { event.preventDefault(); void submit(); } }, ...form.fields, alert, h("div", { class: "row" }, go, h("button", { type: "button", click: () => dialog?.close() }, w("cancel"))));
  dialog = openDialog(`${actName(act)} · ${desk.work().code}`, t("close"), own);
  if (form.leave) dialog.addEventListener("close", form.leave, { once: true });
  own.querySelector<HTMLElement>("input, textarea, select")?.focus();
}
let made = 0;
function labelled<E extends HTMLElement>(label: string, field: E): { field: E; node: HTMLElement } {
  field.id ||= `act-field-${++made}`;
  return { field, node: h("div", { class: "field" }, h("label", { for: field.id }, label), field) };
}
export const area = (label: string, value = ""): { field: HTMLTextAreaElement; node: HTMLElement } => {
  const made = labelled(label, h("textarea", { rows: 4, maxlength: 4000 }));
  made.field.value = value;
  return made;
};
const line = (label: string): { field: HTMLInputElement; node: HTMLElement } => labelled(label, h("input", { maxlength: 200, autocomplete: "off" }));
const choice = (label: string, options: [string, string][]): { field: HTMLSelectElement; node: HTMLElement } => labelled(label, h("select", {}, ...options.map(([value, words]) => h("option", { value }, words))));

/** One text that must be there. */
const worded = (word: "question" | "reason", name: string) => (desk: Desk, act: string): void => {
  const label = w(word);
  const one = area(label);
  formDialog(desk, act, { fields: [...(word === "question" ? [h("p", {}, w("askSays"))] : []), one.node], body: () => (one.field.value.trim() ? { [name]: one.field.value.trim() } : label) });
};
interface Colleague { id: number; full_name: string; unit: string | null; roles: string[] }
function assign(desk: Desk, act: string): void {
  const search = line(w("colleague")), list = h("div", { class: "choices" });
  let chosen: number | null = whoami().id, turn = 0;
  const radio = (id: number | null, words: string): HTMLElement => h("label", {}, h("input", { type: "radio", name: "who", checked: id === chosen, change: () => { chosen = id; } }), words);
  const find = async (): Promise<void> => {
    const own = ++turn;
    const found = await ask<Colleague[] | { items: Colleague[] }>(`/api/v1/account/colleagues?${new URLSearchParams({ code: desk.work().code, q: search.field.value })}`).catch(() => []);
    if (own !== turn) return;
    const others = (Array.isArray(found) ? found : found.items).filter((one) => one.id !== whoami().id);
    list.replaceChildren(radio(whoami().id, w("me")), ...others.map((one) => radio(one.id, [one.full_name, one.unit].filter(Boolean).join(" · "))), radio(null, w("none")), ...(others.length ? [] : [h("small", {}, w("nobody"))]));
  };
  search.field.addEventListener("input", () => void find());
  void find();
  formDialog(desk, act, { fields: [list, search.node], body: () => ({ account_id: chosen }) });
}
async function handOver(desk: Desk, act: string): Promise<void> {
  const work = desk.work(), others = (await readDomains()).filter((one) => one.code !== work.domain);
  const kind = choice(w("orDomain"), [["", w("anyDomain")], ...categories(others)]);
  const search = line(w("area")), to = h("p", { role: "status", class: "goes" }), found = h("div", { class: "choices" }), holder = h("div", { class: "act-map" });
  const reason = area(w("reason"));
  let key = "";
  const pick = (chosen: string, name: string): void => { key = chosen; if (key) kind.field.value = ""; to.textContent = `${w("goes")}: ${name}`; };
  search.field.addEventListener("input", () => void (async () => {
    const typed = search.field.value.trim();
    if (typed.length < 2) return;
    const { results } = await askPublic<{ results: { type: string; label: string; set?: string; code?: string; until?: string | null }[] }>(`/api/v1/search?q=${encodeURIComponent(typed)}`).catch(() => ({ results: [] }));
    found.replaceChildren(...results.filter((one) => one.type === "area" && one.set && one.code && !one.until).map((one) => h("button", { type: "button", click: () => pick(`${one.set}:${one.code}`, one.label) }, one.label)));
  })());
  const leave = choiceOf(holder, work, w("areaPick"), (lon, lat) => void askPublic<Located>(`/api/v1/locate?lon=${lon}&lat=${lat}`).then(({ areas }) => {
    const own = areas.find((one) => one.set === work.area?.set) ?? areas.find((one) => !one.until);
    if (own) pick(`${own.set}:${own.code}`, own.name);
  }).catch(() => undefined));
  kind.field.addEventListener("change", () => { if (kind.field.value) pick("", kind.field.selectedOptions[0]?.textContent ?? ""); });
  formDialog(desk, act, { fields: [h("h3", {}, w("orArea")), search.node, found, holder, kind.node, to, reason.node], leave, body: () => {
    if (!key && !kind.field.value) return w("area");
    if (!reason.field.value.trim()) return w("reason");
    return { ...(key ? { area: key } : { category: kind.field.value }), reason: reason.field.value.trim() };
  } });
}
const categories = (domains: Domain[]): [string, string][] => domains.flatMap((domain) => domain.categories.map((one): [string, string] => [one.code, `${named(domain.name)} · ${named(one.name)}`]));
async function recategorise(desk: Desk, act: string): Promise<void> {
  const pick = choice(w("category"), categories(await readDomains())), reason = area(w("reason"));
  pick.field.value = desk.work().category;
  formDialog(desk, act, { fields: [pick.node, reason.node], body: () => (pick.field.value && pick.field.value !== desk.work().category ? { category: pick.field.value, ...(reason.field.value.trim() ? { reason: reason.field.value.trim() } : {}) } : w("category")) });
}
function move(desk: Desk, act: string): void {
  const holder = h("div", { class: "act-map" }), where = h("p", { role: "status" }), reason = area(w("reason"));
  let place: [number, number] | null = null;
  const leave = choiceOf(holder, desk.work(), w("pin"), (lon, lat) => {
    place = [lon, lat];
    void askPublic<Located>(`/api/v1/locate?lon=${lon}&lat=${lat}`).then(({ areas }) => { where.textContent = `${w("goes")}: ${areas.filter((one) => !one.until).map((one) => one.name).join(", ")}`; }).catch(() => undefined);
  });
  formDialog(desk, act, { fields: [h("p", {}, w("pin")), holder, where, reason.node], leave, body: () => (place ? { lon: place[0], lat: place[1], ...(reason.field.value.trim() ? { reason: reason.field.value.trim() } : {}) } : w("pin")) });
}
function merge(desk: Desk, act: string): void {
  const work = desk.work(), other = line(w("ownCode")), beside = h("div", { class: "beside" });
  let into = "";
  const side = (title: string, one: Work): HTMLElement => h("article", {}, h("h3", {}, `${title}: ${one.code}`), h("p", {}, `${categoryName(one.category)} · ${instant(one.reported_at)}`), h("p", { class: "body" }, one.text), ...one.photos.slice(0, 2).map((shot) => h("img", { src: shot.small, alt: "", height: 90 })));
  const look = async (code: string): Promise<void> => {
    into = code;
    try { beside.replaceChildren(side(w("this"), work), side(w("that"), await ask<Work>(`/api/v1/work/${encodeURIComponent(code)}`))); } catch (problem) { beside.replaceChildren(said(problem)); }
  };
  other.field.addEventListener("change", () => { if (other.field.value.trim()) void look(other.field.value.trim()); });
  const list = h("div", { class: "choices" }, ...work.near.map((one) => h("label", {}, h("input", { type: "radio", name: "into", change: () => void look(one.code) }), `${one.code} · ${categoryName(one.category)} · ${number(Math.round(one.distance_m))} m`)));
  const reason = area(w("reason"));
  formDialog(desk, act, { fields: [h("p", {}, w("into")), list, other.node, beside, reason.node], body: () => (into ? { into, ...(reason.field.value.trim() ? { reason: reason.field.value.trim() } : {}) } : w("into")) });
}
const MOST_PARTS = 5;
async function split(desk: Desk, act: string): Promise<void> {
  const options = categories(await readDomains()), work = desk.work(), list = h("div", {});
  const parts: { text: ReturnType<typeof area>; category: ReturnType<typeof choice> }[] = [];
  const more = h("button", { type: "button", click: () => add() }, w("more"));
  const add = (): void => {
    const n = number(parts.length + 1), part = { text: area(`${w("part")} ${n}: ${w("text")}`), category: choice(`${w("part")} ${n}: ${w("category")}`, options) };
    part.category.field.value = work.category;
    parts.push(part);
    list.append(part.text.node, part.category.node);
    more.hidden = parts.length >= MOST_PARTS;
  };
  add();
  formDialog(desk, act, { fields: [h("p", {}, w("splitSays")), h("blockquote", { class: "body" }, work.text), list, more], body: () => (parts.every((one) => one.text.field.value.trim()) ? { parts: parts.map((one) => ({ text: one.text.field.value.trim(), category: one.category.field.value })) } : w("text")) });
}
function refuse(desk: Desk, act: string): void {
  const { grounds } = desk.work().answer_rules, words = area(w("words")), law = h("p", { role: "status", class: "source" });
  const ground = choice(w("ground"), [["", "–"], ...grounds.map((one): [string, string] => [one.code, one[current()]])]);
  ground.field.addEventListener("change", () => {
    const one = grounds.find((each) => each.code === ground.field.value);
    law.textContent = one ? `${one.law} ${one.shipped ? w("shipped") : ""}` : "";
  });
  formDialog(desk, act, { fields: [ground.node, law, words.node], body: () => (!ground.field.value ? w("ground") : !words.field.value.trim() ? w("words") : { ground: ground.field.value, text: words.field.value.trim() }) });
}
function pause(desk: Desk, act: string): void {
  const reason = choice(w("pauseReason"), desk.work().answer_rules.pauses.filter((one) => one.code !== "reporter").map((one): [string, string] => [one.code, one[current()]])), words = area(w("why"));
  formDialog(desk, act, { fields: [reason.node, words.node], body: () => ({ reason: reason.field.value, ...(words.field.value.trim() ? { text: words.field.value.trim() } : {}) }) });
}
function check(desk: Desk, act: string): void {
  const work = desk.work(), own = work.closing?.own ?? false;
  const verdict = choice(w("result"), [...(own ? [] : [["yes", w("passed")] as [string, string]]), ["no", w("refused")]]), reason = area(w("reason"));
  formDialog(desk, act, { fields: [...(own ? [h("p", {}, w("ownClosing"))] : []), closingPart(work) ?? "", verdict.node, reason.node], body: () => (verdict.field.value === "no" && !reason.field.value.trim() ? w("reason") : { passed: verdict.field.value === "yes", ...(reason.field.value.trim() ? { reason: reason.field.value.trim() } : {}) }) });
}
const DIALOGS: Record<string, (desk: Desk, act: string) => unknown> = { assign, "hand-over": handOver, recategorise, move, merge, split, refuse, check, ask: worded("question", "question"), pause, reopen: worded("reason", "reason"), "take-up": worded("reason", "reason") };

/** Does an act, or opens what asks for the rest of it. */
export async function begin(desk: Desk, act: string): Promise<void> {
  try {
    if (!AT_ONCE.has(act)) { await DIALOGS[act]?.(desk, act); return; }
    if (await sendAct(desk, act, {})) tellDone(desk, act);
  } catch (problem) {
    if (problem instanceof Refused && problem.status === 412) {
      openDialog(actName(act), t("close"), meanwhile(problem));
      await desk.reload();
    } else toast(`${w("failed")} ${said(problem)}`);
  }
}
