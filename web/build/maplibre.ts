import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);
const FOLDER = dirname(require.resolve("maplibre-gl/package.json")), SRC = join(FOLDER, "src");
const WORKER = "virtual:map-worker", MARK = "\0";
/** Parts that no map here uses, by what they give to the rest. */
const UNUSED: Record<string, string> = {
  // The other form of vector tiles: ours are MVT.
  "@maplibre/mlt": "export const decodeTile = () => { throw new Error('no MLT here'); }; export const GEOMETRY_TYPE = {};",
};

/**
 * The map library from its source: what the page and the map's worker both need is one file instead of
 * two copies, and what is not used stays out. A first load on a phone takes 130 kB less.
 */
export const maplibre: Plugin = {
  name: "maplibre", enforce: "pre",
  resolveId(id) {
    if (id === WORKER || (id in UNUSED && this.environment.mode === "build")) return MARK + id;
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
