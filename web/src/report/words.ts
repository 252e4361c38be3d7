import { h } from "../dom";
import { number, phrases } from "../i18n";
import type { Fault, Section, Sheet } from "./draft";

const w = phrases({
  vi: { legend: "Mô tả", label: "Nội dung (điều gì, lúc nào)", hint: "Ví dụ: “Ổ gà sâu trước số 5, đã có người ngã.”", fill: "Hãy viết nội dung.", long: "Nội dung quá dài, hãy bớt # ký tự.", left: "Còn lại:", public: "Ai cũng đọc được nội dung này: đừng ghi số điện thoại, thư điện tử hay giấy tờ của mình hoặc người khác." },
  en: { legend: "In your words", label: "Your words (what, when)", hint: "For example: “Deep pothole in front of number 5, people have fallen.”", fill: "Please write some words.", long: "Too long by # characters.", left: "Left:", public: "Everyone can read these words: leave out telephone numbers, e-mail addresses and papers, yours or others'." },
});
const MOST = 4000;

export function wordsSection(sheet: Sheet): Section {
  const { draft } = sheet;
  const error = h("p", { class: "alert", id: "words-error" });
  const left = h("small", { id: "words-left", "aria-live": "polite" });
  const text = h("textarea", { id: "report-text", rows: 4, required: true, placeholder: w("hint"), "aria-describedby": "words-error words-left words-public", input: () => { sheet.change("text", { text: text.value }); count(); } });
  text.value = draft.text;
  const count = (): void => {
    const over = text.value.length - MOST;
    left.textContent = over > 0 ? w("long").replace("#", number(over)) : over > -MOST / 10 ? `${w("left")} ${number(-over)}` : "";
    if (error.textContent && !fault()) show("");
  };
  const fault = (): string => (!/[\p{L}\p{N}]/u.test(text.value) ? w("fill") : text.value.length > MOST ? w("long").replace("#", number(text.value.length - MOST)) : "");
  function show(message: string): void { error.textContent = message; text.setAttribute("aria-invalid", String(Boolean(message))); }
  count();
  return {
    node: h("fieldset", { id: "part-words" }, h("legend", {}, w("legend")), h("label", { for: "report-text" }, w("label")), text, error, left, h("small", { class: "public", id: "words-public" }, w("public"))),
    check: (): Fault[] => { const message = fault(); show(message); return message ? [{ message, focus: text }] : []; },
  };
}
