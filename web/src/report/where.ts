import type { Located } from "../api";
import { ask } from "../api";
import { h } from "../dom";
import { current, named, number, phrases, t } from "../i18n";
import { drawSearch } from "../search";
import { state } from "../state";
import type { Fault, Section, Sheet } from "./draft";
import { isNetwork } from "./guarded";
import { photosOf } from "./photos";
import type { PinMap } from "./pinmap";

const w = phrases({
  vi: { legend: "Ở đâu?", none: "Chưa chọn vị trí.", here: "Dùng vị trí của tôi", show: "Chọn trên bản đồ", hide: "Ẩn bản đồ", photo: "Dùng nơi chụp ảnh", find: "Tìm phường, xã, đường (cả tên cũ)", address: "Số nhà, ngõ, đường (không bắt buộc)", at: "Vị trí:", near: "gần # (cách $ m)", rough: "Vị trí này chỉ gần đúng: hãy kéo ghim đến đúng chỗ, hoặc ghi số nhà, ngõ bên dưới.", looking: "Đang tìm vị trí của bạn…", denied: "Trình duyệt không cho biết vị trí. Hãy tìm theo tên đường, hoặc chọn trên bản đồ.", outside: "Nơi này nằm ngoài", outsideMore: "nên phản ánh sẽ không đến được người xử lý. Hãy chọn một nơi trong thành phố, hoặc liên hệ chính quyền nơi đó.", noMap: "Chưa tải được bản đồ (mạng yếu hoặc mất mạng). Vẫn gửi được: dùng vị trí của bạn hoặc tìm theo tên.", later: "Chưa có mạng: tên nơi này sẽ được xem lại khi gửi.", fill: "Hãy chọn vị trí.", pin: "Ghim vị trí. Dùng phím mũi tên để dời.", how: "Chạm vào bản đồ, hoặc kéo ghim đến đúng chỗ.", centre: "Dùng giữa bản đồ", noStreets: "Bản đồ này không vẽ đường phố: hãy ghi ô “Số nhà, ngõ, đường” để người xử lý tìm ra." },
  en: { legend: "Where?", none: "No place chosen yet.", here: "Use my position", show: "Choose on the map", hide: "Hide the map", photo: "Use the photo's place", find: "Ward or street, old or new names", address: "House number, lane, street (optional)", at: "Place:", near: "near # ($ m away)", rough: "This is only roughly the place: drag the pin to the spot, or write the number and lane below.", looking: "Looking for your position…", denied: "Your browser does not tell your position. Find the street by its name, or choose on the map.", outside: "This place lies outside", outsideMore: "so that the report would reach nobody who can act on it. Please choose a place in the city, or turn to the authority of that place.", noMap: "The map could not be loaded (weak network, or none). You can report all the same: use your position or find the place by name.", later: "No network: the name of this place is looked up when it is sent.", fill: "Please choose a place.", pin: "Pin of the place. Arrow keys move it.", how: "Tap the map, or drag the pin to the spot.", centre: "Use the map's centre", noStreets: "Streets are not drawn here: fill in “House number, lane, street”, so that the place is found." },
});
const FAR_M = 30, SAME_M = 1;
const metres = (a: [number, number], b: [number, number]): number => Math.hypot((a[0] - b[0]) * 111_320 * Math.cos((a[1] * Math.PI) / 180), (a[1] - b[1]) * 110_540);

