/** One's own account: roles in words, the password, the second factor, delegations, sessions. */
import { h } from "../dom";
import { instant, phrases } from "../i18n";
import { Refused } from "../problems";
import { delegations } from "./delegations";
import { ask, go, json, said, toast, whoami, type Me, type Page } from "./desk";
import { inWords } from "./roles";
import { setUp } from "./second-factor";
import "./account.css";

const w = phrases({
  vi: { roles: "Quyền của bạn", none: "Tài khoản này chưa có quyền nào. Hãy liên hệ người quản trị.", delegated: "được uỷ quyền", password: "Đổi mật khẩu", first: "Trước hết hãy đặt mật khẩu của riêng bạn.", old: "Mật khẩu hiện tại", new: "Mật khẩu mới", rule: "Ít nhất 12 ký tự; nên ghép vài từ không liên quan.", change: "Đổi mật khẩu", changed: "Đã đổi mật khẩu. Các phiên khác đã kết thúc.", wrongOld: "Mật khẩu hiện tại không đúng.", sessions: "Phiên đăng nhập", here: "thiết bị này", since: "từ", seen: "dùng lần cuối", end: "Kết thúc", endAll: "Kết thúc mọi phiên khác", allEnded: "Các phiên khác đã kết thúc.", waits: "Đã nhập đúng mật khẩu, chưa qua bước thứ hai.",
    factor: "Bước xác thực thứ hai", isOn: "Đang bật. Khi đăng nhập cần thêm mã từ điện thoại.", isOff: "Chưa bật. Khi bật, ai biết mật khẩu của bạn cũng không vào được nếu không có điện thoại của bạn.", left: "Mã dự phòng còn lại:", setUp: "Bật", another: "Đổi thiết bị, tạo mã dự phòng mới", off: "Tắt", needed: "Quyền của bạn bắt buộc có bước này.", nowOn: "Đã bật bước xác thực thứ hai.", nowOff: "Đã tắt.", confirm: "Nhập mật khẩu để đổi" },
  en: { roles: "Your roles", none: "This account has no role yet. Ask an admin.", delegated: "delegated", password: "Change the password", first: "Choose a password of your own first.", old: "Present password", new: "New password", rule: "At least 12 characters; several words without connection are good.", change: "Change it", changed: "The password is changed. Other sessions have ended.", wrongOld: "The present password is wrong.", sessions: "Sessions", here: "this device", since: "since", seen: "last used", end: "End", endAll: "End all other sessions", allEnded: "All other sessions have ended.", waits: "The password was right, the second factor is not given.",
    factor: "Second factor", isOn: "It is on. Signing in needs a code from your phone.", isOff: "It is off. With it, whoever knows your password cannot get in without your phone.", left: "Recovery codes left:", setUp: "Set it up", another: "Another device, new recovery codes", off: "Switch it off", needed: "A role of yours needs it.", nowOn: "The second factor is on.", nowOff: "It is off.", confirm: "Type the password to change it" },
});
interface Session { id: number; client: string; since: string; seen: string; this: boolean; waiting?: boolean }

export const page: Page = async (place) => {
  const me = whoami();
  const factor = h("section", { id: "factor" }), others = h("section", { id: "delegations" }), sessions = h("section", { id: "sessions" });
  place.append(h("div", { class: "account" }, h("h1", {}, me.full_name),
    h("section", {}, h("h2", {}, w("roles")), me.roles.length ? h("ul", {}, ...me.roles.map((one) => h("li", {}, `${inWords(one, me.area_names)}${one.delegated ? ` · ${w("delegated")}` : ""}`))) : h("p", {}, w("none"))),
    passwordForm(me), factor, others, sessions));
  if (me.must_change) return;
  secondFactor(factor, me);
  await Promise.all([delegations(others), listed(sessions)]);
};

function passwordForm(me: Me): HTMLElement {
  const old = h("input", { id: "old", type: "password", autocomplete: "current-password", required: true, maxlength: 200 });
  const made = h("input", { id: "new", type: "password", autocomplete: "new-password", required: true, minlength: 12, maxlength: 200, "aria-describedby": "rule" });
  const trouble = h("p", { role: "alert", class: "trouble" });
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
  return h("form", { class: "account-form", submit: (event) => { event.preventDefault(); void change(); } },
    h("h2", {}, w("password")), ...(me.must_change ? [h("p", { class: "notice" }, w("first"))] : []),
    h("input", { type: "text", name: "username", autocomplete: "username", value: me.name, hidden: true }),
    h("label", { for: "old" }, w("old")), old, h("label", { for: "new" }, w("new")), made, h("p", { id: "rule", class: "hint" }, w("rule")),
    trouble, h("button", { type: "submit", class: "main" }, w("change")));
}

function secondFactor(place: HTMLElement, me: Me): void {
  const password = h("input", { id: "factor-password", type: "password", autocomplete: "current-password", maxlength: 200 });
  const trouble = h("p", { role: "alert", class: "trouble" });
  const failed = (problem: unknown): void => { trouble.textContent = problem instanceof Refused && problem.title === "WrongPassword" ? w("wrongOld") : said(problem); password.focus(); };
  const begin = async (): Promise<void> => {
    trouble.textContent = "";
    try { await setUp(place, { password: password.value }, () => { toast(w("nowOn")); go("/office/account", true); }); } catch (problem) { failed(problem); }
  };
  const off = async (): Promise<void> => {
    trouble.textContent = "";
    try {
      await ask("/api/v1/account/totp", json("DELETE", { password: password.value }));
      toast(w("nowOff"));
      go("/office/account", true);
    } catch (problem) { failed(problem); }
  };
  const on = me.second_factor;
  place.replaceChildren(h("form", { class: "account-form", submit: (event) => { event.preventDefault(); void begin(); } },
    h("h2", {}, w("factor")), h("p", {}, w(on ? "isOn" : "isOff")), on ? h("p", {}, `${w("left")} ${me.recovery_left ?? 0}`) : null, me.second_factor_needed ? h("p", {}, w("needed")) : null,
    ...(me.password === false ? [] : [h("label", { for: "factor-password" }, w("confirm")), password]), trouble,
    h("div", { class: "row" }, h("button", { type: "submit", id: "factor-on" }, w(on ? "another" : "setUp")),
      on && !me.second_factor_needed ? h("button", { type: "button", click: () => void off() }, w("off")) : null)));
}

async function listed(place: HTMLElement): Promise<void> {
  const found = await ask<Session[]>("/api/v1/account/sessions");
  const gone = (path: string, words?: string) => (): void => void ask(path, { method: "DELETE" }).then(() => { if (words) toast(words); return listed(place); }, (problem: unknown) => toast(said(problem)));
  place.replaceChildren(h("h2", {}, w("sessions")), h("ul", { class: "sessions" }, ...found.map((one) => h("li", {},
    h("span", {}, `${one.client}${one.this ? ` (${w("here")})` : ""}, ${w("since")} ${instant(one.since)}, ${w("seen")} ${instant(one.seen)}`, one.waiting ? h("strong", {}, ` ${w("waits")}`) : null),
    one.this ? null : h("button", { type: "button", click: gone(`/api/v1/account/sessions/${one.id}`) }, w("end"))))),
    ...(found.length > 1 ? [h("button", { type: "button", click: gone("/api/v1/account/sessions", w("allEnded")) }, w("endAll"))] : []));
}
