/** The map of what differs between two boundary sets. */
import { LngLatBounds, Map as MapView, NavigationControl, Popup } from "maplibre-gl";
import "../maplibre";
import { h } from "../dom";
import { current, phrases } from "../i18n";

export interface Drawn { type: "FeatureCollection"; features: { type: "Feature"; geometry: { type: string; coordinates: unknown }; properties: { side: "before" | "after"; code: string; name: string; what: What } }[] }
type What = "new" | "gone" | "changed" | "renamed" | "same";
const w = phrases({
  vi: { new: "mới", changed: "đổi ranh giới", renamed: "đổi tên", same: "như cũ", gone: "ranh giới trước", title: "Bản đồ so sánh ranh giới", zoomIn: "Phóng to", zoomOut: "Thu nhỏ" },
  en: { new: "new", changed: "moved edges", renamed: "renamed", same: "as before", gone: "edges before", title: "Map of the difference of boundaries", zoomIn: "Zoom in", zoomOut: "Zoom out" },
});
const COLOURS: Record<What, string> = { new: "#15803d", changed: "#d97706", renamed: "#2563eb", same: "#94a3b8", gone: "#dc2626" };

function corners(drawn: Drawn): LngLatBounds {
  const bounds = new LngLatBounds();
  const walk = (at: unknown): void => {
    if (!Array.isArray(at)) return;
    if (typeof at[0] === "number" && typeof at[1] === "number") bounds.extend([at[0], at[1]]);
    else at.forEach(walk);
  };
  drawn.features.forEach((one) => walk(one.geometry.coordinates));
  return bounds;
}
export const draftMap = {
  key: (): HTMLElement => h("ul", { class: "key" }, ...(["new", "changed", "renamed", "same", "gone"] as const).map((what) => {
    const sign = h("i");
    sign.style.background = what === "gone" ? "transparent" : COLOURS[what];
    if (what === "gone") sign.style.border = `2px dashed ${COLOURS.gone}`;
    return h("li", {}, sign, w(what));
  })),
  show(holder: HTMLElement, drawn: Drawn): void {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches, bounds = corners(drawn);
    const map = new MapView({
      container: holder, bounds, fitBoundsOptions: { padding: 16 }, fadeDuration: 0, dragRotate: false, pitchWithRotate: false, attributionControl: false,
      locale: { "Map.Title": w("title"), ...(current() === "vi" ? { "NavigationControl.ZoomIn": w("zoomIn"), "NavigationControl.ZoomOut": w("zoomOut") } : {}) },
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": dark ? "#1b242c" : "#eef2f5" } }] },
    });
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.on("load", () => {
      map.addSource("areas", { type: "geojson", data: drawn as never });
      const after = ["==", ["get", "side"], "after"] as never, before = ["==", ["get", "side"], "before"] as never;
      map.addLayer({ id: "fill", type: "fill", source: "areas", filter: after, paint: { "fill-color": ["match", ["get", "what"], "new", COLOURS.new, "changed", COLOURS.changed, "renamed", COLOURS.renamed, COLOURS.same], "fill-opacity": 0.45 } });
      map.addLayer({ id: "edges", type: "line", source: "areas", filter: after, paint: { "line-color": dark ? "#e2e8f0" : "#1c2733", "line-width": 1 } });
      map.addLayer({ id: "before", type: "line", source: "areas", filter: before, paint: { "line-color": COLOURS.gone, "line-width": 1.5, "line-dasharray": [3, 2] } });
      holder.dataset["drawn"] = "yes";
    });
    map.on("click", "fill", ({ lngLat, features }) => {
      const at = features?.[0]?.properties as Drawn["features"][number]["properties"] | undefined;
      if (at) new Popup({ closeButton: true }).setLngLat(lngLat).setText(`${at.code} ${at.name}: ${w(at.what)}`).addTo(map);
    });
  },
};
