import { Refused } from "./api";
import { byId, h } from "./dom";
import { choice } from "./fields";
import { number, phrases, t } from "./i18n";
import { totalsOf } from "./series";
import { change, PLAYED, spanOf, state } from "./state";

const w = phrases({
  vi: { speed: "Tốc độ", slow: "chậm", middle: "vừa", fast: "nhanh", every: "Mỗi kỳ", month: "tháng", week: "tuần", back: "Kỳ trước", on: "Kỳ sau", keys: "Phím cách: chạy hoặc dừng; mũi tên: từng kỳ" },
  en: { speed: "Speed", slow: "slow", middle: "middle", fast: "fast", every: "Each step", month: "month", week: "week", back: "One step back", on: "One step on", keys: "Space plays or pauses, arrows go step by step" },
});
/** Milliseconds a frame stays; tiles of each frame take as long as they did. */
const SPEEDS: [string, number][] = [["slow", 1000], ["middle", 500], ["fast", 250]];
const TILES_MS = 1200;
const REST_MS = 350;

let periods: { key: string; n: number }[] = [];
let timer: number | undefined, resting: number | undefined, writing: number | undefined;
let speed = "middle";
/** Whether the last frame needed no request. */
let quick = false;
/** Draws a frame without a request; false where a frame has to be asked for. */
let drawNow: (frame: string) => boolean = () => false;
export const onFrame = (draw: (frame: string) => boolean): void => { drawNow = draw; };
export const playing = (): boolean => timer !== undefined;

/** Complaints by month or week in the chosen time: a slider over them, and a button that plays. */
export async function readPeriods(): Promise<void> {
  let totals: Awaited<ReturnType<typeof totalsOf>>;
  try { totals = await totalsOf(state); } catch (problem) {
    // What is wrong with the filter is told by the figures.
    if (!(problem instanceof Refused)) throw problem;
    totals = new Map();
  }
  periods = [...totals].map(([since, n]) => ({ key: state.pace === "month" ? since.slice(0, 7) : since, n }));
  drawSlider();
}
const place = (): number => periods.findIndex((one) => one.key === state.frame) + 1;
const label = (at: number): string => {
  const one = periods[at - 1];
  return one ? `${state.pace === "month" ? one.key : `${one.key} – ${spanOf(one.key).until}`} · ${number(one.n)}` : t("everyMonth");
};

/** Shows a frame: at once where the client has it, and to all who ask once it rests. */
function show(at: number): void {
  const frame = periods[at - 1]?.key ?? "";
  clearTimeout(resting);
  quick = frame !== "" && drawNow(frame);
  if (!quick) { change({ frame }, !playing()); return; }
  mark();
  // Browsers refuse addresses that change too often.
  writing ??= window.setTimeout(() => { writing = undefined; if (playing()) history.replaceState(history.state, "", addressOf(state.frame)); }, 400);
  if (!playing()) resting = window.setTimeout(() => change({ frame: state.frame }), REST_MS);
}
function addressOf(frame: string): string {
  const query = new URLSearchParams(location.search);
  query.set("frame", frame);
  return `?${query}`;
}
export function stopPlaying(): void {
  if (timer === undefined) return;
  clearTimeout(timer);
  timer = undefined;
  change({}, false);
}
function play(): void {
  if (playing()) { stopPlaying(); return; }
  const step = (): void => {
    if (!document.hidden) {
      const at = place();
      if (at >= periods.length) { stopPlaying(); return; }
      show(at + 1);
    }
    timer = window.setTimeout(step, quick ? SPEEDS.find(([name]) => name === speed)?.[1] ?? 500 : TILES_MS);
  };
  if (place() >= periods.length) state.frame = "";
  timer = window.setTimeout(step, 0);
  drawSlider();
}
/** The marks of the frame that is shown, without drawing the rest anew. */
function mark(): void {
  const at = place(), slider = document.getElementById("month") as HTMLInputElement | null;
  if (!slider) return;
  slider.value = String(at);
  slider.setAttribute("aria-valuetext", label(at));
  byId("frame-shown").textContent = label(at);
  document.querySelectorAll("#months .bars i").forEach((bar, i) => bar.classList.toggle("on", i + 1 === at));
}
export function drawSlider(): void {
  const place_ = document.getElementById("months");
  if (!place_) return;
  if (!PLAYED.includes(state.layer) || periods.length < 2) {
    clearTimeout(timer);
    timer = undefined;
    place_.replaceChildren();
    if (PLAYED.includes(state.layer) && state.pace === "month" && periods.length === 1) place_.append(pace());
    return;
  }
  const at = place(), top = Math.max(...periods.map((one) => one.n)), kept = document.activeElement?.id ?? "";
  place_.replaceChildren(
    h("div", { class: "bars", "aria-hidden": "true" }, ...periods.map((one, i) => {
      const bar = h("i", { title: `${one.key}: ${number(one.n)}`, ...(i + 1 === at ? { class: "on" } : {}) });
      bar.style.height = `${Math.max(4, (100 * one.n) / top)}%`;
      return bar;
    })),
    h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, periods[0]?.key ?? ""), h("span", {}, periods.at(-1)?.key ?? "")),
    h("input", { type: "range", id: "month", "aria-label": t("month"), title: w("keys"), min: 0, max: periods.length, value: at, "aria-valuetext": label(at),
      input: (event) => { clearTimeout(timer); timer = undefined; playButton(); show(Number((event.target as HTMLInputElement).value)); },
      keydown: (event) => { if ((event as KeyboardEvent).key === " ") { event.preventDefault(); play(); } } }),
    h("div", { class: "play" },
      h("button", { type: "button", id: "step-back", "aria-label": w("back"), click: () => { stopPlaying(); show(Math.max(0, place() - 1)); } }, "◀"),
      h("button", { type: "button", id: "play", click: play }, ""),
      h("button", { type: "button", id: "step-on", "aria-label": w("on"), click: () => { stopPlaying(); show(Math.min(periods.length, place() + 1)); } }, "▶"),
      h("output", { id: "frame-shown", for: "month" }, label(at))),
    h("div", { class: "pair" }, pace(), choice("speed", w("speed"), SPEEDS.map(([name]) => [name, w(name as "slow")]), speed, (value) => { speed = value; })),
  );
  playButton();
  if (["month", "play", "step-back", "step-on", "pace", "speed"].includes(kept)) document.getElementById(kept)?.focus();
}
function playButton(): void {
  const button = document.getElementById("play");
  if (button) button.textContent = playing() ? `❚❚ ${t("pause")}` : `▶ ${t("play")}`;
}
const pace = (): HTMLElement => choice("pace", w("every"), [["month", w("month")], ["week", w("week")]], state.pace, (value) => change({ pace: value }));
