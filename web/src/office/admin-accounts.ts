/** Accounts: finding and making them, roles with their areas, passwords to be used once, sessions. */
import "./admin-accounts.css";
import { h, openDialog } from "../dom";
import { day, instant, named, phrases, type Names } from "../i18n";
import { ask, json, said, toast } from "./desk";
import { inWords, ROLES, roleName, type AreaNames, type RoleName, type Scope } from "./roles";

const w = phrases({
  vi: { copy: "Sao chép", copied: "Đã sao chép.", everywhereSay: "Mọi địa bàn", pickArea: "Hãy chọn địa bàn trong danh sách gợi ý.", noArea: "Hãy chọn ít nhất một địa bàn, hoặc đánh dấu “Mọi địa bàn”.", pickRole: "Hãy chọn quyền: không có quyền thì tài khoản không xem được gì.", choose: "– chọn –", title: "Tài khoản", search: "Tìm tên, đơn vị, thư điện tử", anyRole: "Mọi quyền", find: "Tìm", add: "Tài khoản mới", none: "Không có tài khoản nào phù hợp.", more: "Xem thêm", close: "Đóng", name: "Tên đăng nhập", fullName: "Họ tên", unit: "Đơn vị", email: "Thư điện tử", emailWhy: "Để đăng nhập qua hệ thống của cơ quan.", make: "Tạo tài khoản", save: "Lưu", saved: "Đã lưu.", once: "Mật khẩu dùng một lần", onceSay: "Chỉ hiện lúc này. Hãy đưa tận tay; người dùng phải đổi ngay khi đăng nhập.", withPassword: "Cấp mật khẩu dùng một lần", roles: "Quyền", noRole: "Chưa có quyền.", give: "Thêm quyền", role: "Quyền", areas: "Địa bàn (bỏ trống: mọi địa bàn)", areaFind: "Tìm phường, xã, quận cũ", domains: "Lĩnh vực (bỏ trống: tất cả)", until: "Đến hết ngày (bỏ trống: không thời hạn)", take: "Gỡ", remove: "Bỏ", last: "đến hết", by: "uỷ quyền của", off: "Khoá tài khoản", on: "Mở khoá", disabled: "đã khoá", locked: "đang chờ vì nhập sai", unlock: "Cho thử lại ngay", password: "Cấp mật khẩu mới", sessions: "Phiên đang mở", endSessions: "Kết thúc mọi phiên", ended: "Các phiên đã kết thúc.", factor: "Bước xác thực thứ hai", factorOn: "đã bật", factorOff: "chưa bật", takeFactor: "Gỡ bước xác thực thứ hai", sure: "Bấm lần nữa để chắc chắn", seen: "dùng lần cuối", done: "Xong.", signsOn: "đăng nhập qua cơ quan", unbind: "Gỡ liên kết với cơ quan", adminSays: "Quản trị không xem được phản ánh." },
  en: { copy: "Copy", copied: "Copied.", everywhereSay: "Everywhere", pickArea: "Choose the area from the list.", noArea: "Choose at least one area, or tick “Everywhere”.", pickRole: "Choose a role: an account without any sees nothing.", choose: "– choose –", title: "Accounts", search: "Find a name, unit or e-mail", anyRole: "Any role", find: "Find", add: "New account", none: "No account matches.", more: "Show more", close: "Close", name: "Name to sign in with", fullName: "Full name", unit: "Unit", email: "E-mail", emailWhy: "For signing in with your organisation.", make: "Make the account", save: "Save", saved: "Saved.", once: "Password to be used once", onceSay: "It is shown only now. Hand it over in person; it has to be changed at the first sign-in.", withPassword: "Give a password to be used once", roles: "Roles", noRole: "No role yet.", give: "Give a role", role: "Role", areas: "Areas (none: everywhere)", areaFind: "Find a ward, commune, former district", domains: "Domains (none: all of them)", until: "Up to and including (empty: for good)", take: "Take away", remove: "Remove", last: "up to", by: "delegated by", off: "Disable the account", on: "Enable the account", disabled: "disabled", locked: "waits after wrong tries", unlock: "Let it try again now", password: "Give a new password", sessions: "Open sessions", endSessions: "End all sessions", ended: "The sessions have ended.", factor: "Second factor", factorOn: "on", factorOff: "off", takeFactor: "Take the second factor off", sure: "Press again to be sure", seen: "last used", done: "Done.", signsOn: "signs in with the organisation", unbind: "Forget that link", adminSays: "Admins see no complaint." },
});
interface Held extends Scope { id: number; until: string | null; delegated_by: string | null }
interface Account { id: number; name: string; full_name: string; unit: string | null; email: string | null; enabled: boolean; second_factor: boolean; locked: boolean; signs_on: boolean; roles: Held[]; sessions: number; seen: string | null; area_names?: AreaNames }
interface Domain { code: string; name: Names }
const API = "/api/v1/admin/accounts";
const field = (label: string, input: HTMLElement): HTMLElement => h("label", { class: "field" }, h("span", {}, label), input);
const ends = (until: string): string => new Date(Date.parse(`${until}T00:00:00+07:00`) + 86_400_000).toISOString();
const lastDay = (until: string): string => day(new Date(Date.parse(until) - 1).toLocaleDateString("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }));

export async function section(place: HTMLElement): Promise<void> {
  const words = h("input", { name: "q", maxlength: 80, type: "search", "aria-label": w("search"), placeholder: w("search") });
  const role = h("select", { name: "role", "aria-label": w("role") }, h("option", { value: "" }, w("anyRole")), ...ROLES.map((one) => h("option", { value: one }, roleName(one))));
  const list = h("ul", { class: "accounts-list" }), none = h("p", { role: "status", hidden: true }, w("none")), more = h("button", { type: "button", hidden: true, click: () => void read(false) }, w("more"));
  let next: string | null = null, turn = 0;
  async function read(anew: boolean): Promise<void> {
    const own = ++turn;
    const asked = new URLSearchParams({ q: words.value.trim(), role: role.value, ...(!anew && next ? { after: next } : {}) });
    const found = await ask<{ accounts: Account[]; next: string | null; area_names: AreaNames }>(`${API}?${asked}`);
    if (own !== turn) return;
    const rows = found.accounts.map((one) => row(one, found.area_names, () => void read(true)));
    if (anew) list.replaceChildren(...rows);
    else list.append(...rows);
    next = found.next;
    more.hidden = next === null;
    none.hidden = list.childElementCount > 0;
  }
  const form = h("form", { class: "accounts-find", submit: (event) => { event.preventDefault(); void read(true); } }, words, role, h("button", { type: "submit" }, w("find")),
    h("button", { type: "button", class: "main", id: "account-new", click: () => void domains().then((all) => newAccount(all, () => void read(true)), (problem: unknown) => toast(said(problem))) }, w("add")));
  role.addEventListener("change", () => void read(true));
  place.append(h("div", { class: "accounts" }, h("h1", {}, w("title")), form, list, none, more));
  await read(true);
}

function row(one: Account, names: AreaNames, changed: () => void): HTMLElement {
  const marks = [...(one.enabled ? [] : [w("disabled")]), ...(one.locked ? [w("locked")] : []), ...(one.signs_on ? [w("signsOn")] : [])];
  return h("li", {}, h("button", { type: "button", class: "account-row", "data-name": one.name, click: () => void open(one.id, changed) },
    h("strong", {}, one.full_name), h("code", {}, one.name), h("span", {}, one.unit ?? ""), ...marks.map((mark) => h("span", { class: "mark" }, mark)),
    h("small", {}, one.roles.map((role) => inWords(role, names)).join("; ") || w("noRole"))));
}

function newAccount(all: Domain[], changed: () => void): void {
  const name = h("input", { name: "new-name", required: true, minlength: 2, maxlength: 64, pattern: "[A-Za-z0-9][A-Za-z0-9._@\\-]+", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const full = h("input", { name: "new-full-name", required: true, maxlength: 120, autocomplete: "off" }), unit = h("input", { name: "new-unit", maxlength: 120, autocomplete: "off" }), email = h("input", { name: "new-email", type: "email", maxlength: 120, autocomplete: "off" });
  const password = h("input", { type: "checkbox", checked: true }), trouble = h("p", { role: "alert", class: "alert" });
  const first = roleFields(all, "");
  const form = h("form", { class: "account-edit", submit: (event) => { event.preventDefault(); void make(); } }, field(w("name"), name), field(w("fullName"), full), field(w("unit"), unit), field(`${w("email")}. ${w("emailWhy")}`, email), ...first.nodes,
    h("label", { class: "check" }, password, w("withPassword")), trouble, h("button", { type: "submit", class: "main" }, w("make")));
  openDialog(w("add"), w("close"), form);
  name.focus();
  async function make(): Promise<void> {
    trouble.textContent = "";
    const role = first.order();
    if (!role) return;
    try {
      const made = await ask<{ account: Account; password: string | null }>(API, json("POST", { name: name.value, full_name: full.value, unit: unit.value, email: email.value, password: password.checked, role }));
      changed();
      show(made.account, await domains(), changed, made.password);
    } catch (problem) { trouble.textContent = said(problem); }
  }
}

let known: Domain[] | null = null;
const domains = async (): Promise<Domain[]> => (known ??= (await ask<{ domains: Domain[] }>("/api/v1/domains")).domains);

async function open(id: number, changed: () => void, password: string | null = null): Promise<void> {
  try { show(await ask<Account>(`${API}/${id}`), await domains(), changed, password); } catch (problem) { toast(said(problem)); }
}

function show(one: Account, all: Domain[], changed: () => void, password: string | null): void {
  const path = `${API}/${one.id}`, trouble = h("p", { role: "alert", class: "alert" });
  // A password that was made stays in sight until the dialog is closed.
  const again = (made: string | null = password): void => { changed(); void open(one.id, changed, made); };
  const act = async (what: () => Promise<unknown>, words = w("done")): Promise<void> => {
    trouble.textContent = "";
    try { await what(); toast(words); again(); } catch (problem) { trouble.textContent = said(problem); }
  };
  const full = h("input", { name: "full-name", value: one.full_name, required: true, maxlength: 120 }), unit = h("input", { name: "unit", value: one.unit ?? "", maxlength: 120 }), email = h("input", { name: "email", type: "email", value: one.email ?? "", maxlength: 120 });
  const person = h("form", { class: "account-edit", submit: (event) => { event.preventDefault(); void act(() => ask(path, json("PATCH", { full_name: full.value, unit: unit.value, email: email.value })), w("saved")); } },
    field(w("fullName"), full), field(w("unit"), unit), field(`${w("email")}. ${w("emailWhy")}`, email), h("button", { type: "submit" }, w("save")));
  const held = one.roles.length ? h("ul", { class: "roles" }, ...one.roles.map((role) => h("li", {},
    h("span", {}, [inWords(role, one.area_names), ...(role.until ? [`${w("last")} ${lastDay(role.until)}`] : []), ...(role.delegated_by ? [`${w("by")} ${role.delegated_by}`] : [])].join(" · ")),
    sure(w("take"), () => void act(() => ask(`${path}/roles/${role.id}`, { method: "DELETE" })))))) : h("p", {}, w("noRole"));
  const state = h("p", {}, `${w("factor")}: ${w(one.second_factor ? "factorOn" : "factorOff")} · ${w("sessions")}: ${one.sessions}${one.seen ? ` · ${w("seen")} ${instant(one.seen)}` : ""}`);
  const buttons = h("div", { class: "row" },
    sure(w("password"), () => void ask<{ password: string }>(`${path}/password`, { method: "POST" }).then(({ password: made }) => again(made), (problem: unknown) => { trouble.textContent = said(problem); })),
    one.sessions ? sure(w("endSessions"), () => void act(() => ask(`${path}/sessions`, { method: "DELETE" }), w("ended"))) : null,
    one.second_factor ? sure(w("takeFactor"), () => void act(() => ask(`${path}/totp`, { method: "DELETE" }))) : null,
    one.signs_on ? sure(w("unbind"), () => void act(() => ask(path, json("PATCH", { signs_on: false })))) : null,
    one.locked ? h("button", { type: "button", click: () => void act(() => ask(path, json("PATCH", { enabled: true }))) }, w("unlock")) : null,
    sure(w(one.enabled ? "off" : "on"), () => void act(() => ask(path, json("PATCH", { enabled: !one.enabled })))));
  openDialog(`${one.full_name} (${one.name})`, w("close"),
    ...(password ? [h("div", { class: "once", role: "status" }, h("h3", {}, w("once")), h("code", { class: "code", id: "one-time" }, password), " ", h("button", { type: "button", click: () => void navigator.clipboard.writeText(password).then(() => toast(w("copied")), () => undefined) }, w("copy")), h("p", {}, w("onceSay")))] : []),
    trouble, h("h3", {}, w("roles")), held, roleForm(all, (order) => act(() => ask(`${path}/roles`, json("POST", order)))), h("h3", {}, w("title")), state, buttons, person);
}

/** A button that does what it says at the second press: there is no undo. */
function sure(words: string, then: () => void): HTMLButtonElement {
  let armed = false;
  const own = h("button", { type: "button", click: () => {
    if (armed) { then(); return; }
    armed = true;
    own.textContent = w("sure");
    setTimeout(() => { armed = false; own.textContent = words; }, 4000);
  } }, words);
  return own;
}

interface Order { role: RoleName; areas: string[]; domains: string[]; until?: string }
/** What a role is: `order` says what is missing at its field, and is null then. */
function roleFields(all: Domain[], begin: RoleName | ""): { nodes: HTMLElement[]; order: () => Order | null } {
  const role = h("select", { name: "give-role" }, ...(begin ? [] : [h("option", { value: "" }, w("choose"))]), ...ROLES.map((one) => h("option", { value: one, selected: one === begin }, roleName(one))));
  const areas = new Map<string, string>(), chosen = h("ul", { class: "chosen-areas" }), found = h("div", { class: "choices" });
  const search = h("input", { name: "area-search", maxlength: 100, type: "search", autocomplete: "off", input: () => void look() });
  const until = h("input", { name: "role-until", type: "date" }), everywhere = h("input", { name: "role-everywhere", type: "checkbox" }), trouble = h("p", { role: "alert", class: "alert" });
  const boxes = all.map((one) => h("input", { type: "checkbox", value: one.code }));
  const drawn = (): void => chosen.replaceChildren(...[...areas].map(([key, label]) => h("li", {}, `${label} (${key})`, h("button", { type: "button", "aria-label": `${w("remove")} ${label}`, click: () => { areas.delete(key); drawn(); } }, "✕"))));
  let turn = 0;
  async function look(): Promise<void> {
    const typed = search.value.trim(), own = ++turn;
    if (typed.length < 2) { found.replaceChildren(); return; }
    const { results } = await ask<{ results: { type: string; label: string; detail?: Names; set?: string; code?: string }[] }>(`/api/v1/search?q=${encodeURIComponent(typed)}`).catch(() => ({ results: [] }));
    if (own !== turn) return;
    found.replaceChildren(...results.filter((one) => one.type === "area" && one.set && one.code).map((one) => h("button", { type: "button", click: () => { areas.set(`${one.set}:${one.code}`, one.label); search.value = ""; found.replaceChildren(); drawn(); search.focus(); } }, `${one.label}${one.detail ? `, ${named(one.detail)}` : ""}`)));
  }
  // It opens no complaint, so that no area limits it.
  const admin = h("p", { hidden: true }, w("adminSays"));
  const limits = h("div", { class: "account-edit" }, field(w("areas"), search), found, chosen, h("label", { class: "check" }, everywhere, w("everywhereSay")),
    h("fieldset", {}, h("legend", {}, w("domains")), ...boxes.map((box, n) => h("label", { class: "check" }, box, all[n] ? named(all[n].name) : ""))));
  const fault = (words: string, at: HTMLElement): null => { trouble.textContent = words; at.focus(); return null; };
  const order = (): Order | null => {
    trouble.textContent = "";
    if (!role.value) return fault(w("pickRole"), role);
    // Words that were not chosen from the list are no area, and no area is not all of them.
    if (!limits.hidden && !everywhere.checked && search.value.trim()) return fault(w("pickArea"), search);
    if (!limits.hidden && !everywhere.checked && !areas.size) return fault(w("noArea"), search);
    return { role: role.value as RoleName, areas: limits.hidden || everywhere.checked ? [] : [...areas.keys()], domains: limits.hidden ? [] : boxes.filter((one) => one.checked).map((one) => one.value), ...(until.value ? { until: ends(until.value) } : {}) };
  };
  role.addEventListener("change", () => { admin.hidden = role.value !== "admin"; limits.hidden = role.value === "admin"; });
  search.placeholder = w("areaFind");
  return { nodes: [field(w("role"), role), admin, limits, field(w("until"), until), trouble], order };
}
function roleForm(all: Domain[], then: (order: Order) => Promise<void>): HTMLElement {
  const { nodes, order } = roleFields(all, "officer");
  const form = h("form", { class: "account-edit role-form", submit: (event) => {
    event.preventDefault();
    const given = order();
    if (given) void then(given);
  } }, ...nodes, h("button", { type: "submit", class: "main" }, w("give")));
  return h("details", { class: "give" }, h("summary", {}, w("give")), form);
}
