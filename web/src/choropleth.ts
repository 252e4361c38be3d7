import type { GeoJSONSource, Map as MapView } from "maplibre-gl";
import { Hexagons } from "./hexagons";

export type Position = [number, number];
/** A place to colour; hexagons have a `cell`, areas a `code` and names. */
export interface Place { type: "Feature"; id: number; geometry: { type: "Polygon" | "MultiPolygon"; coordinates: unknown }; properties: { i: number; cell?: string; code?: string; name?: string } }
/** What to draw, areas or, with rings, hexagons: a colour of the palette for each place (0 is none), and whose number is too small to be trusted. */
export interface Painting { key: string; places: () => Place[]; rings?: Position[][]; palette: string[]; colours: Uint8Array; few?: Uint8Array | null; label: (i: number) => string; n: (i: number) => number }

/** Places whose colours change without a request: only those of another class are touched. */
export class Choropleth {
  private drawn: Painting | null = null;
  private readonly hexagons = new Hexagons();
  constructor(private readonly map: MapView, before: string, hatch: string) {
    map.addSource("painted", { type: "geojson", data: { type: "FeatureCollection", features: [] }, tolerance: 0.2 });
    map.addLayer({ id: "painted", type: "fill", source: "painted", layout: { visibility: "none" }, paint: { "fill-color": "rgba(0,0,0,0)", "fill-opacity": 0.78, "fill-outline-color": "rgba(60,30,0,0.25)" } }, before);
    map.addLayer(this.hexagons, before);
    map.addImage("hatch", stripes(hatch), { pixelRatio: 2 });
    map.addLayer({ id: "hatched", type: "fill", source: "painted", layout: { visibility: "none" }, paint: { "fill-pattern": "hatch", "fill-opacity": ["case", ["boolean", ["feature-state", "few"], false], 0.9, 0] } }, before);
  }
  get painting(): Painting | null { return this.drawn; }
  /** Draws, or takes away with null. */
  paint(wanted: Painting | null): void {
    const map = this.map, before = this.drawn;
    this.drawn = wanted;
    for (const id of ["painted", "hatched", "hexagons"]) map.setLayoutProperty(id, "visibility", wanted ? "visible" : "none");
    if (!wanted) return;
    const same = before?.key === wanted.key ? before : null;
    if (!same) {
      map.removeFeatureState({ source: "painted" });
      (map.getSource("painted") as GeoJSONSource).setData({ type: "FeatureCollection", features: wanted.places() } as never);
      // Under hexagons the fill is only there to be tapped.
      map.setPaintProperty("painted", "fill-opacity", wanted.rings ? 0 : 0.78);
      this.hexagons.outline(wanted.rings ?? []);
    }
    this.hexagons.paint(wanted.colours, wanted.palette);
    if (wanted.rings) return;
    if (!same || same.palette.join() !== wanted.palette.join()) {
      const colour = ["match", ["coalesce", ["feature-state", "k"], 0], ...wanted.palette.flatMap((one, k) => [k + 1, one]), "rgba(0,0,0,0)"];
      const outline = ["case", ["==", ["coalesce", ["feature-state", "k"], 0], 0], "rgba(0,0,0,0)", "rgba(60,30,0,0.25)"];
      map.setPaintProperty("painted", "fill-color", colour as never);
      map.setPaintProperty("painted", "fill-outline-color", outline as never);
    }
    for (let id = 0; id < wanted.colours.length; id++) {
      const k = wanted.colours[id] as number, few = wanted.few?.[id] === 1;
      if (same ? k !== same.colours[id] || few !== (same.few?.[id] === 1) : k || few) map.setFeatureState({ source: "painted", id }, { k, few });
    }
  }
}
/** Slanted lines that join from tile to tile. */
function stripes(ink: string): ImageData {
  const size = 16, canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.strokeStyle = ink;
  pen.lineWidth = 2.5;
  for (const shift of [-size, 0, size]) { pen.moveTo(shift, size); pen.lineTo(shift + size, 0); }
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}
