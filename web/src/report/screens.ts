/** What is shown once a report was handed over: how far it is, why it waits, and its code when it is there. */
import { byId, h, openDialog } from "../dom";
import { instant, number, phrases, t } from "../i18n";
import { Trouble } from "../problems";
import { contactForm, pushOffer } from "./contact";
import type { Around } from "./draft";
import { guarded, isNetwork, type Progress } from "./guarded";
import { remember, sendAll, type Sent, type Waiting } from "./queue";

const w = phrases({
  vi: { title: "Gửi phản ánh", sending: "Đang gửi…", photo: "Đang gửi ảnh", of: "trong", words: "Đang gửi nội dung…", challenge: "Máy chủ đang kiểm tra xem đây có phải người thật không. Máy của bạn tự giải, mất vài giây…", close: "Cứ đóng trang này: phản ánh được giữ trên máy và tự gửi tiếp.", waits: "Đang chờ gửi", networkMore: "Chưa có mạng. Phản ánh được giữ trên máy và sẽ tự gửi khi có mạng.", serverMore: "Máy chủ đang bận. Phản ánh được giữ trên máy và sẽ tự gửi lại.", limit: "Gửi hơi nhiều", limitMore: "Từ máy hoặc mạng này vừa có nhiều phản ánh. Phản ánh của bạn được giữ trên máy và sẽ tự gửi sau", now: "Gửi lại ngay", another: "Gửi phản ánh khác", soon: "ít giây", minutes: "phút", seconds: "giây",
    sent: "Đã gửi", code: "Mã phản ánh của bạn:", masked: "Số điện thoại, giấy tờ, biển số hoặc thư điện tử trong nội dung đã được che khỏi mắt công chúng.", kept: "Mã và liên kết riêng được lưu trong mục “Đã gửi từ máy này”.", copy: "Chép mã", copied: "Đã chép.", notCopied: "Không chép được: hãy ghi lại mã.", share: "Chia sẻ", copyLink: "Chép liên kết công khai", follow: "Theo dõi phản ánh này", copyPrivate: "Chép liên kết riêng", copiedPrivate: "Đã chép liên kết riêng.", until: "Sửa được đến", secret: "Trang riêng để xem tiến độ, sửa hoặc rút. Ai có liên kết riêng thì sửa, rút được: đừng chia sẻ.", withdraw: "Rút lại phản ánh này", sure: "Rút lại? Lời không còn công khai, ảnh bị xoá. Nếu đã có người cùng phản ánh, việc này vẫn mở cho họ. Không hoàn lại được.", yes: "Có, rút lại", no: "Không", withdrawn: "Đã rút phản ánh.", withdrawnHead: "Đã rút lại", failed: "Chưa làm được:", noNetwork: "không có mạng. Hãy thử lại.", unconfirmed: "Hãy mở hộp thư: có một thư để xác nhận địa chỉ của bạn.",
    supported: "Đã thêm bạn vào", supporters: "người cùng gặp việc này.", supporterOne: "người cùng gặp việc này.", supportedMore: "Không ai biết bạn là ai, và bạn không biết người gửi đầu tiên.", newsLater: "Muốn được báo khi có tin: để lại thư điện tử dưới đây, hoặc xem lại bằng liên kết riêng.", newsSoon: "Xác nhận xong thì bạn được báo tin.", codeSupport: "Mã của phản ánh này:", followSupport: "Theo dõi việc này", secretSupport: "Trang riêng của bạn cho việc này: xem tiến độ, nhận tin, đánh giá cách giải quyết. Nội dung là của người gửi đầu tiên. Đừng chia sẻ liên kết riêng.", shareText: "Phản ánh", keptDraft: "Phần bạn đã viết vẫn còn trong bản nháp.", openDraft: "Mở bản nháp", dropDraft: "Bỏ bản nháp", droppedDraft: "Đã bỏ bản nháp." },
  en: { title: "Report an issue", sending: "Sending…", photo: "Sending photo", of: "of", words: "Sending your words…", challenge: "The server checks that no robot is sending. Your device does the sums by itself, for some seconds…", close: "You may close this page: the report is kept on this device and goes on by itself.", waits: "Waiting to be sent", networkMore: "No network. The report is kept on this device and sent when the network is back.", serverMore: "The server is busy. The report is kept on this device and sent again by itself.", limit: "Rather many reports", limitMore: "Many reports came from this device or network lately. Yours is kept on this device and sends itself in", now: "Send again now", another: "Report another issue", soon: "some seconds", minutes: "min", seconds: "s",
    sent: "Sent", code: "Your code:", masked: "A telephone number, paper, number plate or e-mail address in your words is hidden from the public.", kept: "The code and the private link are kept under “Sent from this device”.", copy: "Copy the code", copied: "Copied.", notCopied: "It could not be copied: please write the code down.", share: "Share", copyLink: "Copy the public link", follow: "Follow this complaint", copyPrivate: "Copy the private link", copiedPrivate: "The private link is copied.", until: "Can be corrected until", secret: "The private page is where you see progress, correct or withdraw. Whoever has its link can do so too: do not share it.", withdraw: "Withdraw this report", sure: "Withdraw? Your words are no longer public, photos are deleted. If others report it too, it stays open for them. This cannot be undone.", yes: "Yes, withdraw", no: "No", withdrawn: "The report is withdrawn.", withdrawnHead: "Withdrawn", failed: "Not done yet:", noNetwork: "there is no network. Please try again.", unconfirmed: "Look into your mail: there is one to confirm your address.",
    supported: "You were added", supporters: "people met this too.", supporterOne: "person met this too.", supportedMore: "Nobody learns who you are, nor you who first reported it.", newsLater: "To be told of news, leave an e-mail address below, or come back by your private link.", newsSoon: "Once that is confirmed you are told of news.", codeSupport: "Code of this complaint:", followSupport: "Follow this issue", secretSupport: "Your private page for this: see progress, get news, judge how it was settled. The words are the first reporter's. Do not share the private link.", shareText: "Complaint", keptDraft: "What you wrote is still in the draft.", openDraft: "Open the draft", dropDraft: "Drop the draft", droppedDraft: "The draft is dropped." },
});

