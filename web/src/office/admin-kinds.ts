/** Administration: domains and categories, what they are called, whether they are offered, what they ask and tell. */
import { h } from "../dom";
import { phrases } from "../i18n";
import { ask, json, language, toast } from "./desk";
import { type Question, questionsOf } from "./kinds-questions";
import { button, field, form, tick, wrongOf } from "./setting-form";

interface Notice { vi: string; en: string; phone?: string; stops?: boolean }
interface Settings { meaning?: string; near_m: number; near_days: number; asks_urgency: boolean; notice?: Notice; questions: Question[]; answer_photo?: boolean; answer_photo_m?: number; answer_check?: boolean }
interface Kind { code: string; name_vi: string; name_en: string; colour: string; position: number; enabled: boolean }
interface Category extends Kind { domain: string; sensitive: boolean; settings: Settings }
interface Domain extends Kind { categories: Category[] }
interface Form { form: { vi: string[]; en: string[] } }
const w = phrases({
  vi: { kinds: "Lĩnh vực và loại phản ánh", says: "Loại đã có phản ánh thì chỉ tắt được, không xoá được. Mọi thay đổi được ghi nhật ký và hoàn tác được.", nameVi: "Tên tiếng Việt", nameEn: "Tên tiếng Anh", colour: "Màu", position: "Thứ tự", enabled: "Cho gửi phản ánh", sensitive: "Nhạy cảm: không hiện công khai", save: "Lưu", saved: "Đã lưu.", remove: "Xoá", gone: "Đã xoá.", sure: "Xoá {code}?", reveal: "Những gì đã gửi về loại này sẽ thành công khai, cả nơi và nội dung. Đồng ý?", addDomain: "Thêm lĩnh vực", addCategory: "Thêm loại vào lĩnh vực này", code: "Mã", add: "Thêm", off: "đang tắt", form: "Hỏi, nhắc, trùng lặp và yêu cầu khi trả lời", nearM: "Trùng trong phạm vi (m)", nearDays: "Trùng trong (ngày)", meaning: "Từ chung với loại khác (để trống: không)", urgency: "Hỏi có khẩn cấp không", noticeVi: "Lời nhắc tiếng Việt (để trống: không nhắc)", noticeEn: "Lời nhắc tiếng Anh", phone: "Điện thoại", stops: "Không nhận ở đây, chỉ nhắc", photo: "Đóng phải có ảnh chụp tại chỗ, sau khi gửi", photoM: "Ảnh chụp cách không quá (m)", check: "Phụ trách xem trước khi đóng", seen: "Người gửi sẽ thấy", saveForm: "Lưu phần hỏi và nhắc" },
  en: { kinds: "Domains and categories", says: "What was ever reported can be switched off, not deleted. Every change is in the log, and can be undone.", nameVi: "Name in Vietnamese", nameEn: "Name in English", colour: "Colour", position: "Place in the order", enabled: "Can be reported", sensitive: "Sensitive: not shown in public", save: "Save", saved: "Saved.", remove: "Delete", gone: "Deleted.", sure: "Delete {code}?", reveal: "What was reported of it until now becomes public, place and words too. Go on?", addDomain: "Add a domain", addCategory: "Add a category to this domain", code: "Code", add: "Add", off: "switched off", form: "Questions, notice, duplicates, what an answer needs", nearM: "The same within (m)", nearDays: "The same within (days)", meaning: "Word shared with others (empty: none)", urgency: "Ask whether it is urgent", noticeVi: "Notice in Vietnamese (empty: none)", noticeEn: "Notice in English", phone: "Telephone", stops: "Not taken here, only the notice", photo: "A closing needs a photo of the place, taken afterwards", photoM: "The photo is taken within (m)", check: "A supervisor looks before it is closed", seen: "Who reports will see", saveForm: "Save questions and notice" },
});
const API = "/api/v1/admin", WAIT_MS = 400;
const name = (one: Kind): string => (language() === "vi" ? one.name_vi : one.name_en);
const head = (one: Kind): HTMLElement => {
  const dot = h("i");
  dot.style.background = one.colour;
  return h("summary", {}, dot, h("span", one.enabled ? {} : { class: "off" }, name(one)), ` · ${one.code}${one.enabled ? "" : ` (${w("off")})`}`);
};

