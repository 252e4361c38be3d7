import "./analysis.css";
import "./watch.css";
import { ask, type AreaSet, type Domain } from "./api";
import { areaKm2, lengthKm, read, written, type Corner } from "./corners";
import { byId, h, openDialog } from "./dom";
import { feedPath, TIMES, type Form } from "./feeds";
import { choice } from "./fields";
import { current, named, number, phrases, t } from "./i18n";
import { drawRoute, type Board } from "./polygon";
import { alertOf } from "./problems";
import { ability, NoPush, stopPush, watchByPush, type Ability } from "./push";
import { shapesOf } from "./shapes";
import { filter, state } from "./state";

const w = phrases({
  vi: {
    title: "Báo cho tôi phản ánh mới", where: "Ở đâu", shown: "Nơi đang xem trên bản đồ", shape: "vùng bạn vẽ", cell: "ô lục giác đã chọn", ward: "phường, xã đã chọn", city: "cả thành phố", one: "Một phường, xã", route: "Dọc một tuyến đường", draw: "Vẽ tuyến đường trên bản đồ", redraw: "Vẽ lại", drawn: "Tuyến dài", noRoute: "Hãy vẽ tuyến đường trước.", width: "Mỗi bên đường", metres: "m", noWard: "Hãy chọn phường, xã.", chooseWard: "Chọn phường, xã",
    what: "Phản ánh nào", progress: "Báo cả khi phản ánh được xử lý xong", how: "Báo bằng cách nào", mail: "Thư điện tử", push: "Thông báo trên máy này", feed: "Nguồn tin (Atom, RSS), không cần địa chỉ", when: "Khi nào", instant: "Ngay, trong vòng vài phút", daily: "Mỗi ngày, lúc 7 giờ sáng", weekly: "Mỗi tuần, 7 giờ sáng thứ Hai",
    address: "Địa chỉ thư của bạn", private: "Chỉ dùng để gửi thư này. Thư đầu tiên xin bạn xác nhận; thư nào cũng dừng được bằng một lần bấm.", begin: "Bắt đầu theo dõi", sending: "Đang gửi…", wrong: "Hãy viết địa chỉ thư đúng, như an@example.org.", mailed: "Nếu địa chỉ nhận được thư, trong vài phút bạn sẽ có thư xác nhận. Hãy mở thư và bấm “Bắt đầu theo dõi”.", pushed: "Đã bắt đầu. Máy này sẽ báo khi có phản ánh mới.", watches: "Máy này đang theo dõi", stop: "Dừng", stopped: "Đã dừng: máy chủ không còn giữ gì về việc này.",
    unsupported: "Trình duyệt này không nhận được thông báo. Hãy chọn thư hoặc nguồn tin.", denied: "Bạn đã chặn thông báo của trang này. Muốn nhận: mở cài đặt của trang trong trình duyệt, cho phép Thông báo, rồi thử lại.", installFirst: "Trên iPhone và iPad, hãy thêm trang này vào Màn hình chính trước, rồi mở từ đó.", service: "Không nối được với dịch vụ thông báo của trình duyệt. Hãy thử lại sau, hoặc chọn thư.", offline: "Không có mạng: chưa đặt được gì. Hãy thử lại khi có mạng.", feedSays: "Chép địa chỉ này vào trình đọc tin:", copy: "Chép", copied: "Đã chép.",
  },
  en: {
    title: "Tell me of new complaints", where: "Where", shown: "What the map shows", shape: "the shape you drew", cell: "the chosen hexagon", ward: "the chosen area", city: "the whole city", one: "One ward", route: "Along a route", draw: "Draw the route on the map", redraw: "Draw it again", drawn: "The route has", noRoute: "Please draw the route first.", width: "On each side", metres: "m", noWard: "Please choose a ward.", chooseWard: "Choose a ward",
    what: "Which complaints", progress: "Tell me when they are closed, too", how: "How", mail: "By e-mail", push: "Notifications on this device", feed: "As a feed (Atom, RSS), without an address", when: "When", instant: "At once, within minutes", daily: "Daily, at 7 in the morning", weekly: "Weekly, Mondays at 7",
    address: "Your e-mail address", private: "Used for this mail alone. The first mail asks you to confirm; every mail stops it with one click.", begin: "Start watching", sending: "Sending…", wrong: "Please write a mail address, like an@example.org.", mailed: "If the address can get mail, a confirmation will be there within minutes. Open it and press “Start following”.", pushed: "Started. This device tells you of new complaints.", watches: "This device watches", stop: "Stop", stopped: "Stopped: the server keeps nothing about it any more.",
    unsupported: "This browser cannot get notifications. Choose mail or a feed.", denied: "You blocked notifications of this page. To get them, open the page's settings in the browser, allow notifications, and try again.", installFirst: "On iPhone and iPad, add this page to the Home Screen first and open it from there.", service: "The browser's notification service cannot be reached. Try again later, or choose mail.", offline: "No network: nothing was ordered. Try again when it is back.", feedSays: "Copy this address into a feed reader:", copy: "Copy", copied: "Copied.",
  },
});
type Word = Parameters<typeof w>[0];
const PLACES = ["shown", "one", "route"] as const;
const CHANNELS = ["mail", "push", "feed"] as const;
const SCHEDULES = ["instant", "daily", "weekly"] as const;
const SIDES_M = [25, 50, 100, 250] as const;

