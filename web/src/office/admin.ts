/** What admins set: a section for each path under /office/admin, the first one for the path itself. */
import "./admin.css";
import { h } from "../dom";
import { phrases } from "../i18n";
import { link, type Page } from "./desk";

const w = phrases({
  vi: { deadlines: "Thời hạn", accounts: "Tài khoản", sections: "Phần quản trị" },
  en: { deadlines: "Deadlines", accounts: "Accounts", sections: "Sections" },
});
const SECTIONS: Record<string, () => Promise<{ section: (place: HTMLElement) => Promise<void> }>> = {
  deadlines: () => import("./admin-deadlines"),
  accounts: () => import("./admin-accounts"),
};

export const page: Page = async (place, path) => {
  const names = Object.keys(SECTIONS), name = names.includes(path[0] ?? "") ? String(path[0]) : String(names[0]);
  const own = h("div");
  place.append(h("div", { class: "admin" }, h("nav", { class: "sections", "aria-label": w("sections") }, ...names.map((one) => {
    const to = link(`/office/admin/${one}`, {}, w(one as "accounts"));
    if (one === name) to.setAttribute("aria-current", "page");
    return to;
  })), own));
  await (await SECTIONS[name]?.())?.section(own);
};
