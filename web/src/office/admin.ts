/** What admins set: a section for each path under /office/admin, the first one for the path itself. */
import "./admin.css";
import { h } from "../dom";
import { phrases } from "../i18n";
import { link, type Page } from "./desk";

const w = phrases({
  vi: { deadlines: "Thời hạn", accounts: "Tài khoản", sets: "Ranh giới", kinds: "Lĩnh vực, loại", templates: "Mẫu trả lời, căn cứ từ chối", settings: "Cài đặt", sections: "Phần quản trị" },
  en: { deadlines: "Deadlines", accounts: "Accounts", sets: "Boundaries", kinds: "Domains, categories", templates: "Templates and grounds", settings: "Settings", sections: "Sections" },
});
interface Section { section: (place: HTMLElement) => Promise<void> }
// Each is a module of its own, admin-<name>.ts, loaded when it is opened.
const MODULES = import.meta.glob<Section>("./admin-*.ts");
const NAMES = ["deadlines", "accounts", "sets", "kinds", "templates", "settings"] as const;

export const page: Page = async (place, path) => {
  const names = NAMES.filter((one) => `./admin-${one}.ts` in MODULES), name = names.find((one) => one === path[0]) ?? "deadlines";
  const own = h("div");
  place.append(h("div", { class: "admin" }, h("nav", { class: "sections", "aria-label": w("sections") }, ...names.map((one) => {
    const to = link(`/office/admin/${one}`, {}, w(one));
    if (one === name) to.setAttribute("aria-current", "page");
    return to;
  })), own));
  await (await MODULES[`./admin-${name}.ts`]?.())?.section(own);
};
