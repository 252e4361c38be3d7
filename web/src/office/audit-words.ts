/** What the acts of the log are called; one that is not here is shown as it is stored. */
import { current, phrases } from "../i18n";

const vi = {
  "sign-in": "đăng nhập", "sign-in.waits": "đăng nhập, chờ bước hai", "sign-in.failed": "đăng nhập sai", "sign-in.locked": "đăng nhập khi đang bị khoá", "sign-out": "đăng xuất", password: "đổi mật khẩu", totp: "xác thực hai bước",
  "session.ended": "kết thúc phiên", "account.new": "tạo tài khoản", "account.changed": "sửa tài khoản", "account.enabled": "mở tài khoản", "account.disabled": "tắt tài khoản", "account.unlocked": "bỏ khoá tạm", "account.bound": "gắn đăng nhập ngoài", "account.unbound": "gỡ đăng nhập ngoài",
  "role.given": "cấp quyền", "role.taken": "thu quyền", "role.delegated": "uỷ quyền", look: "xem dữ liệu cá nhân", denied: "bị từ chối truy cập", unmask: "bỏ che lời phản ánh", hide: "che lời phản ánh", erase: "xoá dữ liệu cá nhân", import: "nhập dữ liệu",
  "citizen.rated": "người dân đánh giá", "citizen.corrected": "người gửi sửa phản ánh", "citizen.withdrew": "người gửi rút phản ánh", "citizen.erased": "người dân xoá phần cá nhân", search: "tìm kiếm", export: "xuất dữ liệu", verify: "kiểm tra nhật ký", setting: "đổi cài đặt", category: "sửa loại phản ánh", "alert.seen": "xử lý cảnh báo", bulk: "làm hàng loạt", "bulk.undo": "hoàn tác việc vừa làm", calendar: "đổi lịch làm việc", policy: "đổi thời hạn",
  "boundaries.sent": "gửi ranh giới", "boundaries.planned": "hẹn đổi ranh giới", "boundaries.activated": "đổi ranh giới", "boundaries.cancelled": "bỏ hẹn ranh giới", "boundaries.population": "nạp dân số", "boundaries.undone": "hoàn tác ranh giới", "boundaries.discarded": "bỏ bản nháp ranh giới",
  "template.new": "thêm mẫu trả lời", "template.changed": "sửa mẫu trả lời", "template.gone": "xoá mẫu trả lời", "ground.changed": "sửa căn cứ từ chối", "ground.gone": "bỏ căn cứ từ chối",
  "work.accept": "tiếp nhận", "work.start": "bắt đầu xử lý", "work.resolve": "đóng, đã giải quyết", "work.reject": "từ chối", "work.refuse": "từ chối", "work.reopen": "mở lại", "work.assign": "giao việc", "work.unassign": "bỏ giao", "work.hand-over": "chuyển đơn vị", "work.re-route": "chuyển theo ranh giới mới", "work.recategorise": "đổi loại", "work.move": "đổi vị trí", "work.ask": "hỏi người gửi", "work.answered-by-reporter": "người gửi trả lời", "work.merge": "gộp bản trùng", "work.unmerge": "tách bản trùng", "work.split": "chia nhỏ", "work.note": "ghi chú nội bộ", "work.pause": "tạm dừng", "work.resume": "làm tiếp", "work.answer": "trả lời", "work.check-asked": "chờ kiểm tra", "work.check-passed": "kiểm tra đạt", "work.check-refused": "kiểm tra không đạt", "work.escalate": "báo cấp trên", "work.remind": "nhắc hạn", "work.undo": "hoàn tác", "work.take-up": "làm lại",
  row: "thay đổi dữ liệu: {table}",
};
const en: Record<keyof typeof vi, string> = {
  "sign-in": "signed in", "sign-in.waits": "signed in, second step waits", "sign-in.failed": "failed sign-in", "sign-in.locked": "sign-in while locked", "sign-out": "signed out", password: "password changed", totp: "second factor",
  "session.ended": "session ended", "account.new": "account made", "account.changed": "account changed", "account.enabled": "account enabled", "account.disabled": "account disabled", "account.unlocked": "account unlocked", "account.bound": "sign-on elsewhere bound", "account.unbound": "sign-on elsewhere unbound",
  "role.given": "role given", "role.taken": "role taken", "role.delegated": "role lent", look: "looked at personal data", denied: "was refused", unmask: "words shown", hide: "words hidden", erase: "personal data erased", import: "imported",
  "citizen.rated": "a citizen judged the answer", "citizen.corrected": "its reporter corrected it", "citizen.withdrew": "its reporter withdrew it", "citizen.erased": "a citizen erased their part", search: "searched", export: "exported", verify: "log checked", setting: "setting changed", category: "category changed", "alert.seen": "alert seen to", bulk: "many at once", "bulk.undo": "what was just done, undone", calendar: "calendar changed", policy: "limits changed",
  "boundaries.sent": "boundaries sent", "boundaries.planned": "boundaries planned", "boundaries.activated": "boundaries in force", "boundaries.cancelled": "plan of boundaries cancelled", "boundaries.population": "residents loaded", "boundaries.undone": "boundaries undone", "boundaries.discarded": "draft of boundaries discarded",
  "template.new": "template added", "template.changed": "template changed", "template.gone": "template removed", "ground.changed": "ground of refusal changed", "ground.gone": "ground of refusal removed",
  "work.accept": "accepted", "work.start": "started", "work.resolve": "closed as resolved", "work.reject": "refused", "work.refuse": "refused", "work.reopen": "reopened", "work.assign": "assigned", "work.unassign": "unassigned", "work.hand-over": "handed over", "work.re-route": "moved with the boundaries", "work.recategorise": "category changed", "work.move": "place changed", "work.ask": "reporter asked", "work.answered-by-reporter": "reporter answered", "work.merge": "merged", "work.unmerge": "unmerged", "work.split": "split", "work.note": "note", "work.pause": "paused", "work.resume": "resumed", "work.answer": "answered", "work.check-asked": "check asked for", "work.check-passed": "check passed", "work.check-refused": "check refused", "work.escalate": "escalated", "work.remind": "reminded", "work.undo": "undone", "work.take-up": "taken up again",
  row: "data changed: {table}",
};
const w = phrases({ vi, en });

