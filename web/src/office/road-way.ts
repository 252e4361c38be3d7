/** The order of visits, and a picture of the way that needs neither a network nor the map library. */
import { h } from "../dom";
import { number } from "../i18n";

export interface Stop { code: string; lon: number; lat: number }
const EARTH_M = 6_371_008.8, SVG = "http://www.w3.org/2000/svg", WIDTH = 360, HEIGHT = 240, EDGE = 24;
export function metres(a: Stop, b: Stop): number {
  const rad = Math.PI / 180, dy = (b.lat - a.lat) * rad, dx = (b.lon - a.lon) * rad;
  const s = Math.sin(dy / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dx / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(s));
}
export const length = (stops: readonly Stop[]): number => stops.slice(1).reduce((sum, one, i) => sum + metres(stops[i] as Stop, one), 0);
/** From the first one always to the nearest next, then turned around where a crossing costs metres (2-opt). */
export function ordered<S extends Stop>(stops: readonly S[]): S[] {
  const left = stops.slice(1);
  let way: S[] = stops.slice(0, 1);
  while (left.length) {
    const from = way.at(-1) as S;
    left.sort((a, b) => metres(from, a) - metres(from, b));
    way.push(left.shift() as S);
  }
  for (let better = true; better;) {
    better = false;
    for (let i = 1; i < way.length - 1; i++) for (let j = i + 1; j < way.length; j++) {
      const turned = [...way.slice(0, i), ...way.slice(i, j + 1).reverse(), ...way.slice(j + 1)];
      if (length(turned) < length(way) - 0.01) { way = turned; better = true; }
    }
  }
  return way;
}
function s(tag: string, attributes: Record<string, string | number>, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
/** The numbered stops and the straight lines between them, north up. */
export function sketch(stops: readonly Stop[], label: string, total: string): HTMLElement {
  const lons = stops.map((one) => one.lon), lats = stops.map((one) => one.lat), west = Math.min(...lons), north = Math.max(...lats);
  const shrink = Math.cos((north * Math.PI) / 180), wide = (Math.max(...lons) - west) * shrink || 1e-4, high = north - Math.min(...lats) || 1e-4;
  const scale = Math.min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high);
  const at = (one: Stop): [number, number] => [EDGE + (one.lon - west) * shrink * scale, EDGE + (north - one.lat) * scale];
  const line = s("polyline", { points: stops.map((one) => at(one).map((n) => n.toFixed(1)).join(",")).join(" "), class: "way" });
  const marks = stops.flatMap((one, i) => { const [x, y] = at(one); return [s("circle", { cx: x, cy: y, r: 11, class: "mark" }), s("text", { x, y: y + 4, class: "mark-number" }, String(i + 1))]; });
  return h("figure", { class: "sketch" }, s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, line, ...marks) as unknown as HTMLElement, h("figcaption", {}, `${total}: ${number(length(stops) / 1000)} km`));
}
