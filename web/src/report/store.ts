/** What the form keeps on the device: the draft, its photos, what waits to be sent, and what was sent. */
import { type IDBPDatabase, openDB } from "idb";
import type { Draft } from "./draft";
import type { Photo } from "./photo";
import type { Sent, Waiting } from "./queue";

interface Stores { draft: Draft; photo: Photo; waiting: Waiting; sent: Sent }
type Name = keyof Stores;
const NAMES: readonly Name[] = ["draft", "photo", "waiting", "sent"];
/** `page`: in the page alone, gone when it is closed; `full`: the same, because the device has no room left. */
export type Keeping = "device" | "page" | "full";

const inPage: { [K in Name]: Map<string, Stores[K]> } = { draft: new Map(), photo: new Map(), waiting: new Map(), sent: new Map() };
let keeping: Keeping = "device";
const listeners = new Set<(now: Keeping) => void>();
/** Hears at once, and later, whether what is written survives the page; returns how to stop. */
export function onKeeping(listener: (now: Keeping) => void): () => void {
  listeners.add(listener);
  listener(keeping);
  return () => listeners.delete(listener);
}
function tell(now: Keeping): void {
  if (now === keeping) return;
  keeping = now;
  listeners.forEach((one) => one(now));
}

let opened: Promise<IDBPDatabase | null> | undefined;
// Some private windows have no database, and some throw when asked.
const database = (): Promise<IDBPDatabase | null> => (opened ??= Promise.resolve().then(() => openDB("phananh-report", 1, {
  upgrade: (db) => { for (const name of NAMES) db.createObjectStore(name); },
  // Another tab with a newer page wants the database: what is written next opens it anew.
  blocking: (_, __, event) => { (event.target as IDBDatabase).close(); opened = undefined; },
  terminated: () => { opened = undefined; },
})).catch(() => { tell("page"); return null; }));

export async function put<K extends Name>(name: K, key: string, value: Stores[K]): Promise<void> {
  const db = await database();
  try {
    if (!db) throw new Error("no database");
    await db.put(name, value, key);
    inPage[name].delete(key);
    if (NAMES.every((one) => !inPage[one].size)) tell("device");
  } catch (problem) {
    inPage[name].set(key, value);
    tell(problem instanceof DOMException && problem.name === "QuotaExceededError" ? "full" : "page");
  }
}
export async function read<K extends Name>(name: K, key: string): Promise<Stores[K] | undefined> {
  const held = inPage[name].get(key);
  if (held) return held;
  try { return (await (await database())?.get(name, key)) as Stores[K] | undefined; } catch { return undefined; }
}
export async function all<K extends Name>(name: K): Promise<Stores[K][]> {
  const found = new Map<string, Stores[K]>();
  try {
    const db = await database();
    if (db) {
      const [keys, values] = await Promise.all([db.getAllKeys(name), db.getAll(name)]);
      keys.forEach((key, i) => found.set(String(key), values[i] as Stores[K]));
    }
  } catch { /* what the page holds is all there is */ }
  inPage[name].forEach((value, key) => found.set(key, value));
  return [...found.values()];
}
export async function remove(name: Name, key: string): Promise<void> {
  inPage[name].delete(key);
  try { await (await database())?.delete(name, key); } catch { /* it was never there */ }
  if (NAMES.every((one) => !inPage[one].size) && keeping === "full") tell("device");
}
