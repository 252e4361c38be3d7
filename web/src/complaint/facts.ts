/** What is known of one complaint: to everyone, and to who has its private link. */
import type { Domain, Held } from "../api";
import { ask } from "../api";
import type { Names } from "../i18n";

export interface Photo { small: string; large: string; width: number; height: number }
export interface Told { at: string | null; kind: string; from?: string; to?: string }
export interface Answer { at: string; text: string; status?: string | null; photos?: Photo[] }
export interface Replied extends Names { code: string; value_vi: string; value_en: string }
export type Verdict = "satisfied" | "accepted" | "dissatisfied";
export interface Properties {
  code: string; city: string; domain: string; category: string; status: string; reported_at: string; closed_at: string | null;
  text: string; address: string | null; sample: boolean; sensitive?: boolean; areas?: Held[]; timeline?: Told[];
  supporters?: number; photos?: Photo[]; answers?: Answer[]; promise?: { due_at: string; basis: string; met?: boolean | null } | null;
  ratings?: Record<Verdict, number>; questions?: Replied[]; reopened?: boolean; first_left?: boolean; may_be_supported?: boolean;
}
export interface Whole { id: string; geometry: { coordinates: [number, number] }; properties: Properties }
export interface Landmark { name: string; name_en: string; distance_m: number }
/** What the server lays into the page, so that nothing waits for a second answer. */
export interface Laid { feature: Whole; category: Names; domain: Names; colour: string; zone: string; landmarks: Landmark[] }
export interface Near { code: string; category: string; domain: string; status: string; text: string; address: string | null; reported_at: string; distance_m: number; supporters: number; photo: string | null }
/** What officials ask the reporter. */
export interface Asked { id: number; at: string; text: string; reply: string | null; replied_at: string | null }
export type May = "reply" | "correct" | "withdraw" | "contact" | "rate" | "erase";
export interface Mine {
  geometry: { coordinates: [number, number] };
  properties: Omit<Properties, "answers"> & {
    role: "reporter" | "supporter"; editable_until: string | null; contact: { state: "none" | "unconfirmed" | "confirmed"; address: string | null } | null;
    answers?: Record<string, unknown>; urgent?: boolean; masked?: boolean; public?: { text: string }; replies?: Answer[]; asked?: Asked[]; may: May[]; rating: { verdict: Verdict; reason: string | null } | null; erased?: boolean; erased_at?: string | null;
  };
}

/** What the page came with: null where there is no such complaint, undefined in the empty page that is kept for when there is no network. */
export function laid(): Laid | null | undefined {
  const element = document.getElementById("facts");
  return element ? (JSON.parse(element.textContent ?? "null") as Laid | null) : undefined;
}
/** The same from the API, for a page that came empty or has grown old. */
export async function read(code: string): Promise<Laid> {
  const [feature, { domains }, config] = await Promise.all([
    ask<Whole>(`/api/v1/complaints/${encodeURIComponent(code)}`), ask<{ domains: Domain[] }>("/api/v1/domains"), ask<{ cities: { code: string; timezone: string }[] }>("/api/v1/config"),
  ]);
  const p = feature.properties, domain = domains.find((one) => one.code === p.domain), category = domain?.categories.find((one) => one.code === p.category);
  const plain: Names = { vi: p.category, en: p.category };
  return {
    feature, category: category?.name ?? plain, domain: domain?.name ?? { vi: p.domain, en: p.domain }, colour: domain?.colour ?? "#475569",
    zone: config.cities.find((one) => one.code === p.city)?.timezone ?? "UTC", landmarks: [],
  };
}
export const nearby = async (code: string): Promise<Near[]> => (await ask<{ near: Near[] }>(`/api/v1/complaints/${encodeURIComponent(code)}/near`)).near;
