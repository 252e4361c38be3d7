import { h } from "../dom";
import { number, phrases } from "../i18n";
import type { Draft, Fault, Section, Sheet } from "./draft";
import { MOST_BYTES, MOST_PHOTOS, onUpload, type Photo, prepare, shareOf, upload } from "./photo";
import { put, read, remove } from "./store";

const w = phrases({
  vi: { legend: "Ảnh (không bắt buộc)", camera: "Chụp ảnh", gallery: "Chọn ảnh", photo: "Ảnh", of: "trong", earlier: "Đưa lên trước", later: "Đưa ra sau", remove: "Bỏ ảnh", most: "Nhiều nhất 5 ảnh: các ảnh còn lại không được thêm.", big: "lớn hơn 20 MB nên không thêm được.", preparing: "Đang chuẩn bị ảnh…", waiting: "Sẽ gửi khi có mạng.", sending: "Đang gửi", ready: "Đã tải lên.", kept: "Đã lưu trên máy.", refused: "Không nhận được ảnh này:", away: "Có ảnh không nhận được. Hãy bỏ ảnh đó hoặc chọn ảnh khác.", removed: "Đã bỏ ảnh.", moved: "Ảnh nay ở vị trí", no: "Không xem trước được, nhưng vẫn gửi được:", noneShown: "Không xem được:", private: "Vị trí, giờ chụp và mọi thông tin ẩn trong ảnh được xoá khỏi ảnh công khai. Tránh chụp rõ mặt người, biển số xe." , count: "Số ảnh:" },
  en: { legend: "Photos (optional)", camera: "Take a photo", gallery: "Choose photos", photo: "Photo", of: "of", earlier: "Move earlier", later: "Move later", remove: "Remove photo", most: "At most 5 photos: the others were not added.", big: "is larger than 20 MB and cannot be added.", preparing: "Preparing the photo…", waiting: "Will be sent when there is a network.", sending: "Sending", ready: "Uploaded.", kept: "Kept on this device.", refused: "This photo is not taken:", away: "A photo is not taken. Remove it or choose another.", removed: "Photo removed.", moved: "The photo is now number", no: "No preview here, but it can be sent:", noneShown: "Cannot be shown:", private: "Place, time and everything else hidden in a photo is removed from what the public sees. Avoid faces and number plates.", count: "Photos:" },
});
const KINDS = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif";

const held = new Map<string, Photo>();
/** The draft's photos in their order, as far as they were read. */
export const photosOf = (draft: Draft): Photo[] => draft.photos.map((id) => held.get(id)).filter((one) => one !== undefined);
export async function readPhotos(draft: Draft): Promise<void> {
  for (const id of draft.photos) { const photo = await read("photo", id); if (photo) held.set(id, photo); }
  draft.photos = draft.photos.filter((id) => held.has(id));
}

