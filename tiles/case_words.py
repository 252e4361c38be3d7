"""What the sheet of one complaint says, in Vietnamese and English."""

from typing import Any, Final

from geo.complaint import Status
from geo.names import STATUSES, Names
from tiles.legend import Language

WORDS: Final[dict[Language, dict[str, str]]] = {
    "vi": {
        "title": "Phản ánh",
        "inside": "Hồ sơ nội bộ: không đưa ra ngoài",
        "sensitive": "Loại nhạy cảm: không nói gì ra ngoài",
        "made": "In lúc",
        "by": "người in",
        "status": "Trạng thái",
        "category": "Loại",
        "domain": "Lĩnh vực",
        "area": "Đơn vị xử lý",
        "assignee": "Người xử lý",
        "nobody": "Chưa giao",
        "reported_at": "Gửi lúc",
        "due_at": "Hạn",
        "no_due": "Không có hạn",
        "overdue": "quá hạn",
        "paused": "Tạm dừng từ",
        "closed_at": "Kết thúc lúc",
        "urgent": "Khẩn",
        "yes": "Có",
        "address": "Địa chỉ",
        "place": "Kinh độ, vĩ độ",
        "reopened": "Lần mở lại",
        "bounces": "Lần chuyển đơn vị",
        "supporters": "Người cùng phản ánh",
        "duplicate_of": "Trùng với",
        "duplicates": "Các bản trùng",
        "text": "Nội dung",
        "photos": "Ảnh",
        "missing": "ảnh không mở được lúc in",
        "map": "Vị trí",
        "map_says": "Ranh giới đơn vị; điểm đỏ là nơi được phản ánh.",
        "answers": "Trả lời công khai",
        "no_answers": "Chưa có câu trả lời.",
        "waits": "Câu trả lời chờ kiểm tra (người dân chưa thấy)",
        "public": "Diễn biến công khai (người dân thấy)",
        "internal": "Xử lý nội bộ (chỉ cán bộ thấy)",
        "notes": "Ghi chú nội bộ",
        "none": "Không có.",
        "when": "Lúc",
        "who": "Ai",
        "system": "Hệ thống",
        "what": "Việc",
        "change": "Thay đổi, lý do",
        "reporter": "Hồ sơ không lấy thông tin cá nhân của người gửi; ghi chú là lời cán bộ.",
        "page": "Trang",
    },
    "en": {
        "title": "Complaint",
        "inside": "For the file of officials: not meant for others",
        "sensitive": "Sensitive kind: nothing of it may be told",
        "made": "Printed",
        "by": "by",
        "status": "Status",
        "category": "Category",
        "domain": "Domain",
        "area": "Handled by the area",
        "assignee": "Handled by",
        "nobody": "Nobody yet",
        "reported_at": "Reported",
        "due_at": "Due",
        "no_due": "No limit",
        "overdue": "overdue",
        "paused": "Paused since",
        "closed_at": "Closed",
        "urgent": "Urgent",
        "yes": "Yes",
        "address": "Address",
        "place": "Longitude, latitude",
        "reopened": "Reopened",
        "bounces": "Handed over",
        "supporters": "Others who report it",
        "duplicate_of": "Duplicate of",
        "duplicates": "Duplicates of it",
        "text": "What was reported",
        "photos": "Photos",
        "missing": "photos could not be opened when this was printed",
        "map": "Place",
        "map_says": "Borders of the areas; the red point is the place reported.",
        "answers": "Public answers",
        "no_answers": "No answer yet.",
        "waits": "A closing that waits for a check (citizens do not see it yet)",
        "public": "What happened in public (citizens see this)",
        "internal": "Handling inside (officials alone see this)",
        "notes": "Notes inside",
        "none": "None.",
        "when": "When",
        "who": "Who",
        "system": "The system",
        "what": "What",
        "change": "Change, reason",
        "reporter": "Nothing personal of the reporter was taken for this file; notes are"
        " officials' own words.",
        "page": "Page",
    },
}

# As `web/src/office/one-timeline.ts` names them.
ACTS: Final[dict[str, Names]] = {
    "accept": Names("Tiếp nhận", "Accepted"),
    "start": Names("Bắt đầu xử lý", "Started"),
    "resolve": Names("Giải quyết xong", "Resolved"),
    "reject": Names("Từ chối", "Refused"),
    "refuse": Names("Từ chối", "Refused"),
    "reopen": Names("Mở lại", "Reopened"),
    "take-up": Names("Nhận lại", "Taken up again"),
    "withdraw-refusal": Names("Rút lời từ chối", "Refusal withdrawn"),
    "assign": Names("Giao việc", "Assigned"),
    "unassign": Names("Thôi giao", "Unassigned"),
    "hand-over": Names("Chuyển đơn vị", "Handed over"),
    "recategorise": Names("Đổi loại", "Category changed"),
    "move": Names("Đổi vị trí", "Place changed"),
    "ask": Names("Hỏi người gửi", "Reporter asked"),
    "answered-by-reporter": Names("Người gửi trả lời", "Reporter answered"),
    "merge": Names("Gộp bản trùng", "Merged"),
    "unmerge": Names("Tách bản trùng", "Unmerged"),
    "split": Names("Chia nhỏ", "Split"),
    "note": Names("Ghi chú", "Note"),
    "pause": Names("Tạm dừng", "Paused"),
    "resume": Names("Tiếp tục", "Resumed"),
    "answer": Names("Trả lời", "Answered"),
    "check": Names("Kiểm tra", "Checked"),
    "check-asked": Names("Xin kiểm tra", "Check asked for"),
    "check-passed": Names("Kiểm tra: đạt", "Check passed"),
    "check-refused": Names("Kiểm tra: chưa đạt", "Check not passed"),
    "escalate": Names("Báo lên cấp trên", "Escalated"),
    "remind": Names("Nhắc hạn", "Reminder"),
    "undo": Names("Hoàn tác", "Undone"),
    "bulk": Names("Làm hàng loạt", "In bulk"),
    # Of the public timeline.
    "status": Names("Đổi trạng thái", "Status changed"),
    "category": Names("Đổi loại", "Category changed"),
    "moved": Names("Đổi vị trí", "Place changed"),
    "text": Names("Nội dung được sửa", "Words changed"),
    "left": Names("Người gửi rút phần của mình", "Reporter withdrew their part"),
}
_STATES: Final = {status.code: STATUSES[status] for status in Status}


def act_name(act: str, lang: Language) -> str:
    """What an act is called; its code where nobody gave it a name.

    >>> act_name("hand-over", "vi"), act_name("dance", "vi")
    ('Chuyển đơn vị', 'dance')
    """
    found = ACTS.get(act)
    return act if found is None else str(getattr(found, lang))


def status_name(code: str, lang: Language) -> str:
    """The status in words."""
    found = _STATES.get(code)
    return code if found is None else str(getattr(found, lang))


def change_of(change: Any, categories: dict[str, str], lang: Language) -> str:
    """From what to what, where a step says so; numbers mean nothing to a reader and are left out.

    >>> change_of({"from": "accepted", "to": "in_progress", "version": 3}, {}, "en")
    'Accepted → In progress'
    """
    said = [(change or {}).get(key) for key in ("from", "to")]
    words = [
        categories.get(one) or status_name(one, lang)
        for one in said
        if isinstance(one, str) and one
    ]
    return " → ".join(words)
