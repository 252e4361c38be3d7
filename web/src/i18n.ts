/** Every text of the page, in both languages; a key that one lacks does not compile. */
export type Language = "vi" | "en";
export type Names = Record<Language, string>;

const vi = {
  title: "Bản đồ phản ánh", other: "English", skip: "Đến bộ lọc và số liệu", filters: "Bộ lọc", table: "Bảng số liệu", list: "Danh sách", report: "Gửi phản ánh",
  layer: "Lớp bản đồ", cells: "Ô lục giác", areas: "Đơn vị hành chính", complaints: "Từng phản ánh", city: "Thành phố", set: "Ranh giới", domain: "Lĩnh vực", all: "Tất cả", category: "Loại phản ánh",
  status: "Trạng thái", anyStatus: "Mọi trạng thái", open: "Chưa xong", closed: "Đã xong", time: "Thời gian", allTime: "Toàn bộ thời gian", days7: "7 ngày qua", days30: "30 ngày qua", days90: "90 ngày qua", thisYear: "Năm nay", ownTime: "Tự chọn", from: "Từ ngày", to: "Đến hết ngày",
  month: "Tháng", everyMonth: "cả giai đoạn", play: "Chạy", pause: "Dừng", total: "phản ánh", none: "Không có phản ánh nào phù hợp.", reset: "Xoá bộ lọc", sample: "Dữ liệu mẫu, không phải phản ánh thật.",
  nocity: "Bản đồ này chưa có thành phố nào.", error: "Không tải được dữ liệu. Đang thử lại…", offline: "Không có mạng. Bản đồ sẽ cập nhật khi có mạng lại.", retry: "Thử lại", perCell: "số trong mỗi ô", perArea: "số trong mỗi đơn vị", roughly: "Ranh giới gần đúng.", inCell: "phản ánh trong ô này", showList: "Xem danh sách", onlyArea: "Chỉ xem nơi này", removeArea: "Bỏ chọn nơi này", chosenArea: "Nơi đang xem",
  rate: "trên 1.000 dân", density: "trên km²", legend: "Chú giải", classes: "Cách chia lớp", quantile: "Số lượng bằng nhau", natural: "Ngắt tự nhiên", many: "nhiều phản ánh trong một ô", single: "một phản ánh",
  search: "Tìm phường, xã, đường, mã phản ánh", nothingFound: "Không tìm thấy.", abolished: "đến", street: "địa chỉ", code: "Mã", close: "Đóng", name: "Tên", count: "Số phản ánh", population: "Dân số", outside: "Ngoài ranh giới", download: "Tải CSV", more: "Xem thêm", newest: "Mới nhất trước", loading: "Đang tải…",
  reported: "Gửi lúc", timeline: "Diễn biến", place: "Vị trí", showOnMap: "Xem trên bản đồ", received: "Chờ tiếp nhận", accepted: "Đã nhận xử lý", in_progress: "Đang xử lý", resolved: "Đã giải quyết", rejected: "Từ chối", duplicate: "Trùng", withdrawn: "Đã rút", changed: "Có thay đổi",
  hotspots: "Điểm nóng (thống kê)", cellSize: "Cỡ ô", spotList: "Danh sách điểm nóng", noSpots: "Không có nơi nào nóng hơn mức ngẫu nhiên với bộ lọc này.", hot99: "Nóng, tin cậy 99%", hot95: "Nóng, tin cậy 95%", hot90: "Nóng, tin cậy 90%", notSignificant: "Không khác ngẫu nhiên", cold90: "Lạnh, tin cậy 90%", cold95: "Lạnh, tin cậy 95%", cold99: "Lạnh, tin cậy 99%", cellsOf: "ô", few: "Quá ít phản ánh so với số ô để kết luận chắc chắn: hãy chọn ô lớn hơn hoặc thời gian dài hơn.", rawCounts: "So với số phản ánh, không phải số dân: nơi ít người báo có thể trông lạnh.", strength: "độ mạnh z =", around: "Ở đây và các ô bên cạnh",
  trends: "Xu hướng điểm nóng", step: "Mỗi kỳ là", week: "tuần", quarter: "quý", oneMonth: "tháng", tooShort: "Cần ít nhất 10 kỳ trọn vẹn có phản ánh để thấy xu hướng. Hãy chọn thời gian dài hơn hoặc kỳ ngắn hơn.", periods: "kỳ", newHot: "mới nóng", consecutiveHot: "nóng liên tiếp", intensifyingHot: "đang nóng lên", persistentHot: "nóng kéo dài", diminishingHot: "nóng, đang dịu", sporadicHot: "nóng từng lúc", oscillatingHot: "lúc nóng lúc lạnh, nay nóng", historicalHot: "từng nóng, nay không", newCold: "mới lạnh", consecutiveCold: "lạnh liên tiếp", intensifyingCold: "đang lạnh thêm", persistentCold: "lạnh kéo dài", diminishingCold: "lạnh, đang bớt", sporadicCold: "lạnh từng lúc", oscillatingCold: "lúc nóng lúc lạnh, nay lạnh", historicalCold: "từng lạnh, nay không", noPattern: "không có xu hướng rõ",
  smoothed: "đã làm trơn", overall: "Chung cả thành phố", ratesSay: "Số nhỏ sau mỗi tỷ lệ là khoảng tin cậy 95%; ▲ ▼: lệch hơn mức ngẫu nhiên (1 trên 500); “đã làm trơn” kéo nơi ít dân về mức chung.", unusuallyHigh: "cao bất thường", unusuallyLow: "thấp bất thường",
  takeAway: "Tải về", reportFile: "Bản đồ để họp (HTML, mở không cần mạng)",
  perWeek: "× là tỷ lệ số phản ánh mỗi tuần, sau so với trước.", weeks: "tuần", beforeAfter: "Trước và sau", changeOn: "Ngày bắt đầu thay đổi", eachSide: "Xét mỗi bên", fellMore: "Giảm nhiều hơn phần còn lại của thành phố.", roseMore: "Tăng nhiều hơn phần còn lại của thành phố.", cannotTell: "Chưa thể nói là khác phần còn lại của thành phố.", againstRest: "So với phần còn lại", restOfCity: "Phần còn lại của thành phố", fewHere: "Có số nhỏ hơn 20: khoảng tin cậy chỉ là ước chừng.", compareSays: "Trong ngoặc là khoảng tin cậy 95%. Cho biết nơi này thay đổi khác nơi khác, không cho biết vì sao.", groups: "Cụm bất thường gần đây", groupsSay: "Những nhóm đơn vị liền nhau có nhiều phản ánh hơn hẳn dự kiến trong các tuần gần nhất, so với thường lệ của chính nơi đó và của cả thành phố; p: khả năng chỉ do ngẫu nhiên.", noGroups: "Không có cụm nào vượt mức ngẫu nhiên.", expected: "dự kiến",
  cancel: "Thôi", back: "Quay lại", unknownTime: "không rõ lúc nào", noNetworkSearch: "Không có mạng, chưa tìm được.",
  badFilter: "Bộ lọc trong địa chỉ không đúng:", noPopulation: "Chưa có dân số của các đơn vị này nên không có tỷ lệ trên 1.000 dân.", groupsTooShort: "Cần ít nhất 10 tuần trọn vẹn có phản ánh để biết đâu là bất thường. Hãy chọn thời gian dài hơn.", numberIs: "Số phản ánh", rising: "đang tăng", falling: "đang giảm", steady: "không tăng giảm rõ",
  findPlace: "Hoặc tìm phường, xã, đường", formerly: "trước đây:",
};
type Text = keyof typeof vi;
const en: Record<Text, string> = {
  title: "Complaint map", other: "Tiếng Việt", skip: "To the filters and figures", filters: "Filters", table: "Table", list: "List", report: "Report an issue",
  layer: "Map layer", cells: "Hexagons", areas: "Areas", complaints: "Single complaints", city: "City", set: "Boundaries", domain: "Domain", all: "All", category: "Category",
  status: "Status", anyStatus: "Any status", open: "Open", closed: "Closed", time: "Time", allTime: "All time", days7: "Last 7 days", days30: "Last 30 days", days90: "Last 90 days", thisYear: "This year", ownTime: "Own choice", from: "From", to: "Up to and including",
  month: "Month", everyMonth: "whole period", play: "Play", pause: "Pause", total: "complaints", none: "No complaint matches.", reset: "Clear the filters", sample: "Sample data, not real complaints.",
  nocity: "This map has no city yet.", error: "The data cannot be loaded. Trying again…", offline: "No network. The map updates when it is back.", retry: "Try again", perCell: "number per cell", perArea: "number per area", roughly: "Boundaries are approximate.", inCell: "complaints in this cell", showList: "Show the list", onlyArea: "Only this area", removeArea: "Remove this area", chosenArea: "Area shown",
  rate: "per 1,000 residents", density: "per km²", legend: "Legend", classes: "Classes", quantile: "Equal numbers", natural: "Natural breaks", many: "many complaints in one cell", single: "one complaint",
  search: "Search ward, street, complaint code", nothingFound: "Nothing found.", abolished: "until", street: "address", code: "Code", close: "Close", name: "Name", count: "Complaints", population: "Population", outside: "Outside all areas", download: "Download CSV", more: "Show more", newest: "Newest first", loading: "Loading…",
  reported: "Reported", timeline: "Timeline", place: "Place", showOnMap: "Show on the map", received: "Received", accepted: "Accepted", in_progress: "In progress", resolved: "Resolved", rejected: "Rejected", duplicate: "Duplicate", withdrawn: "Withdrawn", changed: "Changed",
  hotspots: "Hot spots (statistics)", cellSize: "Cell size", spotList: "List of hot spots", noSpots: "No place is hotter than chance under this filter.", hot99: "Hot, 99% confidence", hot95: "Hot, 95% confidence", hot90: "Hot, 90% confidence", notSignificant: "No different from chance", cold90: "Cold, 90% confidence", cold95: "Cold, 95% confidence", cold99: "Cold, 99% confidence", cellsOf: "cells", few: "Too few complaints for so many cells to be sure: choose larger cells or a longer time.", rawCounts: "Compares complaints, not residents: where few people report may look cold.", strength: "strength z =", around: "Here and in the cells around",
  trends: "Trends of hot spots", step: "One period is", week: "a week", quarter: "a quarter", oneMonth: "a month", tooShort: "A trend needs at least 10 whole periods with complaints. Choose a longer time or a shorter period.", periods: "periods", newHot: "new hot spot", consecutiveHot: "hot in a row", intensifyingHot: "hot, intensifying", persistentHot: "hot, persistent", diminishingHot: "hot, diminishing", sporadicHot: "hot on and off", oscillatingHot: "hot now, cold before", historicalHot: "once hot, not now", newCold: "new cold spot", consecutiveCold: "cold in a row", intensifyingCold: "cold, intensifying", persistentCold: "cold, persistent", diminishingCold: "cold, diminishing", sporadicCold: "cold on and off", oscillatingCold: "cold now, hot before", historicalCold: "once cold, not now", noPattern: "no clear pattern",
  smoothed: "smoothed", overall: "Whole city", ratesSay: "Small figures after a rate are its 95% interval; ▲ ▼: farther off than chance (1 in 500); smoothed rates draw places with few residents towards the whole.", unusuallyHigh: "unusually high", unusuallyLow: "unusually low",
  takeAway: "Take it with you", reportFile: "Map for a meeting (HTML, opens without a network)",
  perWeek: "× is complaints a week after, by those before.", weeks: "weeks", beforeAfter: "Before and after", changeOn: "First day of the change", eachSide: "On each side", fellMore: "Fell more than the rest of the city.", roseMore: "Rose more than the rest of the city.", cannotTell: "Cannot be told from the rest of the city.", againstRest: "Against the rest", restOfCity: "The rest of the city", fewHere: "A number is below 20: the interval is rough.", compareSays: "In brackets the 95% interval. It says that this place went another way, not why.", groups: "Recent unusual groups", groupsSay: "Neighbouring areas with far more complaints than expected in the latest weeks, given what is usual there and in the whole city; p: how likely by chance alone.", noGroups: "No group goes beyond chance.", expected: "expected",
  cancel: "Cancel", back: "Back", unknownTime: "time not known", noNetworkSearch: "No network, the search must wait.",
  badFilter: "The filter in the address is not right:", noPopulation: "The residents of these areas are not known, so there are no rates per 1,000.", groupsTooShort: "At least 10 whole weeks with complaints are needed to tell what is unusual. Choose a longer time.", numberIs: "The number", rising: "is rising", falling: "is falling", steady: "shows no clear trend",
  findPlace: "Or find a ward or street", formerly: "formerly:",
};
const words: Record<Language, Record<Text, string>> = { vi, en };
let language: Language = "vi";

