import type { GeoJSONSource, Map as MapView } from "maplibre-gl";
import "./analysis.css";
import { areaKm2, closesBadly, crosses, LEAST, lengthKm, MOST, type Corner } from "./corners";
import { h } from "./dom";
import { number, phrases } from "./i18n";

const w = phrases({
  vi: { draw: "Vẽ vùng", how: "Chạm để đặt từng góc; chạm góc đầu hoặc chạm đúp để đóng.", keys: "Bàn phím: mũi tên dời bản đồ, phím cách đặt góc ở dấu +, Enter đóng, Backspace bỏ góc cuối, Escape thôi.", add: "Đặt góc ở dấu +", undo: "Bỏ góc cuối", done: "Xong", cancel: "Thôi", corners: "góc", crosses: "Cạnh này cắt một cạnh khác. Hãy đặt góc ở chỗ khác.", closing: "Cạnh nối về góc đầu cắt một cạnh khác. Hãy bỏ góc cuối hoặc đặt thêm góc.", least: "Cần ít nhất 3 góc.", most: "Nhiều nhất 200 góc.", same: "Góc này trùng với một góc đã có." },
  en: { draw: "Draw a shape", how: "Tap to set each corner; tap the first corner or tap twice to close.", keys: "Keyboard: arrows move the map, Space sets a corner at the +, Enter closes, Backspace removes the last, Escape cancels.", add: "Corner at the +", undo: "Remove the last", done: "Done", cancel: "Cancel", corners: "corners", crosses: "This side would cross another. Set the corner elsewhere.", closing: "The side back to the first corner would cross another. Remove the last corner or add one.", least: "At least 3 corners are needed.", most: "At most 200 corners.", same: "This corner is one that is already there." },
});

// A route is drawn with the same taps and keys.
const route = phrases({
  vi: { draw: "Vẽ tuyến đường", how: "Chạm để đặt từng điểm dọc đường; chạm đúp để kết thúc.", keys: "Bàn phím: mũi tên dời bản đồ, phím cách đặt điểm ở dấu +, Enter kết thúc, Backspace bỏ điểm cuối, Escape thôi.", add: "Đặt điểm ở dấu +", undo: "Bỏ điểm cuối", corners: "điểm", least: "Cần ít nhất 2 điểm.", most: "Nhiều nhất 100 điểm.", same: "Điểm này trùng với điểm trước." },
  en: { draw: "Draw a route", how: "Tap to set points along the way; tap twice to end.", keys: "Keyboard: arrows move the map, Space sets a point at the +, Enter ends, Backspace removes the last, Escape cancels.", add: "Point at the +", undo: "Remove the last", corners: "points", least: "At least 2 points are needed.", most: "At most 100 points.", same: "This point is the last one again." },
});
export const LEAST_POINTS = 2, MOST_POINTS = 100;

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
export function drawPolygon(board: Board, finished: (corners: Corner[]) => void): void { draw(board, finished, false, () => undefined); }
/** Draws a line likewise; `left` is called where it was given up. */
export function drawRoute(board: Board, finished: (points: Corner[]) => void, left: () => void): void { draw(board, finished, true, left); }

function draw(board: Board, finished: (corners: Corner[]) => void, line: boolean, left: () => void): void {
  leaveOther?.();
  const v = (key: Parameters<typeof route>[0]): string => (line ? route(key) : w(key));
  const least = line ? LEAST_POINTS : LEAST, most = line ? MOST_POINTS : MOST;
  const map = board.view;
  const corners: Corner[] = [];
  const said = h("p", { role: "status", id: "draw-said" });
  const button = (text: string, click: () => void, main = false): HTMLButtonElement => h("button", { type: "button", click, ...(main ? { class: "main" } : {}) }, text);
  const undo = button(v("undo"), () => remove()), done = button(w("done"), () => close(), true);
  const bar = h("div", { id: "draw", role: "group", "aria-label": v("draw") }, h("p", { class: "how" }, v("how"), h("span", {}, ` ${v("keys")}`)), said, h("div", { class: "row" }, button(v("add"), () => addAtCentre()), undo, done, button(w("cancel"), () => { leave(); left(); })));
  const cross = h("div", { id: "crosshair", "aria-hidden": "true" });
  let tapped = 0;
  const distance = (a: Corner, b: Corner): number => { const p = map.project(a), q = map.project(b); return Math.hypot(p.x - q.x, p.y - q.y); };
  function show(words = ""): void {
    outline(map, corners, true);
    undo.disabled = !corners.length;
    said.textContent = [words, `${number(corners.length)} ${v("corners")}`, corners.length < least ? "" : line ? `${number(lengthKm(corners))} km` : `${number(areaKm2(corners))} km²`].filter(Boolean).join(" · ");
    said.classList.toggle("alert", words !== "");
  }
  function add(corner: Corner): void {
    const rounded = corner.map((value) => Number(value.toFixed(5))) as Corner;
    if (corners.length >= most) { show(v("most")); return; }
    if ((line ? corners.slice(-1) : corners).some(([lon, lat]) => lon === rounded[0] && lat === rounded[1])) { show(v("same")); return; }
    if (!line && crosses(corners, rounded)) { show(w("crosses")); return; }
    corners.push(rounded);
    show();
  }
  const addAtCentre = (): void => { const { lng, lat } = map.getCenter(); add([lng, lat]); };
  function remove(): void { corners.pop(); show(); }
  function close(): void {
    if (corners.length < least) { show(v("least")); return; }
    if (!line && closesBadly(corners)) { show(w("closing")); return; }
    leave();
    // The second tap of two belongs to the shape that is closed already.
    map.doubleClickZoom.disable();
    board.pick(() => undefined);
    setTimeout(() => { if (!leaveOther) { board.pick(null); map.doubleClickZoom.enable(); } }, TWICE_MS + 100);
    finished(corners);
  }
  function tap(lon: number, lat: number): void {
    const last = corners.at(-1), first = corners[0], now = performance.now();
    const twice = now - tapped < TWICE_MS && last !== undefined && distance(last, [lon, lat]) < NEAR_PX;
    tapped = now;
    if (twice || (!line && first && corners.length >= LEAST && distance(first, [lon, lat]) < NEAR_PX)) { if (corners.length >= least) close(); return; }
    add([lon, lat]);
  }
  function keys(event: KeyboardEvent): void {
    if (event.key === "Escape") { event.preventDefault(); leave(); left(); return; }
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
export const routeWord = (): string => route("draw");
