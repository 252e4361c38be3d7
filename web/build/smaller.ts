import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(js|css|html|svg|json|webmanifest|txt)$/;
const LEAST = 1000;
/** Filled by the server when it is asked for. */
const FILLED = ["complaint/index.html"];

function files(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((one) => {
    const name = below ? `${below}/${one.name}` : one.name;
    return one.isDirectory() ? files(folder, name) : [name];
  });
}

/** Lays a `.br` and a `.gz` beside every text of the build: compressed once, and as far as it goes. */
export function smaller(folder: string): void {
  for (const name of files(folder)) {
    // What Python reads is not served.
    if (!TEXT.test(name) || name.startsWith("report/") || FILLED.includes(name)) continue;
    const path = join(folder, name), whole = readFileSync(path);
    if (statSync(path).size < LEAST) continue;
    // The page of the API is for few, and large: the last per cents would take the build half a minute.
    const packed = brotliCompressSync(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: whole.length > 1_000_000 ? 9 : 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: whole.length } });
    writeFileSync(`${path}.br`, packed);
    writeFileSync(`${path}.gz`, gzipSync(whole, { level: 9 }));
  }
}

export const compressed = (folder: string): Plugin => ({ name: "compressed", apply: "build", enforce: "post", closeBundle: { order: "post", sequential: true, handler: () => smaller(folder) } });
