import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);
const FOLDER = dirname(require.resolve("maplibre-gl/package.json")), SRC = join(FOLDER, "src");
const WORKER = "virtual:map-worker", MARK = "\0";
const none = (...names: string[]): string => names.map((name) => `export function ${name}() { throw new Error("${name} is left out of the map: see web/build/maplibre.ts"); }`).join("\n");
/** Parts that no map here uses, by what they give to the rest: a globe, mountains, other tiles than MVT. */
const UNUSED: Record<string, string> = {
  "@maplibre/mlt": `${none("decodeTile")} export const GEOMETRY_TYPE = {};`,
  "./globe_projection.ts": none("GlobeProjection"),
  "./globe_transform.ts": none("createGlobeTransform"),
  "./globe_camera_helper.ts": none("GlobeCameraHelper"),
  "./vertical_perspective_camera_helper.ts": none("VerticalPerspectiveCameraHelper"),
  "./vertical_perspective_transform.ts": none("createVerticalPerspectiveTransform"),
  "./vertical_perspective_projection.ts": none("VerticalPerspectiveProjection"),
  "./draw_fill_extrusion.ts": none("drawFillExtrusion"),
  "./draw_hillshade.ts": none("drawHillshade"),
  "./draw_color_relief.ts": none("drawColorRelief"),
  "./draw_heatmap.ts": none("drawHeatmap"),
};

/**
 * The map library from its source: what the page and the map's worker both need is one file instead of
 * two copies, and what is not used stays out. A first load on a phone takes 130 kB less.
 */
export const maplibre: Plugin = {
  name: "maplibre", enforce: "pre",
  resolveId(id, from) {
    if (id === WORKER || (id in UNUSED && this.environment.mode === "build" && from?.startsWith(FOLDER))) return MARK + id;
    if (id === "maplibre-gl" && this.environment.mode === "build") return join(SRC, "index.ts");
    return null;
  },
  load(id) {
    if (id === MARK + WORKER) {
      if (this.environment.mode !== "build") return 'import url from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url"; export default url;';
      const file = this.emitFile({ type: "chunk", id: join(SRC, "source/worker.ts"), name: "map-worker" });
      return `export default import.meta.ROLLUP_FILE_URL_${file};`;
    }
    return id.startsWith(MARK) ? (UNUSED[id.slice(1)] ?? null) : null;
  },
  generateBundle() {
    const terms = readFileSync(join(FOLDER, "LICENSE.txt"), "utf8");
    this.emitFile({ type: "asset", fileName: "assets/maplibre-gl.LICENSE.txt", source: terms });
  },
};
