import "./analysis.css";
import { ask, type Spot } from "./api";
import { byId, deeper, h, openDialog } from "./dom";
import { current, phrases, t } from "./i18n";
import { alertOf } from "./problems";
import { filter, state } from "./state";

const w = phrases({
  vi: { title: "Theo dõi qua thư điện tử", what: "Theo dõi điều gì", spot: "Điểm nóng này", hotspots: "Mọi điểm nóng của bộ lọc này", scan: "Cụm bất thường của bộ lọc này", weekly: "Báo cáo hằng tuần của những gì đang xem", monthly: "Báo cáo hằng tháng của những gì đang xem", address: "Địa chỉ thư điện tử", language: "Thư bằng", subscribe: "Theo dõi", sending: "Đang gửi…", sent: "Hãy mở hộp thư: có một thư để xác nhận. Chưa xác nhận thì sẽ không có thư nào khác.", wrong: "Hãy viết địa chỉ thư điện tử, như ten@example.org.", private: "Địa chỉ chỉ dùng để gửi thư này; mỗi thư có liên kết để thôi theo dõi.", feed: "Không cần thư điện tử: nguồn tin Atom của bộ lọc này", place: "Nơi:", open: "Tin điểm nóng" },
  en: { title: "Follow by e-mail", what: "What to follow", spot: "This hot spot", hotspots: "All hot spots of this filter", scan: "Unusual groups of this filter", weekly: "A weekly report of this view", monthly: "A monthly report of this view", address: "E-mail address", language: "Mails in", subscribe: "Follow", sending: "Sending…", sent: "Look into your mail: there is one to confirm this. Without it no other mail is sent.", wrong: "Write an e-mail address, like name@example.org.", private: "The address is used for these mails alone; each has a link that stops them.", feed: "Without e-mail: the Atom feed of this filter", place: "Place:", open: "Hot spot news" },
});
const KINDS = ["spot", "hotspots", "scan", "weekly", "monthly"] as const;
type Choice = (typeof KINDS)[number];
/** What may be asked of the server: one hot spot or all, unusual groups, or a report by the calendar. */
function wish(choice: Choice, spot: Spot | undefined): { kind: string; schedule: string; spot: { lon: number; lat: number } | null } {
  if (choice === "weekly" || choice === "monthly") return { kind: "report", schedule: choice, spot: null };
  return { kind: choice === "scan" ? "scan" : "hotspot", schedule: "daily", spot: choice === "spot" && spot ? { lon: spot.lon, lat: spot.lat } : null };
}

export interface Subject { question?: URLSearchParams; place?: string; spot?: Spot }
/** Asks for mails about a filter or one hot spot; the server confirms the address by mail first. */
export function openFollow({ question = filter(), place = "", spot }: Subject = {}): void {
  // What stood at an earlier time cannot change: mails are about now.
  const asked = new URLSearchParams(question);
  asked.delete("as_of");
  const kinds = KINDS.filter((one) => one !== "spot" || spot);
  const what = h("fieldset", {}, h("legend", {}, w("what")), ...kinds.map((one, i) => h("label", { class: "choice" }, h("input", { type: "radio", name: "follow-kind", value: one, checked: i === 0 }), ` ${w(one)}`)));
  const address = h("input", { type: "email", id: "follow-address", autocomplete: "email", required: true, "aria-describedby": "follow-private", maxlength: 254 });
  const language = h("select", { id: "follow-language" }, ...([["vi", "Tiếng Việt"], ["en", "English"]] as const).map(([code, name]) => h("option", { value: code, selected: code === current() }, name)));
  const outcome = h("div", { role: "status" });
  const button = h("button", { type: "submit", class: "main" }, w("subscribe"));
  async function send(): Promise<void> {
    if (!address.value.trim() || !address.checkValidity()) { outcome.replaceChildren(h("p", { role: "alert", class: "alert" }, w("wrong"))); address.focus(); return; }
    button.disabled = true;
    outcome.textContent = w("sending");
    const choice = (what.querySelector<HTMLInputElement>("input:checked")?.value ?? "hotspots") as Choice;
    const body = { address: address.value.trim(), language: language.value, question: asked.toString(), resolution: Number(state.size), set: state.set, ...wish(choice, spot) };
    try {
      await ask("/api/v1/follows", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      form.replaceChildren(h("p", { id: "follow-sent", tabindex: "-1" }, w("sent")));
      byId("follow-sent").focus();
    } catch (problem) {
      outcome.replaceChildren(alertOf(problem));
      button.disabled = false;
    }
  }
  const form = h("form", { novalidate: true, submit: (event) => { event.preventDefault(); void send(); } },
    ...(place ? [h("p", {}, `${w("place")} ${place}`)] : []), what,
    h("div", { class: "field" }, h("label", { for: "follow-address" }, w("address")), address),
    h("p", { class: "source", id: "follow-private" }, w("private")),
    h("div", { class: "field" }, h("label", { for: "follow-language" }, w("language")), language), outcome, button);
  deeper(t("back"));
  openDialog(w("title"), t("close"), form, h("p", {}, h("a", { href: `/api/v1/news.atom?${asked}`, id: "follow-feed" }, w("feed"))));
}
export const followWord = (): string => w("open");
