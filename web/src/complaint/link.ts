/** The private link: its token lies in the fragment of the address, which no request carries. */
import { troubleOf } from "../problems";
import type { Laid, Mine } from "./facts";

const NAME = "phananh-mine", LAST = "phananh-mine-last", FORM = /^[\w-]{20,100}$/;
let memory: string | null = null;

function kept(name: string): string | null { try { return sessionStorage.getItem(name); } catch { return null; } }
function keep(name: string, value: string): void { try { sessionStorage.setItem(name, value); } catch { /* private mode: it lives as long as the page */ } }

/**
 * The token, or null for an address without one.
 *
 * The tab keeps it, for the way back from another page. The address keeps it too: a reporter without an
 * e-mail address has nothing but this address, in a bookmark or the history, to come back by.
 */
export function token(): string | null {
  const given = decodeURIComponent(location.hash.slice(1));
  if (given) {
    memory = FORM.test(given) ? given : null;
    if (memory) keep(NAME, memory);
    return memory;
  }
  memory ??= kept(NAME);
  if (memory) history.replaceState(history.state, "", `${location.pathname}${location.search}#${memory}`);
  return memory;
}
export const privateAddress = (): string => `${location.origin}/mine#${memory ?? ""}`;

/** Asks with the link; the token goes in a header, and the answer is kept by nobody. */
export async function withLink<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ value: T; etag: string | null }> {
  const answer = await fetch(path, {
    method, cache: "no-store", referrerPolicy: "no-referrer", ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { Authorization: `Bearer ${memory ?? ""}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
  });
  if (!answer.ok) throw await troubleOf(answer);
  const text = await answer.text();
  return { value: (text ? JSON.parse(text) : null) as T, etag: answer.headers.get("etag") };
}
export async function readMine(): Promise<{ mine: Mine; etag: string | null }> {
  const { value, etag } = await withLink<Mine>("GET", "/api/v1/mine");
  return { mine: value, etag };
}
/** The last that was shown, as long as the tab lives: for when there is no network. */
export const remember = (mine: Mine, whole: Laid): void => keep(LAST, JSON.stringify({ of: memory, mine, whole, at: Date.now() }));
export function remembered(): { mine: Mine; whole: Laid; at: number } | null {
  try {
    const found = JSON.parse(kept(LAST) ?? "null") as { of: string; mine: Mine; whole: Laid; at: number } | null;
    return found && found.of === memory ? found : null;
  } catch { return null; }
}
/** The tab forgets the link; elsewhere it stays what it is. */
export function forget(): void {
  memory = null;
  for (const name of [NAME, LAST]) try { sessionStorage.removeItem(name); } catch { /* it was not kept */ }
}