function screen(key: string, heading: string, ...content: Node[]): HTMLElement {
  const head = h("p", { class: "screen-head", tabindex: "-1" }, heading);
  const node = h("div", { class: "report screen", "data-sending": key }, head, ...content);
  openDialog(w("title"), t("close"), node);
  head.focus();
  return node;
}
const shownFor = (key: string): HTMLElement | null => document.querySelector<HTMLElement>(`#dialog[open] [data-sending="${CSS.escape(key)}"]`);

/** How far the sending is; the bar moves, and each step is said once. */
export function showSending(one: Waiting): void {
  const share = h("progress", { max: 1, value: 0, id: "sending-bar", "aria-label": w("sending") });
  screen(one.key, w("sending"), h("p", { role: "status", id: "sending-step" }, one.photos.length ? "" : w("words")), share, h("p", { class: "near-text" }, one.report.text), h("p", { class: "hint" }, w("close"))).dataset["screen"] = "sending";
}
export function moveSending(key: string, of: Progress, photos: number): void {
  const node = shownFor(key);
  if (!node) return;
  // It waited, and goes on now.
  const step = node.querySelector("#sending-step"), bar = node.querySelector<HTMLProgressElement>("#sending-bar");
  if (!step || !bar) return;
  const words = of.step === "photo" ? `${w("photo")} ${of.n} ${w("of")} ${of.of}` : w(of.step);
  if (step.textContent !== words) step.textContent = words;
  bar.hidden = false;
  // The words are one step more, small as they are.
  bar.value = of.step === "photo" ? (of.n - 1 + of.share) / (of.of + 1) : of.step === "challenge" ? of.share : photos / (photos + 1);
}

let countdown = 0;
/** Why it waits: it is safe on the device, and goes out by itself. */
export function showWaiting(key: string, why: "network" | "server" | "limit", until: number, another: () => void): void {
  const node = shownFor(key);
  if (!node || (node.dataset["screen"] === why && why !== "limit")) return;
  clearInterval(countdown);
  const timer = h("strong", { role: "timer", id: "limit-left" });
  const tick = (): void => {
    const left = Math.ceil((until - Date.now()) / 1000);
    timer.textContent = left <= 1 ? w("soon") : left < 60 ? `${left} ${w("seconds")}` : `${Math.floor(left / 60)} ${w("minutes")} ${left % 60} ${w("seconds")}`;
    if (!timer.isConnected || left <= 0) clearInterval(countdown);
  };
  screen(key, w(why === "limit" ? "limit" : "waits"),
    h("p", { role: "alert", class: "calm" }, why === "network" ? w("networkMore") : why === "server" ? w("serverMore") : `${w("limitMore")} `, ...(why === "limit" ? [timer, "."] : [])),
    h("progress", { max: 1, value: 0, id: "sending-bar", "aria-label": w("sending"), hidden: true }), h("p", { class: "hint", role: "status", id: "sending-step" }),
    h("div", { class: "row" }, ...(why === "limit" ? [] : [h("button", { type: "button", id: "send-now", click: () => void sendAll() }, w("now"))]), h("button", { type: "button", click: another }, w("another"))),
    h("p", { class: "hint" }, w("close"))).dataset["screen"] = why;
  if (why === "limit") { tick(); countdown = window.setInterval(tick, 1000); }
}

/** An address that anyone may open. */
const publicLink = (code: string): string => `${location.origin}/c/${code}`;
export const privateLink = (link: string): string => `/mine#${link}`;

