import { h } from "./dom";

/** A list to choose from. */
export function choice(id: string, label: string, options: [string, string][], value: string, chosen: (value: string) => void): HTMLElement {
  const select = h("select", { id, change: (event) => chosen((event.target as HTMLSelectElement).value) }, ...options.map(([code, text]) => h("option", { value: code, selected: code === value }, text)));
  return h("div", { class: "field" }, h("label", { for: id }, label), select);
}
/** Buttons of which one is pressed. */
export function chips(label: string, options: [string, string, string?][], value: string, chosen: (value: string) => void): HTMLElement {
  return h("fieldset", {}, h("legend", {}, label), h("div", { class: "chips" }, ...options.map(([code, text, colour]) => {
    const chip = h("button", { type: "button", "aria-pressed": String(code === value), "data-code": code, click: () => chosen(code) }, text);
    if (colour) chip.style.setProperty("--dot", colour);
    return chip;
  })));
}
