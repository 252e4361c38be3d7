import type { Domain, Located } from "./api";
import { ask } from "./api";
import { byId, h, openDialog } from "./dom";
import { current, instant, named, number, phrases, t } from "./i18n";
import type { CityMap } from "./map";
import { forgetSent, hand, keepSending, sentFromHere, waiting } from "./outbox";
import { drawSearch } from "./search";
import { state } from "./state";

/** `rough`: chosen from so far away, or by so large a name, that it wants a second look. */
interface Draft { lon?: number; lat?: number; rough?: boolean; category: string; text: string; address: string }
const STORE = "phananh-draft", MOST_WORDS = 4000, MOST_ADDRESS = 300, CLOSE = 14;
const fresh = (): Draft => ({ category: "", text: "", address: "" });
function load(): Draft {
  try { return { ...fresh(), ...(JSON.parse(localStorage.getItem(STORE) ?? "{}") as Partial<Draft>) }; } catch { return fresh(); }
}
let draft = load();
/** The draft stays on the device until it is handed over. */
function keep(): void { try { localStorage.setItem(STORE, JSON.stringify(draft)); } catch { /* private mode: the draft lives as long as the page */ } }

/** What was handed over without a network goes out when there is one again. */
export function sendWhenOnline(map: CityMap, domains: Domain[], follow: (code: string) => void): void {
  keepSending((code) => done(code, follow), (report, why) => {
    // The words are not lost: they are a draft again, unless another is being written.
    if (!draft.text) { draft = { ...fresh(), ...report }; keep(); }
    openReport(map, domains, follow, `${t("notSent")} ${why.message}`);
  });
}

