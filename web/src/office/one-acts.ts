/** The acts on one complaint: a button, a key and a dialog for each of those that are allowed now. */
import { ask as askPublic, type Domain, type Located } from "../api";
import { byId, h, openDialog } from "../dom";
import { instant, named, number, phrases, t } from "../i18n";
import { Refused } from "../problems";
import { ask, go, json, said, send, toast, whoami } from "./desk";
import { categoryName, readDomains, type Step, type Work } from "./one-facts";
import { choiceOf } from "./one-map";
import { actName, changeOf } from "./one-timeline";

const w = phrases({
  vi: { reason: "Lý do", text: "Nội dung", colleague: "Tìm đồng nghiệp", me: "Giao cho tôi", none: "Thôi giao", area: "Tìm đơn vị nhận", areaPick: "Đơn vị theo điểm trên bản đồ", domain: "Hoặc chuyển sang lĩnh vực", goes: "Sẽ chuyển cho", category: "Loại mới", question: "Câu hỏi cho người gửi", into: "Gộp vào phản ánh", this: "Phản ánh này", that: "Phản ánh kia", part: "Phần", ground: "Căn cứ pháp lý", words: "Lời giải thích cho người dân", passed: "Đạt", refused: "Chưa đạt: trả lại", pin: "Vị trí: kéo ghim, chạm bản đồ hoặc dùng phím mũi tên", meanwhile: "Trong lúc đó đã có người thay đổi. Điều đã viết vẫn còn; hãy xem rồi gửi lại nếu vẫn đúng.", again: "Vẫn gửi", cancel: "Thôi", need: "Hãy điền:", done: "Đã xong:", anyDomain: "– không đổi –", ownCode: "hoặc mã khác", nobody: "Không tìm thấy.", photoSays: "Tệp ảnh cho biết", unknown: "không rõ giờ và nơi chụp", failed: "Chưa làm được:" },
  en: { reason: "Reason", text: "Words", colleague: "Find a colleague", me: "Assign to me", none: "Unassign", area: "Find the area that receives it", areaPick: "The area of a point on the map", domain: "Or to another domain", goes: "Will go to", category: "New category", question: "Question to the reporter", into: "Merge into", this: "This one", that: "The other", part: "Part", ground: "Legal ground", words: "Explanation to citizens", passed: "Passed", refused: "Not passed: back to work", pin: "Place: drag the pin, tap the map or use the arrow keys", meanwhile: "It was changed meanwhile. What you wrote is kept; look, and send again if it is still right.", again: "Send all the same", cancel: "Cancel", need: "Please fill in:", done: "Done:", anyDomain: "– as it is –", ownCode: "or another code", nobody: "Nobody found.", photoSays: "The photo file says", unknown: "nothing of time and place", failed: "Not done:" },
});
/** A key for each act; letters that the queue's own list does not use while a complaint is open. */
export const KEYS: Record<string, string> = { accept: "a", start: "s", assign: "g", "hand-over": "h", recategorise: "c", move: "m", ask: "q", merge: "d", unmerge: "u", split: "p", refuse: "r", pause: "z", resume: "z", note: "n", answer: "t", check: "k", reopen: "o" };
const AT_ONCE: ReadonlySet<string> = new Set(["accept", "start", "resume", "unmerge"]);

export interface Desk { work: () => Work; etag: () => string; changed: (work: Work, etag: string) => void; reload: () => Promise<void> }
export type Body = Record<string, unknown>;

