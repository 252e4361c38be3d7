/** Administration: boundary sets are sent, looked at, brought into force from a day on, and undone. */
import { h } from "../dom";
import { day as dayOf, number, phrases } from "../i18n";
import { ask, json, language, toast } from "./desk";
import { draftMap, type Drawn } from "./sets-map";
import { button, field, form, table, wrongOf } from "./setting-form";

interface SetRow { code: string; city: string; level: string; name_vi: string; name_en: string; since: string | null; until: string | null; areas: number; in_force: boolean; approximate: boolean }
interface Draft { id: number; code: string; state: State; problem: string | null; done: number; of: number; starts: string | null; moved: number | null; areas: number | null; undoable: boolean }
type State = "uploaded" | "reading" | "ready" | "refused" | "planned" | "activating" | "active" | "failed" | "undoing" | "undone";
interface Change { code: string; name: string; what: "new" | "gone" | "changed" | "renamed" | "same"; area_km2: number; population: number | null; moved_share: number; other: [string, number][] }
interface Preview {
  id: number; code: string; state: State; from: string; ends: string[]; stale: boolean; open: number; moved: number;
  report: { areas?: number; repairs?: string[]; overlaps?: string[]; overlap_m2?: number; gap_m2?: number };
  difference: { base: string; changes: Change[]; moved_km2: number; moved_share: number; population_before: number | null; population_after: number | null } | null;
  moves: { from: string | null; to: string | null; handed_over: boolean; n: number }[];
  roles: { role_id: number; account: string; role: string; area: string; why: "gone" | "ends"; instead: string[] }[];
}
const w = phrases({
  vi: {
    sets: "Các bộ ranh giới", set: "Bộ", name: "Tên", level: "Cấp", areas: "Đơn vị", since: "Từ", until: "Đến", force: "Hiệu lực", yes: "đang hiệu lực", always: "luôn", rough: "ranh giới gần đúng", true: "Ranh giới gần đúng: hãy gửi tệp thật dưới đây, hoặc trên máy chủ chạy", "level-ward": "phường, xã", "level-commune": "phường, xã", "level-district": "quận, huyện", "level-province": "tỉnh, thành phố", send: "Gửi bộ mới", file: "Tệp GeoJSON hoặc GeoPackage, tối đa 64 MB", code: "Mã của bộ (bộ đã có thì được thay)", nameVi: "Tên tiếng Việt", nameEn: "Tên tiếng Anh", columns: "Cột, ví dụ code=MA,name=TEN (nếu tên cột khác thường)", crs: "Hệ toạ độ nếu tệp không ghi, ví dụ EPSG:3405", doSend: "Gửi để xem trước", sent: "Đã nhận; đang đọc.", drafts: "Bản nháp", none: "Chưa có bản nháp nào. Gửi một tệp để xem trước: chưa có gì thay đổi cho đến khi bạn cho có hiệu lực.", state: "Tình trạng", acts: "Việc", look: "Xem trước", undo: "Hoàn tác", cancel: "Thôi không áp dụng", discard: "Bỏ", sure: "Bỏ hẳn bản nháp này?", sureUndo: "Trả lại ranh giới trước đó? Việc sẽ về lại nơi xử lý cũ.",
    uploaded: "chờ đọc", reading: "đang đọc", ready: "đã đọc, chưa áp dụng", refused: "không nhận được", planned: "sẽ có hiệu lực", activating: "đang áp dụng", active: "đã áp dụng", failed: "không áp dụng được", undoing: "đang hoàn tác", undone: "đã hoàn tác",
    from: "Có hiệu lực từ ngày", ends: "Bộ hết hiệu lực từ ngày đó", preview: "Xem trước với ngày này", activate: "Cho có hiệu lực", sureNow: "{n} phản ánh đang mở sẽ sang nơi xử lý khác từ ngày {day}. Áp dụng?", done: "Đã ghi nhận; nếu là hôm nay thì trong một phút.", moves: "{moved} trong {open} phản ánh đang mở sẽ đổi nơi xử lý.", to: "Đến", out: "Từ", n: "Số phản ánh", outside: "ngoài mọi đơn vị", handed: "đã chuyển giao", changes: "Khác bộ {base}: {share} diện tích ({km2} km²) sang đơn vị khác.", people: "Dân số: {before} → {after}.", stale: "Bộ so sánh đã đổi từ lúc đọc: hãy gửi lại tệp để so với bộ mới.", what: "Thay đổi", share: "Phần đổi", with: "Với", new: "mới", gone: "không còn", changed: "đổi ranh giới", renamed: "đổi tên", same: "như cũ", same_n: "{n} đơn vị không đổi", roles: "Vai trò theo đơn vị sẽ đổi", rolesSay: "“Hết hiệu lực”: vẫn dùng được, vẫn thấy việc ở nơi đó. “Không còn”: hết tác dụng, hãy cấp lại.", account: "Tài khoản", role: "Vai trò", area: "Đơn vị", why: "Vì", instead: "Thay bằng", whyends: "hết hiệu lực", whygone: "không còn", report: "Đọc tệp: {n} đơn vị, chồng lấn {over} m², hở {gap} m².", map: "Bản đồ so sánh", movedN: "{n} phản ánh đã đổi nơi xử lý", close: "Đóng",
  },
  en: {
    sets: "Boundary sets", set: "Set", name: "Name", level: "Level", areas: "Areas", since: "Since", until: "Until", force: "In force", yes: "in force", always: "always", rough: "approximate boundaries", true: "Approximate boundaries: send the true file below, or run on the server", "level-ward": "ward", "level-commune": "commune", "level-district": "district", "level-province": "province", send: "Send a new set", file: "GeoJSON or GeoPackage, at most 64 MB", code: "Code of the set (one that is there is replaced)", nameVi: "Name in Vietnamese", nameEn: "Name in English", columns: "Columns, as code=MA,name=TEN (where they are named otherwise)", crs: "Reference system where the file does not say, as EPSG:3405", doSend: "Send, to look at it", sent: "Taken; it is being read.", drafts: "Drafts", none: "There is no draft. Send a file to look at it: nothing changes until you bring it into force.", state: "State", acts: "Acts", look: "Look", undo: "Undo", cancel: "Do not apply it", discard: "Discard", sure: "Discard this draft for good?", sureUndo: "Put the boundaries before it back? Work goes back to who handled it.",
    uploaded: "to be read", reading: "being read", ready: "read, not in force", refused: "refused", planned: "comes into force", activating: "coming into force", active: "brought into force", failed: "failed", undoing: "being undone", undone: "undone",
    from: "In force from", ends: "Sets that end on that day", preview: "Preview for this day", activate: "Bring into force", sureNow: "{n} open complaints go to another handler from {day} on. Do it?", done: "Noted; if it is today, within a minute.", moves: "{moved} of {open} open complaints would change hands.", to: "To", out: "From", n: "Complaints", outside: "outside all areas", handed: "handed over", changes: "Against {base}: {share} of the ground ({km2} km²) goes to another area.", people: "Population: {before} → {after}.", stale: "The set it was compared with has changed since: send the file again.", what: "Change", share: "Share", with: "With", new: "new", gone: "gone", changed: "moved edges", renamed: "renamed", same: "as before", same_n: "{n} areas as before", roles: "Roles for areas that change", rolesSay: "“Ends”: goes on working, and sees what lies there. “Gone”: has no effect; give another.", account: "Account", role: "Role", area: "Area", why: "Why", instead: "Instead", whyends: "ends", whygone: "gone", report: "Read: {n} areas, overlaps {over} m², gaps {gap} m².", map: "Map of the difference", movedN: "{n} complaints changed hands", close: "Close",
  },
});
const API = "/api/v1/admin/sets", EVERY_MS = 2000, MOST_ROWS = 200;
const BUSY: readonly State[] = ["uploaded", "reading", "activating", "undoing"];
const filled = (words: string, given: Record<string, string | number>): string => Object.entries(given).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), words);
const share = (part: number): string => `${number(part * 100)}%`;

