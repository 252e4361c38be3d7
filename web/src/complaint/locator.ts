/** A small map without the map library: outlines around a place, or the basemap's pictures, and a pin. */
import { ask, type AreaSet, type Config } from "../api";
import { h } from "../dom";
import { current } from "../i18n";
import { shapesOf } from "../shapes";
import type { Laid } from "./facts";
import { w } from "./words";

const HEIGHT = 240, TILE = 256, ZOOM = 16, ROUGH_ZOOM = 12, OUTLINE_ZOOM = 12.6, SVG = "http://www.w3.org/2000/svg";
type Point = [number, number];
/** As wide as the page, so that names have their size: on a phone it shows less. */
let WIDTH = 640;

/** Web Mercator, in units of the whole world. */
const world = (lon: number, lat: number): Point => [(lon + 180) / 360, (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2];
function s(tag: string, attributes: Record<string, string | number>, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
/** Around the middle of the picture, in its pixels. */
function projection([lon, lat]: Point, zoom: number): (lon: number, lat: number) => Point {
  const scale = 512 * 2 ** zoom, [x0, y0] = world(lon, lat);
  return (x, y) => { const [a, b] = world(x, y); return [WIDTH / 2 + (a - x0) * scale, HEIGHT / 2 + (b - y0) * scale]; };
}
const pin = (): SVGElement => s("path", { d: `M${WIDTH / 2} ${HEIGHT / 2}c-4-12-15-17-15-29a15 15 0 0 1 30 0c0 12-11 17-15 29z`, class: "pin" });
/** A complaint of a sensitive kind lies somewhere in a cell of 5 km². */
const wide = (zoom: number, lat: number): SVGElement => s("circle", { cx: WIDTH / 2, cy: HEIGHT / 2, r: (1400 * 512 * 2 ** zoom) / (40075016.686 * Math.cos((lat * Math.PI) / 180)), class: "wide" });

async function outlines(place: Point, zoom: number, set: string): Promise<SVGElement[]> {
  const to = projection(place, zoom), shapes = await shapesOf(set), drawn: SVGElement[] = [], names: SVGElement[] = [];
  for (const { geometry, properties: p } of shapes.features) {
    let near = false;
    const path = geometry.coordinates.flatMap((rings) => rings.map((ring) => `M${ring.map(([x, y]) => { const at = to(x, y); near ||= at[0] > 0 && at[0] < WIDTH && at[1] > 0 && at[1] < HEIGHT; return at.map((one) => one.toFixed(1)).join(" "); }).join("L")}z`)).join("");
    // A large area may surround the picture with no corner in it.
    const [x, y] = to(p.label_lon, p.label_lat), name = current() === "vi" ? p.name : p.name_en, half = name.length * 4.5, inside = x > half && x < WIDTH - half && y > 14 && y < HEIGHT - 14;
    if (near || inside || p.area_km2 > 20) drawn.push(s("path", { d: path, class: "ward" }));
    if (inside && Math.hypot(x - WIDTH / 2, y - HEIGHT / 2 + 20) > 44) names.push(s("text", { x: x.toFixed(0), y: y.toFixed(0) }, name));
  }
  return [...drawn, ...names];
}
/** The pictures of the basemap around the place. */
function pictures(place: Point, zoom: number, { url }: { url: string }): SVGElement[] {
  const n = 2 ** zoom, [x, y] = world(...place).map((one) => one * n) as Point, drawn: SVGElement[] = [];
  for (let i = Math.floor(x - WIDTH / 2 / TILE); i <= x + WIDTH / 2 / TILE; i++) {
    for (let j = Math.floor(y - HEIGHT / 2 / TILE); j <= y + HEIGHT / 2 / TILE; j++) {
      const href = url.replace("{z}", String(zoom)).replace("{x}", String(i)).replace("{y}", String(j)).replace("{s}", "a").replace("{r}", "");
      drawn.push(s("image", { href, x: WIDTH / 2 + (i - x) * TILE, y: HEIGHT / 2 + (j - y) * TILE, width: TILE, height: TILE }));
    }
  }
  return drawn;
}

/** A place that fills itself when it is about to be seen. */
export function locator({ feature }: Laid): HTMLElement {
  const { properties: p, geometry } = feature, place = geometry.coordinates, rough = p.sensitive === true;
  const box = h("figure", { class: "locator" });
  const draw = async (): Promise<void> => {
    const [config, { sets }] = await Promise.all([ask<Config>("/api/v1/config"), ask<{ sets: AreaSet[] }>("/api/v1/boundaries")]);
    const set = sets.find((one) => one.city === p.city && one.until === null) ?? sets.find((one) => one.city === p.city);
    WIDTH = Math.min(Math.max(Math.round(box.clientWidth), 240), 900);
    const zoom = config.basemap ? (rough ? ROUGH_ZOOM : ZOOM) : OUTLINE_ZOOM - (rough ? 1 : 0);
    const below = config.basemap ? pictures(place, zoom, config.basemap) : set ? await outlines(place, zoom, set.code) : [];
    // Pictures of 256 pixels show one zoom less than the map's own units.
    const picture = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": w(rough ? "roughMap" : "map") }, ...below, rough ? wide(config.basemap ? zoom - 1 : zoom, place[1]) : pin());
    box.replaceChildren(picture, ...(config.basemap ? [h("figcaption", {}, config.basemap.attribution.replace(/<[^>]*>/g, ""))] : []));
  };
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((one) => one.isIntersecting)) return;
    watcher.disconnect();
    void draw().catch(() => box.remove());
  }, { rootMargin: "200px" });
  watcher.observe(box);
  return box;
}
