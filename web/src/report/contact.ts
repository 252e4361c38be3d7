import { h } from "../dom";
import { current, phrases } from "../i18n";
import { Trouble } from "../problems";
import { device } from "./device";
import type { Fault, Section, Sheet } from "./draft";
import { guarded, isNetwork } from "./guarded";

const w = phrases({
  vi: { legend: "Nhận tin (không bắt buộc)", label: "Thư điện tử", why: "Để biết khi có trả lời. Không ai khác thấy địa chỉ này; bạn sẽ nhận một thư để xác nhận, và dừng lúc nào cũng được.", wrong: "Hãy viết địa chỉ thư điện tử, như ten@example.org, hoặc để trống.", follow: "Nhận tin qua thư", sent: "Hãy mở hộp thư: có một thư để xác nhận.", failed: "Chưa ghi được:", network: "không có mạng. Hãy thử lại.", sending: "Đang gửi…", push: "Báo tin trên máy này", pushed: "Máy này sẽ được báo khi có tin.", denied: "Trình duyệt không cho phép thông báo." },
  en: { legend: "News (optional)", label: "E-mail address", why: "To hear when there is an answer. Nobody else sees it; you get one mail to confirm, and can stop at any time.", wrong: "Write an e-mail address, like name@example.org, or leave it empty.", follow: "Get news by mail", sent: "Look into your mail: there is one to confirm this.", failed: "Not done yet:", network: "there is no network. Please try again.", sending: "Sending…", push: "Tell me on this device", pushed: "This device is told when there is news.", denied: "Your browser does not allow notifications." },
});
const LONGEST = 254;

/** An e-mail address for news; nothing about the person is required. */
export function contactSection(sheet: Sheet): Section {
  const error = h("p", { class: "alert", id: "email-error" });
  const input = h("input", { type: "email", id: "report-email", autocomplete: "email", inputmode: "email", maxlength: LONGEST, "aria-describedby": "email-error email-why", input: () => { sheet.change("other", { email: input.value }); if (error.textContent && input.checkValidity()) show(""); } });
  input.value = sheet.draft.email;
  function show(message: string): void { error.textContent = message; input.setAttribute("aria-invalid", String(Boolean(message))); }
  return {
    node: h("fieldset", { id: "part-contact" }, h("legend", {}, w("legend")), h("div", { class: "field" }, h("label", { for: "report-email" }, w("label")), input), error, h("small", { id: "email-why" }, w("why"))),
    check: (): Fault[] => { const message = input.value.trim() && !input.checkValidity() ? w("wrong") : ""; show(message); return message ? [{ message, focus: input }] : []; },
  };
}

/** Who has a private link asks for news by mail. */
export function contactForm(link: string): HTMLElement {
  const said = h("p", { role: "status", id: "follow-mail-said" });
  const input = h("input", { type: "email", id: "follow-mail", autocomplete: "email", inputmode: "email", maxlength: LONGEST, required: true, "aria-describedby": "follow-mail-said follow-mail-why" });
  const button = h("button", { type: "submit" }, w("follow"));
  async function send(): Promise<void> {
    if (!input.value.trim() || !input.checkValidity()) { said.textContent = w("wrong"); said.className = "alert"; input.setAttribute("aria-invalid", "true"); input.focus(); return; }
    input.setAttribute("aria-invalid", "false");
    button.disabled = true;
    said.className = "";
    said.textContent = w("sending");
    try {
      await guarded("/api/v1/mine/contact", { email: input.value.trim() }, { Authorization: `Bearer ${link}`, "X-Device": device() }, undefined, "PUT");
      form.replaceChildren(said);
      said.textContent = w("sent");
    } catch (problem) {
      if (!isNetwork(problem) && !(problem instanceof Trouble)) throw problem;
      said.className = "alert";
      said.textContent = `${w("failed")} ${problem instanceof Trouble ? problem.spoken : w("network")}`;
      button.disabled = false;
    }
  }
  const form = h("form", { novalidate: true, class: "follow-mail", submit: (event) => { event.preventDefault(); void send(); } },
    h("label", { for: "follow-mail" }, w("label")), h("div", { class: "row" }, input, button), said, h("small", { id: "follow-mail-why" }, w("why")));
  return form;
}

/** News to this very browser, where it can be told; elsewhere nothing is offered. */
export function pushOffer(link: string): HTMLElement {
  const place = h("div", { class: "push-offer" });
  const said = h("p", { role: "status" });
  void import("../push").then(async ({ ability, followByPush, NoPush }) => {
    if ((await ability()) !== "ready") return;
    const button = h("button", { type: "button", id: "follow-push", click: () => void begin() }, w("push"));
    async function begin(): Promise<void> {
      button.disabled = true;
      try {
        await followByPush(link, current());
        place.replaceChildren(said);
        said.textContent = w("pushed");
      } catch (problem) {
        button.disabled = false;
        if (!(problem instanceof NoPush) && !isNetwork(problem) && !(problem instanceof Trouble)) throw problem;
        said.textContent = problem instanceof NoPush ? w("denied") : `${w("failed")} ${problem instanceof Trouble ? problem.spoken : w("network")}`;
      }
    }
    place.append(button, said);
  }, () => undefined);
  return place;
}