export const setLanguage = (to: Language): void => { language = to; document.documentElement.lang = to; };
const CHOSEN = "phananh-language";
/** The language that was pressed on this device; Vietnamese for who never pressed any. */
export function chosen(): Language { try { return localStorage.getItem(CHOSEN) === "en" ? "en" : "vi"; } catch { return "vi"; } }
/** Keeps what was pressed for the other pages and the next time. */
export function choose(to: Language): void { try { localStorage.setItem(CHOSEN, to); } catch { /* private mode: the address alone says it */ } }
/** The language of an address: what it names, or else what was pressed before. */
export const languageOf = (named: string | null): Language => (named === null ? chosen() : named === "en" ? "en" : "vi");
export const current = (): Language => language;
export const t = (key: Text): string => words[language][key];
/** The texts of one part of the page, kept beside it: `const w = phrases({ vi: {...}, en: {...} })`. */
export const phrases = <K extends string>(texts: Record<Language, Record<K, string>>) => (key: K): string => texts[language][key];
export const named = (names: Names): string => names[language];
export const number = (n: number): string => n.toLocaleString(language === "vi" ? "vi-VN" : "en-GB", { maximumFractionDigits: 1 });
/** Ratios and probabilities: three digits, wherever the first one stands. */
export const fine = (n: number): string => n.toLocaleString(language === "vi" ? "vi-VN" : "en-GB", { maximumSignificantDigits: 3 });
let zone: string | undefined;
/** Times are told by the city's clocks, wherever they are read. */
export const setZone = (name: string): void => { zone = name; };
const locale = (): string => (language === "vi" ? "vi-VN" : "en-GB");
// Vietnamese writes 26/11/2026; its medium style would say "26 thg 11, 2026".
const written = (): Intl.DateTimeFormatOptions => (language === "vi" ? { day: "numeric", month: "numeric", year: "numeric", hour: "2-digit", minute: "2-digit" } : { dateStyle: "medium", timeStyle: "short" });
export const instant = (iso: string): string => new Date(iso).toLocaleString(locale(), { ...written(), ...(zone ? { timeZone: zone } : {}) });
/** A local day like 2026-03-02. */
export const day = (iso: string): string => new Date(`${iso}T12:00:00Z`).toLocaleDateString(locale(), { timeZone: "UTC", ...(language === "vi" ? {} : { dateStyle: "medium" }) });
export const status = (code: string): string => (code in vi ? t(code as Text) : code);
