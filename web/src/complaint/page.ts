/** What everyone sees of a complaint. */
import type { Held } from "../api";
import { h } from "../dom";
import { current, day, instant, named, number, phrases, status, t } from "../i18n";
import { alertOf } from "../problems";
import { device } from "../report/device";
import { guarded } from "../report/guarded";
import type { Answer, Laid, Near, Replied, Told } from "./facts";
import { nearby } from "./facts";
import { locator } from "./locator";
import { photoRow } from "./photos";
import { w } from "./words";

/** The last day of what ended before a day; the map's own reckoning comes with the map's address. */
const dayBefore = (iso: string): string => new Date(Date.parse(`${iso}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
type Word = Parameters<typeof w>[0];
const p_ = phrases({ vi: { days: "ngày", hours: "giờ", minutes: "phút" }, en: { days: "days", hours: "hours", minutes: "minutes" } });
const SAID: readonly string[] = ["received", "accepted", "in_progress", "resolved", "rejected", "duplicate", "withdrawn"] satisfies Word[];
const CHANGES: Record<string, Word> = { moved: "moved", text: "textChanged", category: "categoryChanged", reopened: "reopened", left: "parted" };

/** How long, in the largest unit that tells it. */
export function span(ms: number): string {
  const minutes = Math.max(1, Math.round(Math.abs(ms) / 60000));
  if (minutes < 90) return `${number(minutes)} ${p_("minutes")}`;
  // Whole days that are gone or left, as officials read it.
  return minutes < 48 * 60 ? `${number(Math.round(minutes / 60))} ${p_("hours")}` : `${number(Math.floor(minutes / 1440))} ${p_("days")}`;
}
/** The state in a word and in a sentence. */
export const stateLine = (code: string): HTMLElement => h("p", { class: "standing" }, h("span", { class: `state ${code}` }, status(code)), SAID.includes(code) ? ` ${w(code as Word)}` : "");

function promiseLine({ feature: { properties: p } }: Laid): HTMLElement | null {
  if (!p.promise) return null;
  const { due_at, basis, met } = p.promise, left = Date.parse(due_at) - Date.now();
  const what = w(basis === "urgent" ? "urgentBy" : basis === "handle" ? "handleBy" : basis === "accept" ? "acceptBy" : "promise");
  const judged = met === true ? w("met") : met === false ? w("missed") : left >= 0 ? `${w("left")} ${span(left)}` : `${w("over")} ${span(left)}`;
  return h("p", { class: `promise ${met === false || (met !== true && left < 0) ? "late" : "kept"}` }, `${what}: ${instant(due_at)} `, h("strong", {}, `(${judged})`));
}
const KINDS: Record<string, string> = { "phường": "ward", "xã": "commune", "thị trấn": "township", "đặc khu": "special zone", "quận": "district", "huyện": "district", "thị xã": "town", "thành phố": "city" };
/** With what it is: a ward and the district of old may bear one name. */
function areaName(one: Held): string {
  if (current() === "vi") return `${one.kind ?? ""} ${one.name}`.trim();
  const kind = KINDS[(one.kind ?? "").toLowerCase()];
  return kind && !one.name_en.toLowerCase().includes(kind) ? `${one.name_en} ${kind}` : one.name_en;
}
/** The areas of today; those that a reform ended only where none of today is known. */
function present(areas: readonly Held[]): Held[] {
  const now = areas.filter((one) => !one.until);
  return now.length ? now : [...areas];
}
export const places = ({ feature: { properties: p }, landmarks }: Laid): string => [
  p.address,
  ...present(p.areas ?? []).map((one) => `${areaName(one)}${one.until ? ` (${t("abolished")} ${day(dayBefore(one.until))})` : ""}`),
  ...landmarks.slice(0, 1).map((one) => (current() === "vi" ? `${w("from")} ${one.name} ${number(one.distance_m)} m` : `${number(one.distance_m)} m ${w("from")} ${one.name_en}`)),
].filter(Boolean).join(" · ");

function told(event: Told): string {
  const change = CHANGES[event.kind];
  return event.kind === "reopened" ? w("reopened") : event.to ? status(event.to) : event.kind === "received" ? status("received") : change ? w(change) : w("changed");
}
const when = (at: string | null): string => (at ? instant(at) : w("unknownTime"));
const timeline = (events: Told[]): HTMLElement => h("ol", { class: "timeline" }, ...events.map((one) => h("li", { class: one.to ?? one.kind }, h("strong", {}, told(one)), h("small", {}, when(one.at)))));
const answer = (one: Answer): HTMLElement => h("article", { class: "answer" }, h("p", { class: "body" }, one.text), photoRow(one.photos ?? [], w("ofAnswer")), h("small", {}, `${w("answered")} ${when(one.at)}${one.status ? ` · ${status(one.status)}` : ""}`));

/** Answers to the questions of its category that are for everyone. */
const more = (given: Replied[]): HTMLElement | null => (given.length ? h("dl", { class: "facts" }, ...given.map((one) => h("div", {}, h("dt", {}, one[current()]), h("dd", {}, one[`value_${current()}`])))) : null);

/** A button that copies, and says so. */
export function copier(text: string, what: () => string): HTMLElement {
  const said = h("span", { role: "status" });
  return h("span", { class: "copier" }, h("button", { type: "button", click: () => void navigator.clipboard.writeText(what()).then(() => { said.textContent = w("copied"); }, () => { said.textContent = what(); }) }, text), said);
}
function sharing(whole: Laid): HTMLElement {
  const p = whole.feature.properties, address = `${location.origin}/c/${p.code}${current() === "en" ? "?lang=en" : ""}`;
  const share = typeof navigator.share === "function" ? [h("button", { type: "button", click: () => void navigator.share({ title: named(whole.category), url: address }).catch(() => undefined) }, w("share"))] : [];
  const [lon, lat] = whole.feature.geometry.coordinates;
  return h("div", { class: "row" }, ...share, copier(w("copyLink"), () => address), copier(w("copyCode"), () => p.code),
    p.sensitive ? null : h("a", { class: "button", id: "big-map", href: `/?${new URLSearchParams({ layer: "complaints", view: `16/${lon.toFixed(5)}/${lat.toFixed(5)}`, marked: p.code, ...(current() === "en" ? { lang: "en" } : {}) })}` }, w("bigMap")));
}

function support(whole: Laid, mine: boolean): HTMLElement {
  const p = whole.feature.properties, n = p.supporters ?? 0;
  const line = h("p", { id: "supporters" }, n ? h("strong", {}, number(n)) : null, n ? ` ${w(p.first_left ? "stillOne" : n === 1 ? "supporterOne" : "supporters")}` : w("noSupporters"));
  const box = h("section", { id: "support" }, line);
  if (mine || p.may_be_supported === false || p.sensitive || !["received", "accepted", "in_progress"].includes(p.status)) return box;
  const outcome = h("div", { role: "status" });
  const button = h("button", { type: "button", class: "main", id: "me-too", "aria-describedby": "me-too-says", click: () => void send() }, w("meToo"));
  async function send(): Promise<void> {
    button.disabled = true;
    outcome.textContent = w("sending");
    const keeping = import("../report/queue").catch(() => null);
    try {
      const found = await guarded<{ link: string; supporters: number }>(`/api/v1/complaints/${p.code}/support`, { device: device(), language: current() });
      line.replaceChildren(h("strong", {}, number(found.supporters)), ` ${w(found.supporters === 1 ? "supporterOne" : "supporters")}`);
      const link = `${location.origin}/mine#${found.link}`;
      // As the form's own: under "sent from this device", with the way back.
      await keeping.then((queue) => queue?.remember({ key: `support-${p.code}`, code: p.code, text: p.text.slice(0, 120), at: new Date().toISOString(), role: "supporter", link: found.link, supporters: found.supporters }));
      outcome.replaceChildren(h("p", { id: "supported", tabindex: "-1" }, w("supported")), h("p", {}, h("a", { href: link, rel: "noreferrer" }, w("yourLink")), " ", copier(w("copyLink"), () => link)), h("p", { class: "source" }, w("keepLink")));
      button.remove();
      document.getElementById("supported")?.focus();
    } catch (problem) {
      outcome.replaceChildren(alertOf(problem, () => void send()));
      button.disabled = false;
    }
  }
  const says = h("p", { class: "source", id: "me-too-says" }, w("meTooSays"));
  box.append(button, says, outcome);
  // What this device sent is no other's to see too.
  void import("../report/queue").then(async (queue) => {
    const sent = (await queue.sentFromHere()).find((one) => one.code === p.code);
    if (!sent || !button.isConnected || button.disabled) return;
    button.remove();
    says.replaceWith(h("p", { class: "note", id: "own" }, w(sent.role === "reporter" ? "sentHere" : "joinedHere"), " ", sent.link ? h("a", { href: `/mine#${sent.link}`, rel: "noreferrer" }, w("yourLink")) : null));
  }).catch(() => undefined);
  return box;
}

