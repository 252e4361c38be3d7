/** The shortlist on the road: an order of visits, a picture of the way, and all of it without a network. */
import "./road.css";
import { h } from "../dom";
import { instant, number, phrases } from "../i18n";
import { link, type Page, said, send, toast, whoami, ask } from "./desk";
import { addPhotos } from "./one-answer";
import { categoryName, dueOf, readDomains, type Work } from "./one-facts";
import { drop, factsOf, HOURS, hoursOf, keep, kept, type Kept, star, starred } from "./road-kept";
import { sendWaiting, takeNote, waitingPart } from "./road-send";
import { keepOffice } from "./road-shell";
import { ordered, sketch, type Stop } from "./road-way";

const w = phrases({
  vi: { title: "Đi thực địa", leads: "Chỉ đường", none: "Chưa có phản ánh nào. Mở một phản ánh và bấm ☆ để đưa vào đây.", print: "In", way: "Đường đi", total: "Tổng đường chim bay", note: "Ghi chú tại chỗ", save: "Lưu ghi chú", photo: "Chụp ảnh cho câu trả lời", remove: "Bỏ khỏi chuyến đi", offline: "Không có mạng. Ghi chú và ảnh được giữ trên máy và gửi sau.", ready: "Đã có trên máy, dùng được khi không có mạng.", asOf: "Số liệu lúc", hours: "Giữ trên máy tối đa (giờ)", missing: "Chưa có trên máy này:", photoKept: "Ảnh được giữ cùng nháp câu trả lời.", kept: "Đã giữ ghi chú; sẽ gửi khi có mạng.", updated: "Đã thay đổi từ lần xem trước.", gone: "Không còn xem được:", urgentFirst: "Việc gấp, sắp đến hạn trước", fromHere: "Bắt đầu từ chỗ tôi đứng", noPlace: "Không biết được vị trí của máy này." },
  en: { title: "On the road", leads: "Directions", none: "Nothing here yet. Open a complaint and press ☆ to take it along.", print: "Print", way: "The way", total: "Straight lines in all", note: "Note on the spot", save: "Save the note", photo: "Take a photo for the answer", remove: "Leave out", offline: "No network. Notes and photos are kept on the device and sent later.", ready: "On this device; it works without a network.", asOf: "As it was", hours: "Kept on the device for at most (hours)", missing: "Not on this device:", photoKept: "The photo is kept with the draft of the answer.", kept: "The note is kept; it is sent when there is a network.", updated: "Changed since it was last read.", gone: "Can no longer be seen:", urgentFirst: "Urgent and due first", fromHere: "Begin where I am", noPlace: "This device does not tell where it is." },
});
interface Read { stops: (Stop & Kept)[]; missing: string[]; changed: Set<string> }

/** Each complaint as the server has it, or else as this device kept it. */
async function readAll(account: number, codes: string[]): Promise<Read> {
  const read: Read = { stops: [], missing: [], changed: new Set() };
  await Promise.all(codes.map(async (code) => {
    const before = await factsOf(account, code);
    try {
      const work = (await (await send(`/api/v1/work/${encodeURIComponent(code)}`)).json()) as Work, at = Date.now();
      if (before && before.work.version !== work.version) read.changed.add(code);
      await keep("facts", account, code, { work, at });
      read.stops.push({ code, lon: work.lon, lat: work.lat, work, at });
    } catch (problem) {
      // Who may not see it any more keeps nothing of it.
      if (problem instanceof Error && "status" in problem && (problem.status === 403 || problem.status === 404)) { await drop("facts", account, code); read.missing.push(code); }
      else if (before) read.stops.push({ code, lon: before.work.lon, lat: before.work.lat, ...before });
      else read.missing.push(code);
    }
  }));
  read.stops.sort((a, b) => codes.indexOf(a.code) - codes.indexOf(b.code));
  return read;
}
interface Wish { pressingFirst: boolean; start: string | null }
/** The server's order where it can be asked; else the same rule here, from the first one. */
async function inOrder(stops: Read["stops"], wish: Wish): Promise<Read["stops"]> {
  const asked = `codes=${stops.map((one) => one.code).join(",")}${wish.pressingFirst ? "&first=due" : ""}${wish.start ? `&start=${wish.start}` : ""}`;
  const order = navigator.onLine && stops.length > 1 ? await ask<{ order: { code: string }[] }>(`/api/v1/work/road?${asked}`).then((got) => got.order.map((one) => one.code)).catch(() => undefined) : undefined;
  return order && stops.every((one) => order.includes(one.code)) ? [...stops].sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code)) : ordered(stops);
}
/** Where the device is, to a hundred metres: more is nobody's business. */
const here = (): Promise<string> => new Promise((done, refused) => navigator.geolocation.getCurrentPosition((at) => done(`${at.coords.longitude.toFixed(3)},${at.coords.latitude.toFixed(3)}`), refused, { maximumAge: 60_000, timeout: 15_000 }));
/** The device's own map application, which finds the way; no page of others is opened. */
const leads = (lon: number, lat: number): string => (/iPhone|iPad|iPod|Macintosh/.test(navigator.userAgent) ? `maps://?daddr=${lat},${lon}` : `geo:${lat},${lon}?q=${lat},${lon}`);
function stopPart(account: number, one: Read["stops"][number], at: number, changed: boolean, words: string, again: () => void): HTMLElement {
  const { work, code } = one, id = `road-note-${code}`;
  const field = h("textarea", { id, rows: 2, maxlength: 4000, input: () => void keep("draft", account, `note/${code}`, { text: field.value, photos: [] }) });
  field.value = words;
  const note = (): void => {
    const text = field.value.trim();
    if (!text) { field.focus(); return; }
    void takeNote(account, code, text).then(async () => { field.value = ""; await drop("draft", account, `note/${code}`); toast(w("kept")); again(); }).catch((problem: unknown) => toast(said(problem)));
  };
  const file = h("input", { type: "file", accept: "image/*", capture: "environment", id: `road-photo-${code}`, change: () => void addPhotos(account, code, [...(file.files ?? [])]).then(() => { file.value = ""; toast(w("photoKept")); }) });
  return h("li", { class: "stop", "data-code": code },
    h("h2", {}, `${number(at + 1)}. `, link(`/office/c/${code}`, {}, `${categoryName(work.category)} · ${code}`)),
    changed ? h("p", { class: "note" }, w("updated")) : null,
    h("p", {}, work.address ?? `${work.lat.toFixed(5)}, ${work.lon.toFixed(5)}`, " ", h("a", { class: "no-print", href: leads(one.lon, one.lat) }, w("leads"))), dueOf(work), h("p", { class: "body" }, work.text),
    h("small", {}, `${w("asOf")} ${instant(new Date(one.at).toISOString())}`),
    h("form", { class: "no-print", submit: (event) => { event.preventDefault(); note(); } }, h("label", { for: id }, w("note")), field, h("button", { type: "submit" }, w("save")), h("label", { for: file.id }, w("photo")), file,
      h("button", { type: "button", click: () => void star(account, code, false).then(() => drop("facts", account, code)).then(again) }, w("remove"))));
}

