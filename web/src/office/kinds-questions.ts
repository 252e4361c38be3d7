/** The editor of what a category asks: a group of fields for each question, read back as the server takes them. */
import { h } from "../dom";
import { phrases } from "../i18n";
import { button, field, tick } from "./setting-form";

export interface Option { code: string; vi: string; en: string }
export interface Question { code: string; kind: Kind; vi: string; en: string; required?: boolean; public?: boolean; options?: Option[]; min?: number | string | null; max?: number | string | null }
type Kind = "text" | "number" | "one" | "many" | "date";
const KINDS = ["one", "many", "text", "number", "date"] as const;
const w = phrases({
  vi: { question: "Câu hỏi", code: "Mã", kind: "Kiểu trả lời", one: "chọn một", many: "chọn nhiều", text: "viết chữ", number: "con số", date: "ngày", vi: "Hỏi bằng tiếng Việt", en: "Hỏi bằng tiếng Anh", required: "Bắt buộc", public: "Công khai câu trả lời", options: "Lựa chọn, mỗi dòng: mã | tiếng Việt | tiếng Anh", min: "Từ", max: "Đến", add: "Thêm câu hỏi", remove: "Bỏ câu này", up: "Lên" },
  en: { question: "Question", code: "Code", kind: "Kind of answer", one: "choose one", many: "choose any", text: "words", number: "a number", date: "a day", vi: "Asked in Vietnamese", en: "Asked in English", required: "Has to be answered", public: "The answer is public", options: "Options, one a line: code | Vietnamese | English", min: "From", max: "To", add: "Add a question", remove: "Remove it", up: "Up" },
});
const lines = (options: Option[] | undefined): string => (options ?? []).map((one) => `${one.code} | ${one.vi} | ${one.en}`).join("\n");
const optionsOf = (text: string): Option[] => text.split("\n").filter((line) => line.trim()).map((line) => {
  const [code = "", vi = "", en = ""] = line.split("|").map((part) => part.trim());
  return { code, vi, en: en || vi };
});
function bound(text: string, kind: Kind): number | string | undefined {
  if (!text.trim()) return undefined;
  return kind === "date" ? text.trim() : Number(text);
}

function one(found: Question, changed: () => void): HTMLFieldSetElement {
  const input = (name: string, value: unknown, more: Record<string, string | number | boolean> = {}): HTMLInputElement => h("input", { "data-of": name, value: value === null || value === undefined ? "" : String(value), ...more });
  const kind = h("select", { "data-of": "kind" }, ...KINDS.map((name) => h("option", { value: name, selected: name === found.kind }, w(name))));
  const own: HTMLFieldSetElement = h("fieldset", { class: "question" }, h("legend", {}, w("question")),
    field(w("code"), input("code", found.code, { required: true, maxlength: 40 })), field(w("kind"), kind), field(w("vi"), input("vi", found.vi, { required: true, maxlength: 500 }), true), field(w("en"), input("en", found.en, { required: true, maxlength: 500 }), true),
    field(w("options"), h("textarea", { "data-of": "options", rows: 3 }, lines(found.options)), true), field(w("min"), input("min", found.min)), field(w("max"), input("max", found.max)),
    tick(w("required"), "required", found.required ?? false), tick(w("public"), "public", found.public ?? false),
    h("div", { class: "row wide" }, button(w("up"), () => { own.previousElementSibling?.before(own); changed(); }), button(w("remove"), () => { own.remove(); changed(); })));
  return own;
}
function read(own: Element): Question {
  const of = (name: string): string => own.querySelector<HTMLInputElement>(`[data-of="${name}"]`)?.value ?? "", on = (name: string): boolean => own.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.checked ?? false;
  const kind = of("kind") as Kind, min = bound(of("min"), kind), max = bound(of("max"), kind);
  return { code: of("code").trim(), kind, vi: of("vi").trim(), en: of("en").trim(), required: on("required"), public: on("public"), ...(kind === "one" || kind === "many" ? { options: optionsOf(of("options")) } : {}), ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}
/** The editor, and how its questions are read. */
export function questionsOf(found: Question[], changed: () => void): { node: HTMLElement; read: () => Question[] } {
  const list = h("div", { class: "setting-questions" }, ...found.map((each) => one(each, changed)));
  const node = h("div", { class: "wide" }, list, button(w("add"), () => { list.append(one({ code: "", kind: "one", vi: "", en: "" }, changed)); changed(); }));
  return { node, read: () => [...list.children].map(read) };
}
