/** Every text of the page, in both languages; a key that one lacks does not compile. */
export type Language = "vi" | "en";
export type Names = Record<Language, string>;

const vi = {
  title: "Bản đồ phản ánh", other: "English", skip: "Đến bộ lọc và số liệu", filters: "Bộ lọc", table: "Bảng số liệu", list: "Danh sách", report: "Gửi phản ánh",
  layer: "Lớp bản đồ", cells: "Ô lục giác", areas: "Đơn vị hành chính", complaints: "Từng phản ánh", city: "Thành phố", set: "Ranh giới", domain: "Lĩnh vực", all: "Tất cả", category: "Loại phản ánh",
  status: "Trạng thái", anyStatus: "Mọi trạng thái", open: "Chưa xong", closed: "Đã xong", time: "Thời gian", allTime: "Toàn bộ thời gian", days7: "7 ngày qua", days30: "30 ngày qua", days90: "90 ngày qua", thisYear: "Năm nay", ownTime: "Tự chọn", from: "Từ ngày", to: "Đến hết ngày",
  month: "Tháng", everyMonth: "cả giai đoạn", play: "Chạy", pause: "Dừng", total: "phản ánh", none: "Không có phản ánh nào phù hợp.", reset: "Xoá bộ lọc", sample: "Dữ liệu mẫu, không phải phản ánh thật.",
  nocity: "Chưa có thành phố nào. Người vận hành: chạy phananh serve hoặc phananh add-city.", error: "Không tải được dữ liệu. Đang thử lại…", offline: "Không có mạng. Bản đồ sẽ cập nhật khi có mạng lại.", retry: "Thử lại", perCell: "số trong mỗi ô", perArea: "số trong mỗi đơn vị", roughly: "Ranh giới gần đúng.", inCell: "phản ánh trong ô này", showList: "Xem danh sách", onlyArea: "Chỉ xem nơi này", removeArea: "Bỏ chọn nơi này", chosenArea: "Nơi đang xem",
  rate: "trên 1.000 dân", density: "trên km²", legend: "Chú giải", classes: "Cách chia lớp", quantile: "Số ô bằng nhau", natural: "Ngắt tự nhiên", many: "nhiều phản ánh trong một ô", single: "một phản ánh",
  search: "Tìm phường, xã, đường, mã phản ánh", nothingFound: "Không tìm thấy.", abolished: "đến", street: "địa chỉ", code: "Mã", close: "Đóng", name: "Tên", count: "Số phản ánh", population: "Dân số", outside: "Ngoài ranh giới", download: "Tải CSV", more: "Xem thêm", newest: "Mới nhất trước", loading: "Đang tải…",
  reported: "Gửi lúc", timeline: "Diễn biến", place: "Vị trí", showOnMap: "Xem trên bản đồ", received: "Đã tiếp nhận", accepted: "Đã nhận xử lý", in_progress: "Đang xử lý", resolved: "Đã giải quyết", rejected: "Từ chối", duplicate: "Trùng", withdrawn: "Đã rút", changed: "Có thay đổi",
  step1: "1. Ở đâu?", step2: "2. Việc gì?", step3: "3. Mô tả", here: "Dùng vị trí của tôi", centre: "Dùng giữa bản đồ", tapMap: "Chạm vào bản đồ để chọn vị trí.", findPlace: "Hoặc tìm phường, xã, đường", placeIs: "Vị trí:", noPlace: "Chưa chọn vị trí.", outsideCity: "Vị trí này nằm ngoài thành phố. Hãy chọn vị trí khác.", noPosition: "Không lấy được vị trí. Hãy chọn trên bản đồ.", what: "Chọn loại phản ánh", words: "Nội dung (nơi, lúc, điều gì)", address: "Số nhà, đường (không bắt buộc)", send: "Gửi", sending: "Đang gửi…", sent: "Đã gửi. Mã của bạn:", copy: "Chép mã", copied: "Đã chép.", follow: "Theo dõi phản ánh này", queued: "Chưa có mạng. Phản ánh được giữ trên máy và sẽ tự gửi khi có mạng.", notSent: "Chưa gửi được:", fillPlace: "Hãy chọn vị trí.", fillWhat: "Hãy chọn loại phản ánh.", fillWords: "Hãy viết nội dung.", pickOnMap: "Chọn trên bản đồ", picked: "Dùng vị trí này", formerly: "trước đây:",
};
type Text = keyof typeof vi;
const en: Record<Text, string> = {
  title: "Complaint map", other: "Tiếng Việt", skip: "To the filters and figures", filters: "Filters", table: "Table", list: "List", report: "Report an issue",
  layer: "Map layer", cells: "Hexagons", areas: "Areas", complaints: "Single complaints", city: "City", set: "Boundaries", domain: "Domain", all: "All", category: "Category",
  status: "Status", anyStatus: "Any status", open: "Open", closed: "Closed", time: "Time", allTime: "All time", days7: "Last 7 days", days30: "Last 30 days", days90: "Last 90 days", thisYear: "This year", ownTime: "Own choice", from: "From", to: "Up to and including",
  month: "Month", everyMonth: "whole period", play: "Play", pause: "Pause", total: "complaints", none: "No complaint matches.", reset: "Clear the filters", sample: "Sample data, not real complaints.",
  nocity: "No city is set up yet. Operators: run phananh serve or phananh add-city.", error: "The data cannot be loaded. Trying again…", offline: "No network. The map updates when it is back.", retry: "Try again", perCell: "number per cell", perArea: "number per area", roughly: "Boundaries are approximate.", inCell: "complaints in this cell", showList: "Show the list", onlyArea: "Only this area", removeArea: "Remove this area", chosenArea: "Area shown",
  rate: "per 1,000 residents", density: "per km²", legend: "Legend", classes: "Classes", quantile: "Equal numbers", natural: "Natural breaks", many: "many complaints in one cell", single: "one complaint",
  search: "Search ward, street, complaint code", nothingFound: "Nothing found.", abolished: "until", street: "address", code: "Code", close: "Close", name: "Name", count: "Complaints", population: "Population", outside: "Outside all areas", download: "Download CSV", more: "Show more", newest: "Newest first", loading: "Loading…",
  reported: "Reported", timeline: "Timeline", place: "Place", showOnMap: "Show on the map", received: "Received", accepted: "Accepted", in_progress: "In progress", resolved: "Resolved", rejected: "Rejected", duplicate: "Duplicate", withdrawn: "Withdrawn", changed: "Changed",
  step1: "1. Where?", step2: "2. What?", step3: "3. In your words", here: "Use my position", centre: "Use the map's centre", tapMap: "Tap the map to choose the place.", findPlace: "Or find a ward or street", placeIs: "Place:", noPlace: "No place chosen yet.", outsideCity: "This place lies outside the city. Please choose another.", noPosition: "Your position is not available. Please choose on the map.", what: "Choose what it is", words: "Your words (where, when, what)", address: "House number, street (optional)", send: "Send", sending: "Sending…", sent: "Sent. Your code:", copy: "Copy the code", copied: "Copied.", follow: "Follow this complaint", queued: "No network. The report is kept on this device and sent when the network is back.", notSent: "Not sent yet:", fillPlace: "Please choose a place.", fillWhat: "Please choose what it is.", fillWords: "Please write some words.", pickOnMap: "Choose on the map", picked: "Use this place", formerly: "formerly:",
};
const words: Record<Language, Record<Text, string>> = { vi, en };
let language: Language = "vi";

export const setLanguage = (to: Language): void => { language = to; document.documentElement.lang = to; };
export const current = (): Language => language;
export const t = (key: Text): string => words[language][key];
export const named = (names: Names): string => names[language];
export const number = (n: number): string => n.toLocaleString(language === "vi" ? "vi-VN" : "en-GB", { maximumFractionDigits: 1 });
export const instant = (iso: string): string => new Date(iso).toLocaleString(language === "vi" ? "vi-VN" : "en-GB", { dateStyle: "medium", timeStyle: "short" });
export const status = (code: string): string => (code in vi ? t(code as Text) : code);
