/** The list that is shown as a file to take along. */
import { h, openDialog } from "../dom";
import { current, number, phrases } from "../i18n";
import { save, size } from "../saving";
import { said, send } from "./desk";
import { asked, type Question } from "./queue-question";

const w = phrases({
  vi: { title: "Tải về", close: "Đóng", all: "Tất cả phản ánh đang lọc được tải về:", csv: "bảng cho Excel và mọi chương trình", xlsx: "Excel, LibreOffice; ngày giờ thật", geojson: "điểm trên bản đồ, cho web và QGIS", gpkg: "GeoPackage, cho QGIS và ArcGIS", told: "Không có thông tin cá nhân của người gửi. Mỗi lần tải được ghi vào nhật ký.", preparing: "Máy chủ đang chuẩn bị…", got: "Đã nhận", saved: "Đã lưu", download: "Tải" },
  en: { title: "Download", close: "Close", all: "All complaints of the filter are taken:", csv: "a table for Excel and any program", xlsx: "Excel, LibreOffice; real dates", geojson: "points on a map, for the web and QGIS", gpkg: "GeoPackage, for QGIS and ArcGIS", told: "Nothing personal of the reporters is in it. Each download is logged.", preparing: "The server is preparing it…", got: "Received", saved: "Saved", download: "Download" },
});
const LABELS = { csv: "CSV", xlsx: "XLSX", geojson: "GeoJSON", gpkg: "GPKG" } as const;
const FORMS = ["csv", "xlsx", "geojson", "gpkg"] as const;
export const filesWord = (): string => w("title");

function entry(form: (typeof FORMS)[number], question: Question): HTMLElement {
  const status = h("span", { role: "status" });
  const start = async (): Promise<void> => {
    const query = asked(question);
    query.set("lang", current());
    button.disabled = true;
    status.textContent = w("preparing");
    try {
      const { name, bytes } = await save(await send(`/api/v1/work/export.${form}?${query}`), `phananh.${form}`, (got) => { status.textContent = `${w("got")} ${size(got)}…`; });
      status.textContent = `${w("saved")}: ${name} (${size(bytes)})`;
    } catch (problem) { status.textContent = said(problem); } finally { button.disabled = false; }
  };
  const button = h("button", { type: "button", id: `take-${form}`, "aria-label": `${w("download")} ${LABELS[form]}: ${w(form)}`, click: () => void start() }, LABELS[form]);
  return h("li", {}, button, h("span", {}, w(form)), status);
}
/** Offers the list in each form. */
export function showFiles(question: Question, total: number): void {
  openDialog(w("title"), w("close"), h("p", {}, `${w("all")} ${number(total)}`), h("ul", { class: "take-list" }, ...FORMS.map((form) => entry(form, question))), h("p", {}, w("told")));
}
