/** Signing in: a name and a password, then perhaps a second factor; then back to where one came from. */
import { h } from "../dom";
import { phrases } from "../i18n";
import { Refused } from "../problems";
import { ask, go, json, said, type Page } from "./desk";
import { codeInput, setUp } from "./second-factor";
import "./account.css";

const w = phrases({
  vi: { title: "Đăng nhập", lead: "Dành cho cán bộ xử lý phản ánh. Người dân không cần tài khoản.", name: "Tên đăng nhập", password: "Mật khẩu", enter: "Đăng nhập", show: "Hiện mật khẩu", caps: "Phím Caps Lock đang bật.", wrong: "Tên hoặc mật khẩu không đúng, hoặc đã sai quá nhiều lần: hãy đợi vài phút.", lost: "Quên mật khẩu? Người quản trị sẽ cấp mật khẩu dùng một lần.", elsewhere: "Đăng nhập qua", sso: "hệ thống của cơ quan", or: "hoặc",
    second: "Bước xác thực thứ hai", typeCode: "Nhập 6 số đang hiện trong ứng dụng xác thực, hoặc một mã dự phòng.", code: "Mã", wrongCode: "Mã không đúng, đã dùng rồi, hoặc đã sai quá nhiều lần: hãy dùng mã tiếp theo hoặc đợi vài phút.", noPhone: "Mất điện thoại và mã dự phòng? Người quản trị sẽ gỡ bước này.", again: "Bắt đầu lại", old: "Đã quá lâu, hãy đăng nhập lại từ đầu.", must: "Quyền của bạn bắt buộc có bước xác thực thứ hai. Hãy bật ngay để tiếp tục.",
    unknown: "Không có tài khoản nào cho người này. Hãy liên hệ người quản trị.", cancelled: "Đã huỷ đăng nhập.", away: "Hệ thống đăng nhập không trả lời. Hãy thử lại sau.", refused: "Hệ thống đăng nhập trả lời không đúng. Hãy báo người quản trị." },
  en: { title: "Sign in", lead: "For officials who handle complaints. Citizens need no account.", name: "Name", password: "Password", enter: "Sign in", show: "Show the password", caps: "Caps Lock is on.", wrong: "The name or the password is wrong, or was wrong too often: wait a few minutes.", lost: "Forgot it? An admin gives you a password to be used once.", elsewhere: "Sign in with", sso: "your organisation", or: "or",
    second: "Second factor", typeCode: "Type the six digits that your authenticator shows, or a recovery code.", code: "Code", wrongCode: "This code is wrong, or was used before, or codes were wrong too often: take the next one, or wait a few minutes.", noPhone: "Lost the phone and the recovery codes? An admin takes this step off.", again: "Begin again", old: "That took too long: sign in from the beginning.", must: "A role of yours needs a second factor. Set it up now to go on.",
    unknown: "There is no account for this person. Ask an admin.", cancelled: "Signing in was given up.", away: "The sign-on service does not answer. Try again later.", refused: "The answer of the sign-on service is not right. Tell an admin." },
});
type State = "signed-in" | "second-factor" | "set-up";
/** Only pages of officials: an address from elsewhere must not lead away. */
const within = (next: string | null): string => (next && /^\/office(\/[\w./-]*)?(\?[^#]*)?$/.test(next) && !next.startsWith("/office/sign-in") ? next : "/office");
const REFUSED: Record<string, string> = { unknown: "unknown", cancelled: "cancelled", away: "away", old: "old" };

export const page: Page = async (place, _path, query) => {
  const next = within(query.get("next"));
  const step = query.get("step"), refused = query.get("refused");
  const trouble = h("p", { role: "alert", class: "trouble" });
  async function on(state: State): Promise<void> {
    if (state === "signed-in") go(next, true);
    else if (state === "second-factor") await secondStep(place, next);
    else await setUpFirst(place, next);
  }
  if (step === "second-factor" || step === "set-up") {
    try { await on(step); return; } catch { trouble.textContent = w("old"); }
  }
  if (refused) trouble.textContent = w((REFUSED[refused] ?? "refused") as "refused");
  const name = h("input", { id: "name", name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true, maxlength: 80 });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 200 });
  const caps = h("p", { class: "hint", hidden: true }, w("caps"));
  password.addEventListener("keyup", (event) => { caps.hidden = !event.getModifierState("CapsLock"); });
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
      const { state } = await ask<{ state: State }>("/api/v1/account/sign-in", json("POST", { name: name.value, password: password.value }));
      await on(state);
    } catch (problem) {
      trouble.textContent = problem instanceof Refused && problem.status === 403 ? w("wrong") : said(problem);
      password.select();
      password.focus();
    } finally { button.disabled = false; }
  }
  place.replaceChildren(form);
  name.focus();
  const { elsewhere } = await ask<{ elsewhere: { name: string } | null }>("/api/v1/account/sign-in").catch(() => ({ elsewhere: null }));
  if (elsewhere) button.after(h("p", { class: "or" }, w("or")), h("a", { class: "button", id: "elsewhere", href: `/api/v1/account/oidc?next=${encodeURIComponent(next)}` }, `${w("elsewhere")} ${elsewhere.name || w("sso")}`));
};

async function secondStep(place: HTMLElement, next: string): Promise<void> {
  const code = codeInput("code", w("code"));
  const trouble = h("p", { role: "alert", class: "trouble" });
  const button = h("button", { type: "submit", class: "main" }, w("enter"));
  place.replaceChildren(h("form", { class: "account-form", submit: (event) => { event.preventDefault(); void enter(); } },
    h("h1", {}, w("second")), h("p", {}, w("typeCode")), h("label", { for: "code" }, w("code")), code, trouble, button, h("p", { class: "hint" }, w("noPhone")),
    h("button", { type: "button", class: "link", click: () => go(`/office/sign-in?next=${encodeURIComponent(next)}`, true) }, w("again"))));
  code.focus();
  async function enter(): Promise<void> {
    trouble.textContent = "";
    button.disabled = true;
    try {
      await ask("/api/v1/account/second-factor", json("POST", { code: code.value }));
      go(next, true);
    } catch (problem) {
      trouble.textContent = problem instanceof Refused && problem.status === 401 ? w("old") : problem instanceof Refused && problem.status === 403 ? w("wrongCode") : said(problem);
      code.select();
      code.focus();
    } finally { button.disabled = false; }
  }
}

async function setUpFirst(place: HTMLElement, next: string): Promise<void> {
  const own = h("div");
  await setUp(own, {}, () => go(next, true));
  place.replaceChildren(h("div", { class: "account" }, h("h1", {}, w("title")), h("p", { class: "notice" }, w("must")), own));
  own.querySelector("input")?.focus();
}