/** Sends one act; what comes back is what the complaint is now. */
export async function sendAct(desk: Desk, act: string, body: Body): Promise<void> {
  const headers: Record<string, string> = act === "note" ? {} : { "If-Match": desk.etag() };
  const answer = await send(`/api/v1/work/${encodeURIComponent(desk.work().code)}/${act}`, json("POST", body, headers));
  if (answer.status === 204) { leave(); return; }
  desk.changed((await answer.json()) as Work, answer.headers.get("ETag") ?? "");
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

interface Form { fields: HTMLElement[]; body: () => Body | string; leave?: () => void }
/** A dialog with a form: wrong input says what is missing, and a change of others keeps what was typed. */
export function formDialog(desk: Desk, act: string, form: Form): void {
  const alert = h("div", { class: "alert", role: "alert" }), go = h("button", { type: "submit", class: "main" }, actName(act));
  let dialog: HTMLDialogElement | null = null;
  const submit = async (): Promise<void> => {
    const body = form.body();
    if (typeof body === "string") { alert.replaceChildren(`${w("need")} ${body}`); return; }
    go.disabled = true;
    try {
      await sendAct(desk, act, body);
      dialog?.close();
      toast(`${w("done")} ${actName(act)}`);
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 412) {
        alert.replaceChildren(meanwhile(problem));
        go.textContent = w("again");
        await desk.reload().catch(() => undefined);
      } else alert.replaceChildren(said(problem));
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
  formDialog(desk, act, { fields: [one.node], body: () => (one.field.value.trim() ? { [name]: one.field.value.trim() } : label) });
};
interface Colleague { id: number; full_name: string; unit: string | null; roles: string[] }
function assign(desk: Desk, act: string): void {
  const search = line(w("colleague")), list = h("div", { class: "choices" });
  let chosen: number | null = whoami().id, turn = 0;
  const radio = (id: number | null, words: string): HTMLElement => h("label", {}, h("input", { type: "radio", name: "who", checked: id === chosen, change: () => { chosen = id; } }), words);
  const find = async (): Promise<void> => {
    const own = ++turn, at = desk.work().area;
    const found = await ask<Colleague[] | { items: Colleague[] }>(`/api/v1/account/colleagues?${new URLSearchParams({ ...(at ? { area: `${at.set}:${at.code}` } : {}), q: search.field.value })}`).catch(() => []);
    if (own !== turn) return;
    const others = (Array.isArray(found) ? found : found.items).filter((one) => one.id !== whoami().id);
    list.replaceChildren(radio(whoami().id, w("me")), ...others.map((one) => radio(one.id, [one.full_name, one.unit].filter(Boolean).join(" · "))), radio(null, w("none")), ...(others.length ? [] : [h("small", {}, w("nobody"))]));
  };
  search.field.addEventListener("input", () => void find());
  void find();
  formDialog(desk, act, { fields: [list, search.node], body: () => ({ account_id: chosen }) });
}
function handOver(desk: Desk, act: string): void {
  const work = desk.work();
  const search = line(w("area")), to = h("p", { role: "status", class: "goes" }), found = h("div", { class: "choices" }), holder = h("div", { class: "act-map" });
  const reason = area(w("reason"));
  let key = "";
  const pick = (chosen: string, name: string): void => { key = chosen; to.textContent = `${w("goes")}: ${name}`; };
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
  formDialog(desk, act, { fields: [search.node, found, holder, to, reason.node], leave, body: () => {
    if (!key) return w("area");
    if (!reason.field.value.trim()) return w("reason");
    return { area: key, reason: reason.field.value.trim() };
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
async function split(desk: Desk, act: string): Promise<void> {
  const options = categories(await readDomains()), work = desk.work();
  const parts = [1, 2].map((n) => ({ text: area(`${w("part")} ${n}: ${w("text")}`, n === 1 ? work.text : ""), category: choice(`${w("part")} ${n}: ${w("category")}`, options) }));
  parts.forEach((one) => { one.category.field.value = work.category; });
  formDialog(desk, act, { fields: parts.flatMap((one) => [one.text.node, one.category.node]), body: () => (parts.every((one) => one.text.field.value.trim()) ? { parts: parts.map((one) => ({ text: one.text.field.value.trim(), category: one.category.field.value })) } : w("text")) });
}
function refuse(desk: Desk, act: string): void {
  const ground = line(w("ground")), words = area(w("words"));
  formDialog(desk, act, { fields: [ground.node, words.node], body: () => (!ground.field.value.trim() ? w("ground") : !words.field.value.trim() ? w("words") : { ground: ground.field.value.trim(), text: words.field.value.trim() }) });
}
function check(desk: Desk, act: string): void {
  const verdict = choice(actName(act), [["yes", w("passed")], ["no", w("refused")]]), reason = area(w("reason"));
  const shots = desk.work().answers.at(-1)?.photos ?? [];
  const told = shots.map((one) => h("p", {}, h("img", { src: one.small, alt: "", height: 90 }), ` ${w("photoSays")}: ${[one.taken_at ? instant(one.taken_at) : "", one.distance_m !== null && one.distance_m !== undefined ? `${number(Math.round(one.distance_m))} m` : ""].filter(Boolean).join(" · ") || w("unknown")}`));
  formDialog(desk, act, { fields: [...told, verdict.node, reason.node], body: () => (verdict.field.value === "no" && !reason.field.value.trim() ? w("reason") : { passed: verdict.field.value === "yes", ...(reason.field.value.trim() ? { reason: reason.field.value.trim() } : {}) }) });
}
const DIALOGS: Record<string, (desk: Desk, act: string) => unknown> = { assign, "hand-over": handOver, recategorise, move, merge, split, refuse, check, ask: worded("question", "question"), pause: worded("reason", "reason"), reopen: worded("reason", "reason") };

/** Does an act, or opens what asks for the rest of it. */
export async function begin(desk: Desk, act: string): Promise<void> {
  try {
    if (!AT_ONCE.has(act)) { await DIALOGS[act]?.(desk, act); return; }
    const before = desk.work().assignee;
    await sendAct(desk, act, {});
    // Only who handles it can be set back: states move by the table of moves alone.
    const back = desk.work().assignee?.id !== before?.id && desk.work().may.includes("assign") ? () => void sendAct(desk, "assign", { account_id: before?.id ?? null }).catch((problem: unknown) => toast(said(problem))) : undefined;
    toast(`${w("done")} ${actName(act)}`, back);
  } catch (problem) {
    if (problem instanceof Refused && problem.status === 412) {
      openDialog(actName(act), t("close"), meanwhile(problem));
      await desk.reload();
    } else toast(`${w("failed")} ${said(problem)}`);
  }
}
