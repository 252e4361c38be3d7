import type { Category, Domain, Notice } from "../api";
import { h } from "../dom";
import { named, number, phrases } from "../i18n";
import type { Fault, Section, Sheet } from "./draft";
import { questionsOf } from "./questions";
import { suggested } from "./suggest";

const w = phrases({
  vi: { legend: "Việc gì?", find: "Gõ vài chữ: ổ gà, rác, đèn đường…", found: "loại khớp", foundOne: "loại khớp", none: "Không có loại nào khớp. Hãy gõ từ khác, hoặc chọn lĩnh vực bên dưới.", domains: "Hoặc chọn lĩnh vực", maybe: "Có phải là:", chosen: "Đã chọn:", change: "Đổi", fill: "Hãy chọn loại phản ánh.", call: "Gọi", stops: "Phản ánh này không nhận ở đây.", urgent: "Đang nguy hiểm cho người, cần xử lý khẩn cấp", urgentHint: "Chỉ chọn khi có người có thể bị hại ngay lúc này.", sensitive: "Loại nhạy cảm: nội dung và vị trí chính xác không hiện công khai." },
  en: { legend: "What is it?", find: "Type some words: pothole, garbage, street light…", found: "kinds match", foundOne: "kind matches", none: "No kind matches. Try other words, or choose a domain below.", domains: "Or choose a domain", maybe: "Is it:", chosen: "Chosen:", change: "Change", fill: "Please choose what it is.", call: "Call", stops: "This is not taken here.", urgent: "People are in danger now, it is urgent", urgentHint: "Only where somebody may be harmed at this moment.", sensitive: "A sensitive kind: its words and exact place are not shown in public." },
});
/** Without diacritics, in small letters: how people type on a phone. */
export const folded = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
const MOST_FOUND = 8;
const split = (text: string): string[] => text.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
/** How well a name answers what was typed: 6 the phrase with its marks, 5 the phrase in whole words, 4 all words whole, 3 the phrase as it is being typed, 2 beginnings of words, 1 letters somewhere in name or domain, 0 not at all. */
function rankOf(typed: string, { domain, category }: { domain: Domain; category: Category }): number {
  const words = split(folded(typed)), marked = split(typed.normalize("NFC").toLowerCase());
  const padded = (parts: string[], end = " "): string => ` ${parts.join(" ")}${end}`;
  const ranks: number[] = [category.name.vi, category.name.en].map((text) => {
    const name = split(folded(text)), line = padded(name);
    if (padded(split(text.normalize("NFC").toLowerCase())).includes(padded(marked))) return 6;
    if (line.includes(padded(words))) return 5;
    if (words.every((word) => name.includes(word))) return 4;
    if (line.includes(padded(words, ""))) return 3;
    return 0;
  });
  const both = folded(`${category.name.vi} ${category.name.en}`), begun = split(both);
  if (words.every((word) => begun.some((one) => one.startsWith(word)))) ranks.push(2);
  const whole = `${both} ${folded(`${domain.name.vi} ${domain.name.en}`)}`;
  if (words.every((word) => whole.includes(word))) ranks.push(1);
  return Math.max(...ranks, 0);
}

/** A category's words that it is for somebody else, or what to mind; the number can be called by a tap. */
export function noticeBox(notice: Notice): HTMLElement {
  return h("div", { class: `notice${notice.stops ? " stops" : ""}`, role: "note", id: "category-notice" },
    notice.stops ? h("strong", {}, `${w("stops")} `) : null, named(notice),
    notice.phone ? h("a", { class: "call", href: `tel:${notice.phone.replace(/[^+\d]/g, "")}` }, `📞 ${w("call")} ${notice.phone}`) : null);
}

