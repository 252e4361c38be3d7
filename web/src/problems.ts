import { h } from "./dom";
import { current, phrases } from "./i18n";

/** What a server that refuses or fails says: RFC 9457, with the fields that are wrong. */
export interface Document {
  title?: string; detail?: string; errors?: { field: string; message: string }[];
  /** Of "Limited": seconds after which the same will do. */ wait_s?: number;
  /** Of "ChallengeWanted": for answerTo() of ./challenge. */ challenge?: string;
  /** Of "SaidBefore": the first report of this device. */ code?: string;
  [more: string]: unknown;
}

const w = phrases({
  vi: {
    400: "Máy chủ không hiểu yêu cầu này.", 401: "Cần đăng nhập để làm việc này.", 403: "Không được phép làm việc này.", 404: "Không tìm thấy điều được hỏi, hoặc máy chủ này chưa có chức năng đó.", 406: "Máy chủ không có dạng tệp này.", 409: "Yêu cầu trùng với một yêu cầu khác. Hãy thử lại.", 413: "Yêu cầu quá lớn. Hãy thu hẹp bộ lọc, chọn ô lớn hơn hoặc vùng nhỏ hơn.", 422: "Có điều chưa đúng trong yêu cầu.", 429: "Quá nhiều yêu cầu. Hãy đợi một phút rồi thử lại.", 500: "Máy chủ gặp lỗi. Hãy thử lại; nếu vẫn lỗi, báo cho người vận hành.", 503: "Máy chủ đang bận, hoặc câu hỏi quá lớn. Hãy thử lại sau ít giây hoặc thu hẹp bộ lọc.",
    outside: "Vị trí này nằm ngoài thành phố.", notAnswered: "Chưa có kết quả để đánh giá: phản ánh đang được xử lý hoặc đã rút.", reason: "Hãy viết vài lời điều gì chưa được.", slow: "Câu hỏi này mất quá nhiều thời gian. Hãy chọn thời gian ngắn hơn hoặc nơi nhỏ hơn.", full: "Máy chủ hết chỗ lưu. Chưa có gì được lưu, không mất gì cả. Hãy thử lại sau.",
    network: "Không nối được với máy chủ. Hãy kiểm tra mạng rồi thử lại.", details: "Lời của máy chủ (tiếng Anh)", again: "Thử lại", unknownField: "Giá trị không đúng:",
    since: "Ngày bắt đầu không đúng: viết như 2026-11-24, trước ngày kết thúc.", until: "Ngày kết thúc không đúng: viết như 2026-11-24, sau ngày bắt đầu.", bbox: "Khung bản đồ không đúng: cần tây, nam, đông, bắc, tính bằng độ.", area: "Không có đơn vị hành chính này.", set: "Không có bộ ranh giới này, hoặc chưa chọn.", polygon: "Hình vẽ không đúng: cần 3 đến 200 góc, các cạnh không cắt nhau, nằm trong thành phố.", cell: "Ô lục giác không đúng.", as_of: "Thời điểm của số liệu không đúng: không được ở tương lai.", resolution: "Cỡ ô này không dùng được ở đây. Hãy chọn cỡ khác.", q: "Từ tìm kiếm không dùng được: hãy viết ngắn hơn, bằng chữ hoặc số.", domain: "Không có lĩnh vực này.", category: "Không có loại phản ánh này.", status: "Không có trạng thái này.", city: "Không có thành phố này.", step: "Không có kiểu kỳ này, hoặc thời gian quá ngắn cho kỳ này.", layer: "Không có lớp bản đồ này.", format: "Dạng này quá lớn cho câu hỏi này. Hãy chọn ô lớn hơn.", view: "Khung nhìn bản đồ không đúng.", at: "Ngày thay đổi không đúng: cần có đủ tuần trước và sau ngày đó.", weeks: "Số tuần không dùng được.", address: "Địa chỉ thư điện tử không đúng.", schedule: "Lịch gửi không đúng.", question: "Bộ lọc gửi kèm không đúng.", kind: "Chưa chọn điều muốn theo dõi.", spot: "Vị trí điểm nóng không đúng.", lang: "Ngôn ngữ không đúng.", text: "Nội dung không đúng.", lon: "Kinh độ không đúng.", lat: "Vĩ độ không đúng.", measure: "Số đo này không dùng được ở đây.", limit: "Số dòng mỗi lần không đúng.", method: "Cách chia lớp không đúng.",
    first: "Giai đoạn thứ nhất không đúng: cần 2 đến 104 tuần trọn vẹn có phản ánh, ngày đầu trước ngày cuối.", second: "Giai đoạn thứ hai không đúng: cần 2 đến 104 tuần trọn vẹn có phản ánh, ngày đầu trước ngày cuối, không chồng lên giai đoạn thứ nhất.",
  },
  en: {
    400: "The server does not understand this request.", 401: "This needs you to sign in.", 403: "This is not allowed.", 404: "What was asked for is not there, or this server does not have it yet.", 406: "The server has no such file form.", 409: "The request collides with another one. Please try again.", 413: "Too much is asked for. Narrow the filter, choose larger cells or a smaller place.", 422: "Something about the request is not right.", 429: "Too many requests. Wait a minute and try again.", 500: "The server failed. Try again; if it lasts, tell its operator.", 503: "The server is busy, or the question is too large. Try again in some seconds or narrow the filter.",
    outside: "This place lies outside the city.", notAnswered: "There is no answer to judge: the complaint is open, or was withdrawn.", reason: "Say in a few words what is not right.", slow: "This question takes too long. Choose a shorter time or a smaller place.", full: "The server has no room left. Nothing of this was stored, nothing is lost. Try again later.",
    network: "The server cannot be reached. Check the network and try again.", details: "The server's own words", again: "Try again", unknownField: "This value is not right:",
    since: "The first day is not right: write it like 2026-11-24, before the last day.", until: "The last day is not right: write it like 2026-11-24, after the first day.", bbox: "The box is not right: west, south, east, north in degrees.", area: "There is no such area.", set: "There is no such set of boundaries, or none is chosen.", polygon: "The shape is not right: 3 to 200 corners, sides that do not cross, inside the city.", cell: "This is not a hexagon of the map.", as_of: "The time of the figures is not right: it may not lie in the future.", resolution: "Cells of this size cannot be used here. Choose another size.", q: "These search words cannot be used: write fewer, in letters or digits.", domain: "There is no such domain.", category: "There is no such category.", status: "There is no such status.", city: "There is no such city.", step: "There is no such period, or the time is too short for it.", layer: "There is no such layer.", format: "This form is too large for this question. Choose larger cells.", view: "The view of the map is not right.", at: "The day of the change is not right: there must be enough weeks before and after it.", weeks: "This number of weeks cannot be used.", address: "The e-mail address is not right.", schedule: "The schedule is not right.", question: "The filter sent along is not right.", kind: "Nothing is chosen to follow.", spot: "The place of the hot spot is not right.", lang: "The language is not right.", text: "The words are not right.", lon: "The longitude is not right.", lat: "The latitude is not right.", measure: "This measure cannot be used here.", limit: "The number of rows is not right.", method: "The way of making classes is not right.",
    first: "The first period is not right: it needs 2 to 104 whole weeks that have complaints, its first day before its last.", second: "The second period is not right: it needs 2 to 104 whole weeks that have complaints, its first day before its last, and no day of the first period.",
  },
});
type Word = Parameters<typeof w>[0];
const STATUSES = ["400", "401", "403", "404", "406", "409", "413", "422", "429", "500", "503"] as const;
/** Titles that say more than their status. */
const TITLES: Record<string, Word> = { OutsideCity: "outside", NotAnswered: "notAnswered", "Too slow": "slow", "No room": "full" };
const FIELDS: ReadonlySet<string> = new Set(["since", "until", "bbox", "area", "set", "polygon", "cell", "as_of", "resolution", "q", "domain", "category", "status", "city", "step", "layer", "format", "view", "at", "weeks", "address", "schedule", "question", "kind", "spot", "lang", "text", "lon", "lat", "measure", "limit", "method", "first", "second", "reason"] satisfies Word[]);

