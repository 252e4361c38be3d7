/** Correcting one's report while nobody has begun to handle it: words, category, place, address, photos. */
import { ask, type AreaSet, type Category, type Config, type Domain, type Located } from "../api";
import { h } from "../dom";
import { current, named, number } from "../i18n";
import { Refused } from "../problems";
import type { Answer, Sheet } from "../report/draft";
import type { PinMap } from "../report/pinmap";
import { questionsOf } from "../report/questions";
import { drawSearch } from "../search";
import { withLink } from "./link";
import { say } from "./tool-words";
import { doing, type Desk } from "./tools";

interface Change { lon?: number; lat?: number; category?: string; text?: string; address?: string | null; answers?: Record<string, Answer>; photos?: string[] }
const MOST_WORDS = 4000, MOST_ADDRESS = 300;

/** The ids of photos, as the private answer lists them: with an id, or by their addresses. */
function idsOf(photos: readonly unknown[]): string[] {
  return photos.map((one) => (typeof one === "string" ? one : String((one as { id?: string }).id ?? /\/photos\/([\w-]+?)(-small)?\.jpg/.exec((one as { small?: string }).small ?? "")?.[1] ?? ""))).filter(Boolean);
}

export function correction(desk: Desk): HTMLElement {
  const p = desk.mine.properties, start = desk.mine.geometry.coordinates;
  let at: [number, number] = start, pin: PinMap | null = null, outside = false, kinds: Category[] = [];
  const text = h("textarea", { id: "correct-text", rows: 5, maxlength: MOST_WORDS, "aria-describedby": "correct-text-wrong" });
  const textWrong = h("p", { class: "alert", id: "correct-text-wrong", role: "alert" });
  text.addEventListener("input", () => { text.removeAttribute("aria-invalid"); textWrong.textContent = ""; });
  text.value = p.text;
  const address = h("input", { id: "correct-address", maxlength: MOST_ADDRESS, autocomplete: "street-address" });
  address.value = p.address ?? "";
  const category = h("select", { id: "correct-category" }, h("option", { value: p.category }, named(desk.whole.category)));
  // The questions are those of the report's form; what is answered there is kept here.
  const before = JSON.stringify(p.answers ?? {}), draft = { answers: { ...(p.answers ?? {}) } as Record<string, Answer> };
  const sheet = { draft, change: (_: string, given: { answers?: Record<string, Answer> }) => Object.assign(draft, given) } as unknown as Sheet;
  const place = h("div", {});
  let questions: ReturnType<typeof questionsOf> | null = null;
  const ask_ = (): void => {
    const kind = kinds.find((one) => one.code === category.value);
    // Answers to another category's questions are no answers to these.
    draft.answers = Object.fromEntries(Object.entries(draft.answers).filter(([code]) => kind?.questions?.some((one) => one.code === code)));
    questions = kind ? questionsOf(sheet, kind) : null;
    place.replaceChildren(...(questions ? [questions.node] : []));
  };
  category.addEventListener("change", ask_);
  void ask<{ domains: Domain[] }>("/api/v1/domains").then(({ domains }) => {
    kinds = domains.flatMap((one) => one.categories).filter((one) => !one.notice?.stops || one.code === p.category);
    category.replaceChildren(...domains.map((one) => h("optgroup", { label: named(one.name) }, ...one.categories.filter((kind) => kinds.includes(kind)).map((kind) => h("option", { value: kind.code, selected: kind.code === p.category }, named(kind.name))))));
    ask_();
  }, () => undefined);
  const where = h("p", { id: "correct-where", role: "status" });
  const wrong = h("p", { class: "alert", id: "correct-wrong", role: "alert" });

  async function tell(): Promise<void> {
    const [lon, lat] = at;
    outside = false;
    where.classList.remove("alert");
    where.textContent = `${say("placeNow")} ${lat.toFixed(5)}, ${lon.toFixed(5)}`;
    try {
      const found = await ask<Located>(`/api/v1/locate?lon=${lon.toFixed(6)}&lat=${lat.toFixed(6)}`), area = found.areas.find((one) => !one.until);
      if (at[0] !== lon || at[1] !== lat) return;
      outside = !found.city;
      where.classList.toggle("alert", outside);
      if (outside) where.textContent = say("outside");
      else if (area) where.textContent = `${say("placeNow")} ${current() === "vi" ? `${area.kind ?? ""} ${area.name}`.trim() : area.name_en} (${lat.toFixed(5)}, ${lon.toFixed(5)})`;
    } catch { /* without a network the numbers are enough */ }
  }
  const set = (lon: number, lat: number): void => { at = [lon, lat]; pin?.pin(at, true); void tell(); };
  const holder = h("div", { class: "pin-map", hidden: true }), finder = h("div", { class: "search" });
  drawSearch(finder, "correct-place", p.city, (found) => set(found.lon, found.lat), ["area", "address"]);
  const open = h("button", { type: "button", id: "correct-map", click: () => void show() }, say("changePlace"));
  async function show(): Promise<void> {
    holder.hidden = false;
    open.disabled = true;
    try {
      const [{ PinMap }, config, { sets }] = await Promise.all([import("../report/pinmap"), ask<Config>("/api/v1/config"), ask<{ sets: AreaSet[] }>("/api/v1/boundaries")]);
      const own = sets.filter((one) => one.city === p.city), city = config.cities.find((one) => one.code === p.city);
      if (!city) throw new Error("the city is gone");
      pin = new PinMap(holder, { config, city, set: (own.find((one) => one.until === null) ?? own[0])?.code ?? "", label: say("pin"), start: at, zoom: 15, placed: (lon, lat) => { at = [lon, lat]; void tell(); } });
      pin.pin(at);
    } catch { holder.hidden = true; open.disabled = false; where.textContent = say("noMap"); }
  }
  const here = h("button", { type: "button", click: () => {
    if (!navigator.geolocation) { where.textContent = say("noPosition"); return; }
    navigator.geolocation.getCurrentPosition(({ coords }) => set(coords.longitude, coords.latitude), () => { where.textContent = say("noPosition"); }, { enableHighAccuracy: true, timeout: 15000 });
  } }, say("here"));

  const photos = p.photos ?? [], ids = idsOf(photos), gone = new Set<string>();
  const pictures = ids.length ? h("ul", { class: "photos" }, ...ids.map((id, i) => {
    const said = h("small", { role: "status" });
    const button: HTMLButtonElement = h("button", { type: "button", "aria-pressed": "false", "aria-label": `${say("removePhoto")} (${number(i + 1)})`, click: () => {
      if (gone.has(id)) gone.delete(id); else gone.add(id);
      button.setAttribute("aria-pressed", String(gone.has(id)));
      said.textContent = gone.has(id) ? say("photoGoes") : "";
    } }, `✕ ${say("removePhoto")}`);
    return h("li", {}, h("img", { src: `/photos/${id}-small.jpg`, alt: "", height: 96 }), button, said);
  })) : null;

  function changes(): Change {
    const change: Change = {};
    if (at !== start) [change.lon, change.lat] = at;
    if (category.value !== p.category) change.category = category.value;
    if (text.value.trim() !== p.text) change.text = text.value.trim();
    if (address.value.trim() !== (p.address ?? "")) change.address = address.value.trim() || null;
    if (JSON.stringify(draft.answers) !== before) change.answers = draft.answers;
    if (gone.size) change.photos = ids.filter((id) => !gone.has(id));
    return change;
  }
  const box = h("div", { class: "form" },
    h("div", { class: "field" }, h("label", { for: "correct-text" }, say("words")), text, textWrong),
    h("div", { class: "field" }, h("label", { for: "correct-category" }, say("category")), category), place,
    h("fieldset", {}, h("legend", {}, say("place")), where, h("div", { class: "row" }, open, here), holder, finder),
    h("div", { class: "field" }, h("label", { for: "correct-address" }, say("address")), address),
    pictures ? h("fieldset", {}, h("legend", {}, say("photos")), pictures) : null, wrong,
    doing(desk, say("save"), "correct-save", async () => {
      const change = changes();
      const wordless = !/[\p{L}\p{N}]/u.test(text.value);
      if (wordless) text.setAttribute("aria-invalid", "true"); else text.removeAttribute("aria-invalid");
      textWrong.textContent = wordless ? say("someWords") : "";
      wrong.textContent = wordless ? "" : outside ? say("outside") : Object.keys(change).length ? "" : say("noChange");
      if (wordless || wrong.textContent) { (outside && !wordless ? open : text).focus(); return null; }
      const unanswered = questions?.check()[0];
      if (unanswered) { unanswered.focus.focus(); return null; }
      try {
        await withLink("PATCH", "/api/v1/mine", change, desk.etag ? { "If-Match": desk.etag } : {});
      } catch (problem) {
        if (problem instanceof Refused && problem.status === 412) return say("clash");
        throw problem;
      }
      pin?.remove();
      return say("saved");
    }));
  void tell();
  return box;
}
