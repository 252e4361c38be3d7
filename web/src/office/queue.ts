/** The queue: map and list of the work in one view, with one selection. */
import "./queue.css";
import type { AreaSet, City, Config, Domain } from "../api";
import { h } from "../dom";
import { number, phrases, setZone } from "../i18n";
import { shapesOf } from "../shapes";
import { ask, go, may, toast, type Page } from "./desk";
import { listen, position } from "./live";
import { ACTS, actWord, bulk, showRecent, type Act, type Target } from "./queue-bulk";
import { filesWord, showFiles } from "./queue-files";
import { Filter, type AreaName, type Counts } from "./queue-filter";
import { keys, showKeys } from "./queue-keys";
import { List } from "./queue-list";
import { QueueMap } from "./queue-map";
import { altered, asked, narrowed, read, SOON_H, written, type Question } from "./queue-question";
import { Rows } from "./queue-rows";

const w = phrases({
  vi: { title: "Việc cần xử lý", total: "phản ánh", loading: "Đang tải…", empty: "Không có phản ánh nào đang chờ trong phần việc của bạn.", emptyDo: "Phản ánh mới sẽ tự hiện ở đây.", filtered: "Không có phản ánh nào khớp bộ lọc.", filteredDo: "Hãy bỏ bớt bộ lọc.", clear: "Xoá bộ lọc", retry: "Thử lại", offline: "Không có mạng: danh sách đang hiện có thể đã cũ.", list: "Danh sách", map: "Bản đồ", views: "Xem", selected: "đã chọn", everything: "Chọn tất cả", none: "Bỏ chọn", bulk: "Việc làm hàng loạt", recent: "Vừa làm", keys: "Phím tắt (?)", news: "thay đổi mới, tải lại", live: "Cập nhật trực tiếp", off: "Cập nhật trực tiếp đang tắt; thử lại sau", s: "giây", divider: "Độ rộng của danh sách", panel: "Phản ánh", closePanel: "Đóng phản ánh", wide: "Mở riêng", tooMany: "Chọn quá nhiều phản ánh cho một lần: hãy chọn bớt" },
  en: { title: "Work to do", total: "complaints", loading: "Loading…", empty: "No complaint is waiting in your part of the work.", emptyDo: "New ones show up here by themselves.", filtered: "No complaint matches the filters.", filteredDo: "Take some filters away.", clear: "Clear the filters", retry: "Try again", offline: "No network: the list may be old.", list: "List", map: "Map", views: "View", selected: "selected", everything: "Select all", none: "Select none", bulk: "For all that are selected", recent: "Recent acts", keys: "Keys (?)", news: "new changes, load anew", live: "Live updates", off: "Live updates are off; trying again in", s: "s", divider: "Width of the list", panel: "Complaint", closePanel: "Close the complaint", wide: "Open on its own", tooMany: "Too many complaints are chosen to be changed at once: choose fewer" },
});
// Where the list stood when a complaint was opened: Back shows the same rows at the same place.
const left = new Map<string, { rows: Rows; top: number; active: string; at: string }>();
const WIDTH = "phananh-queue-width";
const phone = matchMedia("(max-width: 900px)");
/** As many as the server changes at once. */
const MOST_AT_ONCE = 500;
/** Others act many times a minute: the chips count once they pause. */
const RECOUNT_MS = 3000;
let facts: Promise<{ city: City; domains: Domain[]; set: AreaSet | undefined; areas: AreaName[] }> | null = null;

async function readFacts(): Promise<Awaited<NonNullable<typeof facts>>> {
  const [config, { domains }, { sets }] = await Promise.all([ask<Config>("/api/v1/config"), ask<{ domains: Domain[] }>("/api/v1/domains"), ask<{ sets: AreaSet[] }>("/api/v1/boundaries")]);
  const city = config.cities[0];
  if (!city) throw new Error("no city is set up");
  const own = sets.filter((one) => one.city === city.code), set = own.find((one) => one.until === null) ?? own[0];
  const shapes = set ? await shapesOf(set.code, false) : null;
  const areas = (shapes?.features ?? []).map(({ properties: p }) => ({ code: `${set?.code}:${p.code}`, name: p.name })).sort((a, b) => a.name.localeCompare(b.name, "vi"));
  return { city, domains, set, areas };
}

