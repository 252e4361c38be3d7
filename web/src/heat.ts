import type { Map as MapView } from "maplibre-gl";
import { RAMP } from "./ramp";

/** `GET /api/v1/density`: complaints per km², smoothed, as an image made for Web Mercator. */
export interface Density { bounds: [number, number, number, number]; rows: number; columns: number; max: number; breaks: number[]; unit: string; values: string }

const rgb = RAMP.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as [number, number, number]);

/** Little-endian float32, the north first; NaN outside. */
function numbers(found: Density): Float32Array {
  const bytes = Uint8Array.from(atob(found.values), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}
/** Red, green, blue, opacity: the ramp between the breaks, see-through towards 0. */
function colourAt(value: number, breaks: number[]): [number, number, number, number] {
  const low = breaks[0] ?? 0;
  if (!(value > 0) || !low) return [0, 0, 0, 0];
  let k = 0;
  while (k + 1 < breaks.length && value >= (breaks[k + 1] as number)) k++;
  const from = breaks[k] as number, to = breaks[k + 1] ?? from;
  if (value < low) return [...(rgb[1] as [number, number, number]), 205 * (value / low) ** 1.5];
  const share = to > from ? (value - from) / (to - from) : 0;
  const a = rgb[k + 1] as [number, number, number], b = rgb[Math.min(k + 2, rgb.length - 1)] as [number, number, number];
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]), 205];
}
function image(found: Density, breaks: number[]): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = found.columns;
  canvas.height = found.rows;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D, pixels = pen.createImageData(found.columns, found.rows);
  numbers(found).forEach((value, i) => pixels.data.set(colourAt(value, breaks), 4 * i));
  pen.putImageData(pixels, 0, 0);
  return canvas;
}
/** Draws the surface below a layer, or takes it away with null. */
export function drawHeat(map: MapView, found: Density | null, breaks: number[], before: string): void {
  if (map.getLayer("density")) map.removeLayer("density");
  if (map.getSource("density")) map.removeSource("density");
  if (!found) return;
  const [west, south, east, north] = found.bounds;
  map.addSource("density", { type: "canvas", canvas: image(found, breaks), animate: false, coordinates: [[west, north], [east, north], [east, south], [west, south]] });
  map.addLayer({ id: "density", type: "raster", source: "density", paint: { "raster-resampling": "linear", "raster-fade-duration": 0 } }, before);
}
