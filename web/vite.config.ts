import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vite";
import { maplibre } from "./build/maplibre";
import { methods } from "./build/methods";
import { sooner } from "./build/sooner";
import { compressed } from "./build/smaller";
import { serviceWorker } from "./build/worker";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const STATIC = here("../api/static");
const require = createRequire(import.meta.url);
const file = (name: string): string => require.resolve(name);
const licence = (name: string): string => `/*!\n${readFileSync(file(name), "utf8").replaceAll("*/", "* /").trim()}\n*/\n`;

/** What `GET /api/v1/report.html` puts into its page, which asks nobody for anything: Python reads these. */
const report: Plugin = {
  name: "report",
  apply: "build",
  generateBundle() {
    const script = (fileName: string, from: string, terms: string): void => {
      const source = readFileSync(file(from), "utf8").replace(/^\/\/# sourceMappingURL=.*$/gm, "");
      this.emitFile({ type: "asset", fileName: `report/${fileName}`, source: licence(terms) + source });
    };
    const picture = (_: string, name: string): string => `url(data:image/png;base64,${readFileSync(file(`leaflet/dist/${name}`)).toString("base64")})`;
    const styles = readFileSync(file("leaflet/dist/leaflet.css"), "utf8").replace(/url\((images\/[^)]+)\)/g, picture);
    script("leaflet.js", "leaflet/dist/leaflet.js", "leaflet/LICENSE");
    script("leaflet-heat.js", "leaflet.heat/dist/leaflet-heat.js", "leaflet.heat/LICENSE");
    script("leaflet-markercluster.js", "leaflet.markercluster/dist/leaflet.markercluster.js", "leaflet.markercluster/MIT-LICENCE.txt");
    this.emitFile({ type: "asset", fileName: "report/leaflet.css", source: styles });
  },
};

export default defineConfig({
  plugins: [maplibre, sooner, report, methods(here("../docs/methods")), serviceWorker(STATIC, here("src/sw.ts")), compressed(STATIC)],
  // The map library's source declares fields that its base classes have set already.
  oxc: { typescript: { removeClassFieldsWithoutInitializer: true } },
  build: {
    outDir: STATIC,
    emptyOutDir: true,
    chunkSizeWarningLimit: 1500,
    target: "es2022",
    // Each browser of that age preloads modules by itself; the page of the API has no part of the app.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["index.html", "complaint/index.html", "office/index.html", "docs/index.html"],
      // Few files: each costs a slow line a turn of its own. `state` stays apart, it writes the map's address.
      output: { codeSplitting: { groups: [
        { name: "common", test: /vite\/|web\/src\/(api|dom|i18n|problems|pwa|ramp|shapes|search|style)\b/ },
        { name: "shell", test: /web\/src\/(state|figures|series|hotspots|outliers|legend|fields|embed)\.ts$/ },
      ] } },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/tiles": "http://127.0.0.1:8000", "/photos": "http://127.0.0.1:8000" } },
});
