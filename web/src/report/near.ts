import type { Domain } from "../api";
import { h } from "../dom";
import { current, named, number, phrases, status } from "../i18n";
import { state } from "../state";
import type { Fault, Section, Sheet } from "./draft";
import { device } from "./device";
import { guarded, isNetwork } from "./guarded";
import type { PinMap } from "./pinmap";
import { remember, sentFromHere, type Sent } from "./queue";
import { privateLink } from "./screens";
import { Trouble } from "../problems";

export interface Near { code: string; category: string; domain: string; status: string; text: string; address: string | null; reported_at: string; distance_m: number; supporters: number; photo: string | null; lon: number; lat: number; score: number; likely: boolean }
const w = phrases({
  vi: { legend: "Đã có ai báo chưa?", few: "Gần đây đã có người báo việc giống thế này. Nếu đúng là việc đó, bấm “Tôi cũng gặp”: bạn được tính là người cùng gặp, có thể nhận tin, và không ai biết bạn là ai.", none: "Chưa ai báo việc này quanh đây.", looking: "Đang xem đã có ai báo chưa…", me: "Tôi cũng gặp", mine: "Việc của tôi khác", see: "Xem", away: "cách # m", support: "người cùng gặp", supportOne: "người cùng gặp", more: "Xem thêm", map: "Xem trên bản đồ", hideMap: "Ẩn bản đồ", fill: "Có phản ánh rất giống gần đó: hãy xem, rồi bấm “Tôi cũng gặp” hoặc “Việc của tôi khác”.", different: "Bạn cho biết việc của bạn khác các phản ánh gần đó.", again: "Xem lại", adding: "Đang ghi nhận…", photo: "Ảnh của phản ánh", failed: "Chưa ghi nhận được:", network: "không có mạng. Hãy thử lại.", pin: "Nơi bạn báo", likely: "Rất giống", yours: "Phản ánh của bạn", joined: "Bạn đã cùng phản ánh", follow: "Theo dõi", fillYours: "Bạn đã gửi một phản ánh rất giống ở gần đó: hãy theo dõi phản ánh ấy, hoặc bấm “Việc của tôi khác”." },
  en: { legend: "Already reported?", few: "Something like this was reported nearby. If it is the same, press “Me too”: you are counted, can get news of it, and nobody learns who you are.", none: "Nobody reported this around here yet.", looking: "Looking whether it was reported…", me: "Me too", mine: "Mine is another", see: "Look at it", away: "# m away", support: "people met it too", supportOne: "person met it too", more: "Show more", map: "Show on a map", hideMap: "Hide the map", fill: "Something very similar was reported nearby: look at it, then press “Me too” or “Mine is another”.", different: "You said that yours is another than those nearby.", again: "Look again", adding: "Adding you…", photo: "Photo of the complaint", failed: "You could not be added:", network: "there is no network. Please try again.", pin: "Your place", likely: "Very similar", yours: "Your report", joined: "You reported this too", follow: "Follow it", fillYours: "You reported something very similar nearby: follow that, or press “Mine is another”." },
});
const FIRST = 3, PAUSE_MS = 700;
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [["year", 31_536_000], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3600], ["minute", 60]];
/** How long ago, in the page's words. */
export function ago(iso: string): string {
  const seconds = (Date.parse(iso) - Date.now()) / 1000, format = new Intl.RelativeTimeFormat(current(), { numeric: "auto" });
  const [unit, length] = UNITS.find(([, one]) => Math.abs(seconds) >= one) ?? ["minute", 60];
  return format.format(Math.round(seconds / length), unit);
}

