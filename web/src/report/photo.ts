import { captured, withSegment } from "./exif";
import { device, randomToken } from "./device";
import { Refused, Trouble } from "../problems";
import { put, read } from "./store";

/** A photo on this device: as it will be sent, and what the server said of it. */
export interface Photo {
  id: string; name: string;
  /** What is sent: made smaller where the browser can, else the file as it was chosen. */
  file: Blob;
  /** Where it was taken, as the file or the server tells; kept private. */
  position: [lon: number, lat: number] | null;
  key: string;
  /** The server's token of an upload that is complete. */
  token?: string;
  refused?: string;
}
export const MOST_PHOTOS = 5;
export const MOST_BYTES = 20 * 2 ** 20;
const SIDE_PX = 2048, QUALITY = 0.85;
// A file as small as this goes as it is: making it smaller would save little and cost sharpness.
const SMALL_BYTES = 700_000;

/** As large as a screen shows it; null where this browser cannot read the picture (HEIC on most). */
async function shrunk(file: Blob): Promise<Blob | null> {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE_PX / Math.max(picture.width, picture.height));
    if (scale === 1 && file.size <= SMALL_BYTES) { picture.close(); return file; }
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    if (!pen) return null;
    // JPEG has no transparency: what shows through is white, not black.
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  } catch { return null; }
}
/** Makes a chosen file ready to be kept and sent. */
export async function prepare(file: File): Promise<Photo> {
  const capture = captured(await file.slice(0, 262_144).arrayBuffer());
  const smaller = await shrunk(file);
  const sent = smaller && smaller !== file && smaller.size < file.size ? withSegment(smaller, capture.segment) : file;
  // A File is a handle to something the phone may delete: the bytes themselves are kept.
  const kept = sent === file ? new Blob([await file.arrayBuffer()], { type: file.type }) : sent;
  return { id: randomToken(), name: file.name, file: kept, position: capture.position, key: randomToken() };
}

interface Uploaded { photo: string; position?: [number, number] | null }
// A connection on which nothing moves for this long is gone.
const STILL_MS = 45_000;
function send(photo: Photo, progress: (share: number) => void, signal?: AbortSignal): Promise<Uploaded> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const still = (): void => { clearTimeout(timer); timer = window.setTimeout(() => request.abort(), STILL_MS); };
    const gone = (): void => { clearTimeout(timer); failed(new TypeError("the network is away")); };
    request.open("POST", "/api/v1/photos");
    request.responseType = "text";
    request.setRequestHeader("Content-Type", photo.file.type || "application/octet-stream");
    request.setRequestHeader("Idempotency-Key", photo.key);
    request.setRequestHeader("X-Device", device());
    request.upload.onprogress = (event) => { still(); if (event.lengthComputable) progress(event.loaded / event.total); };
    request.onload = () => {
      clearTimeout(timer);
      let said: unknown = null;
      try { said = JSON.parse(request.responseText); } catch { /* not the service: something between */ }
      const kind = request.status < 500 && request.status !== 429 && request.status !== 408 ? Refused : Trouble;
      if (request.status >= 200 && request.status < 300 && said && typeof (said as Uploaded).photo === "string") done(said as Uploaded);
      else failed(new kind(request.status, (said ?? {}) as never, Number(request.getResponseHeader("Retry-After")) || 0));
    };
    request.onerror = request.onabort = request.ontimeout = gone;
    signal?.addEventListener("abort", () => request.abort());
    still();
    request.send(photo.file);
  });
}

const under = new Map<string, { share: number; done: Promise<Photo> }>();
const watchers = new Set<(id: string) => void>();
/** Hears of every step of every upload; returns how to stop. */
export function onUpload(watcher: (id: string) => void): () => void { watchers.add(watcher); return () => watchers.delete(watcher); }
/** How much of a photo is over there: 0 to 1 while it goes, undefined while it does not. */
export const shareOf = (id: string): number | undefined => under.get(id)?.share;
const tell = (id: string): void => watchers.forEach((one) => one(id));

// One after the other: on a thin line five at once are five that fail.
let last: Promise<unknown> = Promise.resolve();
/** Brings a photo to the server once, whoever asks; a refused one is kept with the reason. */
export function upload(id: string): Promise<Photo> {
  const running = under.get(id);
  if (running) return running.done;
  const step = { share: 0, done: last.then(() => one(id)) };
  under.set(id, step);
  const ended = (): void => { under.delete(id); tell(id); };
  step.done.then(ended, ended);
  last = step.done.catch(() => null);
  tell(id);
  return step.done;

  async function one(photoId: string): Promise<Photo> {
    const photo = await read("photo", photoId);
    if (!photo) throw new Error("no such photo");
    if (photo.token) return photo;
    try {
      const said = await send(photo, (share) => { step.share = share; tell(photoId); });
      photo.token = said.photo;
      photo.position ??= said.position ?? null;
      delete photo.refused;
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      photo.refused = problem.spoken;
      await put("photo", photoId, photo);
      throw problem;
    }
    await put("photo", photoId, photo);
    return photo;
  }
}
