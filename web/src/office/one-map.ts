/** The map of one complaint, and the one on which a place is chosen; both load the map library late. */
import { get, type Config } from "../api";
import type { PinMap } from "../report/pinmap";
import type { Work } from "./one-facts";

async function made(holder: HTMLElement, work: Work, label: string, placed?: (lon: number, lat: number) => void): Promise<PinMap> {
  const [{ PinMap }, config] = await Promise.all([import("../report/pinmap"), get<Config>("/api/v1/config")]);
  const city = config.cities.find((one) => one.code === work.city) ?? config.cities[0];
  if (!city) throw new Error("no city");
  const map = new PinMap(holder, { config, city, set: work.area?.set ?? "", label, start: [work.lon, work.lat], zoom: 16, ...(placed ? { placed } : {}) });
  map.pin([work.lon, work.lat], true);
  return map;
}
/** Shows where it is; returns how to take the map away. */
export function mapOf(holder: HTMLElement, work: Work, label: string): () => void {
  let gone = false, map: PinMap | null = null;
  void made(holder, work, label).then((own) => { if (gone) own.remove(); else map = own; }).catch(() => holder.remove());
  return () => { gone = true; map?.remove(); };
}
/** Lets a place be chosen by tap, by dragging, or by the arrow keys. */
export function choiceOf(holder: HTMLElement, work: Work, label: string, placed: (lon: number, lat: number) => void): () => void {
  let gone = false, map: PinMap | null = null;
  void made(holder, work, label, placed).then((own) => { if (gone) own.remove(); else map = own; }).catch(() => holder.remove());
  return () => { gone = true; map?.remove(); };
}
