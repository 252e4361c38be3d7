/** How long there is, in words and as a colour. */
import { current, instant, number, phrases } from "../i18n";
import { SOON_H } from "./queue-question";
import type { Row } from "./queue-rows";

const w = phrases({
  vi: { late: "Quá hạn", left: "Còn", working: "giờ làm việc", minutes: "phút", hours: "giờ", days: "ngày", none: "Chưa đặt hạn", closed: "Đã kết thúc", paused: "Tạm dừng tính hạn", lately: "vừa xong" },
  en: { late: "Overdue by", left: "Left:", working: "working hours", minutes: "min", hours: "h", days: "days", none: "No limit set", closed: "Closed", paused: "Clock paused", lately: "just now" },
});
export type DueState = "overdue" | "soon" | "later" | "paused" | "none";
// Told apart by people who see few colours too: dark red, amber, blue, greys.
export const COLOURS: Record<DueState, string> = { overdue: "#b91c1c", soon: "#b45309", later: "#1d5f9e", paused: "#6d5a8d", none: "#64748b" };

type Dated = Pick<Row, "due_at" | "overdue" | "paused" | "left_h"> & { status?: string };
const OPEN: ReadonlySet<string> = new Set(["received", "accepted", "in_progress"]);
export const isOpen = (state: string): boolean => OPEN.has(state);
export function dueState(row: Dated, now = Date.now()): DueState {
  if (row.paused) return "paused";
  if (!row.due_at) return "none";
  const left_ms = Date.parse(row.due_at) - now;
  if (row.overdue || left_ms < 0) return "overdue";
  return left_ms <= SOON_H * 3_600_000 ? "soon" : "later";
}
function span(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours < 1) return `${number(Math.max(1, Math.round(ms / 60_000)))} ${w("minutes")}`;
  if (hours < 48) return `${number(Math.round(hours))} ${w("hours")}`;
  const days = Math.floor(hours / 24);
  return `${number(days)} ${current() === "en" && days === 1 ? "day" : w("days")}`;
}
/** "Còn 3 giờ làm việc", "Quá hạn 2 ngày"; by the clock where the server counts no working hours. */
export function dueWords(row: Dated, now = Date.now()): string {
  if (row.status && !isOpen(row.status)) return w("closed");
  const state = dueState(row, now);
  if (state === "paused" || state === "none") return w(state);
  const left_ms = Date.parse(row.due_at ?? "") - now;
  if (state === "overdue") return `${w("late")} ${span(Math.max(0, -left_ms))}`;
  if (typeof row.left_h === "number") return `${w("left")} ${number(row.left_h)} ${w("working")}`;
  return `${w("left")} ${span(left_ms)}`;
}
export const dueAt = (row: Dated): string => (row.due_at ? instant(row.due_at) : "");