const TABLES = {
  vi: { account: "tài khoản", account_role: "quyền", domain: "lĩnh vực", category: "loại phản ánh", city: "thành phố", area_set: "bộ ranh giới", boundary_draft: "bản nháp ranh giới", setting: "cài đặt", calendar_version: "lịch làm việc", policy_version: "thời hạn", reminder_setting: "nhắc hạn", answer_template: "mẫu trả lời", refusal_ground: "căn cứ từ chối" },
  en: { account: "accounts", account_role: "roles", domain: "domains", category: "categories", city: "cities", area_set: "boundary sets", boundary_draft: "drafts of boundaries", setting: "settings", calendar_version: "calendars", policy_version: "limits", reminder_setting: "reminders", answer_template: "templates", refusal_ground: "grounds of refusals" },
};
const table = phrases(TABLES);
const tableName = (code: string): string => (code in TABLES.vi ? table(code as keyof typeof TABLES.vi) : code);
const GROUPS = {
  vi: { work: "Xử lý phản ánh", sign: "Đăng nhập, phiên", account: "Tài khoản, quyền", personal: "Dữ liệu cá nhân", citizen: "Người dân", boundaries: "Ranh giới", settings: "Cài đặt, mẫu, thời hạn", log: "Tra cứu, xuất, nhật ký", row: "Dữ liệu thay đổi" },
  en: { work: "Work on complaints", sign: "Signing in, sessions", account: "Accounts, roles", personal: "Personal data", citizen: "Citizens", boundaries: "Boundaries", settings: "Settings, templates, limits", log: "Searches, exports, the log", row: "Changed data" },
};
type Group = keyof typeof GROUPS.vi;
const group = phrases(GROUPS);
const OF: Partial<Record<string, Group>> = { work: "work", bulk: "work", "sign-in": "sign", "sign-out": "sign", session: "sign", password: "sign", totp: "sign", account: "account", role: "account", look: "personal", unmask: "personal", hide: "personal", erase: "personal", denied: "personal", citizen: "citizen", boundaries: "boundaries", setting: "settings", category: "settings", template: "settings", ground: "settings", calendar: "settings", policy: "settings" };
/** All acts in their groups, by name: for a choice. */
export function actGroups(): { name: string; acts: [string, string][] }[] {
  const acts = [...(Object.keys(vi) as (keyof typeof vi)[]).filter((one) => one !== "row"), ...Object.keys(TABLES.vi).map((one) => `row.${one}`)];
  const of = (act: string): Group => (act.startsWith("row.") ? "row" : OF[act.split(".")[0] ?? ""] ?? "log");
  return (Object.keys(GROUPS.vi) as Group[]).map((one) => ({ name: group(one), acts: acts.filter((act) => of(act) === one).map((act): [string, string] => [act, actName(act)]).sort((a, b) => a[1].localeCompare(b[1], current())) }));
}
export function actName(act: string): string {
  if (act.startsWith("row.")) return w("row").replace("{table}", tableName(act.slice(4)));
  return (act in vi && w(act as keyof typeof vi)) || act;
}