/** What this device watches by push, kept here so that it can be stopped; the server knows the rest. */
interface Kept { id: number; words: string }
const KEY = "phananh-watches";
function kept(): Kept[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one): one is Kept => typeof one?.id === "number" && typeof one?.words === "string") : [];
  } catch { return []; }
}
function keep(all: Kept[]): void { try { localStorage.setItem(KEY, JSON.stringify(all)); } catch { /* Without storage the notification itself stops it. */ } }

export interface Around { map: Board; sets: AreaSet[]; domains: Domain[] }
/** What was chosen, kept while the route is drawn and the dialog is away. */
interface Choice { place: (typeof PLACES)[number]; ward: string; domain: string; category: string; points: Corner[]; side: number; channel: (typeof CHANNELS)[number]; schedule: string; progress: boolean; address: string; asked: URLSearchParams; named: string }

const first = (asked: URLSearchParams): Choice => ({ place: "shown", ward: "", domain: asked.get("domain") ?? "", category: asked.get("category") ?? "", points: [], side: 50, channel: "mail", schedule: "daily", progress: false, address: "", asked, named: shownPlace(asked, []) });

/** The filter of what is watched; a route stands beside it. */
function question(of: Choice): URLSearchParams {
  const asked = new URLSearchParams(of.asked);
  for (const key of [...TIMES, "domain", "category"]) asked.delete(key);
  if (of.place !== "shown") for (const key of ["polygon", "cell", "area", "bbox"]) asked.delete(key);
  if (of.domain) asked.set("domain", of.domain);
  if (of.category) asked.set("category", of.category);
  if (of.place === "one") asked.set("area", `${state.set}:${of.ward}`);
  return asked;
}
const along = (of: Choice): { route: string; width_m: number } | Record<string, never> => (of.place === "route" ? { route: written(of.points), width_m: 2 * of.side } : {});
const feedOf = (of: Choice, form: Form): string => feedPath(form, question(of), along(of));
/** The place by its name, or by its size; `wards` are of the set that the map shows. */
function shownPlace(asked: URLSearchParams, wards: readonly Ward[]): string {
  const shape = asked.get("polygon"), [of, code] = (asked.get("area") ?? "").split(":");
  if (shape) return `${w("shape")}, ${number(areaKm2(read(shape)))} km²`;
  const ward = of === state.set ? wards.find((one) => one.code === code) : undefined;
  return ward ? wardName(ward) : w(shownWord(asked));
}
const shownWord = (asked: URLSearchParams): Word => (asked.has("polygon") ? "shape" : asked.has("cell") ? "cell" : asked.has("area") ? "ward" : "city");

/** Asks what to watch, how and when; `asked` is the filter of what the map shows. */
export async function openWatch(around: Around, asked: URLSearchParams = filter()): Promise<void> {
  const of = first(asked);
  show(around, of, await ability(), []);
  const shapes = await shapesOf(state.set).catch(() => null);
  const select = document.getElementById("watch-ward"), shown = document.getElementById("watch-shown");
  if (!shapes || !(select instanceof HTMLSelectElement)) return;
  const wards = shapes.features.map((one) => one.properties);
  fillWards(select, wards, "");
  of.named = shownPlace(asked, wards);
  if (shown) shown.textContent = of.named;
}
interface Ward { code: string; name: string; name_en: string; kind: string | null }
const wardName = (one: Ward): string => (current() === "vi" ? `${one.kind ?? ""} ${one.name}`.trim() : one.name_en || one.name);
function fillWards(select: HTMLSelectElement, wards: Ward[], chosen: string): void {
  const name = (one: Ward): string => (current() === "vi" ? one.name : one.name_en || one.name);
  const sorted = [...wards].sort((a, b) => name(a).localeCompare(name(b), current()));
  select.replaceChildren(h("option", { value: "" }, w("chooseWard")), ...sorted.map((one) => h("option", { value: one.code, selected: one.code === chosen }, current() === "vi" && one.kind ? `${name(one)} (${one.kind})` : name(one))));
}

