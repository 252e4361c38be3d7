/** A drawn outline as its corners, not closed: pure geometry, no page. */
export type Corner = [number, number];
export const LEAST = 3, MOST = 200;

/** `lon,lat;lon,lat;...` with five decimals, about a metre. */
export const written = (corners: readonly Corner[]): string => corners.map(([lon, lat]) => `${lon.toFixed(5)},${lat.toFixed(5)}`).join(";");
export const read = (text: string): Corner[] => text.split(";").map((pair) => pair.split(",").map(Number) as Corner);

/** Twice the signed area of a triangle: its sign says on which side of ab the point c lies. */
const side = (a: Corner, b: Corner, c: Corner): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const within = (a: Corner, b: Corner, c: Corner): boolean => Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1]);
/** Whether two segments share a point, ends included. */
export function meet(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const [p, q, r, s] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (p * q < 0 && r * s < 0) return true;
  return (p === 0 && within(a, b, c)) || (q === 0 && within(a, b, d)) || (r === 0 && within(c, d, a)) || (s === 0 && within(c, d, b));
}
/** Whether the side from the last corner to `next` meets an earlier one, or folds back over the last. */
export function crosses(corners: readonly Corner[], next: Corner): boolean {
  const last = corners.at(-1), before = corners.at(-2);
  if (!last || !before) return false;
  if (side(before, last, next) === 0 && (within(last, next, before) || within(before, last, next))) return true;
  return corners.slice(0, -2).some((corner, i) => meet(corner, corners[i + 1] as Corner, last, next));
}
/** Whether the side back to the first corner meets another. */
export function closesBadly(corners: readonly Corner[]): boolean {
  const first = corners[0], last = corners.at(-1);
  if (!first || !last || corners.length < LEAST) return true;
  const [second, before] = [corners[1] as Corner, corners.at(-2) as Corner];
  if (side(before, last, first) === 0 && (within(last, first, before) || within(before, last, first))) return true;
  if (side(last, first, second) === 0 && (within(first, second, last) || within(last, first, second))) return true;
  return corners.slice(1, -2).some((corner, i) => meet(corner, corners[i + 2] as Corner, last, first));
}
/** Area on a sphere of the mean Earth radius, in km²; for shapes of a city the plane error is far below what is shown. */
export function areaKm2(corners: readonly Corner[]): number {
  const radius_km = 6371.0088, middle = Math.cos(((corners[0]?.[1] ?? 0) * Math.PI) / 180), degree = (radius_km * Math.PI) / 180;
  const plane = corners.map(([lon, lat]): Corner => [lon * degree * middle, lat * degree]);
  return Math.abs(plane.reduce((sum, [x, y], i) => { const [x2, y2] = plane[(i + 1) % plane.length] as Corner; return sum + x * y2 - x2 * y; }, 0)) / 2;
}
/** Length of a line on the same sphere, in km. */
export function lengthKm(points: readonly Corner[]): number {
  const degree = (6371.0088 * Math.PI) / 180;
  return points.slice(1).reduce((sum, [x2, y2], i) => { const [x, y] = points[i] as Corner; return sum + degree * Math.hypot((x2 - x) * Math.cos((((y + y2) / 2) * Math.PI) / 180), y2 - y); }, 0);
}