function copier(text: string, label: string, id: string, said: HTMLElement, done = w("copied")): HTMLElement {
  return h("button", { type: "button", id, click: () => { void Promise.resolve().then(() => navigator.clipboard.writeText(text)).then(() => { said.textContent = done; }, () => { said.textContent = w("notCopied"); }); } }, label);
}
/** `gone` is called when the report is withdrawn: what can be done with a report is over then. */
function withdrawal(sent: Sent, gone: () => void): HTMLElement {
  const place = h("div", { class: "row", id: "undo" });
  const rest = (): void => place.replaceChildren(h("button", { type: "button", class: "link", id: "withdraw", click: ask }, w("withdraw")));
  function ask(): void {
    place.replaceChildren(h("span", { role: "status" }, w("sure")), h("button", { type: "button", id: "withdraw-yes", click: () => void go() }, w("yes")), h("button", { type: "button", click: () => { rest(); place.querySelector("button")?.focus(); } }, w("no")));
    place.querySelector<HTMLElement>("#withdraw-yes")?.focus();
  }
  async function go(): Promise<void> {
    try {
      await guarded("/api/v1/mine/withdraw", {}, { Authorization: `Bearer ${sent.link}` });
      await remember({ ...sent, text: `${sent.text} (${t("withdrawn").toLowerCase()})` });
      gone();
      place.replaceChildren(h("p", { role: "status", tabindex: "-1" }, w("withdrawn")));
      place.querySelector("p")?.focus();
    } catch (problem) {
      if (!isNetwork(problem) && !(problem instanceof Trouble)) throw problem;
      rest();
      place.append(h("p", { role: "alert", class: "alert" }, `${w("failed")} ${problem instanceof Trouble ? problem.spoken : w("noNetwork")}`));
    }
  }
  rest();
  return place;
}

/** The code, large, and all that can be done with it now; `dropDraft` where a draft is kept besides. */
export function showSent(sent: Sent, around: Around, another: () => void, dropDraft?: () => Promise<void>): void {
  clearInterval(countdown);
  const said = h("p", { role: "status", id: "sent-said" });
  const url = publicLink(sent.code), mine = sent.role === "reporter", { link } = sent;
  const shared = { title: `${w("shareText")} ${sent.code}`, text: `${w("shareText")} ${sent.code}`, url };
  const share = typeof navigator.share === "function"
    ? h("button", { type: "button", id: "share", click: () => void navigator.share(shared).catch(() => undefined) }, w("share"))
    : copier(url, w("copyLink"), "share", said);
  const editable = mine && sent.editable_until && Date.parse(sent.editable_until) > Date.now() ? `${w("until")} ${instant(sent.editable_until)}. ` : "";
  const follow = w(mine ? "follow" : "followSupport"), count = sent.supporters ?? 1;
  const unconfirmed = sent.contact === "unconfirmed";
  // The private page is where it is followed; without its link only the public view is left.
  const main = link
    ? h("a", { class: "button main", id: "private-link", href: privateLink(link), rel: "noreferrer" }, follow)
    : h("button", { type: "button", id: "follow-it", class: "main", click: () => around.follow(sent.code) }, follow);
  const actions = h("div", { class: "sent-actions", id: "sent-actions" }, main,
    ...(link ? [h("p", { class: "hint" }, `${editable}${w(mine ? "secret" : "secretSupport")}`)] : []),
    h("div", { class: "row" }, ...(link ? [copier(`${location.origin}${privateLink(link)}`, w("copyPrivate"), "copy-private", said, w("copiedPrivate"))] : []), copier(sent.code, w("copy"), "copy-code", said), share), said,
    ...(unconfirmed ? [h("p", { class: "note" }, `${w("unconfirmed")}${mine ? "" : ` ${w("newsSoon")}`}`)] : link && !sent.contact ? [contactForm(link)] : []),
    ...(link ? [pushOffer(link)] : []),
    h("p", { class: "hint" }, w("kept")));
  const draft = h("div", { class: "note", id: "kept-draft" });
  const next = h("button", { type: "button", id: "another", click: another }, w(dropDraft ? "openDraft" : "another"));
  if (dropDraft) draft.append(h("p", { role: "status" }, w("keptDraft")), h("button", { type: "button", class: "link", id: "drop-draft", click: () => void dropDraft().then(() => { draft.replaceChildren(h("p", { role: "status" }, w("droppedDraft"))); next.textContent = w("another"); next.focus(); }) }, w("dropDraft")));
  const node = screen(sent.key, mine ? `✓ ${w("sent")}` : `✓ ${w("supported")}`,
    ...(mine ? [] : [h("p", {}, [`${number(count)} ${w(count === 1 ? "supporterOne" : "supporters")} ${w("supportedMore")}`, link && !sent.contact ? w("newsLater") : ""].filter(Boolean).join(" "))]),
    ...(dropDraft ? [draft] : []),
    h("p", {}, w(mine ? "code" : "codeSupport")), h("p", { class: "code", id: "sent-code", tabindex: "-1" }, sent.code),
    ...(sent.masked ? [h("p", { class: "note" }, w("masked"))] : []),
    actions,
    ...(link && mine ? [withdrawal(sent, () => { actions.remove(); (node.querySelector(".screen-head") as HTMLElement).textContent = w("withdrawnHead"); })] : []),
    h("div", { class: "row" }, next));
  node.dataset["screen"] = "sent";
  byId("sent-code").focus();
}
