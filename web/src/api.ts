import type { Names } from "./i18n";
import { Refused, troubleOf } from "./problems";

export interface City { code: string; timezone: string; name: Names; bbox: [number, number, number, number]; sample: boolean; first_day: string | null; last_day: string | null }
export interface AreaSet { code: string; city: string; name: Names; approximate: boolean; note: Names | null; since: string | null; until: string | null; source: string; licence: string | null; areas: number }
export interface Question { code: string; kind: "text" | "number" | "one" | "many" | "date"; vi: string; en: string; required?: boolean; options?: ({ code: string } & Names)[]; min?: number | string; max?: number | string; public?: boolean }
export interface Notice extends Names { phone?: string | null; stops: boolean }
export interface Category { code: string; name: Names; colour: string; sensitive: boolean; questions?: Question[]; notice?: Notice | null; asks_urgency?: boolean }
export interface Domain { code: string; name: Names; colour: string; categories: Category[] }
export interface Config { cities: City[]; basemap: { url: string; attribution: string } | null }
export interface AreaRow { key: string; name: string; name_en: string; kind: string | null; n: number; population: number | null; rate: number | null; rate_low: number | null; rate_high: number | null; rate_smoothed: number | null; rate_smoothed_local: number | null; unusual: -1 | 0 | 1; few: boolean; area_km2: number; per_km2: number }
export interface Counts { total: number; rows: { key: string; n: number }[] }
export interface AreaCounts { total: number; rate: number | null; outside: number; rows: AreaRow[] }
export interface Classes { breaks: number[]; min: number | null; max: number | null; count: number }
export interface Spot { rank: number; n: number; z: number; class: string; area_km2: number; lon: number; lat: number; areas: string[]; areas_en: string[]; street: string | null; bbox: [number, number, number, number]; cells: string[]; since_month?: string | null; trend_z?: number | null; trend_p?: number | null; since_ratio?: number | null; trend?: string | null }
export interface Trends { total: number; periods: string[]; last_day: string; places: number; few: boolean; classes: Record<string, number> }
export interface Hotspots { total: number; inside: number; outside: number; places: number; few: boolean; classes: Record<string, number>; spots: Spot[] }
export interface Properties { code: string; city: string; domain: string; category: string; status: string; reported_at: string; closed_at: string | null; text: string; address: string | null; sample: boolean; sensitive?: boolean; areas?: Held[]; supporters?: number; photos?: { small: string }[]; answers?: { at: string; text: string }[]; promise?: { due_at: string; met?: boolean | null } | null; timeline?: { at: string | null; kind: string; from?: string; to?: string }[] }
export interface Held { set: string; code: string; name: string; name_en: string; kind: string | null; until: string | null }
export interface Feature { id: string; geometry: { coordinates: [number, number] }; properties: Properties }
export interface Page { features: Feature[]; next: string | null; total: number | null }
export interface Located { city: string | null; areas: Held[]; landmarks?: { name: string; name_en: string; distance_m: number }[] }
export interface Found { type: "area" | "address" | "landmark" | "complaint"; label: string; label_en?: string; detail?: Names; set?: string; code?: string; formerly?: string | null; until?: string | null; bbox?: [number, number, number, number]; lon: number; lat: number; n?: number }

export { Refused } from "./problems";

export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(path, init);
  if (!answer.ok) throw await troubleOf(answer);
  return (await answer.json()) as T;
}

let troubled = 0;
const listeners: ((down: boolean) => void)[] = [];
export const onTrouble = (listener: (down: boolean) => void): void => { listeners.push(listener); };
const tell = (change: number): void => { troubled += change; listeners.forEach((one) => one(troubled > 0)); };

/** Reads, trying again ever less often while the network or the server is away. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  let failed = false;
  try {
    for (let wait = 500; ; wait = Math.min(wait * 2, 15000)) {
      try {
        return await ask<T>(path, signal ? { signal } : undefined);
      } catch (problem) {
        if (problem instanceof Refused || signal?.aborted) throw problem;
        if (!failed) { failed = true; tell(1); }
        await new Promise((done) => setTimeout(done, wait));
      }
    }
  } finally {
    if (failed) tell(-1);
  }
}
