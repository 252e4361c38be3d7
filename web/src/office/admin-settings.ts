/** Administration: settings that hold at once, each with what it means and what is shipped. */
import { h } from "../dom";
import { phrases } from "../i18n";
import { ask, json, language, toast } from "./desk";
import { field, form, tick } from "./setting-form";

interface Value { key: string; value: number | boolean; default: number | boolean; set: boolean; kind: "integer" | "number" | "boolean"; vi: string; en: string; min: number | null; max: number | null }
interface Group { name: string; values: Value[] }
const w = phrases({
  vi: { title: "Cài đặt", alerts: "Cảnh báo việc bất thường", anchors: "Mốc của nhật ký", save: "Lưu", saved: "Đã lưu; có hiệu lực ngay.", shipped: "mặc định {value}", yes: "có", no: "không", says: "Bí mật và địa chỉ máy chủ không ở đây mà ở biến môi trường." },
  en: { title: "Settings", alerts: "Alerts on unusual acts", anchors: "Heads of the audit log", save: "Save", saved: "Saved; it holds at once.", shipped: "shipped: {value}", yes: "yes", no: "no", says: "Secrets and addresses are not here but in the environment." },
});
const words = (value: number | boolean): string => (typeof value === "boolean" ? w(value ? "yes" : "no") : String(value));

function input(one: Value): HTMLElement {
  const label = `${one[language() === "vi" ? "vi" : "en"]} (${w("shipped").replace("{value}", words(one.default))})`;
  if (one.kind === "boolean") return tick(label, one.key, one.value === true);
  return field(label, h("input", { type: "number", name: one.key, value: Number(one.value), required: true, step: one.kind === "integer" ? 1 : "any", ...(one.min === null ? {} : { min: one.min }), ...(one.max === null ? {} : { max: one.max }) }));
}
async function put(name: string, values: Record<string, unknown>, again: () => Promise<void>): Promise<void> {
  const done = await ask<{ before: Record<string, unknown> }>(`/api/v1/admin/settings/${name}`, json("PUT", { values }));
  await again();
  toast(w("saved"), () => void put(name, done.before, again));
}

/** Fills a section of the administration. */
export async function section(place: HTMLElement): Promise<void> {
  const { settings } = await ask<{ settings: Group[] }>("/api/v1/admin/settings");
  place.replaceChildren(h("div", { class: "setting" }, h("h1", {}, w("title")), h("p", {}, w("says")), ...settings.map((group) => h("section", {}, h("h2", {}, w(group.name as "alerts")),
    form(w("save"), async (given) => {
      const values = Object.fromEntries(group.values.map((one) => [one.key, one.kind === "boolean" ? given.has(one.key) : Number(given.get(one.key))] as const)
        .filter(([key, value]) => group.values.some((one) => one.key === key && one.value !== value)));
      if (Object.keys(values).length) await put(group.name, values, () => section(place));
    }, ...group.values.map(input))))));
}
