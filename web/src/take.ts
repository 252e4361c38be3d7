import "./analysis.css";
import type { Counts } from "./api";
import { ask } from "./api";
import { thisMoment } from "./asof";
import { h, openDialog } from "./dom";
import { current, number, phrases, t } from "./i18n";
import { alertOf } from "./problems";
import { save, size } from "./saving";
import { filter, secondState, state, STUDIED, type Layer, type State } from "./state";

const w = phrases({
  vi: {
    title: "Mang về", picture: "Hình bản đồ", pictureFor: "Bản đồ đang xem, có chú giải, nguồn và bộ lọc.", png: "cho bài trình chiếu, tin nhắn", svg: "nét ở mọi cỡ, sửa được trong Inkscape", pdf: "để in",
    report: "Báo cáo", reportFor: "Bản đồ, số liệu và giải thích trong một tệp.", html: "bản đồ động, mở không cần mạng", reportPdf: "để in và gửi",
    figures: "Số liệu của lớp", figuresFor: "Mỗi dòng một ô hoặc đơn vị, như trên bản đồ.", csv: "bảng cho mọi chương trình", xlsx: "Excel, LibreOffice", geojson: "cho web và QGIS", gpkg: "GeoPackage, cho QGIS và ArcGIS", parquet: "GeoParquet, cho Python, R, DuckDB",
    complaints: "Từng phản ánh", complaintsFor: "Mọi phản ánh của bộ lọc, không cắt bớt:", tiles: "Ô bản đồ của lớp (PMTiles)", tilesFor: "Cả lớp trong một tệp cho trang web khác; có thể mất vài phút, mỗi lần máy chủ làm một tệp.", links: "Liên kết", link: "Chép liên kết đến những gì đang xem", linkFor: "Số liệu mới mỗi khi mở.", fixed: "Chép liên kết với số liệu cố định", fixedFor: "Mở lúc nào cũng thấy số liệu như bây giờ.", embed: "Chép mã nhúng", embedFor: "Đặt bản đồ này vào trang web khác.", copied: "Đã chép.", notCopied: "Không chép được; hãy chọn và chép dòng này:",
    preparing: "Máy chủ đang chuẩn bị…", got: "Đã nhận", saved: "Đã lưu", cancel: "Thôi", download: "Tải", large: "Tệp lớn: trên 100.000 phản ánh có thể mất vài phút; XLSX chứa nhiều nhất 1.048.575 dòng. Bộ lọc hẹp hơn cho tệp nhỏ hơn.", map: "Bản đồ phản ánh", open: "Mang về", hexagons: "Lớp đang xem được lấy ra dưới dạng ô lục giác.", stopped: "Đã thôi.",
  },
  en: {
    title: "Take it with you", picture: "Picture of the map", pictureFor: "The map as shown, with legend, source and filter.", png: "for slides and messages", svg: "sharp at any size, can be edited in Inkscape", pdf: "to print",
    report: "Report", reportFor: "Map, figures and explanations in one file.", html: "a map that moves, opens without a network", reportPdf: "to print and send",
    figures: "Figures of the layer", figuresFor: "One row for each cell or area, as on the map.", csv: "a table for any program", xlsx: "Excel, LibreOffice", geojson: "for the web and QGIS", gpkg: "GeoPackage, for QGIS and ArcGIS", parquet: "GeoParquet, for Python, R, DuckDB",
    complaints: "Single complaints", complaintsFor: "All complaints of the filter, nothing cut off:", tiles: "Tiles of the layer (PMTiles)", tilesFor: "The whole layer in one file for another web site; may take minutes, the server makes one at a time.", links: "Links", link: "Copy the link to this view", linkFor: "The figures are new each time it is opened.", fixed: "Copy the link with fixed figures", fixedFor: "Whenever it is opened, the figures are those of now.", embed: "Copy the embed code", embedFor: "Puts this map into another web page.", copied: "Copied.", notCopied: "It cannot be copied; select and copy this line:",
    preparing: "The server is preparing it…", got: "Received", saved: "Saved", cancel: "Cancel", download: "Download", large: "A large file: above 100,000 complaints it may take minutes; an XLSX holds at most 1,048,575 rows. A narrower filter makes a smaller file.", map: "Complaint map", open: "Take it with you", hexagons: "The layer shown is taken along as hexagons.", stopped: "Cancelled.",
  },
});
type Word = Parameters<typeof w>[0];
const LARGE = 100_000;
/** What a file needs to know of the map: its bounds, and the resolution of the hexagons shown. */
export interface View { bounds(): [number, number, number, number]; resolution(): number }