/** What it is: by words, by suggestion, or by domain; then what its category asks. */
export function whatSection(sheet: Sheet): Section & { wrong(code: string, message: string): HTMLElement | null } {
  const { draft, domains } = sheet;
  const all = domains.flatMap((domain) => domain.categories.map((category) => ({ domain, category })));
  const input = h("input", { type: "search", id: "category-search", autocomplete: "off", placeholder: w("find"), "aria-label": w("find"), "aria-controls": "category-list", "aria-describedby": "category-error", input: () => find(), keydown: (event) => { if ((event as KeyboardEvent).key === "Enter") { event.preventDefault(); list.querySelector("button")?.focus(); } } });
  const said = h("small", { role: "status", id: "category-said" });
  const list = h("div", { id: "category-list", role: "group", "aria-label": w("legend") });
  const tiles = h("div", { class: "tiles" });
  const maybe = h("div", { class: "row maybe", role: "status", hidden: true });
  const error = h("p", { class: "alert", id: "category-error" });
  const choosing = h("div", { class: "choosing" }, input, said, maybe, list, h("p", { class: "or", id: "or-domain" }, w("domains")), tiles);
  const chosen = h("div", { class: "chosen-category", hidden: true });
  const node = h("fieldset", { id: "part-what" }, h("legend", {}, w("legend")), error, choosing, chosen);
  let questions: ReturnType<typeof questionsOf> | null = null;
  let shown = "";

  const kind = ({ domain, category }: { domain: Domain; category: Category }): HTMLElement => {
    const dot = h("i", { class: "dot" });
    dot.style.background = domain.colour;
    return h("button", { type: "button", class: "kind", "data-category": category.code, click: () => choose(category.code, true) }, dot, h("span", {}, named(category.name)));
  };
  function open(code: string): void {
    shown = shown === code ? "" : code;
    for (const tile of tiles.children) tile.setAttribute("aria-expanded", String(tile.getAttribute("data-domain") === shown));
    const domain = domains.find((one) => one.code === shown);
    list.replaceChildren(...(domain ? domain.categories.map((category) => kind({ domain, category })) : []));
    said.textContent = "";
    if (domain) { tiles.querySelector(`[data-domain="${shown}"]`)?.after(list); list.querySelector("button")?.focus(); } else input.after(list);
  }
  function find(): void {
    const typed = split(input.value).length > 0;
    shown = "";
    for (const tile of tiles.children) tile.setAttribute("aria-expanded", "false");
    maybe.before(list);
    if (!typed) { list.replaceChildren(); said.textContent = ""; maybe.hidden = true; return; }
    const rated = all.map((one) => ({ ...one, rank: rankOf(input.value, one) })).filter((one) => one.rank).sort((a, b) => b.rank - a.rank);
    // Where words begin so, others that only hold the letters somewhere are of no use.
    const best = rated.filter((one) => one.rank >= 2), kinds = (best.length ? best : rated).slice(0, MOST_FOUND);
    list.replaceChildren(...kinds.map(kind));
    // The keyboard of a phone takes half of the screen: what was found is to be seen above it.
    input.scrollIntoView({ block: "start" });
    said.textContent = kinds.length ? `${number(kinds.length)} ${w(kinds.length === 1 ? "foundOne" : "found")}` : w("none");
    if (kinds.length) maybe.hidden = true;
    else suggest(input.value);
  }
  const suggest = suggested((found) => {
    const known = found.map((one) => all.find((each) => each.category.code === one.category)).filter((one) => one !== undefined);
    maybe.hidden = !known.length || Boolean(draft.category);
    if (!maybe.hidden) maybe.replaceChildren(h("span", {}, w("maybe")), ...known.map(({ category }) => h("button", { type: "button", "data-suggested": category.code, click: () => choose(category.code, true) }, named(category.name))));
  });
  function choose(code: string, focus = false): void {
    if (code !== draft.category) sheet.change("category", { category: code, answers: {}, urgent: false });
    settle();
    if (focus) chosen.querySelector<HTMLElement>("#category-chosen")?.focus();
  }
  function settle(): void {
    const one = all.find((each) => each.category.code === draft.category);
    error.textContent = "";
    choosing.hidden = Boolean(one);
    chosen.hidden = !one;
    if (!one) { questions = null; chosen.replaceChildren(); return; }
    const { domain, category } = one;
    const dot = h("i", { class: "dot" });
    dot.style.background = domain.colour;
    questions = questionsOf(sheet, category);
    const urgent = h("input", { type: "checkbox", id: "report-urgent", checked: draft.urgent, "aria-describedby": "urgent-hint", change: () => sheet.change("other", { urgent: urgent.checked }) });
    chosen.replaceChildren(
      h("p", { class: "chosen", id: "category-chosen", tabindex: "-1" }, h("span", {}, `${w("chosen")} `, dot, h("strong", {}, named(category.name)), h("small", {}, ` · ${named(domain.name)}`)), h("button", { type: "button", id: "category-change", click: () => { sheet.change("category", { category: "" }); settle(); input.focus(); } }, w("change"))),
      ...(category.notice ? [noticeBox(category.notice)] : []),
      ...(category.sensitive ? [h("p", { class: "note" }, w("sensitive"))] : []),
      ...(category.asks_urgency ? [h("label", { class: "choice urgent" }, urgent, h("span", {}, w("urgent"), h("small", { id: "urgent-hint" }, w("urgentHint"))))] : []),
      questions.node);
  }
  tiles.replaceChildren(...domains.map((domain) => {
    const tile = h("button", { type: "button", class: "tile", "data-domain": domain.code, "aria-expanded": "false", "aria-controls": "category-list", click: () => open(domain.code) }, named(domain.name));
    tile.style.setProperty("--dot", domain.colour);
    return tile;
  }));
  settle();
  sheet.on((part) => { if (part === "text" && !draft.category) suggest(draft.text); });
  if (!draft.category && draft.text) suggest(draft.text);
  return {
    node,
    check: (): Fault[] => {
      const notice = sheet.category?.notice;
      error.textContent = !sheet.category ? w("fill") : notice?.stops ? w("stops") : "";
      if (error.textContent) return [{ message: notice?.stops ? `${w("stops")} ${named(notice)}` : w("fill"), focus: sheet.category ? (chosen.querySelector<HTMLElement>("#category-change") ?? input) : input }];
      return questions?.check() ?? [];
    },
    wrong: (code, message) => questions?.wrong(code, message) ?? null,
  };
}
