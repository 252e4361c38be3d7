import type { HtmlTagDescriptor, Plugin, Rolldown } from "vite";

type Chunk = Rolldown.OutputChunk & { viteMetadata?: { importedCss: Set<string> } };

/** What the map needs is asked for with the page, and not one after the other once scripts have run. */
export const sooner: Plugin = {
  name: "sooner", apply: "build",
  transformIndexHtml: { order: "post", handler(_, { bundle, filename }) {
    if (!bundle || !/web\/index\.html$/.test(filename)) return [];
    const chunks = Object.values(bundle).filter((one): one is Chunk => one.type === "chunk");
    const map = chunks.find((one) => one.facadeModuleId?.endsWith("/src/map.ts")), worker = chunks.find((one) => one.facadeModuleId?.endsWith("/source/worker.ts"));
    const entry = chunks.find((one) => one.isEntry && one.facadeModuleId === filename);
    if (!map || !worker || !entry) throw new Error("no chunk of the map: web/build/sooner.ts looks for it");
    const scripts = new Set<string>(), styles = new Set<string>();
    const need = (one: Chunk | undefined, seen: Set<string>): void => {
      if (!one || seen.has(one.fileName)) return;
      seen.add(one.fileName);
      one.viteMetadata?.importedCss.forEach((style) => styles.add(style));
      one.imports.forEach((name) => need(chunks.find((each) => each.fileName === name), seen));
    };
    const there = new Set<string>();
    need(entry, there);
    const drawn = new Set(styles);
    styles.clear();
    // The large ones first: what is asked for later waits behind them.
    need(map, scripts);
    need(worker, scripts);
    const link = (attrs: HtmlTagDescriptor["attrs"]): HtmlTagDescriptor => ({ tag: "link", attrs, injectTo: "head" });
    return [
      ...[...styles].filter((name) => !drawn.has(name)).map((name) => link({ rel: "preload", as: "style", crossorigin: true, href: `/${name}` })),
      ...[...scripts].filter((name) => !there.has(name)).map((name) => link({ rel: "modulepreload", crossorigin: true, fetchpriority: "low", href: `/${name}` })),
    ];
  } },
};