/** The layers that come as pictures, figures and tiles; what the others show is taken along as hexagons. */
const TAKEN: readonly Layer[] = ["cells", "areas", "hotspots", "trends", "outliers"];

/** The view's parameters: the filter, the layer, and what the layer is asked with. */
function parameters(view: View, whole: "picture" | "figures" | "tiles", of: State): URLSearchParams {
  const asked = filter([], of);
  const layer = TAKEN.includes(of.layer) ? of.layer : "cells";
  asked.set("layer", layer);
  if (STUDIED.includes(layer)) asked.set("resolution", of.size);
  else if (layer === "cells" && whole !== "tiles") asked.set("resolution", String(Math.min(view.resolution(), 10)));
  // Hot spots and outliers with a set are those of areas: elsewhere the set is left out.
  if (layer === "areas" || whole === "picture") asked.set("set", of.set);
  if (layer === "trends") asked.set("step", of.step);
  if (whole === "picture") {
    asked.set("method", of.method);
    asked.set("view", view.bounds().map((one) => one.toFixed(5)).join(","));
    asked.set("lang", current());
  }
  return asked;
}
async function download(path: string, fallback: string, said: (words: string) => void, signal: AbortSignal): Promise<void> {
  said(w("preparing"));
  const { name, bytes } = await save(await fetch(path, { signal }), fallback, (got) => said(`${w("got")} ${size(got)}…`));
  said(`${w("saved")}: ${name} (${size(bytes)})`);
}

/** One file: a button, what it is for, and how far it is. */
function file(form: string, purpose: string, path: () => string, name: string): HTMLElement {
  const status = h("div", { class: "progress", role: "status" });
  let going: AbortController | null = null;
  const start = async (): Promise<void> => {
    if (going) { going.abort(); return; }
    const here = (going = new AbortController());
    button.textContent = `${w("cancel")}: ${form}`;
    button.setAttribute("aria-busy", "true");
    try {
      await download(path(), name, (words) => { status.textContent = words; }, here.signal);
    } catch (problem) {
      if (here.signal.aborted) status.textContent = w("stopped");
      else status.replaceChildren(alertOf(problem, () => void start()));
    } finally {
      going = null;
      button.textContent = form;
      button.removeAttribute("aria-busy");
    }
  };
  const button = h("button", { type: "button", "aria-label": `${w("download")} ${form}: ${purpose}`, click: () => void start() }, form);
  return h("li", {}, button, h("span", {}, purpose), status);
}
/** Something to copy; where the browser does not allow it, the text is there to select. */
function copier(text: string, purpose: string, what: () => string): HTMLElement {
  const status = h("div", { class: "progress", role: "status" });
  const show = (): void => { const line = h("textarea", { readonly: true, rows: 3, "aria-label": text }); line.value = what(); status.replaceChildren(w("notCopied"), line); line.select(); };
  const copy = (): void => {
    // Outside https the browser has no clipboard.
    if (!navigator.clipboard) { show(); return; }
    void navigator.clipboard.writeText(what()).then(() => { status.textContent = w("copied"); }, show);
  };
  return h("li", {}, h("button", { type: "button", click: copy }, text), h("span", {}, purpose), status);
}
export function link(changes: Record<string, string>): string {
  const address = new URL(location.href);
  for (const [key, value] of Object.entries(changes)) if (value) address.searchParams.set(key, value); else address.searchParams.delete(key);
  return address.href;
}
/** The address of this view in a frame: that of the page, without what is told of one place or complaint. */
function framed(): string {
  const place: Record<string, string> = state.look ? { look: "", [state.look]: "" } : {};
  const address = new URL(link({ city: state.city, set: state.set, lang: current(), complaint: "", compare: "", ...place }));
  address.pathname = "/embed";
  return address.href;
}
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

