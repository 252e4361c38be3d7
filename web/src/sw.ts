/**
 * The service worker: the app starts, and shows what was seen before, without a network.
 *
 * It answers GET alone, and never for what is private: what needs a private link passes it by, and what is
 * sent is not its business. The network comes first for all that counts, so that totals, map and list agree.
 */
import { installPush, type Worker } from "./push-worker";
import { cleanupOutdatedCaches, matchPrecache, precacheAndRoute } from "workbox-precaching";
import { registerRoute } from "workbox-routing";
import { NetworkFirst, NetworkOnly, StaleWhileRevalidate } from "workbox-strategies";

declare const self: ServiceWorkerGlobalScope;
/** The shell of this version, written here by the build. */
declare const __SHELL__: { url: string; revision: string | null }[];
/** The files of officials' pages: kept only on a device whose user asked for it. */
declare const __OFFICE__: string[];

const READ = "read-1", TILES = "tiles-1", PAGES = "pages-1", PHOTOS = "photos-1";
/** What anyone may read and does not say where the reader is or what was looked for. */
const PUBLIC = /^\/api\/v1\/(config|domains|boundaries(\/[^/]+)?|counts|classes|complaints(\/(?!near$)[^/]+(\/near)?)?)$/;
const OUTLINES = /^\/api\/v1\/boundaries\/[^/]+$/;

/** Keeps answers that hold something, and of them the newest. */
const keeping = (name: string, most: number): object[] => [{
  cacheWillUpdate: async ({ response }: { response: Response }): Promise<Response | null> => ((response.status === 200 || response.status === 204) && !/no-store/.test(response.headers.get("cache-control") ?? "") ? response : null),
  cacheDidUpdate: async (): Promise<void> => {
    const cache = await caches.open(name), keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map((one) => cache.delete(one)));
  },
}];
const mine = (url: URL, request: Request): boolean => url.origin === self.location.origin && request.method === "GET" && !request.headers.has("authorization");
const readable = (url: URL, request: Request): boolean => mine(url, request) && PUBLIC.test(url.pathname) && !url.searchParams.has("q");

precacheAndRoute(__SHELL__, { ignoreURLParametersMatching: [/./], cleanURLs: false });
cleanupOutdatedCaches();
// Outlines change with a reform: an old one is shown at once, and replaced for the next time.
registerRoute(({ url, request }) => mine(url, request) && OUTLINES.test(url.pathname), new StaleWhileRevalidate({ cacheName: "outlines-1", plugins: keeping("outlines-1", 12) }));
registerRoute(({ url, request }) => readable(url, request), new NetworkFirst({ cacheName: READ, networkTimeoutSeconds: 5, plugins: keeping(READ, 150) }));
registerRoute(({ url, request }) => mine(url, request) && /^\/tiles\/.+\.mvt$/.test(url.pathname) && !url.searchParams.has("q"), new NetworkFirst({ cacheName: TILES, networkTimeoutSeconds: 5, plugins: keeping(TILES, 300) }));
registerRoute(({ url, request }) => mine(url, request) && /^\/photos\/.+-small\.jpg$/.test(url.pathname), new NetworkFirst({ cacheName: PHOTOS, networkTimeoutSeconds: 5, plugins: keeping(PHOTOS, 60) }));
// A complaint that was never seen: the empty page, which says that there is no network.
registerRoute(({ url, request }) => request.mode === "navigate" && /^\/c\/[^/]+$/.test(url.pathname), new NetworkFirst({ cacheName: PAGES, networkTimeoutSeconds: 5, plugins: [...keeping(PAGES, 30), { handlerDidError: async () => matchPrecache("/mine") }] }));

// Officials: their shell alone, by name. What they ask of the API passes this worker by.
const OFFICE = "office-1", OFFICE_PAGE = "/office";
// Scripts are asked for with an Origin, which the answers vary by and the kept ones were asked for without.
registerRoute(({ url, request }) => mine(url, request) && __OFFICE__.includes(url.pathname), async ({ request }) => (await caches.match(request, { cacheName: OFFICE, ignoreVary: true })) ?? fetch(request));
registerRoute(({ url, request }) => request.mode === "navigate" && /^\/office(\/|$)/.test(url.pathname), new NetworkOnly({ networkTimeoutSeconds: 5, plugins: [{ handlerDidError: async () => caches.match(OFFICE_PAGE, { cacheName: OFFICE }) }] }));
/** Keeps the page and its files of this version, and nothing of an older one. */
async function keepOffice(): Promise<void> {
  const cache = await caches.open(OFFICE);
  for (const old of await cache.keys()) if (!__OFFICE__.includes(new URL(old.url).pathname) && new URL(old.url).pathname !== OFFICE_PAGE) await cache.delete(old);
  // What the public pages share is in their shell, and the files' names change with their content.
  for (const name of __OFFICE__) if (!(await cache.match(name))) await cache.add(name);
  await cache.add(new Request(OFFICE_PAGE, { cache: "reload", credentials: "omit" }));
}

installPush(self as unknown as Worker);
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
/** What the page read before there was a worker is read again, so that it is there without a network. */
async function keep(urls: string[]): Promise<void> {
  for (const one of urls) {
    const url = new URL(one, self.location.origin), request = new Request(url);
    if (!readable(url, request)) continue;
    const cache = await caches.open(OUTLINES.test(url.pathname) ? "outlines-1" : READ);
    if (await cache.match(request)) continue;
    const answer = await fetch(request).catch(() => null);
    if (answer?.status === 200) await cache.put(request, answer);
  }
}
self.addEventListener("message", (event) => {
  const said = event.data as { type?: string; urls?: string[] } | null;
  // Only a page that is about to load anew asks for this: two versions would not fit together.
  if (said?.type === "take-over") void self.skipWaiting();
  if (said?.type === "office") event.waitUntil(keepOffice());
  if (said?.type === "keep" && Array.isArray(said.urls)) event.waitUntil(keep(said.urls.slice(0, 100)));
});
// Background Sync: the network is back. What waits is sent by the page, which has it.
self.addEventListener("sync", (event) => {
  (event as ExtendableEvent).waitUntil(self.clients.matchAll({ type: "window" }).then((all) => { for (const one of all) one.postMessage({ type: "online" }); }));
});
