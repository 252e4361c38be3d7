/** The audit log, for admins: what was done by whom, the newest first. */
import { h } from "../dom";
import { instant, phrases } from "../i18n";
import { ask, go, type Page } from "./desk";
import "./audit.css";

const w = phrases({
  vi: { title: "Nhật ký", who: "Ai", act: "Việc", what: "Đối tượng", at: "Lúc", details: "Chi tiết", filter: "Lọc", none: "Không có mục nào phù hợp.", more: "Cũ hơn", verify: "Kiểm tra toàn vẹn: phananh audit verify" },
  en: { title: "Audit log", who: "Who", act: "Act", what: "What", at: "When", details: "Details", filter: "Filter", none: "No entry matches.", more: "Older ones", verify: "To check that it is whole: phananh audit verify" },
});
interface Entry { id: number; at: string; actor: string; act: string; subject: string; details: Record<string, unknown> }
interface Log { entries: Entry[]; next: number | null }
const FIELDS = ["actor", "act", "subject"] as const;

export const page: Page = async (place, _path, query) => {
  const named = { actor: w("who"), act: w("act"), subject: w("what") };
  const inputs = FIELDS.map((field) => h("input", { name: field, value: query.get(field) ?? "", maxlength: 100, "aria-label": named[field], placeholder: named[field] }));
  const form = h("form", { class: "audit-filter", submit: (event) => {
    event.preventDefault();
    const asked = new URLSearchParams(inputs.filter((one) => one.value.trim()).map((one) => [one.name, one.value.trim()]));
    go(`/office/audit?${asked}`);
  } }, ...inputs, h("button", { type: "submit" }, w("filter")));
  const rows = h("tbody"), more = h("button", { type: "button", hidden: true }, w("more")), none = h("p", { hidden: true }, w("none"));
  let next: number | null = null;
  async function read(): Promise<void> {
    const asked = new URLSearchParams(FIELDS.flatMap((field) => { const value = query.get(field); return value ? [[field, value]] : []; }));
    if (next) asked.set("before", String(next));
    const found = await ask<Log>(`/api/v1/audit?${asked}`);
    rows.append(...found.entries.map((one) => h("tr", {}, h("td", {}, instant(one.at)), h("td", {}, one.actor), h("td", {}, one.act), h("td", {}, one.subject),
      h("td", {}, Object.entries(one.details).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`).join(", ")))));
    next = found.next;
    more.hidden = next === null;
    none.hidden = rows.childElementCount > 0;
  }
  more.addEventListener("click", () => void read());
  place.append(h("div", { class: "audit" }, h("h1", {}, w("title")), form,
    h("div", { class: "audit-rows", tabindex: 0, role: "region", "aria-label": w("title") }, h("table", {}, h("thead", {}, h("tr", {}, ...(["at", "who", "act", "what", "details"] as const).map((key) => h("th", { scope: "col" }, w(key))))), rows)), none, more, h("p", { class: "hint" }, w("verify"))));
  await read();
};
