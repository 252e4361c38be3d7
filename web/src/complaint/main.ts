/** The page of one complaint, at /c/<code> for everyone and at /mine for who has its private link. */
import "../style.css";
import "./complaint.css";
import { byId, h } from "../dom";
import { choose, current, instant, languageOf, named, setLanguage, setZone, status, t } from "../i18n";
import { alertOf, Refused } from "../problems";
import { installApp } from "../pwa";
import { laid, read, type Laid, type Mine } from "./facts";
import { forget, readMine, remember, remembered, token } from "./link";
import { publicPage } from "./page";
import { say } from "./tool-words";
import { toolsOf, type Desk } from "./tools";
import { w } from "./words";

const isMine = location.pathname === "/mine";
const code = decodeURIComponent(/^\/c\/([^/]+)/.exec(location.pathname)?.[1] ?? "");
const place = byId("complaint");
let draw: () => void = () => undefined;
/** What is done once the page stands, and the clocks of its city are known. */
let settled: () => void = () => undefined;

function speak(): void {
  const english = current() === "en";
  byId("language").textContent = t("other");
  byId("language").hidden = false;
  const home = byId<HTMLAnchorElement>("home"), skip = document.querySelector<HTMLAnchorElement>(".skip");
  home.textContent = w("home");
  home.href = english ? "/?lang=en" : "/";
  if (skip) skip.textContent = w("skip");
}
function banner(text: string): void {
  byId("banner").textContent = text;
  byId("banner").hidden = !text;
}
const page = (title: string, ...content: Node[]): void => { document.title = title; place.replaceChildren(...content); };
const message = (title: string, text: string, ...more: Node[]): void => page(title, h("h1", {}, title), h("p", { id: "message", role: "status" }, text), ...more);
const titleOf = (whole: Laid): string => `${named(whole.category)} · ${status(whole.feature.properties.status)} – ${w("home")}`;

function finder(): HTMLElement {
  const input = h("input", { id: "find-code", autocomplete: "off", autocapitalize: "characters", maxlength: 20 });
  return h("form", { class: "finder", submit: (event) => { event.preventDefault(); if (input.value.trim()) location.href = `/c/${encodeURIComponent(input.value.trim())}`; } },
    h("label", { for: "find-code" }, say("find")), h("div", { class: "row" }, input, h("button", { type: "submit" }, say("openCode"))));
}

const COPY_AGE_MS = 120_000;
/** When the copy was made that this page was opened from, in milliseconds since 1970; null for a fresh one. */
async function keptAt(opened: string): Promise<number | null> {
  try {
    const copy = (await caches.match(opened, { cacheName: "pages-1", ignoreVary: true })) ?? (await caches.match(`/api/v1/complaints/${encodeURIComponent(code)}`, { ignoreVary: true }));
    const at = Date.parse(copy?.headers.get("date") ?? "");
    return Number.isNaN(at) || (navigator.onLine && performance.timeOrigin - at < COPY_AGE_MS) ? null : at;
  } catch { return null; }
}
async function everyone(): Promise<void> {
  const show = (whole: Laid): void => { setZone(whole.zone); draw = () => page(titleOf(whole), ...publicPage(whole)); draw(); };
  const known = laid();
  if (known) { show(known); return; }
  if (known === null) { draw = () => message(w("unknown"), w("unknownSays"), finder()); draw(); return; }
  try { show(await read(code)); } catch (problem) {
    if (problem instanceof Refused) draw = () => message(w("unknown"), w("unknownSays"), finder());
    else { draw = () => message(code, w("neverSeen")); addEventListener("online", () => location.reload(), { once: true }); }
    draw();
  }
}

async function holder(): Promise<void> {
  if (!token()) {
    const given = location.hash.length > 1;
    draw = () => message(say(given ? "wrong" : "none"), say(given ? "wrongSays" : "noneSays"), finder());
    draw();
    return;
  }
  const show = (mine: Mine, whole: Laid, etag: string | null, said: string): void => {
    setZone(whole.zone);
    const desk: Desk = { mine, whole, etag, again: load, forget: () => { forget(); location.replace("/mine"); } };
    draw = () => {
      const p = mine.properties, own = p.role === "reporter" && !p.erased ? { text: p.text, address: p.address } : undefined;
      page(titleOf(whole), ...(said ? [h("p", { id: "said", class: "said", role: "status", tabindex: "-1" }, said)] : []), ...publicPage(whole, toolsOf(desk), own, p.replies));
      document.getElementById("said")?.focus();
    };
    draw();
    said = "";
  };
  async function load(said = ""): Promise<void> {
    try {
      const { mine, etag } = await readMine(), whole = await read(mine.properties.code);
      remember(mine, whole);
      banner("");
      show(mine, whole, etag, said);
    } catch (problem) {
      if (problem instanceof Refused) { draw = () => message(say("wrong"), say("wrongSays"), finder()); draw(); return; }
      const last = remembered();
      if (last) { show(last.mine, last.whole, null, said); banner(`${say("offline")} ${instant(new Date(last.at).toISOString())}.`); }
      else if (navigator.onLine) { draw = () => page(say("none"), alertOf(problem, () => void load())); draw(); }
      else { draw = () => message(w("noNetwork"), say("offlineNone")); draw(); }
      addEventListener("online", () => void load(), { once: true });
    }
  }
  await load();
}

setLanguage(languageOf(new URLSearchParams(location.search).get("lang")));
speak();
byId("language").onclick = () => {
  setLanguage(current() === "vi" ? "en" : "vi");
  choose(current());
  history.replaceState(history.state, "", `${location.pathname}${current() === "en" ? "?lang=en" : ""}${location.hash}`);
  speak();
  draw();
};
// The fragment is not free: on the private page it is the link.
document.querySelector(".skip")?.addEventListener("click", (event) => { event.preventDefault(); place.focus(); place.scrollIntoView(); });
if (isMine) addEventListener("hashchange", () => location.reload());
else {
  const opened = `${location.pathname}${location.search}`;
  const offline = async (): Promise<void> => {
    const age = await keptAt(opened);
    banner([navigator.onLine ? "" : w("noNetwork"), age ? `${w("lastSeen")} ${instant(new Date(age).toISOString())}.` : ""].filter(Boolean).join(" "));
  };
  addEventListener("online", () => void offline());
  addEventListener("offline", () => void offline());
  // A copy is also shown where the network is there and answers too late; what is new replaces it first.
  if (navigator.onLine) setTimeout(() => void offline(), 3000);
  else { banner(w("noNetwork")); settled = () => void offline(); }
}
await (isMine ? holder() : everyone());
settled();
document.body.dataset["ready"] = "yes";
installApp();