// Levels are an operator's own words; the usual ones are told in the page's language.
const levelOf = (level: string): string => (level === "ward" || level === "commune" || level === "district" || level === "province" ? w(`level-${level}`) : level);
function sets(rows: SetRow[]): HTMLElement {
  const rough = rows.filter((one) => one.approximate).map((one) => h("p", { class: "note" }, `${w("true")} `, h("code", {}, `phananh load-boundaries FILE --set ${one.code}`)));
  return h("div", {}, table(w("sets"), [w("set"), w("name"), w("level"), w("areas"), w("since"), w("until"), w("force")],
    rows.map((one) => [one.code, (language() === "vi" ? one.name_vi : one.name_en) + (one.approximate ? ` (${w("rough")})` : ""), levelOf(one.level), number(one.areas), one.since ? dayOf(one.since) : w("always"), one.until ? dayOf(one.until) : "–", one.in_force ? w("yes") : "–"])), ...rough);
}
function sending(again: () => Promise<void>): HTMLElement {
  const file = h("input", { type: "file", name: "file", accept: ".geojson,.json,.gpkg", required: true });
  const text = (name: string, more: Record<string, string | number | boolean> = {}): HTMLInputElement => h("input", { name, maxlength: 200, ...more });
  return h("details", {}, h("summary", {}, w("send")), form(w("doSend"), async (given) => {
    const body = file.files?.[0];
    if (!body) return;
    const asked = new URLSearchParams([...given].flatMap(([name, value]) => (typeof value === "string" && value.trim() ? [[name, value.trim()]] : [])));
    asked.set("source", body.name);
    await ask(`${API}?${asked}`, { method: "POST", body, headers: { "Content-Type": "application/octet-stream" } });
    toast(w("sent"));
    await again();
  }, field(w("file"), file, true), field(w("code"), text("code", { required: true, pattern: "[a-z0-9]+(-[a-z0-9]+)*", placeholder: "hanoi-ward-2027" })), field(w("level"), text("level", { placeholder: "ward" })), field(w("nameVi"), text("name_vi")), field(w("nameEn"), text("name_en")), field(w("columns"), text("columns")), field(w("crs"), text("crs"))));
}
function stateOf(one: Draft): Node {
  const words = w(one.state) + (one.state === "planned" && one.starts ? ` ${dayOf(one.starts)}` : "") + (one.state === "active" && one.moved !== null ? `; ${filled(w("movedN"), { n: number(one.moved) })}` : "");
  return h("div", {}, words, ...(one.of ? [h("progress", { value: one.done, max: one.of, "aria-label": words })] : []), ...(one.problem ? [h("p", { class: "note" }, one.problem)] : []));
}
function drafts(rows: Draft[], look: (id: number) => void, again: () => Promise<void>): HTMLElement {
  const post = async (path: string, method: string): Promise<void> => { try { await ask(`${API}/${path}`, { method }); await again(); } catch (problem) { toast(wrongOf(problem)); } };
  if (!rows.length) return h("p", {}, w("none"));
  return table(w("drafts"), ["№", w("set"), w("areas"), w("state"), w("acts")], rows.map((one) => {
    const acts: HTMLElement[] = [];
    if (["ready", "planned", "undone", "failed"].includes(one.state)) acts.push(button(w("look"), () => look(one.id), { "data-look": String(one.id) }));
    if (one.state === "planned") acts.push(button(w("cancel"), () => void post(`${one.id}/undo`, "POST")));
    if (one.state === "active" && one.undoable) acts.push(button(w("undo"), () => { if (confirm(w("sureUndo"))) void post(`${one.id}/undo`, "POST"); }));
    if (["ready", "refused", "failed", "undone"].includes(one.state)) acts.push(button(w("discard"), () => { if (confirm(w("sure"))) void post(String(one.id), "DELETE"); }));
    return [String(one.id), one.code, one.areas === null ? "–" : number(one.areas), stateOf(one), h("div", { class: "row" }, ...acts)];
  }));
}
/** Names of areas as they are told of moves: both sides of the difference have theirs. */
function namesOf(found: Preview): (code: string | null) => string {
  const names = new Map(found.difference?.changes.map((one) => [`${one.what === "gone" ? found.difference?.base ?? "" : found.code}:${one.code}`, one.name]));
  return (code) => { const own = code && names.get(code); return code === null ? w("outside") : own ? `${own} (${code})` : code; };
}
function told(found: Preview): Node[] {
  const nodes: Node[] = [h("p", { role: "status", class: "moves" }, filled(w("moves"), { moved: number(found.moved), open: number(found.open) }))];
  const { report, difference } = found, areaName = namesOf(found);
  nodes.push(h("p", {}, filled(w("report"), { n: report.areas ?? 0, over: number(report.overlap_m2 ?? 0), gap: number(report.gap_m2 ?? 0) })), ...[...(report.repairs ?? []), ...(report.overlaps ?? [])].slice(0, 20).map((line) => h("p", { class: "note" }, line)));
  if (found.stale) nodes.push(h("p", { class: "note" }, w("stale")));
  if (found.moves.length) nodes.push(table(w("n"), [w("out"), w("to"), w("n")], found.moves.slice(0, MOST_ROWS).map((one) => [areaName(one.from), areaName(one.to), number(one.n) + (one.handed_over ? ` (${w("handed")})` : "")])));
  if (difference) {
    const seen = difference.changes.filter((one) => one.what !== "same");
    nodes.push(h("p", {}, filled(w("changes"), { base: difference.base, share: share(difference.moved_share), km2: number(difference.moved_km2) })));
    if (difference.population_after !== null) nodes.push(h("p", {}, filled(w("people"), { before: difference.population_before === null ? "?" : number(difference.population_before), after: number(difference.population_after) })));
    nodes.push(table(w("what"), [w("area"), w("name"), w("what"), w("share"), w("with")], seen.map((one) => [one.code, one.name, w(one.what), share(one.moved_share), one.other.slice(0, 4).map(([code, part]) => `${code} ${share(part)}`).join(", ")])));
    if (seen.length < difference.changes.length) nodes.push(h("p", {}, filled(w("same_n"), { n: difference.changes.length - seen.length })));
  }
  if (found.roles.length) nodes.push(h("h3", {}, w("roles")), h("p", {}, w("rolesSay")), table(w("roles"), [w("account"), w("role"), w("area"), w("why"), w("instead")], found.roles.map((one) => [one.account, one.role, one.area, w(`why${one.why}`), one.instead.join(", ") || "–"])));
  return nodes;
}
/** What a draft would do, for a day and sets that end; then it can be brought into force. */
async function preview(place: HTMLElement, id: number, all: SetRow[], again: () => Promise<void>): Promise<void> {
  const found = await ask<Preview>(`${API}/${id}/preview`), result = h("div", {}, ...told(found)), holder = h("div", { class: "map", role: "region", "aria-label": w("map") });
  let shown = found;
  const from = h("input", { type: "date", name: "from", value: found.from, required: true });
  const ends = all.filter((one) => one.code !== found.code && one.until === null).map((one) => h("label", { class: "tick" }, h("input", { type: "checkbox", name: "ends", value: one.code, checked: found.ends.includes(one.code) }), one.code));
  const wanted = (given: FormData): { from: string; ends: string[] } => ({ from: String(given.get("from")), ends: given.getAll("ends").map(String) });
  const own = form(w("preview"), async (given) => {
    const { from: day, ends: ending } = wanted(given), asked = new URLSearchParams([["from", day], ...ending.map((one) => ["ends", one])]);
    shown = await ask<Preview>(`${API}/${id}/preview?${asked}`);
    result.replaceChildren(...told(shown));
  }, field(w("from"), from), h("div", { role: "group", "aria-label": w("ends"), class: "wide" }, h("span", {}, w("ends")), ...ends));
  const start = button(w("activate"), () => void (async () => {
    const body = wanted(new FormData(own));
    if (!confirm(filled(w("sureNow"), { n: number(shown.moved), day: dayOf(body.from) }))) return;
    try { await ask(`${API}/${id}/activate`, json("POST", body)); toast(w("done")); place.replaceChildren(); await again(); } catch (problem) { result.prepend(h("p", { role: "alert" }, wrongOf(problem))); }
  })(), { class: "main", "data-act": "activate" });
  place.replaceChildren(h("h2", {}, `${found.code} · №${id}`), own, holder, draftMap.key(), result, h("div", { class: "row" }, start, button(w("close"), () => place.replaceChildren())));
  place.scrollIntoView({ block: "start" });
  try { draftMap.show(holder, await ask<Drawn>(`${API}/${id}/map`)); } catch { holder.remove(); }
}

/** Fills a section of the administration. */
export async function section(place: HTMLElement): Promise<void> {
  const list = h("div"), looked = h("section", { class: "preview" }), top = h("div");
  let known: SetRow[] = [];
  async function read(): Promise<void> {
    const found = await ask<{ sets: SetRow[]; drafts: Draft[] }>(API);
    known = found.sets;
    top.replaceChildren(sets(found.sets));
    list.replaceChildren(drafts(found.drafts, (id) => void preview(looked, id, known, read).catch((problem: unknown) => toast(wrongOf(problem))), read));
    const today = new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Ho_Chi_Minh" });
    const waits = found.drafts.some((one) => BUSY.includes(one.state) || (one.state === "planned" && (one.starts ?? "") <= today));
    // Asked until all is done, or the page is left.
    if (waits) setTimeout(() => { if (place.isConnected) void read().catch(() => undefined); }, EVERY_MS);
  }
  place.replaceChildren(h("div", { class: "setting" }, h("h1", {}, w("sets")), top, sending(read), h("h2", {}, w("drafts")), list, looked));
  await read();
}
