/** How figures of the work are said, and what the server tells of them. */
import { current, number, phrases } from "../i18n";

export interface Ends { value: number | null; low: number | null; high: number | null }
export interface Times { n: number; done: number; few: boolean; median: Ends; p90: Ends }
export interface Share extends Ends { n: number; few: boolean }
export type Clock = "working" | "calendar";
export interface Row { key: number | string; code?: string; name?: string; name_en?: string; since?: string; until?: string; n: Record<string, number>; query: string | null; linked: string[]; in_time: Share; reaction: Record<Clock, Times>; closing: Record<Clock, Times>; satisfaction: Share & { brought_back: number }; stood_h: number; beyond?: -1 | 0 | 1 }
export interface Funnel { levels: number[]; overall: number; n: number[]; lower: [number, number][]; upper: [number, number][] }
/** `GET /api/v1/performance` */
export interface Told { since: string; until: string; by: By | null; set: string | null; few: number; whole: Row; before: (Row & { since: string; until: string }) | null; rows: Row[]; funnel: Funnel | null }
export const BYS = ["area", "domain", "category", "unit", "person", "week", "month", "quarter"] as const;
export type By = (typeof BYS)[number];

export const w = phrases({
  vi: {
    title: "Tình hình xử lý", since: "Từ ngày", until: "Đến hết ngày", by: "Chia theo", area: "Địa bàn", mine: "Tất cả địa bàn của tôi", domain: "Lĩnh vực", all: "Tất cả", set: "Ranh giới", clock: "Đồng hồ", working: "giờ làm việc", calendar: "giờ đồng hồ", apply: "Xem", csv: "Tải CSV", xlsx: "Tải XLSX", periods: "Giai đoạn", p28: "4 tuần", p91: "13 tuần", p365: "Một năm",
    "by.area": "đơn vị hành chính", "by.domain": "lĩnh vực", "by.category": "loại phản ánh", "by.unit": "bộ phận", "by.person": "cán bộ", "by.week": "tuần", "by.month": "tháng", "by.quarter": "quý",
    received: "Đã nhận", open: "Chưa xong", overdue: "Quá hạn", closed: "Đã xong", "by.reporting": "ngày gửi", "by.closing": "ngày xong", in_time: "Đúng hạn", kept: "Đúng hạn", missed: "Lỡ hạn", missed_handed: "Lỡ hạn nhưng do nơi khác chuyển đến, không tính", late: "Xong trễ hạn", unreacted: "Chưa phản hồi", reacted_late: "Phản hồi trễ", reopened: "Mở lại", handed_in: "Chuyển đến", handed_out: "Chuyển đi", ended: "Trùng, đã rút", refused: "Từ chối", stood: "Có tạm dừng", paused: "Đang tạm dừng",
    closing: "Thời gian đến khi xong", reaction: "Thời gian đến phản hồi đầu tiên", median: "trung vị", p90: "90%", satisfaction: "Hài lòng hoặc chấp nhận", of: "trên", few: "ít", fewSays: "Dưới 20: chỉ nêu khoảng tin cậy 95%.", interval: "khoảng tin cậy 95%", unknown: "chưa biết", hours: "giờ", days: "ngày", workdays: "ngày làm việc", before: "kỳ trước", none: "Không có phản ánh nào trong giai đoạn này.", nobody: "chưa giao", noUnit: "không ghi bộ phận", outside: "ngoài các đơn vị", over: "hơn", under: "dưới",
    beforeHere: "Đã xong trước khi về đây", beforeHereSays: "không tính vào các số khác; thời gian theo lịch", stoodTotal: "Thời gian tạm dừng", loading: "Đang tải…", table: "Bảng số liệu", whole: "Cộng", high: "cao hơn mức ngẫu nhiên (99,8%)", low: "thấp hơn mức ngẫu nhiên (99,8%)", funnel: "Đúng hạn: nơi nào lệch hơn mức ngẫu nhiên?", funnelSays: "Trong phễu: khác nhau không hơn mức ngẫu nhiên, đừng xếp hạng. Nơi có ít việc dao động nhiều hơn, nên phễu rộng ở bên trái.", funnelX: "số việc đã đến hạn", noneBeyond: "Không nơi nào nằm ngoài giới hạn 99,8%.", beyond: "Ngoài giới hạn 99,8%:", times: "Thời gian đến khi xong theo kỳ, trung vị và khoảng tin cậy 95%", people: "Số liệu của từng người chỉ để lãnh đạo địa bàn phân việc, không để xếp hạng.",
    method: "Các con số này nghĩa là gì?", weekly: "Trang hằng tuần", weeklySays: "Tuần trước, để in hoặc nhận qua thư mỗi sáng thứ Hai.", html: "Xem trang", pdf: "Tải PDF", subscribe: "Nhận qua thư", unsubscribe: "Thôi nhận qua thư", subscribed: "Sẽ gửi mỗi sáng thứ Hai.", unsubscribed: "Không gửi nữa.", rows: "Xem danh sách",
  },
  en: {
    title: "How it goes", since: "From", until: "Up to and including", by: "Told by", area: "Area", mine: "All areas of mine", domain: "Domain", all: "All", set: "Boundaries", clock: "Clock", working: "working time", calendar: "calendar time", apply: "Show", csv: "Download CSV", xlsx: "Download XLSX", periods: "Period", p28: "4 weeks", p91: "13 weeks", p365: "One year",
    "by.area": "area", "by.domain": "domain", "by.category": "category", "by.unit": "unit", "by.person": "official", "by.week": "week", "by.month": "month", "by.quarter": "quarter",
    received: "Received", open: "Open", overdue: "Overdue", closed: "Closed", "by.reporting": "by reporting", "by.closing": "by closing", in_time: "In time", kept: "In time", missed: "Limit missed", missed_handed: "Missed, but handed over from elsewhere, not counted", late: "Closed late", unreacted: "No reaction yet", reacted_late: "Reaction late", reopened: "Reopened", handed_in: "Handed in", handed_out: "Handed out", ended: "Duplicate, withdrawn", refused: "Refused", stood: "Paused at some time", paused: "Paused now",
    closing: "Time to closing", reaction: "Time to the first reaction", median: "median", p90: "90%", satisfaction: "Satisfied or accepts", of: "of", few: "few", fewSays: "Below 20: the 95% interval alone.", interval: "95% interval", unknown: "not known", hours: "h", days: "days", workdays: "working days", before: "the time before", none: "No complaint in this time.", nobody: "nobody yet", noUnit: "no unit named", outside: "outside all areas", over: "over", under: "under",
    beforeHere: "Closed before it came here", beforeHereSays: "in no other figure; calendar time", stoodTotal: "Time paused", loading: "Loading…", table: "Table", whole: "All", high: "higher than chance (99.8%)", low: "lower than chance (99.8%)", funnel: "In time: who differs by more than chance?", funnelSays: "Inside the funnel they differ no more than by chance: not to be ranked. Where there is little work a share swings more, so the funnel is wide on the left.", funnelX: "complaints that were due", noneBeyond: "None lies outside the 99.8% limits.", beyond: "Outside the 99.8% limits:", times: "Time to closing by period, median and 95% interval", people: "Figures of people are for dividing the work, by their supervisors, and not a rank.",
    method: "What do these figures mean?", weekly: "Weekly page", weeklySays: "The week before, to print or by mail each Monday morning.", html: "Show the page", pdf: "Download PDF", subscribe: "Send it by mail", unsubscribe: "Stop the mail", subscribed: "It will be sent each Monday morning.", unsubscribed: "It is no longer sent.", rows: "Show the list",
  },
});
export const METHOD: Record<"vi" | "en", string[]> = {
  vi: [
    "Các con số nói về những phản ánh do địa bàn này xử lý bây giờ. Đã xong, từ chối, đúng hạn, lỡ hạn: tính theo ngày kết thúc (việc còn dở: theo ngày lỡ hạn). Các số khác, kể cả thời gian: theo ngày gửi. Bấm vào số để xem đúng danh sách đó.",
    "Giờ làm việc: từ khi phản ánh đến đơn vị này, chỉ tính giờ hành chính, trừ ngày nghỉ và thời gian tạm dừng mà quy định cho phép. Giờ đồng hồ: thời gian người dân chờ, kể cả đêm và ngày nghỉ.",
    "Việc chưa xong cũng được tính: nó đã kéo dài ít nhất đến bây giờ (Kaplan–Meier). Vì vậy nơi để việc tồn đọng không trông nhanh hơn. Việc trùng hoặc đã rút không tính vào thời gian.",
    "Đúng hạn: trên số việc đã xong trong giai đoạn và số việc còn dở có hạn rơi vào giai đoạn mà đã lỡ. Việc do nơi khác chuyển đến mà lỡ hạn không tính lỗi cho nơi nhận. Mở lại rồi chưa xong thì coi là chưa xong.",
    "Bộ phận và cán bộ: người đã kết thúc, nếu chưa xong thì người được giao.",
    "Phản ánh đã xong trước khi chuyển về đây (dữ liệu nhập từ hệ thống cũ) được nêu riêng, chỉ có thời gian theo lịch, không có trong các số khác.",
  ],
  en: [
    "Figures are of what is handled in these areas now. Closed, refused, in time and limit missed are counted by the day of closing (what lies open: by the day of its limit), all others, times too, by the day of reporting. A click on a number lists exactly its rows.",
    "Working time: from when it came to this office, office hours alone, without holidays and without pauses as far as the policy allows them. Calendar time: what the reporter waits, nights and holidays too.",
    "What is still open counts too: it has taken at least until now (Kaplan–Meier). Who leaves work lying does not look faster. Duplicates and what was withdrawn have no times.",
    "In time: of what was closed in the chosen time, and what still lies open beyond a limit of it. What came by hand-over and missed its limit is not counted against who got it. What was reopened and is not closed again is open.",
    "Unit and official: who closed it; of open ones, whose it is.",
    "Complaints that were closed before they came here (imports of an older system) are told apart, in calendar time alone, and are in no other figure.",
  ],
};
const digits = (value: number): string => number(Math.round(value * 10) / 10);
/** Hours as people say them: long times in days of 8 working hours, or of 24. */
export function long(hours: number, clock: Clock): string {
  const day = clock === "working" ? 8 : 24;
  return hours < 2 * day ? `${digits(hours)} ${w("hours")}` : `${digits(hours / day)} ${w(clock === "working" ? "workdays" : "days")}`;
}
/** An interval; an end that so few cannot tell is left open. */
export function between({ low, high }: Ends, said: (value: number) => string): string {
  if (low === null && high === null) return "";
  if (low === null) return `${w("under")} ${said(high ?? 0)}`;
  if (high === null) return `${w("over")} ${said(low)}`;
  // The unit of both is said once.
  const [first, last] = [said(low), said(high)], unit = last.slice(last.indexOf(" "));
  return `${unit.startsWith(" ") && first.endsWith(unit) ? first.slice(0, -unit.length) : first} – ${last}`;
}
export const percent = (value: number): string => `${digits(100 * value)}%`;
export const nameOf = (row: Row, by: By | null): string => {
  if (row.key === 0 || row.key === "") return w(by === "unit" ? "noUnit" : by === "person" ? "nobody" : "outside");
  return (current() === "en" && row.name_en) || row.name || String(row.key);
};
