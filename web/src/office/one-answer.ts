/** The answer to citizens: template, words, photos, what is still missing, and how it will look. */
import { h } from "../dom";
import { number, phrases } from "../i18n";
import { type Photo, prepare, upload } from "../report/photo";
import { put, read } from "../report/store";
import { whoami } from "./desk";
import { area, type Desk, formDialog } from "./one-acts";
import type { Template } from "./one-facts";
import { drop, keep, kept, type Draft } from "./road-kept";

const w = phrases({
  vi: { template: "Mẫu trả lời", own: "– tự viết –", words: "Trả lời người dân: đã làm gì", camera: "Chụp hoặc chọn ảnh", photo: "Ảnh", remove: "Bỏ", close: "Trả lời và đóng", only: "Chỉ trả lời", preview: "Người dân sẽ thấy", missing: "Chưa đóng được:", short: "cần viết rõ đã làm gì (ít nhất 8 từ)", field: "hãy điền", bare: "mẫu chưa được viết thêm điều gì của việc này", needPhoto: "loại này cần ảnh hiện trạng, chụp sau khi có phản ánh, cách nơi đó không quá {m} m", check: "Sau đó cấp trên kiểm tra rồi mới đóng.", ready: "Đủ để đóng.", sending: "đang tải lên…", waits: "chờ mạng", up: "đã tải lên", saved: "Nháp được giữ trên máy này.", how: "Làm gì với phản ánh" },
  en: { template: "Template", own: "– in your own words –", words: "Answer to citizens: what was done", camera: "Take or choose a photo", photo: "Photo", remove: "Remove", close: "Answer and close", only: "Answer only", preview: "Citizens will see", missing: "It cannot be closed yet:", short: "say what was done (at least 8 words)", field: "fill in", bare: "the template says nothing of this case yet", needPhoto: "this category needs a photo of how it is now, taken after the report within {m} m of the place", check: "A supervisor checks it before it is closed.", ready: "Enough to close it.", sending: "uploading…", waits: "waits for a network", up: "uploaded", saved: "The draft is kept on this device.", how: "What becomes of it" },
});
const LEAST_WORDS = 8, FIELD = /\{([^{}\n]{1,60})\}/g;
const filled = (template: Template | undefined, fields: Record<string, string>): string => (template?.text ?? "").replace(FIELD, (all, name: string) => fields[name.trim()]?.trim() || all);
const blank = (text: string): string => [...new Set(text.match(FIELD) ?? [])].join(", ");
/** Why a closing would be refused; the server decides, this only says it sooner. */
export function missing(text: string, photos: number, template: Template | undefined, fields: Record<string, string>, rules: { photo: boolean; photo_m: number }): string[] {
  return [
    ...(new Set(text.trim().toLowerCase().split(/\s+/)).size < LEAST_WORDS ? [w("short")] : []),
    ...(blank(text) ? [`${w("field")} ${blank(text)}`] : []),
    ...(template && !Object.values(fields).some((one) => one.trim()) && text.trim() === template.text.trim() ? [w("bare")] : []),
    ...(rules.photo && !photos ? [w("needPhoto").replace("{m}", number(rules.photo_m))] : []),
  ];
}
/** Keeps photos of the road with the draft of the answer, and sends them when there is a network. */
export async function addPhotos(account: number, code: string, files: File[]): Promise<Photo[]> {
  const made: Photo[] = [];
  for (const file of files) { const photo = await prepare(file); await put("photo", photo.id, photo); made.push(photo); }
  const draft = (await kept("draft", account, `answer/${code}`)) ?? { text: "", photos: [] };
  await keep("draft", account, `answer/${code}`, { ...draft, photos: [...draft.photos, ...made.map((one) => one.id)] });
  return made;
}
export async function answer(desk: Desk): Promise<void> {
  const account = whoami().id, { code, answer_rules: rules } = desk.work(), key = `answer/${code}`;
  const draft: Draft = (await kept("draft", account, key)) ?? { text: "", photos: [] };
  const fields: Record<string, string> = { ...draft.fields }, photos = new Map<string, Photo>();
  for (const id of draft.photos) { const photo = await read("photo", id); if (photo) photos.set(id, photo); }
  const words = area(w("words"), draft.text), list = h("ul", { class: "answer-photos" }), state = h("div", { role: "status", class: "missing" }), preview = h("blockquote", { class: "body" }), blanks = h("div", {});
  const template = h("select", { id: "answer-template" }, h("option", { value: "" }, w("own")), ...rules.templates.map((one) => h("option", { value: one.code }, one.name)));
  const closing = h("input", { type: "checkbox", id: "answer-close", checked: true });
  const chosen = (): Template | undefined => rules.templates.find((one) => one.code === template.value);
  const save = (): void => { draft.text = words.field.value; draft.photos = [...photos.keys()]; draft.fields = fields; void keep("draft", account, key, draft); };
  const tell = (): void => {
    const lacks = closing.checked ? missing(words.field.value, photos.size, chosen(), fields, rules) : [];
    state.replaceChildren(...(lacks.length ? [h("p", {}, w("missing")), h("ul", {}, ...lacks.map((one) => h("li", {}, one)))] : closing.checked ? [h("p", {}, w("ready"), rules.check ? ` ${w("check")}` : "")] : []), h("small", {}, w("saved")));
    preview.textContent = words.field.value || "…";
  };
  const showPhotos = (): void => list.replaceChildren(...[...photos.values()].map((one, i) => h("li", {}, `${w("photo")} ${number(i + 1)}: ${one.refused ?? w(one.token ? "up" : navigator.onLine ? "sending" : "waits")} `, h("button", { type: "button", click: () => { photos.delete(one.id); save(); showPhotos(); tell(); } }, w("remove")))));
  const bring = (id: string): void => void upload(id).then((one) => photos.has(id) && photos.set(id, one), async () => { const now = await read("photo", id); if (now && photos.has(id)) photos.set(id, now); }).then(showPhotos);
  const file = h("input", { type: "file", accept: "image/*", id: "answer-photo", capture: "environment", change: () => void addPhotos(account, code, [...(file.files ?? [])]).then((made) => { for (const one of made) { photos.set(one.id, one); bring(one.id); } file.value = ""; save(); showPhotos(); tell(); }) });
  // What was made of a template follows its fields; what somebody wrote is only completed.
  let made = "";
  const fill = (whole: boolean): void => {
    if (words.field.value === made) words.field.value = made = filled(chosen(), fields);
    else if (whole) words.field.value = words.field.value.replace(FIELD, (all, name: string) => fields[name.trim()]?.trim() || all);
    save(); tell();
  };
  template.addEventListener("change", () => {
    for (const name of Object.keys(fields)) delete fields[name];
    const own = words.field.value === made ? "" : words.field.value.trim(), begun = filled(chosen(), fields);
    words.field.value = [own, begun].filter(Boolean).join("\n\n");
    made = own ? "" : begun;
    blanks.replaceChildren(...(chosen()?.fields ?? []).map((one) => h("label", { class: "field" }, one.name, h("input", { maxlength: 500, input: (event) => { fields[one.code] = (event.target as HTMLInputElement).value; fill(false); }, change: () => fill(true) }))));
    save(); tell();
  });
  words.field.addEventListener("input", () => { save(); tell(); });
  closing.addEventListener("change", () => { go(); tell(); });
  const go = (): void => { const button = words.field.closest("form")?.querySelector("button[type=submit]"); if (button) button.textContent = w(closing.checked ? "close" : "only"); };
  const before = desk.changed;
  const own: Desk = { ...desk, changed: (now, etag) => { void drop("draft", account, key); before(now, etag); } };
  formDialog(own, "answer", {
    fields: [h("div", { class: "field" }, h("label", { for: "answer-template" }, w("template")), template), blanks, words.node, h("div", { class: "field" }, h("label", { for: "answer-photo" }, w("camera")), file), list, h("label", {}, closing, ` ${w("close")}`), state, h("h3", {}, w("preview")), preview],
    body: () => {
      const lacks = closing.checked ? missing(words.field.value, photos.size, chosen(), fields, rules) : words.field.value.trim() ? [] : [w("words")];
      const tokens = [...photos.values()].map((one) => one.token);
      if (lacks.length) return lacks.join("; ");
      if (tokens.some((one) => !one)) return `${w("photo")}: ${[...photos.values()].find((one) => !one.token)?.refused ?? w("sending")}`;
      return { text: words.field.value.trim(), close: closing.checked, photos: tokens, ...(chosen() ? { template: template.value, fields } : {}) };
    },
  });
  go(); tell(); showPhotos();
  for (const one of photos.values()) if (!one.token && !one.refused && navigator.onLine) bring(one.id);
}
