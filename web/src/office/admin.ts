/** What admins set: calendars and deadlines; templates of answers and grounds of refusals. */
import { section as deadlines } from "./admin-deadlines";
import { section as templates } from "./admin-templates";
import { h } from "../dom";
import { phrases } from "../i18n";
import { link, type Page } from "./desk";

const w = phrases({
  vi: { deadlines: "Thời hạn", templates: "Mẫu trả lời, căn cứ từ chối", parts: "Phần quản trị" },
  en: { deadlines: "Deadlines", templates: "Templates and grounds", parts: "Parts of administration" },
});
const PARTS = { deadlines, templates };

export const page: Page = async (place, [name = "deadlines"]) => {
  const chosen = name === "templates" ? "templates" : "deadlines", part = h("div", {});
  const links = (["deadlines", "templates"] as const).map((one) => {
    const own = link(`/office/admin/${one}`, {}, w(one));
    if (one === chosen) own.setAttribute("aria-current", "page");
    return own;
  });
  place.replaceChildren(h("div", {}, h("nav", { class: "row admin-parts", "aria-label": w("parts") }, ...links), part));
  await PARTS[chosen](part);
};
