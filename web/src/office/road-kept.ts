/** What an official's device keeps for the road: facts, drafts, the shortlist, and notes that wait to be sent. */
import { type IDBPDatabase, openDB } from "idb";
import { remove as removePhoto } from "../report/store";
import type { Me } from "./desk";
import type { Work } from "./one-facts";

export interface Kept { work: Work; at: number }
/** What was typed and not sent; photos are ids in the form's own store. */
export interface Draft { text: string; photos: string[]; fields?: Record<string, string> }
export interface Waiting { key: string; code: string; text: string; at: string; refused?: string }
export interface Signed { me: Me; at: number }
interface Stores { facts: Kept; draft: Draft; waiting: Waiting; star: string[]; signed: Signed; hours: number }
type Name = keyof Stores;
const NAMES: readonly Name[] = ["facts", "draft", "waiting", "star", "signed", "hours"];
/** How long facts stay on the device without a network, unless it was set otherwise here. */
export const USUAL_HOURS = 12, HOURS: readonly number[] = [4, 12, 24, 72];

let opened: Promise<IDBPDatabase> | undefined;
const database = (): Promise<IDBPDatabase> => (opened ??= openDB("phananh-office", 1, {
  upgrade: (db) => { for (const name of NAMES) db.createObjectStore(name); },
  blocking: (_, __, event) => { (event.target as IDBDatabase).close(); opened = undefined; },
  terminated: () => { opened = undefined; },
}).catch((problem: unknown) => { opened = undefined; throw problem; }));
// Each key starts with the account: what one official kept is never another's.
const keyOf = (account: number, key: string): string => `${account}/${key}`;

export async function keep<K extends Name>(name: K, account: number, key: string, value: Stores[K]): Promise<boolean> {
  try { await (await database()).put(name, value, keyOf(account, key)); return true; } catch { return false; }
}
export async function kept<K extends Name>(name: K, account: number, key: string): Promise<Stores[K] | undefined> {
  try { return (await (await database()).get(name, keyOf(account, key))) as Stores[K] | undefined; } catch { return undefined; }
}
export async function keptAll<K extends Name>(name: K, account: number): Promise<Stores[K][]> {
  try { return (await (await database()).getAll(name, IDBKeyRange.bound(`${account}/`, `${account}/\uffff`))) as Stores[K][]; } catch { return []; }
}
export async function drop(name: Name, account: number, key: string): Promise<void> {
  try { await (await database()).delete(name, keyOf(account, key)); } catch { /* it was never there */ }
}

export const hoursOf = async (account: number): Promise<number> => (await kept("hours", account, "")) ?? USUAL_HOURS;
/** Facts of a complaint, if they are not older than the device may keep them; older ones are removed. */
export async function factsOf(account: number, code: string, now = Date.now()): Promise<Kept | undefined> {
  const found = await kept("facts", account, code);
  if (!found || now - found.at < (await hoursOf(account)) * 3_600_000) return found;
  await drop("facts", account, code);
  return undefined;
}
/** Removes facts that are too old, and all but unsent notes of others who used this device. */
export async function tidy(account: number, now = Date.now()): Promise<void> {
  try {
    const db = await database(), limit = (await hoursOf(account)) * 3_600_000;
    for (const name of NAMES) {
      for (const key of await db.getAllKeys(name)) {
        const own = String(key).startsWith(`${account}/`);
        const old = name === "facts" && own && now - ((await db.get(name, key)) as Kept).at >= limit;
        // Unsent words of another are theirs to send or to drop, and nobody else is shown them.
        if (old || (!own && name !== "waiting" && name !== "draft")) await db.delete(name, key);
      }
    }
  } catch { /* no database, nothing kept */ }
}
/** Who was signed in here last, for a start without a network; nobody after the hours are over. */
export async function lastSigned(now = Date.now()): Promise<Me | null> {
  try {
    const all = (await (await database()).getAll("signed")) as Signed[], last = all.sort((a, b) => b.at - a.at)[0];
    return last && now - last.at < (await hoursOf(last.me.id)) * 3_600_000 ? last.me : null;
  } catch { return null; }
}
/** Takes all that this account kept off the device: at sign-out. */
export async function wipe(account: number): Promise<void> {
  try {
    const db = await database(), own = IDBKeyRange.bound(`${account}/`, `${account}/\uffff`);
    for (const draft of (await db.getAll("draft", own)) as Draft[]) for (const id of draft.photos) await removePhoto("photo", id);
    for (const name of NAMES) await db.delete(name, own);
  } catch { /* no database, nothing kept */ }
}
/** The codes with a star, in the order they were chosen. */
export const starred = async (account: number): Promise<string[]> => (await kept("star", account, "")) ?? [];
export async function star(account: number, code: string, on: boolean): Promise<void> {
  const others = (await starred(account)).filter((one) => one !== code);
  await keep("star", account, "", on ? [...others, code] : others);
}
