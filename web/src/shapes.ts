import { get } from "./api";

/** The outlines of a set of areas, as `/api/v1/boundaries/{set}` gives them. */
export interface Shape { type: "Feature"; id: string; geometry: { type: "MultiPolygon"; coordinates: [number, number][][][] }; properties: { code: string; name: string; name_en: string; kind: string | null; population: number | null; area_km2: number; label_lon: number; label_lat: number } }
export interface Shapes { type: "FeatureCollection"; features: Shape[] }

const asked = new Map<string, Promise<Shapes>>();
const known = new Map<string, Shapes>();

/** Nearer than this, coarse outlines would show their corners. */
export const FINE_ZOOM = 11;
/** The outlines of a set, read once for all maps of the page; coarse ones are half as many bytes. */
export function shapesOf(set: string, fine = true): Promise<Shapes> {
  const key = `${set} ${fine}`, rough = known.get(set);
  // Without a network those that are there do.
  if (rough && !asked.has(key) && !navigator.onLine) return Promise.resolve(rough);
  let found = asked.get(key);
  if (!found) {
    if (!set) return Promise.resolve({ type: "FeatureCollection", features: [] } as unknown as Shapes);
    found = get<Shapes>(`/api/v1/boundaries/${set}?simplify=${fine ? 40 : 200}`);
    asked.set(key, found);
    found.then((shapes) => known.set(set, shapes), () => asked.delete(key));
  }
  return found;
}
/** Whether anyone's number is known in a set; undefined until its outlines are read. */
export const populated = (set: string): boolean | undefined => known.get(set)?.features.some((one) => one.properties.population);