/** What was reported nearby already; whoever means the same adds their voice instead of another report. */
export function nearSection(sheet: Sheet, supported: (sent: Sent) => void): Section {
  const { draft, domains } = sheet;
  const said = h("p", { role: "status", id: "near-said" });
  const alert = h("p", { role: "alert", class: "alert" });
  const list = h("ol", { class: "near" });
  const holder = h("div", { class: "pin-map", hidden: true, id: "near-map" });
  const more = h("button", { type: "button", hidden: true, click: () => { most = Infinity; draw(); } }, w("more"));
  const mapButton = h("button", { type: "button", "aria-expanded": "false", "aria-controls": "near-map", click: () => (holder.hidden ? void openMap() : closeMap()) }, w("map"));
  const mine = h("button", { type: "button", id: "mine-is-another", click: () => { sheet.change("other", { others: found.map((one) => one.code) }); draw(); mine.hidden ? again.focus() : null; } }, w("mine"));
  const again = h("button", { type: "button", id: "look-again", click: () => { sheet.change("other", { others: [] }); draw(); list.querySelector("button")?.focus(); } }, w("again"));
  const node = h("fieldset", { id: "part-near", hidden: true }, h("legend", {}, w("legend")), said, alert, list, h("div", { class: "row" }, mine, more, mapButton, again), holder);
  let found: Near[] = [], own = new Map<string, Sent>(), most = FIRST, timer = 0, asking: AbortController | null = null, asked = "", pins: PinMap | null = null;

  const undecided = (): Near[] => found.filter((one) => one.likely && !draft.others.includes(one.code));
  async function look(): Promise<void> {
    const { lon, lat, category, text } = draft;
    asking?.abort();
    if (lon === undefined || lat === undefined || !category) { found = []; asked = ""; node.hidden = true; return; }
    const words = text.trim().slice(0, 1000), question = JSON.stringify({ lon, lat, category, ...(words ? { text: words } : {}) });
    if (question === asked) return;
    asked = question;
    const mineOnly = (asking = new AbortController());
    if (node.hidden) { node.hidden = false; said.textContent = w("looking"); list.replaceChildren(); hideButtons(); }
    try {
      const answer = await fetch("/api/v1/complaints/near", { method: "POST", headers: { "Content-Type": "application/json", "X-Device": device() }, body: question, signal: mineOnly.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      found = ((await answer.json()) as { near: Near[] }).near;
      own = new Map((await sentFromHere()).map((one) => [one.code, one]));
      draw();
    } catch {
      if (mineOnly.signal.aborted) return;
      // Without an answer nobody is kept from reporting.
      found = [];
      asked = "";
      node.hidden = true;
    }
  }
  function hideButtons(): void { for (const one of [mine, more, mapButton, again]) one.hidden = true; }
  function draw(): void {
    node.hidden = false;
    alert.textContent = "";
    const dismissed = found.length > 0 && found.every((one) => draft.others.includes(one.code));
    said.textContent = !found.length ? w("none") : dismissed ? w("different") : w("few");
    hideButtons();
    if (!found.length || dismissed) { list.replaceChildren(); closeMap(); again.hidden = !dismissed; return; }
    const shown = found.slice(0, most);
    mine.hidden = mapButton.hidden = false;
    more.hidden = shown.length === found.length;
    list.replaceChildren(...shown.map((one, i) => entry(one, i)));
    if (pins) place();
  }
  function entry(one: Near, i: number): HTMLElement {
    const kind = domains.flatMap((domain: Domain) => domain.categories).find((each) => each.code === one.category);
    const name = kind ? named(kind.name) : one.category;
    const facts = [w("away").replace("#", number(Math.round(one.distance_m))), ago(one.reported_at), one.supporters ? `${number(one.supporters)} ${w(one.supporters === 1 ? "supportOne" : "support")}` : ""].filter(Boolean).join(" · ");
    // What this device sent is no other's.
    const sent = own.get(one.code), whose = sent ? w(sent.role === "reporter" ? "yours" : "joined") : "";
    const me = sent ? h("a", { class: "button", href: sent.link ? privateLink(sent.link) : `/c/${one.code}`, target: "_blank", rel: "noopener", "aria-label": `${w("follow")}: ${name}, ${one.code}` }, w("follow")) : h("button", { type: "button", class: "main me-too", "aria-label": `${w("me")}: ${name}, ${facts}`, click: (event) => void support(one, event.currentTarget as HTMLButtonElement) }, w("me"));
    return h("li", { "data-near": one.code, class: one.likely ? "likely" : "" },
      h("div", { class: "near-head" }, one.photo ? h("img", { src: one.photo, alt: `${w("photo")}: ${name}`, width: 72, height: 72, loading: "lazy" }) : null,
        h("div", {}, h("strong", {}, `${i + 1}. ${name}`), " ", h("span", { class: `state ${one.status}` }, status(one.status)), whose ? h("span", { class: "state own" }, whose) : one.likely ? h("span", { class: "state likely" }, w("likely")) : null,
          h("p", { class: "near-text" }, one.text), h("small", {}, [facts, one.address].filter(Boolean).join(" · ")))),
      h("div", { class: "row" }, me, h("a", { class: "button", href: `/c/${one.code}`, target: "_blank", rel: "noopener", "aria-label": `${w("see")}: ${name}, ${one.code}` }, w("see"))));
  }
  async function support(one: Near, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    said.textContent = w("adding");
    alert.textContent = "";
    try {
      const answer = await guarded<{ link: string; supporters: number; contact?: string | null }>(`/api/v1/complaints/${encodeURIComponent(one.code)}/support`, { device: device(), language: current(), ...(draft.email.trim() ? { email: draft.email.trim() } : {}) });
      const sent: Sent = { key: `support-${one.code}`, code: one.code, text: one.text.slice(0, 120), at: new Date().toISOString(), role: "supporter", link: answer.link, supporters: answer.supporters, contact: answer.contact ?? null };
      await remember(sent);
      supported(sent);
    } catch (problem) {
      if (!isNetwork(problem) && !(problem instanceof Trouble)) throw problem;
      draw();
      alert.textContent = `${w("failed")} ${problem instanceof Trouble ? problem.spoken : w("network")}`;
    }
  }
  async function openMap(): Promise<void> {
    const { lon, lat } = draft;
    if (lon === undefined || lat === undefined) return;
    holder.hidden = false;
    mapButton.setAttribute("aria-expanded", "true");
    mapButton.textContent = w("hideMap");
    try {
      const { PinMap } = await import("./pinmap");
      if (holder.hidden || pins) return;
      pins = new PinMap(holder, { config: sheet.config, city: sheet.city, set: state.set, label: w("pin"), start: [lon, lat], zoom: 16 });
      pins.pin([lon, lat]);
      place();
    } catch { closeMap(); }
  }
  function place(): void { pins?.around(found.slice(0, most).map(({ lon, lat }, i) => ({ lon, lat, label: String(i + 1) })), draft.lon === undefined || draft.lat === undefined ? null : [draft.lon, draft.lat]); }
  function closeMap(): void {
    pins?.remove();
    pins = null;
    holder.hidden = true;
    holder.replaceChildren();
    mapButton.setAttribute("aria-expanded", "false");
    mapButton.textContent = w("map");
  }
  sheet.on((part) => {
    if (part !== "place" && part !== "category" && part !== "text") return;
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), part === "text" ? PAUSE_MS : 50);
    if (part !== "text" && pins) { closeMap(); }
  });
  void look();
  return {
    node,
    check: (): Fault[] => (!node.hidden && undecided().length ? [{ message: w(undecided().every((one) => own.has(one.code)) ? "fillYours" : "fill"), focus: list.querySelector<HTMLElement>(".me-too") ?? mine }] : []),
    leave: () => { clearTimeout(timer); asking?.abort(); closeMap(); },
  };
}
