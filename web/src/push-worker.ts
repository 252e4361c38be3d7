/** What the service worker does with web push: shows it, opens what it is about, and stops it. */

/** As the server sends it (`api/push_letters.py`), short and without anything about a person. */
interface Message { t: string; b: string; u: string; g: string; f: number | null; s: string; l: string }
// Typed here and not by the library "webworker", which cannot stand beside "dom".
interface Extendable { waitUntil(done: Promise<unknown>): void }
interface Pushed extends Extendable { data: { json(): unknown } | null }
interface Shown { data: { url?: string; follow?: number | null } | null; close(): void }
interface Clicked extends Extendable { action: string; notification: Shown }
interface Changed extends Extendable { oldSubscription?: PushSubscription | null; newSubscription?: PushSubscription | null }
interface Tab { url: string; focus(): Promise<unknown>; navigate(url: string): Promise<unknown> }
export interface Worker {
  addEventListener(name: string, listener: (event: never) => void): void;
  registration: ServiceWorkerRegistration;
  location: { origin: string };
  clients: { matchAll(of: { type: "window"; includeUncontrolled: boolean }): Promise<readonly Tab[]>; openWindow(url: string): Promise<unknown> };
}

const FIELDS = ["t", "b", "u", "g", "s", "l"] as const;
/** A message of ours, or null: a push must show something, whatever came. */
function read(event: Pushed): Message | null {
  try {
    const said = event.data?.json() as Partial<Message> | null;
    return said && FIELDS.every((name) => typeof said[name] === "string") ? (said as Message) : null;
  } catch { return null; }
}

/** Only pages of this service are opened, whatever a message says. */
function within(worker: Worker, url: string | undefined): string {
  try {
    const wanted = new URL(url ?? "/", worker.location.origin);
    return wanted.origin === worker.location.origin ? wanted.href : `${worker.location.origin}/`;
  } catch { return `${worker.location.origin}/`; }
}

async function show(worker: Worker, message: Message | null): Promise<void> {
  if (!message) { await worker.registration.showNotification("Bản đồ phản ánh", { body: "Có tin mới. / There is news.", tag: "phananh", data: { url: "/", follow: null } }); return; }
  // The same news pushed twice replaces itself: one notification for one tag.
  const shown = { body: message.b, tag: message.g, lang: message.l, data: { url: message.u, follow: message.f }, ...(message.f === null ? {} : { actions: [{ action: "stop", title: message.s }] }) };
  await worker.registration.showNotification(message.t, shown);
}

/** One click stops it: the address of the subscription shows that this browser may. */
async function stop(worker: Worker, follow: number): Promise<void> {
  const subscription = await worker.registration.pushManager.getSubscription();
  if (!subscription) return;
  await fetch("/api/v1/push", { method: "DELETE", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ endpoint: subscription.endpoint, id: follow }) });
}

async function open(worker: Worker, url: string): Promise<void> {
  const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = tabs.find((tab) => tab.url === url);
  if (there) await there.focus();
  else await worker.clients.openWindow(url);
}

/** The browser's service gave the subscription another address: the server is told, nothing is asked anew. */
async function renew(worker: Worker, event: Changed): Promise<void> {
  const before = event.oldSubscription;
  if (!before) return;
  const key = before.options.applicationServerKey;
  const now = event.newSubscription ?? (await worker.registration.pushManager.subscribe({ userVisibleOnly: true, ...(key ? { applicationServerKey: key } : {}) }));
  await fetch("/api/v1/push/renew", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ endpoint: before.endpoint, subscription: now.toJSON() }) });
}

/** Adds the handlers; called once while the service worker's script is run. */
export function installPush(worker: Worker): void {
  worker.addEventListener("push", (event: Pushed) => event.waitUntil(show(worker, read(event))));
  worker.addEventListener("notificationclick", (event: Clicked) => {
    const { data } = event.notification;
    event.notification.close();
    event.waitUntil(event.action === "stop" && data?.follow ? stop(worker, data.follow) : open(worker, within(worker, data?.url)));
  });
  worker.addEventListener("pushsubscriptionchange", (event: Changed) => event.waitUntil(renew(worker, event)));
}
