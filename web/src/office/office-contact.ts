/** Numbers and addresses in a public answer: taken out, or stated to be the office's own. */
import { h } from "../dom";
import { phrases } from "../i18n";
import { Refused } from "../problems";

const w = phrases({
  vi: { stated: "Số này là của cơ quan, được công khai" },
  en: { stated: "This is the office's own, and public" },
});
const FIELD = "office_contact";
/** A tick below what a refusal found in the words; nothing where it is about something else. */
export function contactTick(problem: unknown): HTMLElement | string {
  if (!(problem instanceof Refused) || !problem.errors.some((one) => one.field.endsWith(FIELD))) return "";
  return h("label", { class: "choice" }, h("input", { type: "checkbox", id: "office-contact" }), w("stated"));
}
/** What the body of an answer says of it. */
export const contactStated = (): Record<string, true> => (document.querySelector("dialog[open] #office-contact:checked") ? { [FIELD]: true } : {});
