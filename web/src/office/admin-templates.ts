/** Administration: templates of answers, and the grounds of refusals. */
import "./admin-deadlines.css";
import type { Domain } from "../api";
import { h } from "../dom";
import { named, phrases } from "../i18n";
import { ask, json, said, toast } from "./desk";
import { readDomains } from "./one-facts";

interface Template { id: number; name: string; domain: string | null; category: string | null; language: "vi" | "en"; text: string; fields: string[] }
interface Ground { code: string; vi: string; en: string; law: string; enabled: boolean; shipped: boolean }

const w = phrases({
  vi: { templates: "Mẫu trả lời", says: "Chỗ cần điền viết trong ngoặc nhọn, ví dụ {việc đã làm}. Mẫu chưa điền, hoặc không có lời riêng, không đóng được phản ánh.", name: "Tên mẫu", for: "Dùng cho", all: "Tất cả", text: "Nội dung", fields: "Chỗ cần điền", language: "Ngôn ngữ", add: "Thêm mẫu", change: "Sửa", save: "Lưu", remove: "Xóa", cancel: "Thôi", none: "Chưa có mẫu nào.", done: "Đã lưu.", gone: "Đã xóa.", sure: "Xóa hẳn?", grounds: "Căn cứ từ chối", groundSays: "Danh sách có sẵn chỉ để bắt đầu: hãy xác nhận với bộ phận pháp chế, rồi lưu lại từng căn cứ.", code: "Mã", law: "Văn bản", vi: "Tiếng Việt", en: "Tiếng Anh", state: "Tình trạng", shipped: "có sẵn, chưa xác nhận", own: "đã xác nhận", off: "không dùng", addGround: "Thêm căn cứ", stop: "Thôi dùng" },
  en: { templates: "Templates of answers", says: "What is to be filled is a name in braces, as {work done}. A template that is not filled, or has no words of one's own, closes nothing.", name: "Name", for: "For", all: "All", text: "Words", fields: "To be filled", language: "Language", add: "Add a template", change: "Change", save: "Save", remove: "Remove", cancel: "Cancel", none: "There is no template yet.", done: "Saved.", gone: "Removed.", sure: "Remove it for good?", grounds: "Grounds of refusals", groundSays: "The shipped list is a beginning: confirm each with your lawyers, and save it.", code: "Code", law: "Law or rule", vi: "Vietnamese", en: "English", state: "State", shipped: "as shipped, not confirmed", own: "confirmed", off: "not in use", addGround: "Add a ground", stop: "Use no more" },
});
const API = "/api/v1/admin";
const field = (label: string, input: HTMLElement, wide = false): HTMLElement => h("label", wide ? { class: "wide" } : {}, label, input);
const table = (heads: string[], rows: (string | Node)[][]): HTMLElement =>
  h("div", { class: "scroll", tabindex: 0 }, h("table", {}, h("thead", {}, h("tr", {}, ...heads.map((one) => h("th", { scope: "col" }, one)))), h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((one) => h("td", {}, one)))))));

/** A form that says what is wrong below it, and keeps what was typed. */
function form(send: () => Promise<void>, words: string, ...fields: HTMLElement[]): HTMLFormElement {
  const wrong = h("p", { role: "alert", class: "wide" });
  return h("form", { submit: (event) => {
    event.preventDefault();
    wrong.textContent = "";
    void send().then(() => toast(w("done")), (problem: unknown) => { wrong.textContent = said(problem); });
  } }, ...fields, h("button", { type: "submit" }, words), wrong);
}

function scopes(domains: Domain[]): HTMLSelectElement {
  return h("select", { name: "scope" }, h("option", { value: "" }, w("all")), ...domains.flatMap((one) => [h("option", { value: `domain:${one.code}` }, named(one.name)), ...one.categories.map((each) => h("option", { value: `category:${each.code}` }, `${named(one.name)} · ${named(each.name)}`))]));
}

