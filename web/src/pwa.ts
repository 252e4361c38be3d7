/** The installed app: its worker, and the band that says that there is a newer version. */
import { h } from "./dom";
import { phrases } from "./i18n";

const w = phrases({
  vi: { newer: "Đã có phiên bản mới.", reload: "Tải lại" },
  en: { newer: "There is a new version.", reload: "Reload" },
});
const HOUR_MS = 3_600_000;

function offer(take: () => void): void {
  if (document.getElementById("newer")) return;
  document.querySelector("main")?.before(h("p", { id: "newer", class: "band", role: "status" }, `${w("newer")} `, h("button", { type: "button", click: take }, w("reload"))));
}
/** What was read before the worker was there: it keeps the public part of it. */
const seen = (): string[] => performance.getEntriesByType("resource").map((one) => new URL(one.name)).filter((one) => one.origin === location.origin && one.pathname.startsWith("/api/v1/")).map((one) => one.pathname + one.search);

async function register(): Promise<void> {
  const workers = navigator.serviceWorker, registration = await workers.register("/sw.js", { updateViaCache: "none" });
  let asked = false;
  const waits = (worker: ServiceWorker): void => offer(() => { asked = true; worker.postMessage({ type: "take-over" }); });
  if (registration.waiting && workers.controller) waits(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      // Without a controller it is the first one: there is nothing older to leave.
      if (worker.state === "installed" && workers.controller) waits(worker);
    });
  });
  workers.addEventListener("controllerchange", () => { if (asked) location.reload(); });
  workers.addEventListener("message", (event) => { if ((event.data as { type?: string } | null)?.type === "online") dispatchEvent(new Event("online")); });
  addEventListener("offline", () => void (registration as ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }).sync?.register("online").catch(() => undefined));
  let looked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - looked < HOUR_MS) return;
    looked = Date.now();
    void registration.update().catch(() => undefined);
  });
  (await workers.ready).active?.postMessage({ type: "keep", urls: seen() });
}
/** Registers the worker once the page has what it needs: a first visit on a slow line is not to wait for it. */
export function installApp(): void {
  // A part of an older version is gone from the server; whoever asked for it hears of it as well.
  addEventListener("vite:preloadError", () => { if (navigator.onLine) offer(() => location.reload()); });
  if (!("serviceWorker" in navigator)) return;
  const idle = (): void => { setTimeout(() => void register().catch(() => undefined), 1000); };
  if (document.readyState === "complete") idle();
  else addEventListener("load", idle, { once: true });
}
