"""What mail about one complaint and its page say, in Vietnamese and English.

Laid over the words of `api.letter_words`: the same templates serve both.
"""

from typing import Final

from api.letter_words import WORDS as COMMON
from api.letter_words import Words
from geo.follows import Language

_VI: Final[Words] = {
    "code": "Mã phản ánh",
    "category": "Loại",
    "when": "Gửi thư",
    "when_news": "khi phản ánh có thay đổi",
    "confirm_subject": "Xác nhận nhận tin về phản ánh {code}",
    "confirm_intro": "Có người, có lẽ là bạn, muốn nhận tin về một phản ánh qua địa chỉ này:",
    "confirm_do": "Mở trang dưới đây và bấm “Nhận tin”. Nếu không phải bạn, không cần làm gì: sau"
    " 7 ngày địa chỉ của bạn được xóa và không có thư nào nữa.",
    "confirm_button": "Mở trang xác nhận",
    "footer": "Bạn nhận thư này vì đã xác nhận nhận tin về phản ánh. Thư không chứa gì để theo dõi"
    " bạn.",
    "footer_first": "Bạn nhận thư này một lần vì địa chỉ của bạn đã được nhập vào trang.",
    "manage": "Xem hoặc dừng nhận tin",
    "page_title": "Tin về một phản ánh",
    "page_waiting": "Chưa bắt đầu. Bấm nút để nhận tin về phản ánh này.",
    "page_active": "Bạn đang nhận tin về phản ánh này.",
    "page_confirm": "Nhận tin",
    "page_stop": "Dừng và xóa địa chỉ",
    "page_stop_note": "Địa chỉ thư của bạn được xóa khỏi phản ánh này; phản ánh vẫn còn.",
    "page_stopped": "Không còn thư nào được gửi theo liên kết này, và địa chỉ đã được xóa.",
    "page_unknown": "Liên kết này không còn dùng nữa: không có thư nào được gửi theo nó. Việc nhận"
    " tin đã dừng, địa chỉ đã đổi, hoặc không được xác nhận trong 7 ngày.",
    "page_complaint": "Xem phản ánh",
}
_EN: Final[Words] = {
    "code": "Complaint",
    "category": "Category",
    "when": "Mail comes",
    "when_news": "when something becomes of the complaint",
    "confirm_subject": "Please confirm: news of complaint {code}",
    "confirm_intro": "Somebody, probably you, wants news of a complaint at this address:",
    "confirm_do": "Open the page below and press “Get news”. If it was not you, do nothing: after"
    " 7 days your address is erased, and no other mail comes.",
    "confirm_button": "Open the page",
    "footer": "You get this because you confirmed that you want news of a complaint. Nothing in it"
    " tracks you.",
    "footer_first": "You get this once, because your address was typed into the page.",
    "manage": "See or stop it",
    "page_title": "News of a complaint",
    "page_waiting": "Not started yet. Press the button to get news of this complaint.",
    "page_active": "You get news of this complaint.",
    "page_confirm": "Get news",
    "page_stop": "Stop and erase the address",
    "page_stop_note": "Your address is erased from this complaint; the complaint itself stays.",
    "page_stopped": "No mail comes by this link any more, and the address is erased.",
    "page_unknown": "This link is no longer in use: no mail comes by it. It was stopped, the"
    " address was changed, or it was not confirmed within 7 days.",
    "page_complaint": "See the complaint",
}
WORDS: Final[dict[Language, Words]] = {
    "vi": COMMON["vi"] | _VI,
    "en": COMMON["en"] | _EN,
}