function looks(one: Kind): HTMLElement[] {
  return [field(w("nameVi"), h("input", { name: "name_vi", value: one.name_vi, required: true, maxlength: 120 })), field(w("nameEn"), h("input", { name: "name_en", value: one.name_en, required: true, maxlength: 120 })),
    field(w("colour"), h("input", { type: "color", name: "colour", value: one.colour })), field(w("position"), h("input", { type: "number", name: "position", min: 0, max: 30000, value: one.position, required: true })), tick(w("enabled"), "enabled", one.enabled)];
}
/** Changes what differs; the toast takes it back. */
async function change(path: string, one: object, given: FormData, ticks: string[], again: () => Promise<void>): Promise<void> {
  const before = one as Record<string, unknown>, wanted: Record<string, unknown> = Object.fromEntries(["name_vi", "name_en", "colour", "position"].map((key) => [key, key === "position" ? Number(given.get(key)) : String(given.get(key))]));
  for (const key of ticks) wanted[key] = given.has(key);
  const changed = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => before[key] !== value));
  if (!Object.keys(changed).length) return;
  if (changed["sensitive"] === false) { if (!confirm(w("reveal"))) return; changed["reveal"] = true; }
  await patch(path, changed, again);
}
async function patch(path: string, body: Record<string, unknown>, again: () => Promise<void>): Promise<void> {
  const done = await ask<{ before: Record<string, unknown> }>(`${API}/${path}`, json("PATCH", body));
  await again();
  toast(w("saved"), () => void patch(path, done.before, again).catch((problem: unknown) => toast(wrongOf(problem))));
}
async function put(path: string, settings: Record<string, unknown>, again: () => Promise<void>): Promise<void> {
  const done = await ask<{ before: Record<string, unknown> }>(`${API}/${path}`, json("PUT", { settings }));
  await again();
  toast(w("saved"), () => void put(path, done.before, again).catch((problem: unknown) => toast(wrongOf(problem))));
}
const away = (path: string, code: string, again: () => Promise<void>): HTMLElement => button(w("remove"), () => void (async () => {
  if (!confirm(w("sure").replace("{code}", code))) return;
  try { await ask(`${API}/${path}`, { method: "DELETE" }); await again(); toast(w("gone")); } catch (problem) { toast(wrongOf(problem)); }
})());