async function templates(place: HTMLElement, changed?: Template): Promise<void> {
  const [{ templates: all }, domains] = await Promise.all([ask<{ templates: Template[] }>(`${API}/templates`), readDomains()]);
  const scope = scopes(domains), name = h("input", { name: "name", required: true, maxlength: 120, value: changed?.name ?? "" });
  const language = h("select", { name: "language" }, h("option", { value: "vi" }, w("vi")), h("option", { value: "en" }, w("en")));
  const text = h("textarea", { name: "text", required: true, rows: 6, maxlength: 4000 });
  text.value = changed?.text ?? "";
  language.value = changed?.language ?? "vi";
  scope.value = changed?.category ? `category:${changed.category}` : changed?.domain ? `domain:${changed.domain}` : "";
  const send = async (): Promise<void> => {
    const [kind, code] = scope.value.split(":"), body = { name: name.value, text: text.value, language: language.value, ...(kind && code ? { [kind]: code } : {}) };
    await ask(`${API}/templates${changed ? `/${changed.id}` : ""}`, json(changed ? "PUT" : "POST", body));
    await templates(place);
  };
  const nameOf = (one: Template): string => ([...scope.options].find((each) => each.value === (one.category ? `category:${one.category}` : one.domain ? `domain:${one.domain}` : "")) ?? scope.options[0])?.textContent ?? "";
  const remove = (one: Template): void => {
    if (!confirm(`${one.name}: ${w("sure")}`)) return;
    void ask(`${API}/templates/${one.id}`, { method: "DELETE" }).then(() => { toast(w("gone")); return templates(place); }).catch((problem: unknown) => toast(said(problem)));
  };
  place.replaceChildren(h("h2", {}, w("templates")), h("p", {}, w("says")),
    all.length ? table([w("name"), w("for"), w("fields"), w("text"), ""], all.map((one) => [one.name, nameOf(one), one.fields.join(", ") || "–", one.text, h("span", { class: "row" }, h("button", { type: "button", "aria-label": `${w("change")}: ${one.name}`, click: () => void templates(place, one).then(() => place.querySelector("input")?.focus()) }, w("change")), h("button", { type: "button", "aria-label": `${w("remove")}: ${one.name}`, click: () => remove(one) }, w("remove")))])) : h("p", {}, w("none")),
    h("h3", {}, changed ? `${w("change")}: ${changed.name}` : w("add")),
    form(send, w("save"), field(w("name"), name), field(w("for"), scope), field(w("language"), language), field(w("text"), text, true)),
    ...(changed ? [h("button", { type: "button", click: () => void templates(place) }, w("cancel"))] : []));
}

async function grounds(place: HTMLElement, changed?: Ground): Promise<void> {
  const { grounds: all } = await ask<{ grounds: Ground[] }>(`${API}/grounds`);
  const line = (name: "code" | "vi" | "en" | "law"): HTMLInputElement => h("input", { name, required: true, maxlength: 500, value: changed?.[name] ?? "", ...(name === "code" ? { pattern: "[a-z0-9]+(-[a-z0-9]+)*", readonly: Boolean(changed) } : {}) });
  const [code, vi, en, law] = [line("code"), line("vi"), line("en"), line("law")];
  const send = async (): Promise<void> => {
    await ask(`${API}/grounds/${encodeURIComponent(code.value.trim())}`, json("PUT", { vi: vi.value, en: en.value, law: law.value }));
    await grounds(place);
  };
  const stop = (one: Ground): void => void ask(`${API}/grounds/${one.code}`, { method: "DELETE" }).then(() => { toast(w("done")); return grounds(place); }).catch((problem: unknown) => toast(said(problem)));
  place.replaceChildren(h("h2", {}, w("grounds")), h("p", {}, w("groundSays")),
    table([w("vi"), w("en"), w("law"), w("state"), ""], all.map((one) => [one.vi, one.en, one.law, w(!one.enabled ? "off" : one.shipped ? "shipped" : "own"), h("span", { class: "row" }, h("button", { type: "button", "aria-label": `${w("change")}: ${one.vi}`, click: () => void grounds(place, one).then(() => place.querySelectorAll("input")[1]?.focus()) }, w("change")), ...(one.enabled ? [h("button", { type: "button", "aria-label": `${w("stop")}: ${one.vi}`, click: () => stop(one) }, w("stop"))] : []))])),
    h("h3", {}, changed ? `${w("change")}: ${changed.code}` : w("addGround")),
    form(send, w("save"), field(w("code"), code), field(w("vi"), vi), field(w("en"), en), field(w("law"), law)),
    ...(changed ? [h("button", { type: "button", click: () => void grounds(place) }, w("cancel"))] : []));
}

/** Fills a section of the administration. */
export async function section(place: HTMLElement): Promise<void> {
  const parts = [h("section"), h("section")] as const;
  place.replaceChildren(h("div", { class: "deadlines templates" }, ...parts));
  await Promise.all([templates(parts[0]), grounds(parts[1])]);
}
