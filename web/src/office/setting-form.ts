/** What the sections of administration share: fields, tables, and forms that say what is wrong. */
import { h } from "../dom";
import { Trouble } from "../problems";
import { said } from "./desk";

/** What is wrong: who administers is told the server's own words too where it has them in one language only. */
export function wrongOf(problem: unknown): string {
  const words = said(problem);
  return problem instanceof Trouble && problem.status < 500 && !problem.server.includes(" / ") ? `${words} (${problem.server})` : words;
}

export const field = (label: string, input: HTMLElement, wide = false): HTMLLabelElement => h("label", wide ? { class: "wide" } : {}, label, input);
export const tick = (label: string, name: string, on: boolean): HTMLLabelElement => h("label", { class: "tick" }, h("input", { type: "checkbox", name, checked: on }), label);
export const button = (words: string, click: () => void, attributes: Record<string, string> = {}): HTMLButtonElement => h("button", { type: "button", ...attributes, click }, words);
export function table(label: string, heads: string[], rows: (string | Node)[][]): HTMLElement {
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, h("table", {}, h("thead", {}, h("tr", {}, ...heads.map((one) => h("th", { scope: "col" }, one)))), h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((one) => h("td", {}, one)))))));
}
/** A form that keeps what was typed, and says below it what is wrong. */
export function form(words: string, send: (given: FormData) => Promise<void>, ...fields: HTMLElement[]): HTMLFormElement {
  const wrong = h("p", { role: "alert", class: "wide" }), submit = h("button", { type: "submit", class: "main" }, words);
  const own: HTMLFormElement = h("form", { submit: (event) => {
    event.preventDefault();
    wrong.textContent = "";
    submit.disabled = true;
    void send(new FormData(own)).catch((problem: unknown) => { wrong.textContent = wrongOf(problem); }).finally(() => { submit.disabled = false; });
  } }, ...fields, submit, wrong);
  return own;
}
