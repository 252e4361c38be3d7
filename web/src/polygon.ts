import type { GeoJSONSource, Map as MapView } from "maplibre-gl";
import "./analysis.css";
import { h } from "./dom";
import { number, phrases } from "./i18n";

export type Corner = [number, number];
export const LEAST = 3, MOST = 200;
const w = phrases({
  vi: { draw: "Vẽ vùng", how: "Chạm để đặt từng góc; chạm góc đầu hoặc chạm đúp để đóng.", keys: "Bàn phím: mũi tên dời bản đồ, phím cách đặt góc ở dấu +, Enter đóng, Backspace bỏ góc cuối, Escape thôi.", add: "Đặt góc ở dấu +", undo: "Bỏ góc cuối", done: "Xong", cancel: "Thôi", corners: "góc", crosses: "Cạnh này cắt một cạnh khác. Hãy đặt góc ở chỗ khác.", closing: "Cạnh nối về góc đầu cắt một cạnh khác. Hãy bỏ góc cuối hoặc đặt thêm góc.", least: "Cần ít nhất 3 góc.", most: "Nhiều nhất 200 góc.", same: "Góc này trùng với một góc đã có." },
  en: { draw: "Draw a shape", how: "Tap to set each corner; tap the first corner or tap twice to close.", keys: "Keyboard: arrows move the map, Space sets a corner at the +, Enter closes, Backspace removes the last, Escape cancels.", add: "Corner at the +", undo: "Remove the last", done: "Done", cancel: "Cancel", corners: "corners", crosses: "This side would cross another. Set the corner elsewhere.", closing: "The side back to the first corner would cross another. Remove the last corner or add one.", least: "At least 3 corners are needed.", most: "At most 200 corners.", same: "This corner is one that is already there." },
});

/** `lon,lat;lon,lat;...` with five decimals, about a metre. */
export const written = (corners: readonly Corner[]): string => corners.map(([lon, lat]) => `${lon.toFixed(5)},${lat.toFixed(5)}`).join(";");
export const read = (text: string): Corner[] => text.split(";").map((pair) => pair.split(",").map(Number) as Corner);

/** Twice the signed area of a triangle: its sign says on which side of ab the point c lies. */
const side = (a: Corner, b: Corner, c: Corner): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const within = (a: Corner, b: Corner, c: Corner): boolean => Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1]);
/** Whether two segments share a point, ends included. */
export function meet(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const [p, q, r, s] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (p * q < 0 && r * s < 0) return true;
  return (p === 0 && within(a, b, c)) || (q === 0 && within(a, b, d)) || (r === 0 && within(c, d, a)) || (s === 0 && within(c, d, b));
}
/** Whether the side from the last corner to `next` meets an earlier one, or folds back over the last. */
export function crosses(corners: readonly Corner[], next: Corner): boolean {
  const last = corners.at(-1), before = corners.at(-2);
  if (!last || !before) return false;
  if (side(before, last, next) === 0 && (within(last, next, before) || within(before, last, next))) return true;
  return corners.slice(0, -2).some((corner, i) => meet(corner, corners[i + 1] as Corner, last, next));
}
/** Whether the side back to the first corner meets another. */
export function closesBadly(corners: readonly Corner[]): boolean {
  const first = corners[0], last = corners.at(-1);
  if (!first || !last || corners.length < LEAST) return true;
  const [second, before] = [corners[1] as Corner, corners.at(-2) as Corner];
  if (side(before, last, first) === 0 && (within(last, first, before) || within(before, last, first))) return true;
  if (side(last, first, second) === 0 && (within(first, second, last) || within(last, first, second))) return true;
  return corners.slice(1, -2).some((corner, i) => meet(corner, corners[i + 2] as Corner, last, first));
}
/** Area on a sphere of the mean Earth radius, in km²; for shapes of a city the plane error is far below what is shown. */
export function areaKm2(corners: readonly Corner[]): number {
  const radius_km = 6371.0088, middle = Math.cos(((corners[0]?.[1] ?? 0) * Math.PI) / 180), degree = (radius_km * Math.PI) / 180;
  const plane = corners.map(([lon, lat]): Corner => [lon * degree * middle, lat * degree]);
  return Math.abs(plane.reduce((sum, [x, y], i) => { const [x2, y2] = plane[(i + 1) % plane.length] as Corner; return sum + x * y2 - x2 * y; }, 0)) / 2;
}

