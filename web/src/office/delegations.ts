/** Giving one's own role to a colleague for a time, and ending it. */
import { h } from "../dom";
import { day, phrases } from "../i18n";
import { ask, json, said, toast } from "./desk";
import { inWords, type AreaNames, type Scope } from "./roles";

const w = phrases({
  vi: { title: "Uỷ quyền", lead: "Khi bạn vắng, đồng nghiệp có thể dùng quyền của bạn đến hết một ngày, lâu nhất 90 ngày. Bạn vẫn giữ quyền của mình.", role: "Quyền", to: "Cho ai (tên đăng nhập)", until: "Đến hết ngày", reason: "Lý do", give: "Uỷ quyền", given: "Bạn đã uỷ quyền", received: "Bạn được uỷ quyền", end: "Kết thúc", done: "Đã uỷ quyền.", ended: "Đã kết thúc.", from: "của", toWhom: "cho", last: "đến hết" },
  en: { title: "Delegation", lead: "While you are away, a colleague can have your role until a day, for 90 days at most. You keep it as well.", role: "Role", to: "To whom (name to sign in with)", until: "Up to and including", reason: "Reason", give: "Delegate", given: "You delegated", received: "Delegated to you", end: "End it", done: "Delegated.", ended: "Ended.", from: "of", toWhom: "to", last: "up to" },
});
interface Given extends Scope { id: number; until: string; reason: string; from: string; to: string; given: boolean }
interface Shown { area_names: AreaNames; own: (Scope & { id: number })[]; given: Given[]; received: Given[] }
interface Found { name: string; full_name: string; unit: string | null }
const API = "/api/v1/account/delegations";
const local = (days: number): string => new Date(Date.now() + days * 86_400_000).toLocaleDateString("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" });

export async function delegations(place: HTMLElement): Promise<void> {
  const found = await ask<Shown>(API);
  if (!found.own.length && !found.received.length) return;
  const list = (title: string, all: Given[]): Node[] => (all.length ? [h("h3", {}, title), h("ul", { class: "sessions" }, ...all.map((one) => h("li", {},
    h("span", {}, `${inWords(one, found.area_names)} ${one.given ? `${w("toWhom")} ${one.to}` : `${w("from")} ${one.from}`}, ${w("last")} ${day(new Date(Date.parse(one.until) - 1).toLocaleDateString("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" }))}. ${one.reason}`),
    h("button", { type: "button", click: () => void ask(`${API}/${one.id}`, { method: "DELETE" }).then(() => { toast(w("ended")); return delegations(place); }, (problem: unknown) => toast(said(problem))) }, w("end")))))] : []);
  place.replaceChildren(h("h2", {}, w("title")), h("p", {}, w("lead")), ...list(w("given"), found.given), ...list(w("received"), found.received),
    ...(found.own.length ? [form(place, found)] : []));
}

function form(place: HTMLElement, { own, area_names: areas }: Shown): HTMLElement {
  const role = h("select", { id: "delegate-role" }, ...own.map((one) => h("option", { value: one.id }, inWords(one, areas))));
  const names = h("datalist", { id: "people" });
  const to = h("input", { id: "delegate-to", list: "people", required: true, maxlength: 80, autocomplete: "off", autocapitalize: "none", spellcheck: "false", input: () => void suggest() });
  const until = h("input", { id: "delegate-until", type: "date", required: true, min: local(0), max: local(89), value: local(7) });
  const reason = h("input", { id: "delegate-reason", required: true, minlength: 3, maxlength: 300 });
  const trouble = h("p", { role: "alert", class: "trouble" });
  async function suggest(): Promise<void> {
    const found = await ask<Found[]>(`/api/v1/account/people?q=${encodeURIComponent(to.value)}`).catch(() => []);
    names.replaceChildren(...found.map((one) => h("option", { value: one.name }, [one.full_name, one.unit].filter(Boolean).join(", "))));
  }
  async function give(): Promise<void> {
    trouble.textContent = "";
    // To the end of that day by the city's clocks.
    const ends = new Date(Date.parse(`${until.value}T00:00:00+07:00`) + 86_400_000).toISOString();
    try {
      await ask(API, json("POST", { role_id: Number(role.value), to: to.value, until: ends, reason: reason.value }));
      toast(w("done"));
      await delegations(place);
    } catch (problem) { trouble.textContent = said(problem); }
  }
  return h("form", { class: "account-form", submit: (event) => { event.preventDefault(); void give(); } },
    h("label", { for: "delegate-role" }, w("role")), role, h("label", { for: "delegate-to" }, w("to")), to, names,
    h("label", { for: "delegate-until" }, w("until")), until, h("label", { for: "delegate-reason" }, w("reason")), reason,
    trouble, h("button", { type: "submit" }, w("give")));
}
