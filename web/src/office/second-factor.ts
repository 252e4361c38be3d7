/** Setting up a second factor: a picture for the authenticator, a code of it, and the recovery codes once. */
import { h } from "../dom";
import { phrases } from "../i18n";
import { ask, json, said } from "./desk";
import "./account.css";

const w = phrases({
  vi: { title: "Bước xác thực thứ hai", how: "Mở ứng dụng xác thực trên điện thoại (Google Authenticator, Microsoft Authenticator, Aegis…), quét mã này rồi nhập 6 số đang hiện.", picture: "Mã QR để quét bằng ứng dụng xác thực", typed: "Không quét được? Nhập khoá này:", code: "Mã 6 số", on: "Bật", recovery: "Mã dự phòng", keep: "Mỗi mã dùng được một lần khi bạn không có điện thoại. Chỉ hiện lúc này: hãy in hoặc cất ở nơi an toàn.", copy: "Chép", copied: "Đã chép.", save: "Lưu thành tệp", kept: "Tôi đã cất các mã này", file: "ma-du-phong-phananh.txt" },
  en: { title: "Second factor", how: "Open an authenticator on your phone (Google Authenticator, Microsoft Authenticator, Aegis…), scan this and type the six digits that it shows.", picture: "QR code to scan with an authenticator", typed: "Cannot scan it? Type this key:", code: "Six digits", on: "Switch it on", recovery: "Recovery codes", keep: "Each opens your account once when you have no phone. They are shown only now: print them, or keep them in a safe place.", copy: "Copy", copied: "Copied.", save: "Save as a file", kept: "I have kept these codes", file: "phananh-recovery-codes.txt" },
});
interface Wanted { secret: string; svg: string }

/** Fills `place`; `proof` is the password where a session was begun earlier. Throws what the server refuses. */
export async function setUp(place: HTMLElement, proof: { password?: string }, done: () => void): Promise<void> {
  const wanted = await ask<Wanted>("/api/v1/account/totp", json("POST", proof));
  const code = codeInput("totp-code", w("code"));
  const trouble = h("p", { role: "alert", class: "trouble" });
  const form = h("form", { class: "account-form", submit: (event) => { event.preventDefault(); void confirm(); } },
    h("h2", { id: "factor-title", tabindex: -1 }, w("title")), h("p", {}, w("how")),
    h("img", { class: "qr", alt: w("picture"), src: `data:image/svg+xml,${encodeURIComponent(wanted.svg)}` }),
    h("p", {}, `${w("typed")} `, h("code", { class: "key" }, wanted.secret.replace(/(.{4})(?=.)/g, "$1 "))),
    h("label", { for: "totp-code" }, w("code")), code, trouble, h("button", { type: "submit", class: "main" }, w("on")));
  async function confirm(): Promise<void> {
    trouble.textContent = "";
    try {
      const { recovery } = await ask<{ recovery: string[] }>("/api/v1/account/totp", json("PUT", { code: code.value }));
      showRecovery(place, recovery, done);
    } catch (problem) {
      trouble.textContent = said(problem);
      code.select();
      code.focus();
    }
  }
  place.replaceChildren(form);
  code.focus();
}

function showRecovery(place: HTMLElement, codes: string[], done: () => void): void {
  const text = `${codes.join("\n")}\n`;
  const copied = h("span", { role: "status" });
  const title = h("h2", { tabindex: -1 }, w("recovery"));
  place.replaceChildren(h("section", { class: "account-form recovery" }, title, h("p", {}, w("keep")),
    h("ul", {}, ...codes.map((one) => h("li", {}, h("code", {}, one)))),
    h("div", { class: "row" },
      h("button", { type: "button", click: () => void navigator.clipboard.writeText(text).then(() => { copied.textContent = w("copied"); }) }, w("copy")),
      h("a", { class: "button", href: `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`, download: w("file") }, w("save")), copied),
    h("button", { type: "button", class: "main", id: "recovery-kept", click: done }, w("kept"))));
  title.focus();
}

/** For six digits, which phones offer to fill in; recovery codes fit too. */
export const codeInput = (id: string, label: string): HTMLInputElement =>
  h("input", { id, name: "code", inputmode: "numeric", autocomplete: "one-time-code", autocapitalize: "none", spellcheck: "false", required: true, maxlength: 40, "aria-label": label });
