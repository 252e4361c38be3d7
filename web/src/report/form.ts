/** The form: where, what, already reported, photos, words, news; one page that scrolls, each step possible without the map. */
import "./report.css";
import { byId, h, openDialog } from "../dom";
import { current, named, number, phrases, t } from "../i18n";
import type { Trouble } from "../problems";
import { contactSection } from "./contact";
import { type Around, begun, type Draft, dropDraft, dropStrays, type Fault, fresh, keepDraft, loadDraft, type Section, Sheet } from "./draft";
import { nearSection } from "./near";
import { photosSection, readPhotos } from "./photos";
import { handOver, type Report, sendAll, type Waiting } from "./queue";
import { showSending, showSent } from "./screens";
import { leadTo, sentBefore, waitingNow } from "./kept";
import { onKeeping, read } from "./store";
import { noticeBox, whatSection } from "./what";
import { outsideWords, whereSection } from "./where";
import { wordsSection } from "./words";

const w = phrases({
  vi: { title: "Gửi phản ánh", send: "Gửi", missing: "Còn thiếu:", restored: "Đã mở lại bản nháp đang viết dở.", anew: "Viết lại từ đầu", page: "Trình duyệt này không cho lưu (cửa sổ riêng tư?): bản nháp mất khi đóng trang.", full: "Máy hết chỗ lưu. Vẫn gửi được bây giờ, nhưng bản nháp và ảnh sẽ mất nếu đóng trang trước khi gửi xong.", notSent: "Chưa gửi được:", review: "Sẽ gửi:", photos: "số ảnh:", anonymous: "Không cần tài khoản, không cần cho biết bạn là ai.", loading: "Đang tải…", offline: "Không có mạng. Vẫn viết được: phản ánh được giữ trên máy và tự gửi khi có mạng.", notTaken: "Máy chủ chưa nhận phản ánh này." },
  en: { title: "Report an issue", send: "Send", missing: "Still missing:", restored: "The draft you had begun is open again.", anew: "Start anew", page: "This browser keeps nothing (a private window?): the draft is gone when the page is closed.", full: "The device has no room left. You can still send now, but draft and photos are lost if the page is closed before.", notSent: "Not sent yet:", review: "To be sent:", photos: "photos:", anonymous: "No account needed, and you need not say who you are.", loading: "Loading…", offline: "No network. You can write all the same: the report is kept on this device and sent when the network is back.", notTaken: "The server did not take this report." },
});
const CATALOGUE = "phananh-catalogue", PATIENCE_MS = 2500;
type Catalogue = Awaited<Around["catalogue"]>;

/** The kinds of complaints as the server tells them, or as this device knew them when there is no network. */
async function catalogue(around: Around): Promise<Catalogue> {
  const now = around.catalogue.then((found) => { try { localStorage.setItem(CATALOGUE, JSON.stringify(found)); } catch { /* private mode */ } return found; });
  let kept: Catalogue | null = null;
  try { kept = JSON.parse(localStorage.getItem(CATALOGUE) ?? "null") as Catalogue | null; } catch { /* private mode */ }
  if (!kept?.domains?.length) return now;
  const before = kept;
  return Promise.race([now, new Promise<Catalogue>((done) => setTimeout(() => done(before), navigator.onLine ? PATIENCE_MS : 200))]);
}

