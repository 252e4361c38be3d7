/** What the holder of a private link can do, each in a part of its own that opens. */
import { h } from "../dom";
import { current, instant, number } from "../i18n";
import { alertOf } from "../problems";
import type { Laid, Mine, Verdict } from "./facts";
import { ability, followByPush, NoPush } from "../push";
import { privateAddress, token, withLink } from "./link";
import { copier, span } from "./page";
import { say } from "./tool-words";

/** What the tools need of the page: what is known, and to read and show it anew with something said. */
export interface Desk { mine: Mine; whole: Laid; etag: string | null; again(said: string): Promise<void>; forget(): void }

/** A part that opens; what it holds is made when it does. */
function part(id: string, title: string, content: () => (Node | string)[]): HTMLDetailsElement {
  const box = h("details", { id, class: "tool" }, h("summary", {}, title));
  box.addEventListener("toggle", () => { if (box.open && box.childElementCount === 1) box.append(...content()); });
  return box;
}
/** A button that does one thing at a time, and says how it went; afterwards the page is drawn anew. */
export function doing(desk: Desk, text: string, id: string, act: () => Promise<string | null>, main = true): HTMLElement {
  const outcome = h("div", { role: "status" });
  const button = h("button", { type: "button", id, ...(main ? { class: "main" } : {}), click: () => void go() }, text);
  async function go(): Promise<void> {
    button.disabled = true;
    outcome.textContent = say("working");
    try {
      const said = await act();
      outcome.textContent = "";
      if (said !== null) { await desk.again(said); return; }
    } catch (problem) { outcome.replaceChildren(alertOf(problem, () => void go())); }
    button.disabled = false;
  }
  return h("div", { class: "doing" }, button, outcome);
}
type Say = Parameters<typeof say>[0];
const post = async <T>(path: string, body: unknown = {}): Promise<T> => (await withLink<T>("POST", `/api/v1/mine${path}`, body)).value;

