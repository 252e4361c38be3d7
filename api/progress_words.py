"""What mail about the progress of a complaint says, in Vietnamese and English."""

from typing import Final

from api.letter_words import Words
from geo.follows import Language

_VI: Final[Words] = {
    "subject": "Phản ánh {code}: {what}",
    "answered": "có trả lời",
    "asked": "có câu hỏi cho bạn",
    "question": "Cơ quan xử lý hỏi bạn",
    "reply": "Hãy trả lời tại liên kết riêng dưới đây; thời hạn xử lý tạm dừng đến lúc đó.",
    "reported": "Có tin mới về phản ánh bạn đã gửi:",
    "supported": "Có tin mới về phản ánh mà bạn cũng quan tâm:",
    "code": "Mã phản ánh",
    "category": "Loại",
    "address": "Nơi",
    "state": "Nay là",
    "page": "Trang công khai",
    "answer": "Trả lời của cơ quan xử lý",
    "answer_with": "Trả lời của cơ quan xử lý: {state}",
    "moved": "Trạng thái mới: {state}",
    "reopened": "Mở lại vì chưa hài lòng với kết quả: {state}",
    "sensitive_answer": "Nội dung không ghi trong thư, vì đây là lĩnh vực nhạy cảm.",
    "judge": "Bạn có hài lòng với kết quả không? Nếu chưa, hãy cho biết trong 7 ngày: phản ánh sẽ"
    " được mở lại một lần.",
    "judge_button": "Đánh giá kết quả",
    "see_button": "Xem phản ánh",
    "private": "Liên kết ngay dưới đây là của riêng bạn: đừng chuyển tiếp thư này cho người khác.",
}
_EN: Final[Words] = {
    "subject": "Complaint {code}: {what}",
    "answered": "answered",
    "asked": "a question to you",
    "question": "Those who handle it ask you",
    "reply": "Please answer at the private link below; until you do, the time limit stands still.",
    "reported": "There is news of the complaint you reported:",
    "supported": "There is news of a complaint that you support:",
    "code": "Complaint",
    "category": "Category",
    "address": "Place",
    "state": "Now",
    "page": "Public page",
    "answer": "Answer of those who handle it",
    "answer_with": "Answer of those who handle it: {state}",
    "moved": "New state: {state}",
    "reopened": "Reopened because the answer did not satisfy: {state}",
    "sensitive_answer": "Its words are not in this mail, because the matter is sensitive.",
    "judge": "Are you satisfied? If not, say so within 7 days: the complaint is then reopened,"
    " once.",
    "judge_button": "Judge the answer",
    "see_button": "See the complaint",
    "private": "The link right below is yours alone: please do not forward this mail.",
}
WORDS: Final[dict[Language, Words]] = {"vi": _VI, "en": _EN}
