/** Elements without a framework: text is always text, never markup. */
type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | ((event: Event) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
export const byId = <T extends HTMLElement = HTMLElement>(id: string): T => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found as T;
};

/** Shows content in the page's one dialog; Escape and the button close it. */
export function openDialog(title: string, closeText: string, ...content: Node[]): HTMLDialogElement {
  const dialog = byId<HTMLDialogElement>("dialog");
  const close = h("button", { type: "button", class: "close", "aria-label": closeText, click: () => dialog.close() }, "✕");
  dialog.replaceChildren(h("div", { class: "bar" }, h("h2", { id: "dialog-title" }, title), close), ...content);
  if (!dialog.open) dialog.showModal();
  return dialog;
}