function nearItem(one: Near): HTMLElement {
  return h("li", {}, one.photo ? h("img", { src: one.photo, alt: "", width: 72, height: 72, loading: "lazy" }) : null,
    h("div", {}, h("a", { href: `/c/${encodeURIComponent(one.code)}${current() === "en" ? "?lang=en" : ""}` }, one.text || one.code), " ", h("span", { class: `state ${one.status}` }, status(one.status)),
      h("small", {}, `${number(Math.round(one.distance_m))} ${w("metres")} · ${instant(one.reported_at)}${one.supporters ? ` · +${number(one.supporters)}` : ""}`)));
}
function similar(whole: Laid): HTMLElement {
  const p = whole.feature.properties, list = h("div", {}, h("p", { class: "source" }, t("loading"))), box = h("section", { id: "near" }, h("h2", {}, w("near")), list);
  // One that cannot be read is no reason to frighten the reader of this one.
  void nearby(p.code).then((found) => list.replaceChildren(found.length ? h("ul", { class: "near" }, ...found.map(nearItem)) : h("p", { class: "source" }, w("noNear"))), () => box.remove());
  return box;
}
function watching(whole: Laid): HTMLElement | null {
  const ward = whole.feature.properties.areas?.find((one) => one.until === null);
  if (!ward) return null;
  const asked = new URLSearchParams({ area: `${ward.set}:${ward.code}`, category: whole.feature.properties.category });
  return h("p", { id: "watch" }, h("a", { class: "button", href: `/?${asked}${current() === "en" ? "&lang=en" : ""}&watch` }, w("watch")), " ", h("a", { href: `/api/v1/complaints.atom?${asked}` }, w("atom")));
}

