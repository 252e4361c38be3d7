import type { Found } from "./api";
import { ask } from "./api";
import { byId, h } from "./dom";
import { current, named, number, phrases, t } from "./i18n";

const w = phrases({ vi: { known: "địa điểm" }, en: { known: "known place" } });
/** A combobox: typing asks, arrows choose, Enter takes (WAI-ARIA "combobox with list popup"). */
export function drawSearch(place: HTMLElement, id: string, city: string, take: (found: Found) => void, only?: Found["type"][]): void {
  let found: Found[] = [];
  let active = -1;
  let timer = 0;
  const list = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": t("search"), hidden: true });
  const input = h("input", { type: "search", id, role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list", autocomplete: "off", placeholder: only ? t("findPlace") : t("search"), "aria-label": only ? t("findPlace") : t("search"),
    input: () => { clearTimeout(timer); timer = window.setTimeout(() => void read(), 200); },
    keydown: (event) => {
      const key = (event as KeyboardEvent).key;
      if (key === "ArrowDown" || key === "ArrowUp") { event.preventDefault(); move(key === "ArrowDown" ? 1 : -1); }
      else if (key === "Enter") { event.preventDefault(); const one = found[Math.max(active, 0)]; if (one) chosen(one); }
      else if (key === "Escape" && !list.hidden) { event.preventDefault(); event.stopPropagation(); close(); }
    },
    blur: () => window.setTimeout(close, 150),
  });
  const close = (): void => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); active = -1; };
  const chosen = (one: Found): void => { input.value = label(one); close(); take(one); };
  const label = (one: Found): string => (current() === "en" && one.label_en ? one.label_en : one.label);
  function move(by: number): void {
    if (!found.length) return;
    active = (active + by + found.length) % found.length;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
    input.setAttribute("aria-activedescendant", `${id}-${active}`);
    list.children[active]?.scrollIntoView({ block: "nearest" });
  }
  async function read(): Promise<void> {
    const q = input.value.trim();
    let failed = false;
    if (!q) { close(); return; }
    try {
      found = (await ask<{ results: Found[] }>(`/api/v1/search?${new URLSearchParams({ q, city })}`)).results.filter((one) => !only || only.includes(one.type) || one.type === "landmark");
    } catch { found = []; failed = true; }
    if (input.value.trim() !== q) return;
    active = -1;
    const items = found.map((one, i) => h("li", { role: "option", id: `${id}-${i}`, "aria-selected": "false", mousedown: (event) => { event.preventDefault(); chosen(one); } },
      h("span", {}, label(one)),
      h("small", {}, one.type === "landmark" ? w("known") : one.type === "address" ? `${t("street")} · ${number(one.n ?? 0)} ${t("total")}` : [one.detail ? named(one.detail) : "", one.formerly ? `${t("formerly")} ${one.formerly}` : ""].filter(Boolean).join(" · "))));
    list.replaceChildren(...(items.length ? items : [h("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, failed ? t("noNetworkSearch") : t("nothingFound"))]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }
  place.replaceChildren(input, list);
}
export const headSearch = (city: string, take: (found: Found) => void): void => drawSearch(byId("search"), "q", city, take);