/** Where it is: own position, a name, the photo's place or the map; each is enough. */
export function whereSection(sheet: Sheet): Section {
  const { draft, city } = sheet;
  const where = h("p", { id: "where", role: "status" }, w("none"));
  const hint = h("p", { class: "hint", id: "where-hint" });
  const address = h("input", { id: "report-address", maxlength: 300, autocomplete: "street-address", input: () => sheet.change("other", { address: address.value }) });
  address.value = draft.address;
  const holder = h("div", { class: "pin-map", id: "pin-map", hidden: true });
  const mapHow = h("div", { class: "row map-how", hidden: true }, h("small", {}, w("how")), h("button", { type: "button", id: "use-centre", click: () => { if (pins) useCentre(...pins.centre, pins.zoom < 14); } }, w("centre")));
  const noStreets = h("p", { class: "hint", id: "no-streets", hidden: true }, w("noStreets"));
  const toggle = h("button", { type: "button", id: "toggle-map", "aria-expanded": "false", "aria-controls": "pin-map", click: () => (holder.hidden ? void openMap(true) : closeMap()) }, w("show"));
  const here = h("button", { type: "button", id: "use-here", class: "main", click: () => locate() }, w("here"));
  const byPhoto = h("button", { type: "button", id: "use-photo-place", hidden: true, click: () => { const at = photoPlace(); if (at) set(...at); } }, `📷 ${w("photo")}`);
  const finder = h("div", { class: "search" });
  drawSearch(finder, "report-place", state.city || city.code, (found) => {
    // What is found is a ward, a whole street or a place as some wrote it: near, and to be looked at.
    set(found.lon, found.lat, true);
    if (found.type === "address" && !address.value.trim()) { address.value = found.label; sheet.change("other", { address: found.label }); }
  }, ["area", "address"]);
  const input = finder.querySelector("input");
  for (const name of ["placeholder", "aria-label"]) input?.setAttribute(name, w("find"));
  input?.setAttribute("aria-describedby", "where");
  const node = h("fieldset", { id: "part-where" }, h("legend", {}, w("legend")), where, hint,
    h("div", { class: "row" }, here, toggle, byPhoto), holder, mapHow, noStreets, finder,
    h("div", { class: "field" }, h("label", { for: "report-address" }, w("address")), address));

  let pins: PinMap | null = null, asking = 0;
  const place = (): [number, number] | null => (draft.lon === undefined || draft.lat === undefined ? null : [draft.lon, draft.lat]);
  const wrong = (message: string): void => { where.textContent = message; where.classList.add("alert"); hint.textContent = ""; };
  function refuse(): void {
    delete draft.lon;
    delete draft.lat;
    pins?.home();
    sheet.change("place");
    wrong(`${w("outside")} ${named(city.name)}, ${w("outsideMore")}`);
  }
  async function say(): Promise<void> {
    const at = place(), mine = ++asking;
    where.classList.remove("alert");
    hint.textContent = draft.rough && at ? w("rough") : "";
    if (!at) { where.textContent = w("none"); return; }
    const numbers = `${at[1].toFixed(5)}, ${at[0].toFixed(5)}`;
    where.textContent = `${w("at")} ${numbers}`;
    const [west, south, east, north] = city.bbox;
    if (at[0] < west || at[0] > east || at[1] < south || at[1] > north) { refuse(); return; }
    try {
      const found = await ask<Located>(`/api/v1/locate?lon=${at[0].toFixed(6)}&lat=${at[1].toFixed(6)}`);
      if (mine !== asking) return;
      if (!found.city) { refuse(); return; }
      const area = found.areas.find((one) => !one.until);
      const close = found.landmarks?.[0];
      const names = [area ? (current() === "vi" ? `${area.kind ?? ""} ${area.name}`.trim() : area.name_en) : "", close ? w("near").replace("#", current() === "vi" ? close.name : close.name_en).replace("$", number(close.distance_m)) : ""].filter(Boolean);
      where.replaceChildren(`${w("at")} `, h("strong", {}, names.join(", ") || numbers), names.length ? h("small", {}, ` (${numbers})`) : "");
    } catch (problem) {
      if (mine === asking && isNetwork(problem)) hint.textContent = [hint.textContent, w("later")].filter(Boolean).join(" ");
    }
  }
  function set(lon: number, lat: number, rough = false): void {
    sheet.change("place", { lon, lat, rough });
    pins?.pin([lon, lat], true);
    void say();
  }
  /** A point that did not move is as rough as it was, however near the map came meanwhile. */
  function useCentre(lon: number, lat: number, far: boolean): void {
    const before = place();
    set(lon, lat, far || Boolean(draft.rough && before && metres(before, [lon, lat]) < SAME_M));
  }
  function locate(oldest_ms = 0): void {
    if (!navigator.geolocation) { wrong(w("denied")); return; }
    where.classList.remove("alert");
    where.textContent = w("looking");
    // A position that may be off by more than some houses wants a second look.
    navigator.geolocation.getCurrentPosition(({ coords }) => set(coords.longitude, coords.latitude, coords.accuracy > 100), () => { if (!place()) wrong(w("denied")); else void say(); }, { enableHighAccuracy: true, timeout: 15000, maximumAge: oldest_ms });
  }
  async function openMap(asked: boolean): Promise<void> {
    holder.hidden = false;
    toggle.setAttribute("aria-expanded", "true");
    toggle.textContent = w("hide");
    try {
      const { PinMap } = await import("./pinmap");
      if (pins || holder.hidden) return;
      const main = sheet.around.map();
      pins = new PinMap(holder, { config: sheet.config, city, set: state.set, label: w("pin"), start: place() ?? (main && main.zoom > 11 ? main.centre : null), zoom: place() ? 16 : (main?.zoom ?? 10), placed: (lon, lat, rough) => { sheet.change("place", { lon, lat, rough }); void say(); } });
      pins.pin(place());
      mapHow.hidden = false;
      noStreets.hidden = Boolean(sheet.config.basemap);
    } catch {
      closeMap();
      // Nobody asked for it: it may stay away without a word.
      if (asked) hint.textContent = w("noMap");
    }
  }
  function closeMap(): void {
    pins?.remove();
    pins = null;
    holder.hidden = mapHow.hidden = noStreets.hidden = true;
    holder.replaceChildren();
    toggle.setAttribute("aria-expanded", "false");
    toggle.textContent = w("show");
  }
  const photoPlace = (): [number, number] | null => photosOf(draft).find((photo) => photo.position)?.position ?? null;
  function offerPhoto(): void {
    const at = photoPlace(), now = place();
    byPhoto.hidden = !at || (now !== null && metres(at, now) < FAR_M);
  }
  sheet.on((part) => { if (part === "photos" || part === "place") offerPhoto(); });
  offerPhoto();
  void say();
  // Where the library is there anyway, and nobody saves data, the map is shown without being asked for.
  if (sheet.around.map() && !(navigator as { connection?: { saveData?: boolean } }).connection?.saveData) void openMap(false);
  // Who allowed it once need not ask for it again.
  if (!place()) void navigator.permissions?.query({ name: "geolocation" }).then((answer) => { if (answer.state === "granted" && !place()) locate(60_000); }, () => undefined);

  return {
    node,
    check: (): Fault[] => (place() ? [] : [{ message: w("fill"), focus: input ?? here }]),
    leave: closeMap,
  };
}
export const outsideWords = (city: string): string => `${w("outside")} ${city}, ${w("outsideMore")}`;
