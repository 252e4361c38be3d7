import { ask } from "./api";

/** Web push of this browser: whether it can, whether it may, and its subscription. */
export type Ability = "ready" | "unsupported" | "denied" | "installFirst";

/** On an iPhone web push works for installed pages alone. */
const onlyInstalled = (): boolean => /iP(hone|ad|od)/.test(navigator.userAgent) && !matchMedia("(display-mode: standalone)").matches;

async function worker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  return (await navigator.serviceWorker.getRegistration("/")) ?? undefined;
}

export async function ability(): Promise<Ability> {
  if (!("PushManager" in window) || !("Notification" in window)) return onlyInstalled() ? "installFirst" : "unsupported";
  if (Notification.permission === "denied") return "denied";
  return (await worker()) ? "ready" : "unsupported";
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const plain = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  const found = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i++) found[i] = plain.charCodeAt(i);
  return found;
}
const same = (key: ArrayBuffer | null, other: Uint8Array): boolean => key !== null && key.byteLength === other.length && new Uint8Array(key).every((one, i) => one === other[i]);

/** The reader said no, or the browser's push service cannot be reached; `why` says which. */
export class NoPush extends Error { constructor(readonly why: "denied" | "service") { super(why); } }

/** This browser's subscription, made where there is none: the reader is asked. Raises `NoPush`. */
export async function subscription(): Promise<PushSubscription> {
  // Asked before anything is awaited that a browser would take for no click any more.
  if ((await Notification.requestPermission()) !== "granted") throw new NoPush("denied");
  const registration = await worker();
  if (!registration) throw new NoPush("service");
  const { key } = await ask<{ key: string }>("/api/v1/push/key");
  const wanted = bytes(key);
  const there = await registration.pushManager.getSubscription();
  if (there && same(there.options.applicationServerKey, wanted)) return there;
  // The server has another key by now: the old subscription would take nothing from it.
  if (there) await there.unsubscribe();
  try {
    return await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
  } catch { throw new NoPush(String(Notification.permission) === "denied" ? "denied" : "service"); }
}

const json = (method: string, body: unknown): RequestInit => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Begins to push what an order asks for; returns the number that stops it. */
export async function watchByPush(order: unknown): Promise<number> {
  const { id } = await ask<{ id: number }>("/api/v1/push", json("POST", { subscription: (await subscription()).toJSON(), order }));
  return id;
}
/** Begins to push how the complaint of a private link goes on. */
export async function followByPush(link: string, language: string): Promise<void> {
  await ask("/api/v1/push", json("POST", { subscription: (await subscription()).toJSON(), link, language }));
}
/** Stops one thing this browser is told of. */
export async function stopPush(what: { id: number } | { link: string }): Promise<void> {
  const there = await (await worker())?.pushManager.getSubscription();
  if (!there) return;
  const answer = await fetch("/api/v1/push", json("DELETE", { endpoint: there.endpoint, ...what }));
  if (!answer.ok) throw new TypeError(String(answer.status));
}
