import type { Domain, Feature, Located } from "./api";
import { ask, Refused } from "./api";
import { byId, h, openDialog } from "./dom";
import { current, named, t } from "./i18n";
import type { CityMap } from "./map";
import { drawSearch } from "./search";
import { state } from "./state";

interface Draft { lon?: number; lat?: number; category: string; text: string; address: string; key: string; queued?: boolean }
const STORE = "phananh-draft";
const fresh = (): Draft => ({ category: "", text: "", address: "", key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}` });
function load(): Draft {
  try { return { ...fresh(), ...(JSON.parse(localStorage.getItem(STORE) ?? "{}") as Partial<Draft>) }; } catch { return fresh(); }
}
let draft = load();
/** The draft stays on the device until the server has answered, so that a lost connection loses nothing. */
function keep(): void { try { localStorage.setItem(STORE, JSON.stringify(draft)); } catch { /* private mode: the draft lives as long as the page */ } }

async function send(): Promise<Feature> {
  const { lon, lat, category, text, address, key } = draft;
  const body = JSON.stringify({ lon, lat, category, text, ...(address.trim() ? { address } : {}) });
  const one = await ask<Feature>("/api/v1/complaints", { method: "POST", body, headers: { "Content-Type": "application/json", "Idempotency-Key": key } });
  draft = fresh();
  keep();
  return one;
}
/** What was written without a network goes out when there is one again. */
export function sendWhenOnline(sent: (code: string) => void): void {
  const attempt = (): void => { if (draft.queued && navigator.onLine) void send().then((one) => sent(one.id)).catch((problem: unknown) => { if (problem instanceof Refused) { draft.queued = false; keep(); } else setTimeout(attempt, 15000); }); };
  addEventListener("online", attempt);
  attempt();
}

/** Place, kind, words; each can be done without the map. */
export function openReport(map: CityMap, domains: Domain[], follow: (code: string) => void): void {
  const where = h("p", { id: "where", role: "status" }, t("noPlace"));
  const alert = h("p", { role: "alert", class: "alert" });
  const categories = h("select", { id: "report-category", required: true, change: (event) => { draft.category = (event.target as HTMLSelectElement).value; keep(); } },
    h("option", { value: "" }, t("what")), ...domains.map((one) => h("optgroup", { label: named(one.name) }, ...one.categories.map((kind) => h("option", { value: kind.code, selected: kind.code === draft.category }, named(kind.name))))));
  const text = h("textarea", { id: "report-text", rows: 4, maxlength: 4000, required: true, input: () => { draft.text = text.value; keep(); } });
  text.value = draft.text;
  const address = h("input", { id: "report-address", maxlength: 300, autocomplete: "street-address", input: () => { draft.address = address.value; keep(); } });
  address.value = draft.address;
  const say = async (): Promise<void> => {
    if (draft.lon === undefined || draft.lat === undefined) { where.textContent = t("noPlace"); return; }
    where.textContent = `${t("placeIs")} ${draft.lat.toFixed(5)}, ${draft.lon.toFixed(5)}`;
    try {
      const at = await ask<Located>(`/api/v1/locate?lon=${draft.lon}&lat=${draft.lat}`);
      if (!at.city) { where.textContent = t("outsideCity"); draft.lon = draft.lat = undefined as never; keep(); return; }
      const area = at.areas.find((one) => !one.until);
      if (area) where.textContent = `${t("placeIs")} ${current() === "vi" ? `${area.kind ?? ""} ${area.name}`.trim() : area.name_en} (${draft.lat.toFixed(5)}, ${draft.lon.toFixed(5)})`;
    } catch { /* without a network the numbers are enough */ }
  };
  const set = (lon: number, lat: number): void => { draft.lon = lon; draft.lat = lat; keep(); void say(); };
  const finder = h("div", { class: "search" });
  drawSearch(finder, "report-place", state.city, (found) => set(found.lon, found.lat), ["area", "address"]);
  const button = h("button", { type: "submit", class: "main" }, t("send"));
  const form = h("form", { novalidate: true, submit: (event) => { event.preventDefault(); void submit(); } },
    h("fieldset", {}, h("legend", {}, t("step1")), where, h("div", { class: "row" },
      h("button", { type: "button", click: () => {
        dialog.close();
        byId("banner").hidden = false;
        byId("banner").textContent = t("tapMap");
        map.pick((lon, lat) => { byId("banner").hidden = true; draft.lon = lon; draft.lat = lat; keep(); openReport(map, domains, follow); });
      } }, t("pickOnMap")),
      h("button", { type: "button", click: () => set(...map.centre) }, t("centre")),
      h("button", { type: "button", click: () => {
        if (!navigator.geolocation) { where.textContent = t("noPosition"); return; }
        navigator.geolocation.getCurrentPosition(({ coords }) => set(coords.longitude, coords.latitude), () => { where.textContent = t("noPosition"); }, { enableHighAccuracy: true, timeout: 15000 });
      } }, t("here"))), finder),
    h("fieldset", {}, h("legend", {}, t("step2")), h("label", { for: "report-category" }, t("what")), categories),
    h("fieldset", {}, h("legend", {}, t("step3")), h("label", { for: "report-text" }, t("words")), text, h("label", { for: "report-address" }, t("address")), address),
    alert, button);
  const dialog = openDialog(t("report"), t("close"), form);
  void say();
  async function submit(): Promise<void> {
    alert.textContent = draft.lon === undefined ? t("fillPlace") : !draft.category ? t("fillWhat") : !draft.text.trim() ? t("fillWords") : "";
    if (alert.textContent) { (draft.lon === undefined ? finder.querySelector("input") : !draft.category ? categories : text)?.focus(); return; }
    button.disabled = true;
    button.textContent = t("sending");
    try {
      done((await send()).id, follow);
    } catch (problem) {
      if (problem instanceof Refused) {
        // The words may be mended: the next try is another report.
        draft.key = fresh().key;
        alert.textContent = `${t("notSent")} ${problem.message}`;
      } else { draft.queued = true; alert.textContent = t("queued"); }
      keep();
      button.disabled = false;
      button.textContent = t("send");
    }
  }
}
export function done(code: string, follow: (code: string) => void): void {
  const copied = h("span", { role: "status" });
  openDialog(t("report"), t("close"), h("p", {}, t("sent")), h("p", { class: "code", id: "sent-code" }, code),
    h("div", { class: "row" },
      h("button", { type: "button", click: () => void navigator.clipboard.writeText(code).then(() => { copied.textContent = t("copied"); }) }, t("copy")),
      h("button", { type: "button", class: "main", click: () => follow(code) }, t("follow"))), copied);
}