/** All of the public page; `tools` come after what is known, and a participant does not support anew. */
export function publicPage(whole: Laid, tools: Node[] = [], words?: { text: string; address: string | null }, replies?: Answer[]): Node[] {
  const { feature } = whole, p = feature.properties, text = words?.text ?? p.text;
  const rated = p.ratings ? Object.values(p.ratings).reduce((sum, n) => sum + n, 0) : 0;
  const section = (id: string, title: string, ...content: (Node | null)[]): HTMLElement => h("section", { id }, h("h2", {}, title), ...content);
  // Of a sensitive one the public is told no answer; its reporter is.
  const answers = p.answers?.length ? p.answers : replies ?? [];
  const shown = words ? { ...whole, feature: { ...feature, properties: { ...p, address: words.address } } } : whole;
  const dot = h("i", { class: "dot" });
  dot.style.background = whole.colour;
  return [
    h("h1", {}, named(whole.category)), h("p", { class: "source" }, dot, `${named(whole.domain)} · ${w("code")} `, h("span", { class: "mono" }, p.code)),
    stateLine(p.status), promiseLine(whole),
    p.reopened && p.status !== "withdrawn" ? h("p", { class: "note" }, w("reopened")) : null,
    p.sensitive ? h("p", { class: "note" }, w("sensitive")) : null, p.sample ? h("p", { class: "note" }, w("sample")) : null,
    text ? h("p", { class: "body words" }, text) : p.status === "withdrawn" ? h("p", { class: "note" }, w("wordsGone")) : null,
    p.first_left ? h("p", { class: "note", id: "left" }, w("leftSays")) : null,
    photoRow(p.photos ?? [], w("ofComplaint")), more(p.questions ?? []),
    ...(answers.length ? [section("answers", w("answers"), ...answers.map(answer))] : []),
    ...(rated && p.ratings ? [h("p", { id: "ratings" }, `${w("ratings")}: ${w("satisfied")} ${number(p.ratings.satisfied)} · ${w("acceptedRating")} ${number(p.ratings.accepted)} · ${w("dissatisfied")} ${number(p.ratings.dissatisfied)}`)] : []),
    ...tools,
    section("place", w("where"), h("p", {}, p.sensitive ? w("roughMap") : places(shown)), locator(whole)),
    section("timeline", w("timeline"), timeline(p.timeline ?? [{ at: p.reported_at, kind: "received" }])),
    support(whole, tools.length > 0), sharing(whole), watching(whole),
    ...(p.sensitive || p.status === "withdrawn" ? [] : [similar(whole)]),
  ].filter((one): one is HTMLElement => one !== null);
}