const SOURCE = "shape";
/** The shape on the map: an outline, and its corners while it is drawn. */
export function outline(map: MapView, corners: readonly Corner[], open = false): void {
  const line = corners.length > 1 ? [{ type: "Feature" as const, properties: {}, geometry: { type: "LineString" as const, coordinates: open || corners.length < 3 ? [...corners] : [...corners, corners[0] as Corner] } }] : [];
  const points = open ? corners.map((corner, i) => ({ type: "Feature" as const, properties: { first: i === 0 }, geometry: { type: "Point" as const, coordinates: corner } })) : [];
  const shapes = { type: "FeatureCollection" as const, features: [...line, ...points] };
  const source = map.getSource<GeoJSONSource>(SOURCE);
  if (source) { source.setData(shapes); return; }
  if (!corners.length) return;
  map.addSource(SOURCE, { type: "geojson", data: shapes });
  // White under blue is seen on any colour of the layers below.
  map.addLayer({ id: "shape-casing", type: "line", source: SOURCE, paint: { "line-color": "#ffffff", "line-width": 6 } });
  map.addLayer({ id: "shape", type: "line", source: SOURCE, paint: { "line-color": "#1d4ed8", "line-width": 3 } });
  map.addLayer({ id: "shape-corners", type: "circle", source: SOURCE, filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": ["case", ["get", "first"], 8, 5], "circle-color": ["case", ["get", "first"], "#f59e0b", "#1d4ed8"], "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } });
}

/** What drawing needs of the map: its view, and taps until null is given. */
export interface Board { readonly view: MapView; pick(chosen: ((lon: number, lat: number) => void) | null): void }
const NEAR_PX = 18, TWICE_MS = 400;
let leaveOther: (() => void) | null = null;

/** Draws a polygon by taps or keys and hands over its corners; giving up hands over nothing. */
export function drawPolygon(board: Board, finished: (corners: Corner[]) => void): void {
  leaveOther?.();
  const map = board.view;
  const corners: Corner[] = [];
  const said = h("p", { role: "status", id: "draw-said" });
  const button = (text: string, click: () => void, main = false): HTMLButtonElement => h("button", { type: "button", click, ...(main ? { class: "main" } : {}) }, text);
  const undo = button(w("undo"), () => remove()), done = button(w("done"), () => close(), true);
  const bar = h("div", { id: "draw", role: "group", "aria-label": w("draw") }, h("p", { class: "how" }, w("how"), h("span", {}, ` ${w("keys")}`)), said, h("div", { class: "row" }, button(w("add"), () => addAtCentre()), undo, done, button(w("cancel"), () => leave())));
  const cross = h("div", { id: "crosshair", "aria-hidden": "true" });
  let tapped = 0;
  const distance = (a: Corner, b: Corner): number => { const p = map.project(a), q = map.project(b); return Math.hypot(p.x - q.x, p.y - q.y); };
  function show(words = ""): void {
    outline(map, corners, true);
    undo.disabled = !corners.length;
    said.textContent = [words, `${number(corners.length)} ${w("corners")}`, corners.length >= LEAST ? `${number(areaKm2(corners))} km²` : ""].filter(Boolean).join(" · ");
    said.classList.toggle("alert", words !== "");
  }
  function add(corner: Corner): void {
    const rounded = corner.map((value) => Number(value.toFixed(5))) as Corner;
    if (corners.length >= MOST) { show(w("most")); return; }
    if (corners.some(([lon, lat]) => lon === rounded[0] && lat === rounded[1])) { show(w("same")); return; }
    if (crosses(corners, rounded)) { show(w("crosses")); return; }
    corners.push(rounded);
    show();
  }
  const addAtCentre = (): void => { const { lng, lat } = map.getCenter(); add([lng, lat]); };
  function remove(): void { corners.pop(); show(); }
  function close(): void {
    if (corners.length < LEAST) { show(w("least")); return; }
    if (closesBadly(corners)) { show(w("closing")); return; }
    leave();
    finished(corners);
  }
  function tap(lon: number, lat: number): void {
    const last = corners.at(-1), first = corners[0], now = performance.now();
    const twice = now - tapped < TWICE_MS && last !== undefined && distance(last, [lon, lat]) < NEAR_PX;
    tapped = now;
    if (twice || (first && corners.length >= LEAST && distance(first, [lon, lat]) < NEAR_PX)) { if (corners.length >= LEAST) close(); return; }
    add([lon, lat]);
  }
  function keys(event: KeyboardEvent): void {
    if (event.key === "Escape") { event.preventDefault(); leave(); return; }
    // Elsewhere on the page these keys write and press.
    if (!(event.target instanceof HTMLCanvasElement)) return;
    const action = { " ": addAtCentre, Enter: close, Backspace: remove }[event.key];
    if (action) { event.preventDefault(); action(); }
  }
  function leave(): void {
    leaveOther = null;
    removeEventListener("keydown", keys);
    board.pick(null);
    map.doubleClickZoom.enable();
    bar.remove();
    cross.remove();
    outline(map, []);
  }
  leaveOther = leave;
  document.getElementById("stage")?.append(cross, bar);
  map.doubleClickZoom.disable();
  addEventListener("keydown", keys);
  board.pick(tap);
  show();
}
export const drawWord = (): string => w("draw");