export const page: Page = async (place, _path, query) => {
  facts ??= readFacts();
  const { city, domains, set, areas } = await facts.catch((problem: unknown) => { facts = null; throw problem; });
  setZone(city.timezone);
  let question = read(query), opened = query.get("open") ?? "", anchor = "", leavePanel: (() => void) | void, shownTab = "list", recount = 0, counted = "", sum: number | undefined;
  const choices = { active: "", chosen: new Set<string>(), all: false };
  const unseen = new Set<string>();
  const rows = new Rows(question, () => refresh());
  const filter = new Filter(domains, areas, (to, typed) => {
    shut();
    const same = typed && Boolean(question.q);
    turnTo(to, !same);
    if (same) history.replaceState(null, "", address());
  });
  const list = new List(rows, domains, choices, { open, focus: (code) => focus(code, false), toggle, hover: (code) => map.show(code ?? choices.active, chosenCodes()) });
  const map = new QueueMap(city, set, { pick: (code) => { focus(code, true); if (phone.matches) open(code); }, open, hover: (code) => { for (const own of list.box.querySelectorAll(".hovered")) own.classList.remove("hovered"); if (code) document.getElementById(`row-${code}`)?.classList.add("hovered"); }, shape: (polygon) => { turnTo(altered(question, { polygon })); choices.all = true; refresh(); } });

  const total = h("p", { id: "queue-total", role: "status" }), liveSays = h("p", { id: "queue-live", role: "status" });
  const fresh = h("button", { type: "button", id: "queue-new", hidden: true, click: () => anew() });
  const notice = h("div", { id: "queue-notice" }), bar = h("div", { id: "queue-bulk", role: "group", "aria-label": w("bulk"), hidden: true });
  const panel = h("section", { id: "queue-panel", "aria-label": w("panel"), hidden: true });
  const tab = (name: string, words: string): HTMLElement => h("button", { type: "button", id: `tab-${name}`, "aria-pressed": String(name === "list"), click: () => swap(name) }, words);
  const tabs = h("div", { class: "queue-tabs", role: "group", "aria-label": w("views") }, tab("list", w("list")), tab("map", w("map")));
  const divider = h("div", { id: "queue-divider", role: "separator", tabindex: 0, "aria-orientation": "vertical", "aria-label": w("divider"), "aria-valuemin": 25, "aria-valuemax": 75, "aria-valuenow": 45 });
  const listSide = h("div", { class: "queue-side" }, h("div", { class: "queue-line" }, total, fresh, liveSays, ...(may("bulk") ? [h("button", { type: "button", id: "queue-recent", click: () => void showRecent(anew) }, w("recent"))] : []), h("button", { type: "button", id: "queue-take", click: () => showFiles(question, rows.total) }, filesWord()), h("button", { type: "button", id: "queue-keys", click: showKeys }, w("keys"))), notice, list.box, bar);
  const body = h("div", { class: "queue-body", "data-tab": "list" }, listSide, divider, map.stage, panel);
  place.replaceChildren(h("div", { class: "queue" }, h("h1", { class: "seen-by-readers" }, w("title")), filter.place, tabs, body));

  const address = (): string => { const text = new URLSearchParams(written(question)); if (opened) text.set("open", opened); return `/office${String(text) ? `?${text}` : ""}`; };
  const chosenCodes = (): string[] => (choices.all ? [] : [...choices.chosen]);
  const remember = (): void => { left.set(written(question), { rows, top: list.top, active: choices.active, at: position() }); };
  // The chips and the number above the list are of one answer: they never tell of two moments.
  const showCounts = (found: Counts): void => { filter.counts = found; sum = found["total"]; filter.show(question); refresh(); };

  function refresh(): void {
    list.refresh();
    map.show(choices.active, chosenCodes());
    total.textContent = rows.state === "loading" && !rows.items.length ? w("loading") : `${number(sum ?? rows.total)} ${w("total")}`;
    place.dataset["rows"] = rows.state;
    list.box.setAttribute("aria-busy", String(rows.state === "loading"));
    notice.replaceChildren(...notices());
    fresh.hidden = !unseen.size;
    fresh.textContent = `${number(unseen.size)} ${w("news")}`;
    drawBar();
  }
  function notices(): Node[] {
    if (rows.state === "failed") return [h("p", { role: "alert", class: "alert" }, rows.offline ? w("offline") : rows.fault), h("button", { type: "button", id: "queue-retry", click: () => void rows.retry() }, w("retry"))];
    if (rows.state !== "ready" || rows.total) return [];
    return narrowed(question)
      ? [h("p", {}, w("filtered")), h("p", {}, w("filteredDo")), h("button", { type: "button", click: () => turnTo({}) }, w("clear"))]
      : [h("p", {}, w("empty")), h("p", {}, w("emptyDo"))];
  }
  function drawBar(): void {
    const n = choices.all ? rows.total : choices.chosen.size;
    bar.hidden = !n;
    if (!n) { bar.replaceChildren(); return; }
    const focused = bar.contains(document.activeElement) ? (document.activeElement as HTMLElement).id : "";
    bar.replaceChildren(h("b", { role: "status" }, `${number(n)} ${w("selected")}`),
      ...(may("act") && may("bulk") ? ACTS.map((act) => h("button", { type: "button", id: `bulk-${act}`, click: () => start(act) }, actWord(act))) : []),
      ...(choices.all ? [] : [h("button", { type: "button", id: "select-all", click: all }, `${w("everything")} (${number(rows.total)})`)]),
      h("button", { type: "button", id: "select-none", click: none }, w("none")));
    if (focused) document.getElementById(focused)?.focus();
  }
  function start(act: Act): void {
    if (!choices.all && !choices.chosen.size) { if (!choices.active) return; choices.chosen.add(choices.active); refresh(); }
    const n = choices.all ? rows.total : choices.chosen.size;
    if (n > MOST_AT_ONCE) { toast(`${w("tooMany")} (${number(n)} > ${number(MOST_AT_ONCE)})`); return; }
    const target: Target = choices.all ? { query: String(asked(question)), first: rows.at(0)?.code ?? "" } : { codes: [...choices.chosen] };
    void bulk(act, target, domains, areas, () => { none(); anew(); });
  }
  function focus(code: string, scroll: boolean): void {
    choices.active = anchor = code;
    const index = rows.indexOf(code), row = rows.at(index);
    if (scroll && index >= 0) list.show(index);
    if (!scroll && row) map.reveal(row.lon, row.lat);
    refresh();
  }
  function move(by: number, range: boolean): void {
    const from = rows.indexOf(choices.active), to = Math.max(0, Math.min(rows.items.length - 1, from < 0 ? 0 : from + by));
    const row = rows.at(to);
    if (!row) return;
    if (range && from >= 0) select(from, to);
    choices.active = row.code;
    if (!range) anchor = row.code;
    list.show(to);
    map.reveal(row.lon, row.lat);
    list.box.focus({ preventScroll: true });
    refresh();
  }
  function select(from: number, to: number): void {
    choices.all = false;
    for (let i = Math.min(from, to); i <= Math.max(from, to); i++) { const row = rows.at(i); if (row) choices.chosen.add(row.code); }
  }
  function toggle(code: string, range: boolean): void {
    if (choices.all) { choices.all = false; for (const row of rows.items) choices.chosen.add(row.code); }
    const from = rows.indexOf(anchor);
    if (range && from >= 0) select(from, rows.indexOf(code));
    else if (!choices.chosen.delete(code)) choices.chosen.add(code);
    choices.active = code;
    if (!range) anchor = code;
    refresh();
  }
  function all(): void { choices.all = true; choices.chosen.clear(); refresh(); }
  function none(): void { choices.all = false; choices.chosen.clear(); refresh(); }
  function swap(to = shownTab === "list" ? "map" : "list"): void {
    shownTab = to;
    body.dataset["tab"] = to;
    for (const own of tabs.children) own.setAttribute("aria-pressed", String(own.id === `tab-${to}`));
    if (to === "map") { map.resize(); if (!phone.matches) map.stage.querySelector("canvas")?.focus(); }
    else { list.refresh(); list.box.focus({ preventScroll: true }); }
  }
  function anew(): void { unseen.clear(); left.clear(); list.top = 0; void rows.restart(); map.ask(question); void count(); }
  /** Shows another question; the address and Back know it. */
  function turnTo(to: Question, step = true): void {
    question = to;
    if (step) history.pushState(null, "", address());
    choices.all = false;
    choices.chosen.clear();
    unseen.clear();
    filter.show(question);
    list.top = 0;
    void rows.restart(question);
    map.ask(question);
    if (counted !== unordered()) { sum = undefined; void count(); }
  }
  const unordered = (): string => String(asked(altered(question, { sort: "" })));
  async function count(): Promise<void> {
    const own = unordered();
    counted = own;
    try {
      const found = await ask<Counts>(`/api/v1/work/counts${own ? `?${own}` : ""}`);
      if (own === counted) showCounts(found);
    } catch { sum = undefined; /* chips without numbers filter all the same */ }
  }

  function open(code: string, byKey = false): void {
    if (phone.matches) { go(`/office/c/${encodeURIComponent(code)}`); return; }
    if (code === opened) { if (byKey) intoPanel(); return; }
    opened = code;
    history.pushState(null, "", address());
    void showPanel().then(() => { if (byKey && opened === code) intoPanel(); });
  }
  /** Who works by keyboard goes on in what was opened: its keys are other ones than the list's. */
  function intoPanel(): void {
    const head = panel.querySelector<HTMLElement>("h1");
    head?.setAttribute("tabindex", "-1");
    head?.focus({ preventScroll: true });
  }
  async function showPanel(): Promise<void> {
    leavePanel?.();
    leavePanel = undefined;
    const code = opened, was = panel.hidden;
    panel.hidden = !code;
    body.toggleAttribute("data-panel", Boolean(code));
    if (was !== panel.hidden) map.resize();
    // The map is narrower now: what is open stays in sight.
    const shown = code ? rows.at(rows.indexOf(code)) : undefined;
    if (shown) map.reveal(shown.lon, shown.lat);
    if (!code) { panel.replaceChildren(); return; }
    const inner = h("div", { class: "panel-inner" }), close = h("button", { type: "button", id: "panel-close", "aria-label": w("closePanel"), click: () => shutStep() }, "✕");
    panel.replaceChildren(h("div", { class: "panel-bar" }, h("a", { href: `/office/c/${encodeURIComponent(code)}` }, w("wide")), close), inner);
    const one = await import("./one");
    if (opened !== code) return;
    try {
      const gone = await one.page(inner, [code], new URLSearchParams());
      if (opened === code) leavePanel = gone;
      else gone?.();
    } catch (problem) { inner.replaceChildren(h("p", { role: "alert" }, problem instanceof Error ? problem.message : String(problem))); }
  }
  function shut(): void { if (opened) { opened = ""; void showPanel(); } }
  function shutStep(): void { if (!opened) return; shut(); history.pushState(null, "", address()); list.box.focus({ preventScroll: true }); }
  // Back within the queue changes what is shown, and does not load the page anew.
  function back(event: PopStateEvent): void {
    if (!/^\/office\/?$/.test(location.pathname)) { remember(); return; }
    event.stopImmediatePropagation();
    const given = new URLSearchParams(location.search), to = read(given);
    opened = phone.matches ? "" : (given.get("open") ?? "");
    if (written(to) !== written(question)) turnTo(to, false);
    void showPanel();
  }
  function widen(percent: number): void {
    const value = Math.round(Math.max(25, Math.min(75, percent)));
    body.style.setProperty("--list", `${value}%`);
    divider.setAttribute("aria-valuenow", String(value));
    try { localStorage.setItem(WIDTH, String(value)); } catch { /* private mode: as wide as ever next time */ }
    map.resize();
  }
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    const drag = (to: PointerEvent): void => { const own = body.getBoundingClientRect(); widen(((to.clientX - own.left) / own.width) * 100); };
    divider.addEventListener("pointermove", drag);
    divider.addEventListener("pointerup", () => divider.removeEventListener("pointermove", drag), { once: true });
  });
  divider.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
    if (by) { event.preventDefault(); widen(Number(divider.getAttribute("aria-valuenow")) + by); }
  });

  const unkey = keys({
    move, page: () => list.fitting, ends: (last) => move(last ? rows.items.length : -rows.items.length, false), open: () => { if (choices.active) open(choices.active, true); }, toggle: () => { if (choices.active) toggle(choices.active, false); },
    all, escape: () => { if (opened) shutStep(); else none(); }, accept: () => {
      // The same key as in the panel itself, wherever the focus is.
      if (opened) panel.querySelector(".panel-inner")?.dispatchEvent(new KeyboardEvent("keydown", { key: "a", cancelable: true }));
    }, assign: () => { if (may("act") && may("bulk")) start("assign"); }, search: () => document.getElementById("queue-search")?.focus(), swap: () => swap(), fresh: anew,
    only: (scope) => turnTo(scope ? { [scope]: scope === "due" ? String(SOON_H) : "true" } : {}),
  });
  const before = left.get(written(question));
  const unlisten = listen({
    work: (news) => {
      void rows.others(news).then((others) => { for (const code of others) unseen.add(code); refresh(); });
      clearTimeout(recount);
      // The map too: what was closed goes, what came is there. What one did oneself is seen at once.
      recount = window.setTimeout(() => { void count(); void map.load(); }, news.some((one) => one.own) ? 0 : RECOUNT_MS);
    },
    presence: (found) => { if (found.who.length) list.presence.set(found.code, found.who); else list.presence.delete(found.code); list.refresh(); },
    lost: () => { unseen.add("*"); refresh(); void count(); },
    state: (on, retry_s) => { liveSays.textContent = on ? w("live") : `${w("off")} ${number(retry_s)} ${w("s")}`; liveSays.dataset["on"] = String(on); },
  }, before?.at);
  const online = (): void => { if (rows.state === "failed") void rows.retry(); };
  addEventListener("online", online);
  addEventListener("popstate", back, { capture: true });
  try { widen(Number(localStorage.getItem(WIDTH)) || 45); } catch { widen(45); }
  filter.show(question);
  if (before) {
    rows.resume(before.rows);
    choices.active = before.active;
    list.refresh();
    list.top = before.top;
    refresh();
  } else void rows.restart();
  map.ask(question);
  void map.start();
  void count();
  void showPanel();
  return () => { clearTimeout(recount); remember(); unkey(); unlisten(); leavePanel?.(); list.leave(); map.leave(); removeEventListener("online", online); removeEventListener("popstate", back, { capture: true }); };
};