function show(around: Around, of: Choice, can: Ability, wards: Ward[]): void {
  const outcome = h("div", { role: "status" });
  const radio = (group: string, value: string, label: Node | string, chosen: boolean, pick: () => void): HTMLElement => h("label", { class: "choice" }, h("input", { type: "radio", name: group, value, checked: chosen, change: pick }), " ", label);
  const under = (...inside: HTMLElement[]): HTMLElement => h("div", { class: "under" }, ...inside);
  // Where.
  const ward = h("select", { id: "watch-ward", "aria-label": w("one"), change: () => { of.ward = ward.value; } }, h("option", { value: "" }, w("chooseWard")));
  if (wards.length) fillWards(ward, wards, of.ward);
  const wardPart = under(ward);
  const said = h("p", { id: "watch-route", role: "status" }, of.points.length ? `${w("drawn")} ${number(lengthKm(of.points))} km.` : "");
  const drawing = h("button", { type: "button", id: "watch-draw", click: () => redraw() }, w(of.points.length ? "redraw" : "draw"));
  const side = choice("watch-side", w("width"), SIDES_M.map((one) => [String(one), `${one} ${w("metres")}`]), String(of.side), (value) => { of.side = Number(value); feeds(); });
  const routePart = under(drawing, said, side);
  const places = h("fieldset", {}, h("legend", {}, w("where")),
    radio("watch-place", "shown", h("span", {}, `${w("shown")}: `, h("span", { id: "watch-shown" }, of.named)), of.place === "shown", () => pickPlace("shown")),
    radio("watch-place", "one", w("one"), of.place === "one", () => pickPlace("one")), wardPart,
    radio("watch-place", "route", w("route"), of.place === "route", () => pickPlace("route")), routePart);
  // Which.
  const categories = h("div", {});
  const fillCategories = (): void => {
    const domain = around.domains.find((one) => one.code === of.domain);
    const listed = (domain ? [domain] : around.domains).flatMap((one) => one.categories).filter((one) => !one.sensitive);
    if (!listed.some((one) => one.code === of.category)) of.category = "";
    categories.replaceChildren(choice("watch-category", t("category"), [["", t("all")], ...listed.map((one): [string, string] => [one.code, named(one.name)])], of.category, (value) => { of.category = value; feeds(); }));
  };
  fillCategories();
  const domains = choice("watch-domain", t("domain"), [["", t("all")], ...around.domains.map((one): [string, string] => [one.code, named(one.name)])], of.domain, (value) => { of.domain = value; fillCategories(); feeds(); });
  const closings = h("input", { type: "checkbox", id: "watch-progress", checked: of.progress, change: () => { of.progress = closings.checked; } });
  const progress = h("label", { class: "choice" }, closings, ` ${w("progress")}`);
  const what = h("fieldset", {}, h("legend", {}, w("what")), h("div", { class: "pair" }, domains, categories), progress);
  // How, and when.
  const address = h("input", { type: "email", id: "watch-address", autocomplete: "email", maxlength: 254, value: of.address, "aria-describedby": "watch-private", input: () => { of.address = address.value; } });
  const mailPart = under(h("div", { class: "field" }, h("label", { for: "watch-address" }, w("address")), address), h("p", { class: "source", id: "watch-private" }, w("private")));
  const pushPart = under(h("p", { id: "watch-push-says", ...(can === "ready" ? {} : { class: "alert" }) }, can === "ready" ? "" : w(can)));
  const feedPart = under(h("p", {}, w("feedSays")), h("ul", { class: "plain", id: "watch-feeds" }));
  const how = h("fieldset", {}, h("legend", {}, w("how")), ...CHANNELS.flatMap((one) => [radio("watch-channel", one, w(one), of.channel === one, () => pickChannel(one)), { mail: mailPart, push: pushPart, feed: feedPart }[one]]));
  const when = choice("watch-schedule", w("when"), SCHEDULES.map((one) => [one, w(one)]), of.schedule, (value) => { of.schedule = value; });
  const button = h("button", { type: "submit", class: "main", id: "watch-begin" }, w("begin"));

  function feeds(): void {
    const line = (form: Form): HTMLElement => {
      const url = new URL(feedOf(of, form), location.href).href;
      const copied = h("span", { role: "status" });
      return h("li", {}, h("span", {}, h("a", { href: url, id: `watch-${form}` }, form === "atom" ? "Atom" : "RSS 2.0"), " ", copied), h("button", { type: "button", "aria-label": `${w("copy")}: ${form === "atom" ? "Atom" : "RSS"}`, click: () => void navigator.clipboard.writeText(url).then(() => { copied.textContent = w("copied"); }) }, w("copy")));
    };
    feedPart.querySelector("ul")?.replaceChildren(...(of.place === "route" && !of.points.length ? [h("li", {}, w("noRoute"))] : [line("atom"), line("rss")]));
  }
  function pickPlace(place: Choice["place"]): void {
    of.place = place;
    wardPart.hidden = place !== "one";
    routePart.hidden = place !== "route";
    feeds();
  }
  function pickChannel(channel: Choice["channel"]): void {
    of.channel = channel;
    mailPart.hidden = channel !== "mail";
    pushPart.hidden = channel !== "push";
    feedPart.hidden = channel !== "feed";
    when.hidden = button.hidden = progress.hidden = channel === "feed";
    button.disabled = channel === "push" && can !== "ready";
    outcome.replaceChildren();
  }
  function redraw(): void {
    const known = [...ward.options].filter((one) => one.value).map((one) => ({ code: one.value, name: one.text, name_en: one.text, kind: null }));
    const back = (): void => show(around, of, can, known);
    byId<HTMLDialogElement>("dialog").close();
    document.body.removeAttribute("data-filters");
    drawRoute(around.map, (points) => { of.points = points; back(); byId("watch-draw").focus(); }, back);
  }
  /** What is missing, with the field it is missing in. */
  function missing(): [Word, HTMLElement] | null {
    if (of.place === "one" && !of.ward) return ["noWard", ward];
    if (of.place === "route" && !of.points.length) return ["noRoute", drawing];
    if (of.channel === "mail" && (!address.value.trim() || !address.checkValidity())) return ["wrong", address];
    return null;
  }
  const alert = (word: Word): HTMLElement => h("p", { role: "alert", class: "alert" }, w(word));
  async function begin(): Promise<void> {
    const lacks = missing();
    if (lacks) { outcome.replaceChildren(alert(lacks[0])); lacks[1].focus(); return; }
    if (!navigator.onLine) { outcome.replaceChildren(alert("offline")); return; }
    button.disabled = true;
    outcome.textContent = w("sending");
    const order = { question: question(of).toString(), ...along(of), progress: of.progress, language: current(), schedule: of.schedule };
    try {
      if (of.channel === "mail") await ask("/api/v1/follows", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...order, kind: "complaints", address: of.address.trim() }) });
      else {
        const id = await watchByPush(order);
        keep([...kept().filter((one) => one.id !== id), { id, words: summary() }]);
      }
      form.replaceChildren(h("p", { id: "watch-done", tabindex: "-1" }, w(of.channel === "mail" ? "mailed" : "pushed")));
      list();
      byId("watch-done").focus();
    } catch (problem) {
      outcome.replaceChildren(problem instanceof NoPush ? alert(problem.why) : alertOf(problem));
      button.disabled = false;
    }
  }
  /** In a few words, for the list of what this device watches. */
  function summary(): string {
    const place = of.place === "one" ? ward.selectedOptions[0]?.text ?? "" : of.place === "route" ? `${w("route")} (${number(lengthKm(of.points))} km)` : of.named;
    const domain = around.domains.find((one) => one.code === of.domain), category = around.domains.flatMap((one) => one.categories).find((one) => one.code === of.category);
    return [place, category ? named(category.name) : domain ? named(domain.name) : "", w(of.schedule as Word)].filter(Boolean).join(" · ");
  }
  const watches = h("section", { "aria-label": w("watches") });
  function list(): void {
    const all = kept();
    watches.replaceChildren(...(all.length ? [h("h3", {}, w("watches")), h("ul", { class: "plain", id: "watch-list" }, ...all.map((one) => {
      const line = h("li", {}, h("span", {}, one.words), h("button", { type: "button", "aria-label": `${w("stop")}: ${one.words}`, click: () => void stop(one, line) }, w("stop")));
      return line;
    }))] : []));
  }
  async function stop(one: Kept, line: HTMLElement): Promise<void> {
    try {
      await stopPush({ id: one.id });
      keep(kept().filter((other) => other.id !== one.id));
      line.replaceChildren(h("span", { role: "status", tabindex: "-1" }, w("stopped")));
      line.querySelector("span")?.focus();
    } catch (problem) { line.append(alertOf(problem)); }
  }
  const form = h("form", { novalidate: true, submit: (event) => { event.preventDefault(); void begin(); } }, places, what, how, when, outcome, button);
  pickPlace(of.place);
  pickChannel(of.channel);
  list();
  openDialog(w("title"), t("close"), h("div", { class: "watch" }, form, watches));
}