/** What a category asks and tells; what is typed is shown at once as who reports will see it. */
function asks(one: Category, again: () => Promise<void>): HTMLElement {
  const { settings } = one, seen = h("div", { class: "seen-as", role: "status" });
  let timer = 0;
  const later = (): void => { clearTimeout(timer); timer = window.setTimeout(() => void show(), WAIT_MS); };
  const questions = questionsOf(settings.questions, later);
  // What a closing needs, where the server knows of it.
  const closing = settings.answer_photo_m === undefined ? [] : [tick(w("photo"), "answer_photo", settings.answer_photo ?? false), field(w("photoM"), h("input", { type: "number", name: "answer_photo_m", min: 10, max: 5000, value: settings.answer_photo_m, required: true })), tick(w("check"), "answer_check", settings.answer_check ?? false)];
  const read = (given: FormData): Record<string, unknown> => {
    const text = (key: string): string => String(given.get(key) ?? "").trim(), phone = text("phone");
    const notice = text("notice_vi") || text("notice_en") ? { vi: text("notice_vi"), en: text("notice_en"), ...(phone ? { phone } : {}), stops: given.has("stops") } : null;
    return { near_m: Number(given.get("near_m")), near_days: Number(given.get("near_days")), meaning: text("meaning") || null, asks_urgency: given.has("asks_urgency"), notice, questions: questions.read(), ...(closing.length ? { answer_photo: given.has("answer_photo"), answer_photo_m: Number(given.get("answer_photo_m")), answer_check: given.has("answer_check") } : {}) };
  };
  const own = form(w("saveForm"), (given) => put(`categories/${one.code}/settings`, read(given), again),
    field(w("nearM"), h("input", { type: "number", name: "near_m", min: 1, max: 2000, value: settings.near_m, required: true })), field(w("nearDays"), h("input", { type: "number", name: "near_days", min: 1, max: 3650, value: settings.near_days, required: true })), field(w("meaning"), h("input", { name: "meaning", value: settings.meaning ?? "", maxlength: 40 })), tick(w("urgency"), "asks_urgency", settings.asks_urgency),
    field(w("noticeVi"), h("textarea", { name: "notice_vi", rows: 2, maxlength: 500 }, settings.notice?.vi ?? ""), true), field(w("noticeEn"), h("textarea", { name: "notice_en", rows: 2, maxlength: 500 }, settings.notice?.en ?? ""), true), field(w("phone"), h("input", { name: "phone", value: settings.notice?.phone ?? "", maxlength: 20 })), tick(w("stops"), "stops", settings.notice?.stops ?? false), ...closing, questions.node);
  async function show(): Promise<void> {
    try {
      const found = await ask<Form>(`${API}/categories/preview`, json("POST", { settings: read(new FormData(own)) }));
      seen.replaceChildren(h("strong", {}, w("seen")), h("ul", {}, ...found.form[language()].map((line) => h("li", {}, line))));
    } catch (problem) { seen.replaceChildren(h("span", {}, wrongOf(problem))); }
  }
  own.addEventListener("input", later);
  own.addEventListener("change", later);
  const box = h("details", { toggle: () => { if (box.open && !seen.childElementCount) void show(); } }, h("summary", {}, w("form")), own, seen);
  return box;
}
function category(one: Category, again: () => Promise<void>): HTMLElement {
  return h("details", { "data-category": one.code }, head(one),
    form(w("save"), (given) => change(`categories/${one.code}`, one, given, ["enabled", "sensitive"], again), ...looks(one), tick(w("sensitive"), "sensitive", one.sensitive)), asks(one, again), h("div", { class: "row" }, away(`categories/${one.code}`, one.code, again)));
}
function adding(words: string, path: string, more: Record<string, unknown>, again: () => Promise<void>): HTMLElement {
  const text = (label: string, key: string, extra: Record<string, string> = {}): HTMLElement => field(label, h("input", { name: key, required: true, maxlength: 120, ...extra }));
  return h("details", {}, h("summary", {}, words), form(w("add"), async (given) => {
    const body = Object.fromEntries([...given].filter(([, value]) => typeof value === "string" && value).map(([key, value]) => [key, String(value)]));
    await ask(`${API}/${path}`, json("POST", { ...body, ...more }));
    await again();
    toast(w("saved"));
  }, text(w("code"), "code", { pattern: "[a-z0-9]+(-[a-z0-9]+)*" }), text(w("nameVi"), "name_vi"), text(w("nameEn"), "name_en"), ...(path === "domains" ? [field(w("colour"), h("input", { type: "color", name: "colour", value: "#475569" }))] : [])));
}
function domain(one: Domain, again: () => Promise<void>): HTMLElement {
  return h("details", { "data-domain": one.code }, head(one), form(w("save"), (given) => change(`domains/${one.code}`, one, given, ["enabled"], again), ...looks(one)),
    ...one.categories.map((each) => category(each, again)), adding(w("addCategory"), "categories", { domain: one.code }, again), ...(one.categories.length ? [] : [away(`domains/${one.code}`, one.code, again)]));
}

/** Fills a section of the administration. */
export async function section(place: HTMLElement): Promise<void> {
  const list = h("div", { class: "setting-kinds" });
  async function read(): Promise<void> {
    const open = new Set([...list.querySelectorAll<HTMLDetailsElement>("details[open]")].map((one) => one.dataset["category"] ?? one.dataset["domain"]));
    const { domains } = await ask<{ domains: Domain[] }>(`${API}/domains`);
    list.replaceChildren(...domains.map((one) => domain(one, read)), adding(w("addDomain"), "domains", {}, read));
    // What was open stays so: after a change one goes on where one was.
    list.querySelectorAll<HTMLDetailsElement>("[data-domain], [data-category]").forEach((one) => { one.open = open.has(one.dataset["category"] ?? one.dataset["domain"]); });
  }
  place.replaceChildren(h("div", { class: "setting" }, h("h1", {}, w("kinds")), h("p", {}, w("says")), list));
  await read();
}