function contact(desk: Desk): HTMLElement {
  const { state, address } = desk.mine.properties.contact ?? { state: "none", address: null };
  return part("contact", say("contact"), () => {
    const wrong = h("p", { class: "alert", id: "contact-wrong" });
    const input = h("input", { type: "email", id: "contact-email", autocomplete: "email", maxlength: 254, "aria-describedby": "contact-says contact-wrong" });
    const form = [h("div", { class: "field" }, h("label", { for: "contact-email" }, say("email")), input), h("p", { class: "source", id: "contact-says" }, say("emailSays")), wrong,
      doing(desk, state === "none" ? say("ask") : say("another"), "contact-ask", async () => {
        wrong.textContent = "";
        if (!input.value.trim() || !input.checkValidity()) { wrong.textContent = say("emailWrong"); input.focus(); return null; }
        await withLink("PUT", "/api/v1/mine/contact", { email: input.value.trim() });
        return say("asked");
      })];
    const remove = doing(desk, say("remove"), "contact-remove", async () => { await withLink("DELETE", "/api/v1/mine/contact"); return say("removed"); }, false);
    const push = h("div", {});
    void ability().then((can) => {
      if (can !== "ready") return;
      const said = h("p", { role: "status" });
      push.replaceChildren(doing(desk, say("push"), "contact-push", async () => {
        try { await followByPush(token() ?? "", current()); } catch (problem) {
          if (!(problem instanceof NoPush)) throw problem;
          said.textContent = say("noPush");
          return null;
        }
        return say("pushed");
      }, false), said);
    });
    if (state === "none") return [h("p", {}, say("contactNone")), ...form, push];
    return [push, h("p", {}, `${say(state === "confirmed" ? "contactThere" : "contactWaits")} `, h("strong", {}, address ?? "")), ...(state === "confirmed" ? [] : [h("p", { class: "note" }, say("contactWaitsSays"))]), remove, ...form];
  });
}
/** What cannot be undone: asked once more in its place, with what will be gone; Escape and the other button go back. */
function asking(desk: Desk, id: string, texts: { act: string; sure: string; gone: string; yes: string }, act: () => Promise<string | null>): HTMLElement {
  const first = h("button", { type: "button", id: `${id}-ask`, click: () => { first.hidden = true; box.hidden = false; keep.focus(); } }, texts.act);
  const back = (): void => { box.hidden = true; first.hidden = false; first.focus(); };
  const keep = h("button", { type: "button", id: `${id}-no`, click: back }, say("keepIt"));
  const box = h("div", { class: "sure", id: `${id}-sure`, role: "group", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-gone`, hidden: true },
    h("p", { id: `${id}-title` }, h("strong", {}, texts.sure)), h("p", { id: `${id}-gone` }, texts.gone), h("div", { class: "row" }, keep, doing(desk, texts.yes, `${id}-yes`, act)));
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); back(); } });
  return h("div", {}, first, box);
}
function withdraw(desk: Desk): HTMLElement {
  // What others support stays open for them.
  const n = desk.mine.properties.supporters ?? 0, of = (alone: Say, shared: Say): string => say(n ? shared : alone).replace("{n}", number(n));
  return part("withdraw", say("withdraw"), () => [h("p", { class: "note" }, of("withdrawSays", "leaveSays")), asking(desk, "withdraw", { act: say("withdrawAct"), sure: of("withdrawSure", "leaveSure"), gone: of("withdrawGone", "leaveGone"), yes: say("withdrawYes") }, async () => say((await post<Mine>("/withdraw")).properties.status === "withdrawn" ? "withdrawn" : "left"))]);
}
function erase(desk: Desk): HTMLElement {
  return part("erase", say("erase"), () => [h("p", { class: "note" }, say("eraseSays")), asking(desk, "erase", { act: say("eraseAct"), sure: say("eraseSure"), gone: say("eraseGone"), yes: say("eraseYes") }, async () => { await post("/erase"); return say("erased"); })]);
}
function hand(desk: Desk): HTMLElement {
  return part("hand", say("hand"), () => [h("p", {}, say("handSays")), h("div", { class: "row" }, copier(say("copyLink"), privateAddress), h("button", { type: "button", id: "forget", click: () => desk.forget() }, say("forget"))), h("p", { class: "source" }, say("forgetSays"))]);
}
/** Three answers; the one that reopens asks why, and says what it does. */
function rating(desk: Desk): HTMLElement {
  const before = desk.mine.properties.rating, verdicts: Verdict[] = ["satisfied", "accepted", "dissatisfied"];
  const reason = h("textarea", { id: "rating-reason", rows: 3, maxlength: 2000, "aria-describedby": "rating-wrong" }), wrong = h("p", { class: "alert", id: "rating-wrong" });
  reason.value = before?.reason ?? "";
  const why = h("div", { class: "field", hidden: before?.verdict !== "dissatisfied" }, h("label", { for: "rating-reason" }, say("reason")), reason);
  const choice = (one: Verdict): HTMLElement => h("label", { class: "choice" }, h("input", { type: "radio", name: "verdict", value: one, checked: before?.verdict === one, change: () => { why.hidden = one !== "dissatisfied"; wrong.textContent = ""; } }), ` ${say(one)}`);
  const box: HTMLElement = h("section", { id: "rating" }, h("h2", {}, say("rate")), before ? h("p", {}, `${say("ratedAs")} `, h("strong", {}, say(before.verdict)), ` · ${say("change")}`) : null,
    h("fieldset", {}, h("legend", { class: "unseen" }, say("rate")), ...verdicts.map(choice)), why, h("p", { class: "source" }, say("reopens")), wrong,
    doing(desk, say("send"), "rating-send", async () => {
      const verdict = box.querySelector<HTMLInputElement>("input[name=verdict]:checked")?.value;
      if (!verdict) { box.querySelector<HTMLInputElement>("input[name=verdict]")?.focus(); return null; }
      if (verdict === "dissatisfied" && !/[\p{L}\p{N}]/u.test(reason.value)) { wrong.textContent = say("reasonNeeded"); reason.focus(); return null; }
      const found = await post<{ reopened: boolean }>("/rating", { verdict, ...(reason.value.trim() && verdict === "dissatisfied" ? { reason: reason.value.trim() } : {}) });
      return say(found.reopened ? "reopened" : "rated");
    }));
  return box;
}

/** The time that is left for a correction, counting down; at its end the part goes. */
function counting(until: string, over: () => void): HTMLElement {
  const left = h("strong", {}), line = h("p", { id: "editable" }, `${say("until")} ${instant(until)} (${say("stillFor")} `, left, ")");
  const tick = (): void => {
    const ms = Date.parse(until) - Date.now();
    if (ms <= 0) { clearInterval(timer); over(); return; }
    left.textContent = span(ms);
  };
  const timer = setInterval(() => { if (!line.isConnected) { clearInterval(timer); return; } tick(); }, 10_000);
  queueMicrotask(tick);
  return line;
}
function correct(desk: Desk): HTMLElement {
  const { editable_until } = desk.mine.properties;
  const box = part("correct", say("correct"), () => {
    const place = h("div", {}, say("working"));
    void import("./correct").then(({ correction }) => place.replaceChildren(correction(desk)), (problem: unknown) => place.replaceChildren(alertOf(problem)));
    return [place];
  });
  return editable_until ? h("div", {}, counting(editable_until, () => box.parentElement?.replaceChildren(h("p", { class: "source" }, say("over")))), box) : box;
}

/** What officials ask, each with a place for the reply; nobody else sees either. */
function asked(desk: Desk): HTMLElement | null {
  const all = desk.mine.properties.asked ?? [], open = desk.mine.properties.may.includes("reply");
  if (!all.length) return null;
  return h("section", { id: "asked" }, h("h2", {}, say("askedOf")), ...(open ? [h("p", { class: "source" }, say("askedSays"))] : []), ...all.map((one) => {
    const question = [h("p", { class: "body" }, one.text), h("small", {}, instant(one.at))];
    if (one.replied_at || !open) return h("article", {}, ...question, ...(one.reply ? [h("p", { class: "body" }, h("strong", {}, `${say("yourReply")} `), one.reply)] : []));
    const reply = h("textarea", { id: `reply-${one.id}`, rows: 3, maxlength: 2000, "aria-describedby": `reply-wrong-${one.id}` }), wrong = h("p", { class: "alert", id: `reply-wrong-${one.id}` });
    return h("article", {}, ...question, h("div", { class: "field" }, h("label", { for: reply.id }, say("yourReply")), reply), wrong,
      doing(desk, say("sendReply"), `reply-send-${one.id}`, async () => {
        wrong.textContent = "";
        if (!/[\p{L}\p{N}]/u.test(reply.value)) { wrong.textContent = say("replyNeeded"); reply.focus(); return null; }
        await post("/reply", { question: one.id, text: reply.value.trim() });
        return say("replied");
      }));
  }));
}

/** All that can be done now, in the order in which it is looked for. */
export function toolsOf(desk: Desk): HTMLElement[] {
  const p = desk.mine.properties, may = new Set(p.may), isReporter = p.role === "reporter", left = isReporter && desk.whole.feature.properties.first_left;
  const questions = asked(desk);
  const why = !isReporter || may.has("correct") || p.erased || left || p.status === "withdrawn" ? null : h("p", { class: "source" }, say(p.status === "received" ? "over" : "begun"));
  return [
    h("p", { class: "note", id: "role" }, say(isReporter ? "yours" : "supporter")),
    ...(p.masked && p.public ? [h("p", { class: "note", id: "masked" }, `${say("masked")} ${say("asOthers")} `, h("q", {}, p.public.text))] : []),
    ...(p.urgent ? [h("p", { class: "source" }, say("urgent"))] : []),
    ...(left ? [h("p", { class: "note", id: "you-left" }, say("youLeft"))] : []),
    ...(p.erased ? [h("p", { class: "note", id: "erased" }, say("erased"))] : []),
    ...(questions ? [questions] : []),
    ...(may.has("rate") ? [rating(desk)] : []),
    h("section", { id: "tools" }, h("h2", {}, say("tools")), why,
      ...(may.has("correct") ? [correct(desk)] : []), ...(may.has("contact") ? [contact(desk)] : []), hand(desk),
      ...(may.has("withdraw") ? [withdraw(desk)] : []), ...(may.has("erase") ? [erase(desk)] : []),
      h("p", {}, h("a", { id: "public-page", href: `/c/${p.code}`, rel: "noreferrer" }, say("publicPage")))),
  ];
}