/** What is wrong in the page's language: by the fields where they are named, else by title or status. */
export function sentence(status: number, said: Document): string {
  const fields = [...new Set((said.errors ?? []).map((one) => one.field.split(".")[0] ?? ""))];
  // A Vietnamese reader is told which value it is even where there is no sentence for it.
  if (fields.length) return fields.map((field) => (FIELDS.has(field) ? w(field as Word) : `${w("unknownField")} ${field}`)).join(" ");
  return w(TITLES[said.title ?? ""] ?? STATUSES.find((one) => one === String(status)) ?? (status >= 500 ? "500" : "400"));
}

/** The half in the page's language of what a server says in both, with " / " between. */
export function halfOf(words: string | undefined): string | undefined {
  const halves = words?.split(" / ") ?? [];
  // Which comes first is not agreed upon: the Vietnamese one is full of marks.
  const found = halves.length < 2 ? undefined : halves.find((half) => /[\p{M}đ]/iu.test(half.normalize("NFD")) === (current() === "vi"));
  return found && `${found.charAt(0).toUpperCase()}${found.slice(1)}`;
}

/** An answer that is not the one asked for: `message` in the page's language, `server` in the server's English. */
export class Trouble extends Error {
  readonly server: string;
  readonly title: string;
  readonly errors: { field: string; message: string }[];
  /** `retry_s`: the seconds the server asks to wait, 0 where it does not say. */
  constructor(readonly status: number, readonly said: Document, readonly retry_s = 0) {
    super(sentence(status, said));
    this.title = said.title ?? "";
    this.errors = said.errors ?? [];
    this.server = said.errors?.map((one) => `${one.field}: ${one.message}`).join("; ") || said.detail || String(status);
  }
  /** The server's own sentence where it says it in both languages, with " / " between; else ours. */
  get spoken(): string {
    // Where fields are named, our own words say more than the sentence about all of them.
    for (const words of this.errors.length ? [this.errors[0]?.message] : [this.said.detail]) {
      const found = halfOf(words);
      if (found) return found;
    }
    return this.message;
  }
}
/** An answer that says what is wrong with the request: trying again would not help. */
export class Refused extends Trouble {}

/** Reads the problem document of an answer that is not ok. */
export async function troubleOf(answer: Response): Promise<Trouble> {
  const said = (await answer.json().catch(() => ({}))) as Document;
  return answer.status < 500 && answer.status !== 429 ? new Refused(answer.status, said) : new Trouble(answer.status, said, Number(answer.headers.get("Retry-After")) || 0);
}

/** The words for the reader; the server's own ones behind them. Other errors are faults of the page and are thrown on. */
export function explained(problem: unknown): Node[] {
  // fetch rejects with a TypeError where there is no network.
  if (problem instanceof TypeError && !(problem instanceof Trouble)) return [document.createTextNode(w("network"))];
  if (!(problem instanceof Trouble)) throw problem;
  return [document.createTextNode(`${problem.message} `), h("details", { class: "server-words" }, h("summary", {}, w("details")), h("p", { lang: "en" }, problem.server))];
}
/** An alert that says what went wrong, with a way to try again where that may help. */
export function alertOf(problem: unknown, again?: () => void): HTMLElement {
  return h("div", { role: "alert", class: "alert" }, ...explained(problem), again && !(problem instanceof Refused) ? h("button", { type: "button", click: again }, w("again")) : null);
}
