import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";
import { build } from "vite";

interface Entry { url: string; revision: string | null }
type Chunk = Rolldown.OutputChunk;

/** All that a chunk needs to run: itself, what it imports, and their styles. */
function needs(bundle: Rolldown.OutputBundle, name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const chunk = bundle[name];
  if (chunk?.type !== "chunk") return seen;
  for (const style of (chunk as Chunk & { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ?? []) seen.add(style);
  for (const one of [...chunk.imports, ...chunk.dynamicImports]) needs(bundle, one, seen);
  return seen;
}

/**
 * Builds `/sw.js`, which starts the app without a network: it holds the shell, that is the pages `/` and of
 * a complaint with all that they may load, and nothing of the page of the API.
 */
export function serviceWorker(folder: string, source: string): Plugin {
  let list: Entry[] = [], office: string[] = [];
  return {
    name: "service-worker", apply: "build",
    generateBundle: { order: "post", handler(_, bundle) {
      const shell = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk" && chunk.isEntry && chunk.facadeModuleId && /web\/(index|complaint\/index)\.html$/.test(chunk.facadeModuleId)) needs(bundle, chunk.fileName, shell);
        // Workers are assets to the bundler.
        if (chunk.type === "asset" && /^assets\/.*worker.*\.js$/.test(chunk.fileName)) shell.add(chunk.fileName);
      }
      // Officials' pages are large and for few: the worker keeps them when one of them asks for it.
      const theirs = new Set<string>();
      for (const chunk of Object.values(bundle)) if (chunk.type === "chunk" && chunk.isEntry && chunk.facadeModuleId && /web\/office\/index\.html$/.test(chunk.facadeModuleId)) needs(bundle, chunk.fileName, theirs);
      office = [...theirs].filter((name) => !shell.has(name)).sort().map((name) => `/${name}`);
      list = [...shell].sort().map((name) => ({ url: `/${name}`, revision: null }));
    } },
    closeBundle: { order: "pre", sequential: true, async handler() {
      const hash = (name: string): string => createHash("sha256").update(readFileSync(join(folder, name))).digest("hex").slice(0, 16);
      const fixed: Entry[] = [["/", "index.html"], ["/mine", "complaint/index.html"], ["/app.webmanifest", "app.webmanifest"], ["/icon.svg", "icon.svg"], ["/icons/icon-192.png", "icons/icon-192.png"]].map(([url, name]) => ({ url: url as string, revision: hash(name as string) }));
      await build({
        configFile: false, root: join(source, ".."), logLevel: "warn", publicDir: false,
        define: { __SHELL__: JSON.stringify([...fixed, ...list]), __OFFICE__: JSON.stringify(office) },
        build: { outDir: folder, emptyOutDir: false, target: "es2022", rolldownOptions: { input: source, output: { format: "iife", entryFileNames: "sw.js" } } },
      });
    } },
  };
}
