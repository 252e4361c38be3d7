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

// The dialog is a step of the browser's history: Back closes it, or goes back to what it showed before.
interface Step { dialog?: number }
const depth = (): number => (history.state as Step | null)?.dialog ?? 0;
const below: { nodes: Node[]; scroll: number; focus: Element | null }[] = [];
let byBack = false, leaving = false, moves = 0;
/** Changes with every step: an answer that comes after one must not replace what is shown by then. */
export const moment = (): number => moves;

function theDialog(): HTMLDialogElement {
  const dialog = byId<HTMLDialogElement>("dialog");
  if (!dialog.dataset["known"]) {
    dialog.dataset["known"] = "yes";
    dialog.addEventListener("close", () => {
      moves++;
      below.length = 0;
      if (!byBack && depth()) { leaving = true; history.go(-depth()); }
      byBack = false;
    });
  }
  return dialog;
}
addEventListener("popstate", (event) => {
  const dialog = theDialog();
  if (leaving) {
    // Not a step of the reader's: what is shown stays, and the address says it.
    leaving = false;
    event.stopImmediatePropagation();
    dispatchEvent(new Event("settled"));
    return;
  }
  if (!dialog.open) return;
  if (!depth()) { byBack = true; dialog.close(); return; }
  while (below.length > depth()) below.pop();
  const before = below.pop();
  if (!before) return;
  moves++;
  dialog.replaceChildren(...before.nodes);
  dialog.scrollTop = before.scroll;
  if (before.focus instanceof HTMLElement) before.focus.focus();
}, { capture: true });

/** Shows content in the page's one dialog; Escape, the button and Back close it. */
export function openDialog(title: string, closeText: string, ...content: Node[]): HTMLDialogElement {
  const dialog = theDialog();
  const close = h("button", { type: "button", class: "close", "aria-label": closeText, click: () => dialog.close() }, "✕");
  const back = below.length ? [h("button", { type: "button", class: "close", id: "dialog-back", "aria-label": dialog.dataset["back"] ?? "", click: () => history.back() }, "←")] : [];
  dialog.replaceChildren(h("div", { class: "bar" }, ...back, h("h2", { id: "dialog-title" }, title), close), ...content);
  if (!dialog.open) {
    dialog.showModal();
    history.pushState({ dialog: 1 } satisfies Step, "", location.href);
  }
  if (!dialog.contains(document.activeElement)) close.focus();
  return dialog;
}
/** What the dialog shows now is kept; what it shows next has a way back to it. */
export function deeper(backText: string): void {
  const dialog = theDialog();
  if (!dialog.open) return;
  moves++;
  dialog.dataset["back"] = backText;
  below.push({ nodes: [...dialog.childNodes], scroll: dialog.scrollTop, focus: document.activeElement });
  history.pushState({ dialog: below.length + 1 } satisfies Step, "", location.href);
}