const two = phrases({
  vi: { note: "Tệp của bản đồ nào?", map: "Bản đồ", both: "Liên kết giữ cả hai bản đồ." },
  en: { note: "Files of which map?", map: "Map", both: "The link keeps both maps." },
});
/** Everything there is to take along from the view, in one dialog. */
export function openTake(view: View): void {
  const maps = h("div", {});
  const draw = (of: State): void => { maps.replaceChildren(...filesOf(view, of)); };
  draw(state);
  openDialog(w("title"), t("close"),
    ...(state.split ? [h("fieldset", { id: "take-map" }, h("legend", {}, two("note")), h("div", { class: "row" }, ...(["A", "B"] as const).map((one) => h("label", { class: "choice" },
      h("input", { type: "radio", name: "take-map", value: one, checked: one === "A", change: () => draw(one === "A" ? state : secondState()) }), ` ${two("map")} ${one}`))))] : []),
    maps,
    part(w("links"), state.split ? two("both") : null, copier(w("link"), w("linkFor"), () => link({ city: state.city, set: state.set })), copier(w("fixed"), w("fixedFor"), () => link({ city: state.city, set: state.set, as_of: state.as_of || thisMoment() })),
      copier(w("embed"), w("embedFor"), () => `<iframe src="${escaped(framed())}" title="${escaped(w("map"))}" width="800" height="600" style="border:0" loading="lazy"></iframe>`)));
}
const part = (title: string, purpose: Node | string | null, ...items: HTMLElement[]): HTMLElement => h("section", { class: "part" }, h("h3", {}, title), purpose ? h("p", { class: "source" }, purpose) : null, h("ul", { class: "files" }, ...items));
/** The files of one map. */
function filesOf(view: View, of: State): HTMLElement[] {
  const name = `phananh-${of.city}`;
  const picture = (form: string): string => `/api/v1/map.${form}?${parameters(view, "picture", of)}`;
  const report = (form: string): string => `/api/v1/report.${form}?${parameters(view, "picture", of)}`;
  const figures = (form: string): string => `/api/v1/figures.${form}?${parameters(view, "figures", of)}`;
  const list = (form: string): string => `/api/v1/export.${form}?${filter([], of)}`;
  const forms: [string, Word][] = [["csv", "csv"], ["xlsx", "xlsx"], ["geojson", "geojson"], ["gpkg", "gpkg"], ["parquet", "parquet"]];
  const label: Record<string, string> = { csv: "CSV", xlsx: "XLSX", geojson: "GeoJSON", gpkg: "GeoPackage", parquet: "GeoParquet" };
  const count = h("span", {}, w("complaintsFor"));
  const large = h("small", { hidden: true }, ` ${w("large")}`);
  // How many complaints there are tells how large the files get; without it they are there all the same.
  ask<Counts>(`/api/v1/counts?by=status&${filter([], of)}`).then(({ total }) => { count.append(` ${number(total)}.`); large.hidden = total <= LARGE; }, () => {});
  return [
    ...(TAKEN.includes(of.layer) ? [] : [h("p", { class: "source" }, w("hexagons"))]),
    part(w("picture"), w("pictureFor"), ...(["png", "svg", "pdf"] as const).map((form) => file(form.toUpperCase(), w(form), () => picture(form), `${name}.${form}`))),
    part(w("report"), w("reportFor"), file("HTML", w("html"), () => report("html"), `${name}.html`), file("PDF", w("reportPdf"), () => report("pdf"), `${name}-report.pdf`)),
    part(w("figures"), w("figuresFor"), ...forms.map(([form, purpose]) => file(label[form] ?? form, w(purpose), () => figures(form), `${name}-figures.${form}`))),
    part(w("complaints"), h("span", {}, count, large), ...forms.map(([form, purpose]) => file(label[form] ?? form, w(purpose), () => list(form), `${name}.${form}`))),
    part(w("tiles"), null, file("PMTiles", w("tilesFor"), () => `/api/v1/layer.pmtiles?${parameters(view, "tiles", of)}`, `${name}.pmtiles`))];
}
export const takeWord = (): string => w("open");
