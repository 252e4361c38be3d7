/** Files of the server, saved by the browser. */
import { h } from "./dom";
import { number } from "./i18n";
import { troubleOf } from "./problems";

export const size = (bytes: number): string => (bytes < 1e6 ? `${number(Math.ceil(bytes / 1000))} kB` : `${number(bytes / 1e6)} MB`);
/** The name the server gives a file, or a plain one. */
const nameOf = (answer: Response, fallback: string): string => /filename="?([^";]+)"?/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? fallback;

/** Reads a file whole before it is saved, so that an error is thrown and never saved as a file. */
export async function save(answer: Response, fallback: string, received: (bytes: number) => void): Promise<{ name: string; bytes: number }> {
  if (!answer.ok || answer.headers.get("Content-Type")?.includes("problem+json")) throw await troubleOf(answer);
  const parts: Uint8Array<ArrayBuffer>[] = [], name = nameOf(answer, fallback);
  const reader = answer.body?.getReader();
  let bytes = 0;
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    parts.push(next.value as Uint8Array<ArrayBuffer>);
    bytes += next.value.length;
    received(bytes);
  }
  const url = URL.createObjectURL(new Blob(parts, { type: answer.headers.get("Content-Type") ?? "application/octet-stream" }));
  h("a", { href: url, download: name }).click();
  // The browser reads the blob after the click: it is let go a while later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return { name, bytes };
}
