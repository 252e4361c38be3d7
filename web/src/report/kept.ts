/** What this device keeps beside the draft: reports that wait, and the private links of those that were sent. */
import { h } from "../dom";
import { instant, number, phrases } from "../i18n";
import type { Around } from "./draft";
import { openForm } from "./form";
import { dropWaiting, forgetSent, sentFromHere, takeBack, waiting, type Waiting } from "./queue";
import { privateLink } from "./screens";
import { remove } from "./store";

const w = phrases({
  vi: { waiting: "Đang chờ gửi:", refused: "Chưa gửi được:", mend: "Sửa và gửi lại", drop: "Bỏ", sure: "Bỏ hẳn", sent: "Đã gửi từ máy này", forget: "Xoá danh sách này khỏi máy", forgetOne: "Xoá khỏi máy", warn: "Liên kết riêng cũng bị xoá: hãy chép lại nếu còn cần.", supporter: "tôi cũng gặp", toWaiting: "Có phản ánh chưa gửi xong", lead: "Trên máy này" },
  en: { waiting: "Waiting to be sent:", refused: "Not sent yet:", mend: "Mend and send again", drop: "Drop", sure: "Drop for good", sent: "Sent from this device", forget: "Remove this list from the device", forgetOne: "Remove from the device", warn: "The private links go too: copy what you still need.", supporter: "me too", toWaiting: "A report is not sent yet", lead: "On this device" },
});
const excerpt = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Reports that wait for a network, or for their writer. */
export async function waitingNow(around: Around): Promise<HTMLElement | null> {
  const held = await waiting();
  if (!held.length) return null;
  const refused = held.filter((one) => one.refused), going = held.filter((one) => !one.refused);
  const node = h("div", { id: "waiting-now" });
  const mend = async (one: Waiting): Promise<void> => {
    await openForm(around, { draft: await takeBack(one) });
  };
  const row = (one: Waiting): HTMLElement => {
    const drop = h("button", { type: "button", click: () => {
      if (drop.textContent === w("drop")) { drop.textContent = w("sure"); return; }
      void dropWaiting(one).then(() => item.remove());
    } }, w("drop"));
    const item = h("li", {}, h("p", {}, h("strong", {}, `${w("refused")} `), `${excerpt(one.report.text)} — ${one.refused}`), h("div", { class: "row" }, h("button", { type: "button", class: "main", click: () => void mend(one) }, w("mend")), drop));
    return item;
  };
  node.append(...(going.length ? [h("p", { class: "note", role: "status" }, `${w("waiting")} ${number(going.length)}: ${going.map((one) => excerpt(one.report.text)).join(" · ")}`)] : []), ...(refused.length ? [h("ul", { class: "entries" }, ...refused.map(row))] : []));
  return node;
}

/** A line at the top of the form that leads to what waits and what was sent, which stand at its end. */
export function leadTo(held: HTMLElement | null, sent: HTMLElement | null): HTMLElement[] {
  const to = (id: string, words: string, target: HTMLElement, focus: () => HTMLElement | null): HTMLElement => h("button", { type: "button", class: "link", id, click: () => {
    if (target instanceof HTMLDetailsElement) target.open = true;
    target.scrollIntoView({ block: "start" });
    focus()?.focus();
  } }, words);
  const links = [
    ...(held ? [to("to-waiting", w("toWaiting"), held, () => held.querySelector("button"))] : []),
    ...(sent ? [to("to-sent", sent.querySelector("summary")?.textContent ?? w("sent"), sent, () => sent.querySelector("summary"))] : []),
  ];
  return links.length ? [h("nav", { class: "row lead", "aria-label": w("lead") }, ...links)] : [];
}

/** Codes and private links of what was sent from here; forgetting takes them off the device alone. */
export async function sentBefore(around: Around): Promise<HTMLElement | null> {
  const sent = await sentFromHere();
  if (!sent.length) return null;
  const gone = (): void => { node.remove(); document.getElementById("to-sent")?.remove(); };
  const node: HTMLElement = h("details", { id: "sent-before" }, h("summary", {}, `${w("sent")} (${number(sent.length)})`),
    h("ul", { class: "entries" }, ...sent.map((one) => {
      const what = [h("span", { class: "what" }, one.code), h("small", {}, [instant(one.at), one.role === "supporter" ? w("supporter") : "", one.text].filter(Boolean).join(" · "))];
      const item = h("li", { class: "sent-entry" }, one.link ? h("a", { class: "entry", href: privateLink(one.link), rel: "noreferrer" }, ...what) : h("button", { type: "button", class: "entry", click: () => around.follow(one.code) }, ...what),
        h("button", { type: "button", "aria-label": `${w("forgetOne")}: ${one.code}`, click: () => { void remove("sent", one.key).then(() => { item.remove(); if (!node.querySelector("li")) gone(); }); } }, "✕"));
      return item;
    })),
    h("p", { class: "hint" }, w("warn")), h("button", { type: "button", id: "forget-sent", click: () => { void forgetSent().then(gone); } }, w("forget")));
  return node;
}

/** The same lists in the form that is open, once what waited was sent: it must not look unsent. */
export async function renew(around: Around): Promise<void> {
  const form = document.querySelector("#dialog[open] .report:has(.report-form)");
  if (!form) return;
  const [held, sent] = await Promise.all([waitingNow(around), sentBefore(around)]), was = form.querySelector<HTMLDetailsElement>("#sent-before");
  if (sent instanceof HTMLDetailsElement && was) sent.open = was.open;
  form.querySelectorAll(".lead, #waiting-now, #sent-before").forEach((one) => one.remove());
  form.querySelector(".hint")?.after(...leadTo(held, sent));
  form.append(...[held, sent].filter((one) => one !== null));
}