export interface Opening { refused?: Trouble | undefined; draft?: Draft }
/** Opens the form with the draft this device keeps, or with a report that was refused, and why. */
export async function openForm(around: Around, { refused, draft: given }: Opening = {}): Promise<void> {
  const dialog = openDialog(w("title"), t("close"), h("p", { role: "status", class: "report" }, w("loading")));
  let closed = false;
  dialog.addEventListener("close", () => { closed = true; }, { once: true });
  const [{ config, domains }, draft] = await Promise.all([catalogue(around), given ? keepDraft(given).then(() => given) : loadDraft()]);
  await readPhotos(draft);
  void dropStrays(draft);
  const city = config.cities.find((one) => one.code === around.city) ?? config.cities[0];
  if (closed || !city) return;
  const sheet = new Sheet(draft, around, config, city, domains);
  const where = whereSection(sheet), what = whatSection(sheet), words = wordsSection(sheet), contact = contactSection(sheet), photos = photosSection(sheet);
  const near = nearSection(sheet, (sent) => {
    // What was written or photographed is not thrown away: it stays a draft until its writer drops it.
    const kept = Boolean(draft.text.trim() || draft.address.trim() || draft.photos.length || Object.keys(draft.answers).length);
    end(!kept);
    if (!kept) void dropDraft().then(() => dropStrays(fresh()));
    const drop = async (): Promise<void> => { await dropDraft(); await dropStrays(fresh()); };
    showSent(sent, around, () => void openForm(around), kept ? drop : undefined);
  });
  const sections: Section[] = [where, what, near, photos, words, contact];
  const alert = h("div", { role: "alert", class: "problem", id: "report-problem" });
  const review = h("p", { class: "review", id: "review", "aria-live": "off" });
  const button = h("button", { type: "submit", class: "main", id: "send-report" }, w("send"));
  // Robots fill in what people cannot see.
  const trap = h("input", { type: "text", id: "report-website", name: "website", tabindex: "-1", autocomplete: "off" });
  const news = h("div", { id: "report-news" });
  const restored = !given && begun(draft) ? h("p", { class: "note", id: "restored", role: "status" }, `${w("restored")} `, h("button", { type: "button", class: "link", id: "start-anew", click: () => { end(); void dropDraft().then(() => openForm(around)); } }, w("anew"))) : null;
  const room = h("p", { class: "note", id: "keeping", role: "status" });
  const offline = h("p", { class: "note", id: "report-offline", role: "status" });
  const form = h("form", { novalidate: true, class: "report-form", submit: (event) => { event.preventDefault(); void submit(); } },
    ...sections.map((one) => { one.node.classList.add("part"); return one.node; }),
    h("div", { class: "trap", "aria-hidden": "true" }, h("label", { for: "report-website" }, "Website"), trap),
    h("div", { class: "send-bar" }, alert, review, button));
  const [held, sent] = await Promise.all([waitingNow(around), sentBefore(around)]);
  const node = h("div", { class: "report" }, h("p", { class: "hint" }, w("anonymous")), ...leadTo(held, sent), news, offline, room, ...(restored ? [restored] : []), form, ...[held, sent].filter((one) => one !== null));
  if (closed) { sections.forEach((one) => one.leave?.()); return; }

  const network = (): void => { offline.textContent = navigator.onLine ? "" : w("offline"); };
  addEventListener("online", network);
  addEventListener("offline", network);
  network();
  const stopKeeping = onKeeping((now) => { room.textContent = now === "device" ? "" : w(now); });
  const hidden = (): void => { if (document.hidden) sheet.flush(); };
  document.addEventListener("visibilitychange", hidden);
  let ended = false;
  function end(handed = true): void {
    if (ended) return;
    ended = true;
    if (handed) sheet.stop(); else sheet.flush();
    sections.forEach((one) => one.leave?.());
    stopKeeping();
    document.removeEventListener("visibilitychange", hidden);
    removeEventListener("online", network);
    removeEventListener("offline", network);
  }
  openDialog(w("title"), t("close"), node);
  // The dialog shows something else, or nothing: the draft is kept and the maps are given back.
  const gone = new MutationObserver(() => { if (!node.isConnected) { gone.disconnect(); end(false); } });
  gone.observe(dialog, { childList: true });
  dialog.addEventListener("close", () => { gone.disconnect(); end(false); }, { once: true });

  function summary(): void {
    const category = sheet.category;
    const parts = [category ? named(category.name) : "", draft.photos.length ? `${w("photos")} ${number(draft.photos.length)}` : "", draft.text.trim().slice(0, 60)].filter(Boolean);
    review.textContent = parts.length ? `${w("review")} ${parts.join(" · ")}` : "";
  }
  sheet.on(summary);
  summary();
  let told = "";
  function list(faults: Fault[]): void {
    const now = faults.map((one) => one.message).join("\n");
    if (now === told) return;
    told = now;
    alert.replaceChildren(...(faults.length ? [h("button", { type: "button", class: "close", "aria-label": t("close"), click: () => { told = ""; alert.replaceChildren(); } }, "✕")] : []), ...(faults.length > 1 ? [h("p", {}, w("missing"))] : []), ...faults.map((one) => h("button", { type: "button", class: "link", click: () => one.focus.focus() }, one.message)));
  }
  // What was missing goes from the list as it is given.
  sheet.on(() => { if (told && !refused) list(sections.flatMap((one) => one.check())); });
  function complain(faults: Fault[]): void {
    told = "";
    list(faults);
    faults[0]?.focus.focus();
    faults[0]?.focus.scrollIntoView({ block: "center" });
  }
  async function submit(): Promise<void> {
    refused = undefined;
    const faults = sections.flatMap((one) => one.check());
    if (faults.length) { complain(faults); return; }
    const { lon, lat } = draft;
    if (lon === undefined || lat === undefined) return;
    button.disabled = true;
    alert.replaceChildren();
    const address = draft.address.trim(), email = draft.email.trim();
    const report: Report = { lon: Number(lon.toFixed(6)), lat: Number(lat.toFixed(6)), category: draft.category, text: draft.text.trim(), answers: draft.answers, urgent: draft.urgent && Boolean(sheet.category?.asks_urgency), language: current(), ...(address ? { address } : {}), ...(email ? { email } : {}), ...(trap.value ? { website: trap.value } : {}) };
    sheet.stop();
    await handOver(draft, report);
    end();
    showSending((await read("waiting", draft.key)) as Waiting);
    void sendAll();
  }
  if (refused) tell(refused);
  /** Why the server did not take it, at the field that is wrong. */
  function tell(why: Trouble): void {
    const notice = why.said["notice"] as Parameters<typeof noticeBox>[0] | undefined;
    const field = why.errors[0]?.field ?? "";
    const outside = why.title === "OutsideCity";
    const message = outside && city ? outsideWords(named(city.name)) : why.spoken || w("notTaken");
    const asked = /^answers\.(.+)$/.exec(field)?.[1];
    const focus = (asked ? what.wrong(asked, message) : null)
      ?? (outside || ["lon", "lat"].includes(field) ? byId("report-place") : field === "text" ? byId("report-text") : field === "email" ? byId("report-email") : field.startsWith("photos") || why.title === "PhotoRefused" ? byId("choose-photos") : field === "category" ? (document.getElementById("category-change") ?? byId("category-search")) : button);
    const code = typeof why.said["code"] === "string" ? why.said["code"] : "";
    complain([{ message: `${w("notSent")} ${message}`, focus }]);
    if (notice) alert.append(noticeBox(notice));
    if (code) alert.append(" ", h("a", { href: `/c/${code}` }, code));
  }
}