/** Up to five photos: previews, order, and how far each is; they go to the server while the rest is written. */
export function photosSection(sheet: Sheet): Section {
  const { draft } = sheet;
  const list = h("ol", { class: "photos", "aria-label": w("legend") });
  const said = h("p", { role: "status", class: "hint", id: "photos-said" });
  const alert = h("p", { class: "alert", id: "photos-alert", role: "alert" });
  const urls = new Map<string, string>(), items = new Map<string, HTMLElement>();
  // One after the other: each decoded photo takes 50 MB and more for a moment.
  let taking: Promise<void> = Promise.resolve();
  const chooser = (id: string, more: Record<string, string | boolean>): HTMLInputElement => h("input", { type: "file", id, accept: KINDS, class: "file", tabindex: "-1", "aria-hidden": "true", change: (event) => {
    const input = event.target as HTMLInputElement, files = [...(input.files ?? [])];
    input.value = "";
    taking = taking.then(() => take(files));
  }, ...more });
  const camera = chooser("photo-camera", { capture: "environment" }), gallery = chooser("photo-gallery", { multiple: true });
  const cameraButton = h("button", { type: "button", id: "take-photo", "aria-describedby": "photos-private", click: () => camera.click() }, `📷 ${w("camera")}`);
  const galleryButton = h("button", { type: "button", id: "choose-photos", "aria-describedby": "photos-private", click: () => gallery.click() }, `🖼 ${w("gallery")}`);
  const node = h("fieldset", { id: "part-photos" }, h("legend", {}, w("legend")), h("div", { class: "row" }, cameraButton, galleryButton, camera, gallery), alert, list, said, h("small", { id: "photos-private" }, w("private")));

  async function take(files: File[]): Promise<void> {
    alert.textContent = "";
    for (const file of files) {
      if (draft.photos.length >= MOST_PHOTOS) { alert.textContent = w("most"); break; }
      if (file.size > MOST_BYTES) { alert.textContent = `${file.name} ${w("big")}`; continue; }
      said.textContent = w("preparing");
      const photo = await prepare(file);
      held.set(photo.id, photo);
      await put("photo", photo.id, photo);
      sheet.change("photos", { photos: [...draft.photos, photo.id] });
      // Asked for once there is something to lose: the browser is not to clear it when room is short.
      void navigator.storage?.persist?.().catch(() => false);
      start(photo.id);
    }
    draw();
    said.textContent = draft.photos.length ? `${w("count")} ${number(draft.photos.length)}` : "";
  }
  function start(id: string): void {
    if (!navigator.onLine || held.get(id)?.token || held.get(id)?.refused) return;
    upload(id).then((photo) => { held.set(id, photo); }, async () => { const now = await read("photo", id); if (now) held.set(id, now); }).then(() => {
      if (draft.photos.includes(id)) sheet.change("photos");
      tell(id);
      announce(id);
    });
  }
  /** Why a photo is not taken is said aloud, and seen, unless that would take somebody away from writing. */
  function announce(id: string): void {
    const photo = held.get(id), at = draft.photos.indexOf(id);
    if (!photo?.refused || at < 0) return;
    alert.textContent = `${w("photo")} ${at + 1} ${w("of")} ${draft.photos.length} (${photo.name}). ${w("refused")} ${photo.refused}`;
    const now = document.activeElement;
    if (!(now instanceof HTMLTextAreaElement) && !(now instanceof HTMLInputElement && now.type !== "file")) items.get(id)?.scrollIntoView({ block: "center" });
  }
  const unseen = (photo: Photo): string => `${w(photo.refused ? "noneShown" : "no")} ${photo.name}`;
  function state(photo: Photo): string {
    const share = shareOf(photo.id);
    if (photo.refused) return `${w("refused")} ${photo.refused}`;
    if (photo.token) return w("ready");
    if (share !== undefined) return `${w("sending")} ${Math.round(share * 100)} %`;
    return navigator.onLine ? w("kept") : `${w("kept")} ${w("waiting")}`;
  }
  function tell(id: string): void {
    const item = items.get(id), photo = held.get(id);
    if (!item || !photo) return;
    const share = shareOf(id), words = item.querySelector(".state-of"), bar = item.querySelector("progress");
    if (words && words.textContent !== state(photo)) words.textContent = state(photo);
    words?.classList.toggle("alert", Boolean(photo.refused));
    if (bar) { bar.hidden = share === undefined; bar.value = share ?? 0; }
    const hidden = item.querySelector(".no-preview");
    if (hidden) hidden.textContent = unseen(photo);
    item.classList.toggle("refused", Boolean(photo.refused));
  }
  function move(id: string, by: number): void {
    const photos = [...draft.photos], at = photos.indexOf(id), to = at + by;
    if (to < 0 || to >= photos.length) return;
    photos.splice(at, 1);
    photos.splice(to, 0, id);
    sheet.change("photos", { photos });
    draw();
    const buttons = items.get(id)?.querySelectorAll<HTMLButtonElement>(".move");
    const same = buttons?.[by < 0 ? 0 : 1];
    (same && !same.disabled ? same : buttons?.[by < 0 ? 1 : 0])?.focus();
    said.textContent = `${w("moved")} ${to + 1}`;
  }
  function drop(id: string): void {
    sheet.change("photos", { photos: draft.photos.filter((one) => one !== id) });
    void remove("photo", id);
    held.delete(id);
    URL.revokeObjectURL(urls.get(id) ?? "");
    urls.delete(id);
    alert.textContent = "";
    draw();
    (draft.photos.length ? list.querySelector<HTMLElement>(".remove") : galleryButton)?.focus();
    said.textContent = w("removed");
  }
  function draw(): void {
    items.clear();
    const photos = photosOf(draft);
    cameraButton.disabled = galleryButton.disabled = photos.length >= MOST_PHOTOS;
    list.replaceChildren(...photos.map((photo, i) => {
      const name = `${w("photo")} ${i + 1} ${w("of")} ${photos.length}`;
      if (!urls.has(photo.id)) urls.set(photo.id, URL.createObjectURL(photo.file));
      const picture = h("img", { src: urls.get(photo.id) ?? "", alt: name, width: 96, height: 96 });
      // HEIC on most browsers: what cannot be shown can be sent all the same.
      picture.addEventListener("error", () => picture.replaceWith(h("span", { class: "no-preview" }, unseen(held.get(photo.id) ?? photo))), { once: true });
      const item = h("li", { "data-photo": photo.id }, picture,
        h("div", { class: "photo-words" }, h("strong", {}, name), h("small", { class: "state-of", role: "status" }), h("progress", { max: 1, value: 0, hidden: true, "aria-label": `${w("sending")}: ${name}` }),
          h("div", { class: "row" },
            h("button", { type: "button", class: "move", "aria-label": `${w("earlier")}: ${name}`, disabled: i === 0, click: () => move(photo.id, -1) }, "↑"),
            h("button", { type: "button", class: "move", "aria-label": `${w("later")}: ${name}`, disabled: i === photos.length - 1, click: () => move(photo.id, 1) }, "↓"),
            h("button", { type: "button", class: "remove", "aria-label": `${w("remove")}: ${name}`, click: () => drop(photo.id) }, w("remove")))));
      items.set(photo.id, item);
      return item;
    }));
    photos.forEach((photo) => tell(photo.id));
  }
  const stop = onUpload((id) => tell(id));
  const online = (): void => { for (const id of draft.photos) start(id); };
  addEventListener("online", online);
  draw();
  online();
  return {
    node,
    check: (): Fault[] => {
      const bad = photosOf(draft).find((one) => one.refused);
      return bad ? [{ message: `${w("away")} ${bad.refused ?? ""}`.trim(), focus: items.get(bad.id)?.querySelector<HTMLElement>(".remove") ?? galleryButton }] : [];
    },
    leave: () => { stop(); removeEventListener("online", online); urls.forEach((url) => URL.revokeObjectURL(url)); },
  };
}
