import { h, openDialog } from "../dom";
import { number, t } from "../i18n";
import type { Photo } from "./facts";
import { w } from "./words";

/** One picture after the other, large; arrows go on, Escape and Back close. */
function show(photos: readonly Photo[], first: number, of: string, from: HTMLElement): void {
  let at = first;
  const picture = h("img", { class: "large", alt: "" }), count = h("p", { role: "status", class: "source" });
  const go = (by: number): void => { at = (at + by + photos.length) % photos.length; draw(); };
  const draw = (): void => {
    const one = photos[at] as Photo;
    picture.src = one.large;
    picture.width = one.width;
    picture.height = one.height;
    picture.alt = `${w("photo")} ${number(at + 1)} ${of}`;
    count.textContent = `${w("photo")} ${number(at + 1)} / ${number(photos.length)}`;
  };
  const steps = photos.length > 1 ? [h("div", { class: "row" }, h("button", { type: "button", click: () => go(-1) }, `← ${w("previous")}`), h("button", { type: "button", click: () => go(1) }, `${w("next")} →`))] : [];
  const keys = (event: KeyboardEvent): void => { if (photos.length > 1 && (event.key === "ArrowLeft" || event.key === "ArrowRight")) go(event.key === "ArrowLeft" ? -1 : 1); };
  draw();
  const dialog = openDialog(`${w("photos")} ${of}`, t("close"), h("div", { class: "viewer" }, picture), count, ...steps);
  dialog.classList.add("wide");
  addEventListener("keydown", keys);
  dialog.addEventListener("close", () => { dialog.classList.remove("wide"); removeEventListener("keydown", keys); from.focus(); }, { once: true });
}

/** Small pictures that open; `of` says whose they are. */
export function photoRow(photos: readonly Photo[], of: string): HTMLElement | null {
  if (!photos.length) return null;
  return h("ul", { class: "photos" }, ...photos.map((one, i) => {
    // The size holds the place while a slow line brings the picture.
    const height = 132, width = Math.min(Math.round((height * one.width) / Math.max(one.height, 1)), 240);
    const button: HTMLButtonElement = h("button", { type: "button", "aria-label": `${w("openPhoto")} ${number(i + 1)} ${of}`, click: () => show(photos, i, of, button) }, h("img", { src: one.small, alt: "", width, height, loading: "lazy", decoding: "async" }));
    return h("li", {}, button);
  }));
}