const notice = phrases({
  vi: { public: "Ai cũng đọc được nội dung này: đừng ghi số điện thoại, thư điện tử hay giấy tờ của mình hoặc người khác." },
  en: { public: "Everyone can read these words: leave out telephone numbers, e-mail addresses and papers, yours or others'." },
});
/** Place, kind, words; each can be done without the map. */
export function openReport(map: CityMap, domains: Domain[], follow: (code: string) => void, problem = ""): void {
  const where = h("p", { id: "where", role: "status" }, t("noPlace"));
  const alert = h("p", { role: "alert", class: "alert" }, problem);
  const categories = h("select", { id: "report-category", required: true, change: (event) => { draft.category = (event.target as HTMLSelectElement).value; keep(); } },
    h("option", { value: "" }, t("what")), ...domains.map((one) => h("optgroup", { label: named(one.name) }, ...one.categories.map((kind) => h("option", { value: kind.code, selected: kind.code === draft.category }, named(kind.name))))));
  const left = h("small", { id: "words-left", "aria-live": "polite" });
  const count = (): void => { const over = text.value.length - MOST_WORDS; left.textContent = over > 0 ? `${t("tooLong")} ${number(over)}` : text.value.length > MOST_WORDS * 0.9 ? `${number(-over)}` : ""; };
  const text = h("textarea", { id: "report-text", rows: 4, required: true, "aria-describedby": "words-left", input: () => { draft.text = text.value; keep(); count(); } });
  text.value = draft.text;
  const address = h("input", { id: "report-address", maxlength: MOST_ADDRESS, autocomplete: "street-address", input: () => { draft.address = address.value; keep(); } });
  address.value = draft.address;
  const wrong = (message: string): void => { where.textContent = message; where.classList.add("alert"); };
  const say = async (): Promise<void> => {
    where.classList.remove("alert");
    const { lon, lat, rough } = draft;
    map.mark(lon === undefined || lat === undefined ? null : [lon, lat]);
    if (lon === undefined || lat === undefined) { where.textContent = t("noPlace"); return; }
    const hint = rough ? ` ${t("roughPlace")}` : "";
    where.textContent = `${t("placeIs")} ${lat.toFixed(5)}, ${lon.toFixed(5)}.${hint}`;
    try {
      const at = await ask<Located>(`/api/v1/locate?lon=${lon}&lat=${lat}`);
      if (!at.city) { draft.lon = draft.lat = undefined as never; keep(); map.mark(null); wrong(t("outsideCity")); return; }
      const area = at.areas.find((one) => !one.until);
      if (area) where.textContent = `${t("placeIs")} ${current() === "vi" ? `${area.kind ?? ""} ${area.name}`.trim() : area.name_en} (${lat.toFixed(5)}, ${lon.toFixed(5)}).${hint}`;
    } catch { /* without a network the numbers are enough */ }
  };
  const set = (lon: number, lat: number, rough = false): void => { Object.assign(draft, { lon, lat, rough }); keep(); void say(); };
  const finder = h("div", { class: "search" });
  drawSearch(finder, "report-place", state.city, (found) => set(found.lon, found.lat, found.type === "area"), ["area", "address"]);
  const button = h("button", { type: "submit", class: "main" }, t("send"));
  const form = h("form", { novalidate: true, submit: (event) => { event.preventDefault(); void submit(); } },
    h("fieldset", {}, h("legend", {}, t("step1")), where, h("div", { class: "row" },
      h("button", { type: "button", click: () => { dialog.close(); pick(map, domains, follow); } }, t("pickOnMap")),
      h("button", { type: "button", click: () => set(...map.centre, map.zoom < CLOSE) }, t("centre")),
      h("button", { type: "button", click: () => {
        if (!navigator.geolocation) { wrong(t("noPosition")); return; }
        where.textContent = t("loading");
        // A position that may be off by more than some houses wants a second look.
        navigator.geolocation.getCurrentPosition(({ coords }) => set(coords.longitude, coords.latitude, coords.accuracy > 100), () => wrong(t("noPosition")), { enableHighAccuracy: true, timeout: 15000 });
      } }, t("here"))), finder),
    h("fieldset", {}, h("legend", {}, t("step2")), h("label", { for: "report-category" }, t("what")), categories),
    h("fieldset", {}, h("legend", {}, t("step3")), h("label", { for: "report-text" }, t("words")), text, left, h("small", { class: "public" }, notice("public")), h("label", { for: "report-address" }, t("address")), address),
    alert, button);
  const before = sentFromHere(), unsent = waiting();
  const dialog = openDialog(t("report"), t("close"),
    ...(unsent.length ? [h("p", { class: "note", role: "status" }, `${t("waitingOnes")} ${number(unsent.length)}: ${unsent.map((one) => one.text.slice(0, 40)).join(" · ")}`)] : []),
    form,
    ...(before.length ? [h("details", { id: "sent-before" }, h("summary", {}, `${t("sentBefore")} (${number(before.length)})`),
      h("ul", { class: "entries" }, ...before.map((one) => h("li", {}, h("button", { type: "button", class: "entry", click: () => follow(one.code) }, h("span", { class: "what" }, one.code), h("small", {}, `${instant(one.at)} · ${one.text}`))))),
      h("button", { type: "button", click: () => { forgetSent(); byId("sent-before").remove(); } }, t("forget")))] : []));
  void say();
  count();
  async function submit(): Promise<void> {
    const { lon, lat } = draft;
    alert.textContent = lon === undefined || lat === undefined ? t("fillPlace") : !draft.category ? t("fillWhat") : !/[\p{L}\p{N}]/u.test(draft.text) ? t("fillWords") : text.value.length > MOST_WORDS ? t("tooLong") : "";
    if (alert.textContent || lon === undefined || lat === undefined) { (lon === undefined ? finder.querySelector("input") : !draft.category ? categories : text)?.focus(); return; }
    button.disabled = true;
    button.textContent = t("sending");
    const outcome = await hand({ lon, lat, category: draft.category, text: draft.text, ...(draft.address.trim() ? { address: draft.address } : {}) });
    if ("refused" in outcome) {
      alert.textContent = `${t("notSent")} ${outcome.refused.message}`;
      button.disabled = false;
      button.textContent = t("send");
      return;
    }
    draft = fresh();
    keep();
    map.mark(null);
    if ("code" in outcome) { done(outcome.code, follow); return; }
    openDialog(t("report"), t("close"), h("p", { role: "alert", class: "alert" }, outcome.waits === "network" ? t("queued") : t("serverBusy")),
      h("button", { type: "button", click: () => openReport(map, domains, follow) }, t("another")));
  }
}

/** A tap chooses the place; from far away the first one comes nearer. Escape and the button give up. */
function pick(map: CityMap, domains: Domain[], follow: (code: string) => void): void {
  const banner = byId("banner");
  const leave = (): void => { banner.hidden = true; banner.replaceChildren(); map.pick(null); removeEventListener("keydown", keys); openReport(map, domains, follow); };
  const chosen = (lon: number, lat: number): void => {
    if (map.zoom < CLOSE) { map.go(lon, lat, 16); tell(t("tapAgain")); return; }
    Object.assign(draft, { lon, lat, rough: false });
    keep();
    leave();
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && event.target instanceof HTMLCanvasElement) { event.preventDefault(); chosen(...map.centre); }
  };
  const tell = (what: string): void => banner.replaceChildren(`${what} `, h("button", { type: "button", click: leave }, t("cancel")));
  tell(t("tapMap"));
  banner.hidden = false;
  addEventListener("keydown", keys);
  map.pick(chosen);
}

export function done(code: string, follow: (code: string) => void): void {
  const copied = h("span", { role: "status" });
  openDialog(t("report"), t("close"), h("p", {}, t("sent")), h("p", { class: "code", id: "sent-code", tabindex: "-1" }, code), h("p", { class: "source" }, t("codeKept")),
    h("div", { class: "row" },
      h("button", { type: "button", click: () => void navigator.clipboard.writeText(code).then(() => { copied.textContent = t("copied"); }) }, t("copy")),
      h("button", { type: "button", class: "main", click: () => follow(code) }, t("follow"))), copied);
  byId("sent-code").focus();
}
