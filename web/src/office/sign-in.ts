/** Signing in: a name and a password; then back to where one came from. */
import { h } from "../dom";
import { phrases } from "../i18n";
import { Refused } from "../problems";
import { ask, go, json, said, type Page } from "./desk";
import "./account.css";

const w = phrases({
  vi: { title: "Đăng nhập", lead: "Dành cho cán bộ xử lý phản ánh. Người dân không cần tài khoản.", name: "Tên đăng nhập", password: "Mật khẩu", enter: "Đăng nhập", show: "Hiện mật khẩu", caps: "Phím Caps Lock đang bật.", wrong: "Tên hoặc mật khẩu không đúng, hoặc đã sai quá nhiều lần: hãy đợi vài phút.", lost: "Quên mật khẩu? Người quản trị sẽ cấp mật khẩu dùng một lần." },
  en: { title: "Sign in", lead: "For officials who handle complaints. Citizens need no account.", name: "Name", password: "Password", enter: "Sign in", show: "Show the password", caps: "Caps Lock is on.", wrong: "The name or the password is wrong, or was wrong too often: wait a few minutes.", lost: "Forgot it? An admin gives you a password to be used once." },
});
/** Only pages of officials: an address from elsewhere must not lead away. */
const within = (next: string | null): string => (next && /^\/office(\/[\w./-]*)?(\?[^#]*)?$/.test(next) && !next.startsWith("/office/sign-in") ? next : "/office");

export const page: Page = async (place, _path, query) => {
  const name = h("input", { id: "name", name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true, maxlength: 80 });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 200 });
  const caps = h("p", { class: "hint", hidden: true }, w("caps"));
  password.addEventListener("keyup", (event) => { caps.hidden = !event.getModifierState("CapsLock"); });
  const trouble = h("p", { role: "alert", class: "trouble" });
  const button = h("button", { type: "submit", class: "main" }, w("enter"));
  const form = h("form", { class: "account-form", submit: (event) => { event.preventDefault(); void enter(); } },
    h("h1", {}, w("title")), h("p", {}, w("lead")),
    h("label", { for: "name" }, w("name")), name,
    h("label", { for: "password" }, w("password")), password, caps,
    h("label", { class: "check" }, h("input", { type: "checkbox", change: (event) => { password.type = (event.target as HTMLInputElement).checked ? "text" : "password"; } }), w("show")),
    trouble, button, h("p", { class: "hint" }, w("lost")));
  async function enter(): Promise<void> {
    trouble.textContent = "";
    button.disabled = true;
    try {
      await ask("/api/v1/account/sign-in", json("POST", { name: name.value, password: password.value }));
      go(within(query.get("next")), true);
    } catch (problem) {
      trouble.textContent = problem instanceof Refused && problem.status === 403 ? w("wrong") : said(problem);
      password.select();
      password.focus();
    } finally { button.disabled = false; }
  }
  place.append(form);
  name.focus();
};
