/** Reads where and when a JPEG was taken, and writes nothing but that into the smaller one that is sent. */
export interface Capture { position: [lon: number, lat: number] | null; segment: Uint8Array<ArrayBuffer> | null }
interface Entry { tag: number; type: number; count: number; bytes: Uint8Array }

const NONE: Capture = { position: null, segment: null };
// Bytes of one value by TIFF type, from 1 (BYTE) to 12 (DOUBLE).
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const EXIF_IFD = 0x8769, GPS_IFD = 0x8825;
// DateTimeOriginal, OffsetTimeOriginal; of the position: latitude and longitude with their hemispheres, time and day.
const TIMES = [0x9003, 0x9011], POSITIONS = [1, 2, 3, 4, 7, 29];

/** The offset of the TIFF block of a JPEG's Exif segment, or -1. */
function tiffOf(view: DataView): number {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return -1;
  for (let at = 2; at + 10 < view.byteLength;) {
    const marker = view.getUint16(at);
    if (marker < 0xffc0 || marker === 0xffda) return -1;
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10;
    at += 2 + view.getUint16(at + 2);
  }
  return -1;
}
function entries(view: DataView, base: number, offset: number, little: boolean): Entry[] {
  const found: Entry[] = [];
  const many = view.getUint16(base + offset, little);
  for (let i = 0; i < Math.min(many, 200); i++) {
    const at = base + offset + 2 + 12 * i;
    const type = view.getUint16(at + 2, little), count = view.getUint32(at + 4, little);
    const length = (SIZES[type] ?? 0) * count;
    if (!length || length > 1000) continue;
    const start = length > 4 ? base + view.getUint32(at + 8, little) : at + 8;
    found.push({ tag: view.getUint16(at, little), type, count, bytes: new Uint8Array(view.buffer.slice(view.byteOffset + start, view.byteOffset + start + length)) });
  }
  return found;
}
function degrees(of: Entry | undefined, hemisphere: Entry | undefined, little: boolean, most: number): number | null {
  if (of?.type !== 5 || of.count !== 3 || of.bytes.length < 24 || !hemisphere?.bytes.length) return null;
  const view = new DataView(of.bytes.buffer);
  const part = (i: number): number => view.getUint32(8 * i, little) / view.getUint32(8 * i + 4, little);
  const value = part(0) + part(1) / 60 + part(2) / 3600;
  const letter = String.fromCharCode(hemisphere.bytes[0] as number);
  return Number.isFinite(value) && value <= most ? ("SW".includes(letter) ? -value : value) : null;
}
/** An Exif segment with these entries alone, in the byte order they have. */
function written(times: Entry[], positions: Entry[], little: boolean): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(4096), view = new DataView(buffer.buffer);
  let end = 8;
  const ifd = (list: Entry[]): number => {
    const start = end;
    let spill = start + 2 + 12 * list.length + 4;
    view.setUint16(start, list.length, little);
    list.forEach(({ tag, type, count, bytes }, i) => {
      const at = start + 2 + 12 * i;
      view.setUint16(at, tag, little);
      view.setUint16(at + 2, type, little);
      view.setUint32(at + 4, count, little);
      if (bytes.length > 4) { view.setUint32(at + 8, spill, little); buffer.set(bytes, spill); spill += bytes.length + (bytes.length % 2); } else buffer.set(bytes, at + 8);
    });
    end = spill;
    return start;
  };
  const pointer = (tag: number, to: number): Entry => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, to, little);
    return { tag, type: 4, count: 1, bytes };
  };
  const parts = [...(times.length ? [pointer(EXIF_IFD, ifd(times))] : []), ...(positions.length ? [pointer(GPS_IFD, ifd(positions))] : [])];
  buffer.set(little ? [0x49, 0x49] : [0x4d, 0x4d]);
  view.setUint16(2, 42, little);
  const root = ifd(parts);
  view.setUint32(4, root, little);
  const segment = new Uint8Array(10 + end);
  segment.set([0xff, 0xe1, (end + 8) >> 8, (end + 8) & 255, 0x45, 0x78, 0x69, 0x66, 0, 0]);
  segment.set(buffer.subarray(0, end), 10);
  return segment;
}
/** Anything that is not a JPEG with readable Exif tells nothing. */
export function captured(file: ArrayBuffer): Capture {
  try {
    const view = new DataView(file), base = tiffOf(view);
    if (base < 0) return NONE;
    const little = view.getUint16(base) === 0x4949;
    const root = entries(view, base, view.getUint32(base + 4, little), little);
    const under = (tag: number, wanted: number[]): Entry[] => {
      const pointer = root.find((one) => one.tag === tag);
      return pointer ? entries(view, base, new DataView(pointer.bytes.buffer).getUint32(0, little), little).filter((one) => wanted.includes(one.tag)) : [];
    };
    const times = under(EXIF_IFD, TIMES), positions = under(GPS_IFD, POSITIONS);
    const tagged = (tag: number): Entry | undefined => positions.find((one) => one.tag === tag);
    const lat = degrees(tagged(2), tagged(1), little, 90), lon = degrees(tagged(4), tagged(3), little, 180);
    // Cameras without a fix write zeros: that is a spot in the sea.
    const position: Capture["position"] = lat === null || lon === null || (Math.abs(lat) < 0.01 && Math.abs(lon) < 0.01) ? null : [lon, lat];
    return times.length || positions.length ? { position, segment: written(times, positions, little) } : NONE;
  } catch { return NONE; }
}
/** Puts a segment behind the first two bytes of a JPEG. */
export const withSegment = (jpeg: Blob, segment: Uint8Array<ArrayBuffer> | null): Blob => (segment ? new Blob([jpeg.slice(0, 2), segment, jpeg.slice(2)], { type: jpeg.type }) : jpeg);