export const page: Page = async (place, _, query) => {
  const account = whoami().id, control = new AbortController(), { signal } = control;
  // A shared address adds to what is starred here; what the address names is then starred on this device as well.
  for (const code of (query.get("codes") ?? "").split(",").filter(Boolean)) if (!(await starred(account)).includes(code)) await star(account, code, true);
  const box = h("section", { class: "road" }), wish: Wish = { pressingFirst: false, start: null };
  place.append(box);
  let turn = 0;
  const draw = async (): Promise<void> => {
    const own = ++turn;
    await readDomains();
    const codes = await starred(account), { stops, missing, changed } = await readAll(account, codes), way = await inOrder(stops, wish), keeps = await hoursOf(account);
    const waiting = await waitingPart(account);
    // What was typed meanwhile is in the drafts: read last, they are what is shown.
    const drafts = new Map(await Promise.all(codes.map(async (code): Promise<[string, string]> => [code, (await kept("draft", account, `note/${code}`))?.text ?? ""])));
    if (signal.aborted || own !== turn) return;
    const focused = document.activeElement instanceof HTMLTextAreaElement && box.contains(document.activeElement) ? document.activeElement : null;
    if (focused) drafts.set(focused.id.replace("road-note-", ""), focused.value);
    history.replaceState(history.state, "", `/office/road${codes.length ? `?codes=${codes.join(",")}` : ""}`);
    const hours = h("select", { id: "road-hours", change: () => void keep("hours", account, "", Number(hours.value)) }, ...HOURS.map((one) => h("option", { value: one, selected: one === keeps }, number(one))));
    const first = h("input", { type: "checkbox", id: "road-first", checked: wish.pressingFirst, change: () => { wish.pressingFirst = first.checked; void draw(); } });
    const from = h("button", { type: "button", id: "road-here", "aria-pressed": String(wish.start !== null), click: () => void (wish.start ? Promise.resolve(null) : here()).then((at) => { wish.start = at; return draw(); }).catch(() => toast(w("noPlace"))) }, w("fromHere"));
    box.replaceChildren(h("div", { class: "row" }, h("h1", {}, w("title")), h("button", { type: "button", class: "no-print", click: () => print() }, w("print"))),
      h("p", { role: "status", id: "road-state" }, navigator.onLine ? (stops.length ? w("ready") : w("none")) : w("offline")), waiting ?? "",
      missing.length ? h("p", { class: "note" }, `${w(navigator.onLine ? "gone" : "missing")} ${missing.join(", ")}`) : "",
      stops.length > 1 ? h("p", { class: "choice-line no-print" }, h("label", { for: "road-first" }, first, w("urgentFirst")), from) : "",
      ...(way.length ? [sketch(way, w("way"), w("total")), h("ol", { class: "stops" }, ...way.map((one, i) => stopPart(account, one, i, changed.has(one.code), drafts.get(one.code) ?? "", () => void draw())))] : []),
      h("p", { class: "no-print" }, h("label", { for: "road-hours" }, w("hours")), " ", hours));
    const again = focused ? document.getElementById(focused.id) : null;
    if (again instanceof HTMLTextAreaElement && focused) { again.focus(); again.setSelectionRange(focused.selectionStart, focused.selectionEnd); }
  };
  await draw();
  void keepOffice();
  void sendWaiting(account);
  const typing = (): boolean => document.activeElement instanceof HTMLTextAreaElement && Boolean(document.activeElement.value);
  addEventListener("online", () => void sendWaiting(account), { signal });
  addEventListener("offline", () => { const state = document.getElementById("road-state"); if (state) state.textContent = w("offline"); }, { signal });
  addEventListener("office:sent", () => { if (!typing()) void draw(); }, { signal });
  return () => { control.abort(); };
};
