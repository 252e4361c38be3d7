/** Photos of a complaint, small; one opens large, and arrows go on. */
import { h, openDialog } from "../dom";
import { instant, number, phrases, t } from "../i18n";
import type { Shot } from "./one-facts";

const w = phrases({
  vi: { photo: "Ảnh", open: "Mở ảnh", photos: "Ảnh của", previous: "Trước", next: "Sau", alike: "Giống ảnh của", taken: "Chụp lúc", away: "m từ vị trí phản ánh", says: "Tệp ảnh cho biết", unknown: "tệp ảnh không ghi", time: "giờ chụp", place: "nơi chụp" },
  en: { photo: "Photo", open: "Open photo", photos: "Photos of", previous: "Previous", next: "Next", alike: "Looks like a photo of", taken: "Taken", away: "m from the place", says: "The file says", unknown: "the file does not say", time: "when it was taken", place: "where it was taken" },
});
/** What the file of a photo says of itself, and what it does not say. */
export function saysOf(one: Shot): string {
  const known = [...(one.taken_at ? [`${w("taken")} ${instant(one.taken_at)}`] : []), ...(typeof one.distance_m === "number" ? [`${number(Math.round(one.distance_m))} ${w("away")}`] : [])];
  const lacks = [...(one.taken_at ? [] : [w("time")]), ...(typeof one.distance_m === "number" ? [] : [w("place")])];
  return [...known, ...(lacks.length ? [`${w("unknown")} ${lacks.join(", ")}`] : [])].join(" · ");
}
function show(photos: readonly Shot[], first: number, of: string, from: HTMLElement): void {
  let at = first;
  const picture = h("img", { class: "large", alt: "" }), count = h("p", { role: "status", class: "source" });
  const draw = (): void => {
    const one = photos[at] as Shot;
    picture.src = one.large;
    picture.alt = `${w("photo")} ${number(at + 1)} · ${of}`;
    count.textContent = [`${number(at + 1)} / ${number(photos.length)}`, saysOf(one), ...(one.alike?.length ? [`${w("alike")} ${one.alike.join(", ")}`] : [])].join(" · ");
  };
  const go = (by: number): void => { at = (at + by + photos.length) % photos.length; draw(); };
  const keys = (event: KeyboardEvent): void => { if (event.key === "ArrowLeft" || event.key === "ArrowRight") go(event.key === "ArrowLeft" ? -1 : 1); };
  draw();
  const dialog = openDialog(`${w("photos")} ${of}`, t("close"), picture, count, ...(photos.length > 1 ? [h("div", { class: "row" }, h("button", { type: "button", click: () => go(-1) }, `← ${w("previous")}`), h("button", { type: "button", click: () => go(1) }, `${w("next")} →`))] : []));
  dialog.addEventListener("keydown", keys);
  dialog.addEventListener("close", () => { dialog.removeEventListener("keydown", keys); from.focus(); }, { once: true });
}
export function photosPart(photos: readonly Shot[], of: string): HTMLElement | null {
  if (!photos.length) return null;
  return h("ul", { class: "thumbs" }, ...photos.map((one, i) => {
    const button: HTMLButtonElement = h("button", { type: "button", "aria-label": `${w("open")} ${number(i + 1)}`, click: () => show(photos, i, of, button) }, h("img", { src: one.small, alt: "", height: 120, loading: "lazy" }));
    return h("li", {}, button);
  }));
}
