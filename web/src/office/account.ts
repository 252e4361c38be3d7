/** One's own account: roles in words, the password, sessions. */
import { h } from "../dom";
import { instant, phrases } from "../i18n";
import { Refused } from "../problems";
import { ask, go, json, said, toast, whoami, type Page, type Role } from "./desk";
import "./account.css";

const w = phrases({
  vi: { roles: "Quyền của bạn", none: "Tài khoản này chưa có quyền nào. Hãy liên hệ người quản trị.", viewer: "Người xem", officer: "Cán bộ xử lý", supervisor: "Người phụ trách", planner: "Người lập kế hoạch", admin: "Quản trị", everywhere: "mọi địa bàn", allDomains: "mọi lĩnh vực", delegated: "được uỷ quyền", password: "Đổi mật khẩu", first: "Trước hết hãy đặt mật khẩu của riêng bạn.", old: "Mật khẩu hiện tại", new: "Mật khẩu mới", rule: "Ít nhất 12 ký tự; nên ghép vài từ không liên quan.", change: "Đổi mật khẩu", changed: "Đã đổi mật khẩu. Các phiên khác đã kết thúc.", wrongOld: "Mật khẩu hiện tại không đúng.", sessions: "Phiên đăng nhập", here: "thiết bị này", since: "từ", seen: "dùng lần cuối", end: "Kết thúc" },
  en: { roles: "Your roles", none: "This account has no role yet. Ask an admin.", viewer: "Viewer", officer: "Officer", supervisor: "Supervisor", planner: "Planner", admin: "Admin", everywhere: "everywhere", allDomains: "all domains", delegated: "delegated", password: "Change the password", first: "Choose a password of your own first.", old: "Present password", new: "New password", rule: "At least 12 characters; several words without connection are good.", change: "Change it", changed: "The password is changed. Other sessions have ended.", wrongOld: "The present password is wrong.", sessions: "Sessions", here: "this device", since: "since", seen: "last used", end: "End" },
});
interface Session { id: number; client: string; since: string; seen: string; this: boolean }
const roleOf = (one: Role): string => [w(one.role), one.areas?.join(", ") ?? w("everywhere"), one.domains?.join(", ") ?? w("allDomains"), ...(one.delegated ? [w("delegated")] : [])].join(" · ");

export const page: Page = async (place) => {
  const me = whoami();
  const old = h("input", { id: "old", type: "password", autocomplete: "current-password", required: true, maxlength: 200 });
  const made = h("input", { id: "new", type: "password", autocomplete: "new-password", required: true, minlength: 12, maxlength: 200, "aria-describedby": "rule" });
  const trouble = h("p", { role: "alert", class: "trouble" });
  const form = h("form", { class: "account-form", submit: (event) => { event.preventDefault(); void change(); } },
    h("h2", {}, w("password")), ...(me.must_change ? [h("p", { class: "notice" }, w("first"))] : []),
    h("input", { type: "text", name: "username", autocomplete: "username", value: me.name, hidden: true }),
    h("label", { for: "old" }, w("old")), old, h("label", { for: "new" }, w("new")), made, h("p", { id: "rule", class: "hint" }, w("rule")),
    trouble, h("button", { type: "submit", class: "main" }, w("change")));
  async function change(): Promise<void> {
    trouble.textContent = "";
    try {
      await ask("/api/v1/account/password", json("POST", { old: old.value, new: made.value }));
      toast(w("changed"));
      go(me.must_change ? "/office" : "/office/account", true);
    } catch (problem) {
      trouble.textContent = problem instanceof Refused && problem.title === "WrongPassword" ? w("wrongOld") : said(problem);
    }
  }
  const sessions = h("ul", { class: "sessions" });
  async function list(): Promise<void> {
    const found = await ask<Session[]>("/api/v1/account/sessions");
    sessions.replaceChildren(...found.map((one) => h("li", {},
      h("span", {}, `${one.client}${one.this ? ` (${w("here")})` : ""}, ${w("since")} ${instant(one.since)}, ${w("seen")} ${instant(one.seen)}`),
      one.this ? null : h("button", { type: "button", click: () => void ask(`/api/v1/account/sessions/${one.id}`, { method: "DELETE" }).then(list, (problem: unknown) => toast(said(problem))) }, w("end")))));
  }
  place.append(h("div", { class: "account" }, h("h1", {}, me.full_name),
    h("section", {}, h("h2", {}, w("roles")), me.roles.length ? h("ul", {}, ...me.roles.map((one) => h("li", {}, roleOf(one)))) : h("p", {}, w("none"))),
    form, h("section", {}, h("h2", {}, w("sessions")), sessions)));
  if (!me.must_change) await list();
};
