/** What the pages of officials share: who is signed in, asking the server, moving between pages. */
import { h, byId } from "../dom";
import { current, phrases } from "../i18n";
import { Refused, troubleOf } from "../problems";

export interface Role { role: "viewer" | "officer" | "supervisor" | "planner" | "admin"; areas: string[] | null; domains: string[] | null; delegated: boolean }
/** `GET /api/v1/account/me` */
export interface Me { id: number; name: string; full_name: string; language: "vi" | "en"; unit: string | null; email: string | null; must_change: boolean; second_factor: boolean; second_factor_needed?: boolean; recovery_left?: number; password?: boolean; roles: Role[]; may: string[]; area_names?: Record<string, string> }

const w = phrases({
  vi: { undo: "Hoàn tác", close: "Đóng" },
  en: { undo: "Undo", close: "Close" },
});

let me: Me | null = null;
export const setMe = (found: Me | null): void => { me = found; };
/** Who is signed in; pages are shown to nobody else. */
export const whoami = (): Me => {
  if (!me) throw new Error("nobody is signed in");
  return me;
};
export const may = (need: string): boolean => me?.may.includes(need) ?? false;

/** Asks as the official who is signed in; who is no longer goes to the sign-in page and comes back. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await send(path, init);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
/** As `ask`, for who wants the answer's headers too (`ETag`). Throws `Trouble` for a refusal. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("X-Phananh", "1");
  if (typeof init.body === "string" && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
  const answer = await fetch(path, { ...init, headers });
  if (answer.ok) return answer;
  if (answer.status === 401 && !location.pathname.startsWith("/office/sign-in")) {
    go(`/office/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`, true);
  }
  throw await troubleOf(answer);
}
export const json = (method: string, body: unknown, headers: Record<string, string> = {}): RequestInit => ({ method, body: JSON.stringify(body), headers });

/** Shows another page of the office without loading it anew. */
export function go(path: string, replace = false): void {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  dispatchEvent(new Event("office:go"));
}
/** A link within the office: a click stays in the page, with keys it opens as any link. */
export function link(path: string, attributes: Record<string, string>, ...children: (Node | string)[]): HTMLAnchorElement {
  return h("a", { ...attributes, href: path, click: (event) => {
    const pressed = event as MouseEvent;
    if (pressed.ctrlKey || pressed.metaKey || pressed.shiftKey || pressed.button) return;
    event.preventDefault();
    go(path);
  } }, ...children);
}

/** Says what was done, with a way back where there is one; goes by itself. */
export function toast(text: string, undo?: () => void, lasts_ms = 8000): void {
  const own = h("div", { class: "toast" }, h("span", {}, text));
  const gone = (): void => own.remove();
  if (undo) own.append(h("button", { type: "button", click: () => { gone(); undo(); } }, w("undo")));
  own.append(h("button", { type: "button", class: "close", "aria-label": w("close"), click: gone }, "✕"));
  byId("toasts").append(own);
  setTimeout(gone, lasts_ms);
}
/** What a failure says to a person, in the page's language. */
export const said = (problem: unknown): string => (problem instanceof Refused ? problem.spoken : problem instanceof Error ? problem.message : String(problem));
export const language = current;

/** A page of the office: fills `place`, and returns what is to be done when it is left. */
export type Page = (place: HTMLElement, path: string[], query: URLSearchParams) => Promise<(() => void) | void>;
