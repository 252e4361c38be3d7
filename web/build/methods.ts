import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import markdown from "markdown-it";
import type { Plugin } from "vite";

/** The texts of `docs/methods/`: English first, then a line, then Vietnamese. */
const LANGUAGES = ["en", "vi"] as const;
type Language = (typeof LANGUAGES)[number];
const WORDS: Record<Language, { all: string; map: string; other: string }> = {
  en: { all: "All methods", map: "The map", other: "Tiếng Việt" },
  vi: { all: "Mọi phương pháp", map: "Bản đồ", other: "English" },
};
const STYLE = `:root { color-scheme: light dark; --ink: #1c2733; --paper: #fff; --soft: #eef2f5; --line: #8795a5; --main: #12456b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #1b242c; --soft: #26323c; --line: #64748b; --main: #7cc0f0; } }
body { margin: 0 auto; padding: 12px 16px 48px; max-width: 46rem; font: 17px/1.55 system-ui, "Noto Sans", sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; } nav a { padding: 10px 0; } a { color: var(--main); } h1 { font-size: 1.5rem; line-height: 1.25; }
pre, .scroll { overflow: auto; } pre, code { background: var(--soft); border-radius: 4px; } pre { padding: 10px 12px; } code { padding: 0 3px; font-size: 0.9em; } pre code { padding: 0; }
table { border-collapse: collapse; } th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: left; overflow-wrap: normal; }
`;

const writer = markdown({ html: true });
/** Other methods are pages too; what is not is named without a link. */
function linked(source: string, names: string[]): string {
  return source.replace(/\[([^\]]+)\]\(([^)]+)\)/g, (whole, text: string, to: string) => {
    const name = to.replace(/\.md$/, "");
    return names.includes(name) ? `[${text}](../${name}/)` : /^https?:/.test(to) ? whole : text;
  });
}
const page = (title: string, lang: Language, links: string, body: string): string =>
  `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/methods/methods.css"></head><body><nav>${links}</nav><main>${body}</main></body></html>\n`;

/** What the statistics say and do not say, as pages of the app: `/methods/<name>/`, Vietnamese at `/methods/<name>/vi/`. */
export function methods(folder: string): Plugin {
  return {
    name: "methods", apply: "build",
    generateBundle() {
      const names = readdirSync(folder).filter((one) => one.endsWith(".md")).map((one) => one.slice(0, -3)).sort();
      const titles: Record<Language, string[]> = { en: [], vi: [] };
      const emit = (fileName: string, source: string): void => { this.emitFile({ type: "asset", fileName: `methods/${fileName}`, source }); };
      const at = (lang: Language): string => (lang === "vi" ? "vi/" : "");
      for (const name of names) {
        const parts = readFileSync(join(folder, `${name}.md`), "utf8").split(/^---$/m);
        if (parts.length !== 2) throw new Error(`docs/methods/${name}.md: not two languages with a line between them`);
        for (const [i, lang] of LANGUAGES.entries()) {
          const text = (parts[i] ?? "").replace("*Tiếng Việt ở dưới.*", "").trim();
          const title = (/^# (.+)$/m.exec(text)?.[1] ?? name).replaceAll("\\", "");
          titles[lang].push(`<li><a href="/methods/${name}/${at(lang)}">${title}</a></li>`);
          const other = LANGUAGES[1 - i] as Language;
          const links = `<a href="/methods/${at(lang)}">${WORDS[lang].all}</a><a href="/?lang=${lang}">${WORDS[lang].map}</a><a href="/methods/${name}/${at(other)}" hreflang="${other}" lang="${other}">${WORDS[lang].other}</a>`;
          const body = writer.render(linked(text, names)).replaceAll("<table>", '<div class="scroll" tabindex="0"><table>').replaceAll("</table>", "</table></div>").replaceAll('href="../', 'href="/methods/').replaceAll(/href="(\/methods\/[a-z-]+\/)"/g, `href="$1${at(lang)}"`);
          emit(`${name}/${at(lang)}index.html`, page(title, lang, links, body));
        }
      }
      for (const [i, lang] of LANGUAGES.entries()) {
        const other = LANGUAGES[1 - i] as Language;
        emit(`${at(lang)}index.html`, page(WORDS[lang].all, lang, `<a href="/?lang=${lang}">${WORDS[lang].map}</a><a href="/methods/${at(other)}" hreflang="${other}" lang="${other}">${WORDS[lang].other}</a>`, `<h1>${WORDS[lang].all}</h1><ul>${titles[lang].join("")}</ul>`));
      }
      emit("methods.css", STYLE);
    },
  };
}
