import type { Category, Question } from "../api";
import { h } from "../dom";
import { named, phrases } from "../i18n";
import type { Answer, Fault, Sheet } from "./draft";

const w = phrases({
  vi: { optional: "không bắt buộc", choose: "Chọn một", fill: "Hãy trả lời:", number: "Hãy ghi một số", from: "từ", to: "đến", date: "Hãy ghi một ngày", public: "Câu trả lời này ai cũng đọc được." },
  en: { optional: "optional", choose: "Choose one", fill: "Please answer:", number: "Write a number", from: "from", to: "to", date: "Write a date", public: "Everyone can read this answer." },
});
const LONGEST = 500;
const idOf = (question: Question): string => `answer-${question.code}`;

interface Field { node: HTMLElement; first: HTMLElement; read(): Answer | undefined; fault(): string }
function range({ min, max }: Question): string { return [min === undefined ? "" : `${w("from")} ${min}`, max === undefined ? "" : `${w("to")} ${max}`].filter(Boolean).join(" "); }

function field(question: Question, answer: Answer | undefined, changed: () => void): Field {
  const id = idOf(question);
  const title = `${named(question)}${question.required ? "" : ` (${w("optional")})`}`;
  const said = question.public ? h("small", { id: `${id}-public` }, w("public")) : null;
  const error = h("p", { class: "alert", id: `${id}-error` });
  const described = `${id}-error${said ? ` ${id}-public` : ""}`;
  const options = question.options ?? [];
  // Few are all seen at once; many, and several at a time, would be long on a phone.
  if (question.kind === "many" || (question.kind === "one" && options.length <= 6)) {
    const type = question.kind === "many" ? "checkbox" : "radio", chosen = Array.isArray(answer) ? answer : [answer];
    const inputs = options.map((one) => h("input", { type, name: id, value: one.code, checked: chosen.includes(one.code), "aria-describedby": described, change: changed }));
    const node = h("fieldset", { class: "question", id }, h("legend", {}, title), ...options.map((one, i) => h("label", { class: "choice" }, inputs[i] as Node, h("span", {}, named(one)))), said, error);
    const ticked = (): string[] => inputs.filter((one) => one.checked).map((one) => one.value);
    return { node, first: inputs[0] ?? node, read: () => (question.kind === "many" ? (ticked().length ? ticked() : undefined) : ticked()[0]), fault: () => (question.required && !ticked().length ? `${w("fill")} ${named(question)}` : "") };
  }
  const attributes = { id, "aria-describedby": described, required: Boolean(question.required), ...(question.min === undefined ? {} : { min: question.min }), ...(question.max === undefined ? {} : { max: question.max }) };
  const input = question.kind === "one"
    ? h("select", { id, "aria-describedby": described, required: Boolean(question.required), change: changed }, h("option", { value: "" }, w("choose")), ...options.map((one) => h("option", { value: one.code, selected: one.code === answer }, named(one))))
    : question.kind === "number" ? h("input", { ...attributes, type: "number", step: "any", inputmode: "decimal", input: changed })
    : question.kind === "date" ? h("input", { ...attributes, type: "date", input: changed })
    : h("input", { id, "aria-describedby": described, required: Boolean(question.required), type: "text", maxlength: typeof question.max === "number" ? question.max : LONGEST, input: changed });
  if (answer !== undefined) input.value = String(answer);
  const node = h("div", { class: "field question" }, h("label", { for: id }, title), input, said, error);
  const read = (): Answer | undefined => { const value = input.value.trim(); return value === "" ? undefined : question.kind === "number" ? Number(value) : value; };
  const fault = (): string => {
    if (input instanceof HTMLInputElement && (input.validity.badInput || input.validity.rangeOverflow || input.validity.rangeUnderflow)) return `${named(question)}: ${w(question.kind === "date" ? "date" : "number")} ${range(question)}`.trim();
    return question.required && read() === undefined ? `${w("fill")} ${named(question)}` : "";
  };
  return { node, first: input, read, fault };
}

/** The category's own questions; answers go into the draft as they are given. */
export function questionsOf(sheet: Sheet, category: Category): { node: HTMLElement; check(): Fault[]; wrong(code: string, message: string): HTMLElement | null } {
  const fields = (category.questions ?? []).map((question) => ({ question, field: field(question, sheet.draft.answers[question.code], gather) }));
  function gather(): void {
    const answers: Record<string, Answer> = {};
    for (const { question, field: one } of fields) {
      const answer = one.read();
      if (answer !== undefined) answers[question.code] = answer;
      if (!one.fault()) show(one, "");
    }
    sheet.change("other", { answers });
  }
  function show(of: Field, message: string): void {
    const error = of.node.querySelector(".alert");
    if (error) error.textContent = message;
    for (const one of of.node.querySelectorAll("input, select")) one.setAttribute("aria-invalid", String(Boolean(message)));
  }
  return {
    node: h("div", { class: "questions" }, ...fields.map((one) => one.field.node)),
    check: () => fields.flatMap(({ field: one }) => { const message = one.fault(); show(one, message); return message ? [{ message, focus: one.first }] : []; }),
    wrong: (code, message) => { const found = fields.find((one) => one.question.code === code)?.field; if (found) show(found, message); return found?.first ?? null; },
  };
}
