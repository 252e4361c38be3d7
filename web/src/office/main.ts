/** The pages of officials, under /office: a shell, and a page for each path, loaded when it is opened. */
import "../style.css";
import "./office.css";
import { byId, h } from "../dom";
import type { Config } from "../api";
import { choose, chosen, current, phrases, setLanguage, setZone } from "../i18n";
import { Refused, Trouble } from "../problems";
import { ask, go, link, may, said, setMe, whoami, type Me, type Page } from "./desk";
import { keep, keptAll, lastSigned, tidy, wipe } from "./road-kept";

const w = phrases({
  vi: { title: "Xử lý phản ánh", queue: "Việc cần xử lý", road: "Đi thực địa", figures: "Tình hình", admin: "Quản trị", audit: "Nhật ký", account: "Tài khoản", out: "Đăng xuất", map: "Bản đồ chung", other: "English", loading: "Đang tải…", none: "Không có trang này.", notYours: "Tài khoản của bạn không dùng được trang này.", back: "Về trang đầu", retry: "Thử lại", skip: "Đến nội dung", menu: "Trang", unsent: "Trên máy này còn ghi chú chưa gửi. Đăng xuất sẽ xoá chúng. Vẫn đăng xuất?" },
  en: { title: "Handling complaints", queue: "Work to do", road: "On the road", figures: "How it goes", admin: "Administration", audit: "Audit log", account: "Account", out: "Sign out", map: "Public map", other: "Tiếng Việt", loading: "Loading…", none: "There is no such page.", notYours: "This page is not for your account.", back: "To the first page", retry: "Try again", skip: "To the content", menu: "Pages", unsent: "Notes on this device are not sent yet. Signing out removes them. Sign out all the same?" },
});
type Word = Parameters<typeof w>[0];
interface Entry { load: () => Promise<{ page: Page }>; title: Word; need?: string; open?: boolean }
// The first part of the path after /office; "" is the queue.
const PAGES: Record<string, Entry> = {
  "": { load: () => import("./queue"), title: "queue", need: "inside" },
  c: { load: () => import("./one"), title: "queue", need: "inside" },
  road: { load: () => import("./road"), title: "road", need: "inside" },
  figures: { load: () => import("./figures"), title: "figures", need: "view" },
  admin: { load: () => import("./admin"), title: "admin", need: "admin" },
  audit: { load: () => import("./audit"), title: "audit", need: "admin" },
  account: { load: () => import("./account"), title: "account" },
  "sign-in": { load: () => import("./sign-in"), title: "account", open: true },
};
const SHOWN = ["", "road", "figures", "admin", "audit"] as const;
const place = byId("place");
const RENEW_MS = 5 * 60_000;
let leave: (() => void) | void, turn = 0, renewed = Date.now();

function bar(active: string): void {
  const signed = active !== "sign-in";
  const pages = signed ? SHOWN.filter((name) => may(PAGES[name]?.need ?? "view")) : [];
  byId("office-bar").replaceChildren(
    h("a", { class: "home", href: "/" }, w("map")),
    h("nav", { "aria-label": w("menu") }, ...pages.map((name) => {
      const own = link(`/office${name ? `/${name}` : ""}`, {}, w(PAGES[name]?.title ?? "queue"));
      if (name === active || (name === "" && active === "c")) own.setAttribute("aria-current", "page");
      return own;
    })),
    h("span", { class: "who" }, ...(signed ? [link("/office/account", {}, whoami().full_name), h("button", { type: "button", id: "sign-out", click: () => void signOut() }, w("out"))] : []),
      h("button", { type: "button", id: "language", click: () => { const to = current() === "vi" ? "en" : "vi"; choose(to); setLanguage(to); void open(); } }, w("other"))),
  );
  const skip = document.querySelector<HTMLAnchorElement>(".skip");
  if (skip) skip.textContent = w("skip");
}
async function signOut(): Promise<void> {
  const { id } = whoami();
  if ((await keptAll("waiting", id)).length && !confirm(w("unsent"))) return;
  // What this account kept goes first: it must be gone whatever the network does.
  await wipe(id);
  try { await ask("/api/v1/account/sign-out", { method: "POST" }); } catch { /* it has ended already */ }
  setMe(null);
  go("/office/sign-in");
}
function failed(problem: unknown): void {
  place.replaceChildren(h("p", { role: "alert" }, said(problem)), h("button", { type: "button", click: () => void open() }, w("retry")), " ", home());
}
const home = (): HTMLElement => h("p", {}, link("/office", {}, w("back")));
/** Who is signed in; without a network, on the road, who was here last within the hours that were set. */
async function signed(name: string): Promise<Me> {
  try {
    const me = await ask<Me>("/api/v1/account/me");
    renewed = Date.now();
    await tidy(me.id);
    await keep("signed", me.id, "", { me, at: Date.now() });
    return me;
  } catch (problem) {
    const last = problem instanceof Trouble || (name !== "road" && name !== "c") ? null : await lastSigned();
    if (!last) throw problem;
    return last;
  }
}
/** Who works on one page for long goes on being signed in: the server hears of it now and then. */
function renew(): void {
  if (Date.now() - renewed < RENEW_MS || location.pathname.startsWith("/office/sign-in")) return;
  renewed = Date.now();
  void fetch("/api/v1/account/me").catch(() => undefined);
}
let zone: Promise<void> | null = null;
/** Times are the city's wherever the device is; without a network they are the device's. */
const inZone = (): Promise<void> => (zone ??= ask<Config>("/api/v1/config").then(({ cities: [city] }) => { if (city) setZone(city.timezone); }, () => { zone = null; }));
async function open(): Promise<void> {
  const own = ++turn;
  leave?.();
  leave = undefined;
  const [name = "", ...rest] = location.pathname.replace(/^\/office\/?/, "").split("/").map(decodeURIComponent);
  const entry = PAGES[name];
  try {
    if (!entry?.open) {
      const me = await signed(name);
      if (own !== turn) return;
      setMe(me);
      if (me.must_change && name !== "account") { go("/office/account?change", true); return; }
    }
    bar(name);
    document.title = entry ? `${w(entry.title)} · ${w("title")}` : w("title");
    if (!entry || (entry.need && !may(entry.need))) {
      // Who administers or plans has no queue, and who has no role has an account at least.
      if (entry && name === "") { go(may("admin") ? "/office/admin" : may("view") ? "/office/figures" : "/office/account", true); return; }
      place.replaceChildren(h("p", { role: "alert" }, entry ? w("notYours") : w("none")), home());
      return;
    }
    place.replaceChildren(h("p", { class: "loading" }, w("loading")));
    const [{ page }] = await Promise.all([entry.load(), inZone()]);
    if (own !== turn) return;
    place.replaceChildren();
    const left = await page(place, rest, new URLSearchParams(location.search));
    if (own === turn) leave = left;
    else left?.();
  } catch (problem) {
    if (own === turn && !(problem instanceof Refused && problem.status === 401)) failed(problem);
  }
}

setLanguage(chosen());
for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, renew, { passive: true });
addEventListener("popstate", () => void open());
addEventListener("office:go", () => void open());
void open();
