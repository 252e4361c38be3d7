"""Refusals that protect the service: what the asker is told, and how often each happens."""

import math
from typing import Any, Final, NoReturn

from prometheus_client import Counter

from geo.errors import PhananhError

REFUSED: Final = Counter(
    "phananh_refused_total", "Requests refused to protect the service", ["reason"]
)


def refuse(reason: str, error: PhananhError) -> NoReturn:
    """Raise an error, and count it under a reason: one of a few words, never a client's own."""
    REFUSED.labels(reason).inc()
    raise error


class RefusalError(PhananhError):
    """A refusal; `members` go into its problem document."""

    members: dict[str, Any]


class LimitedError(RefusalError):
    """Too often in a time: the same request will do after `wait_s` seconds."""

    def __init__(self, what_en: str, what_vi: str, wait_s: float) -> None:
        self.wait_s = max(1, math.ceil(wait_s))
        en, vi = _waiting(self.wait_s)
        super().__init__(f"{what_en}: please try again in {en} / {what_vi}: hãy thử lại sau {vi}")
        self.members = {"wait_s": self.wait_s}


def _waiting(wait_s: int) -> tuple[str, str]:
    if wait_s < 90:
        return f"{wait_s} second{'s' if wait_s > 1 else ''}", f"{wait_s} giây"
    if wait_s < 5400:
        minutes = math.ceil(wait_s / 60)
        return f"{minutes} minutes", f"{minutes} phút"
    hours = math.ceil(wait_s / 3600)
    return f"{hours} hours", f"{hours} giờ"


class ChallengeWantedError(RefusalError):
    """A proof of work is asked for; `challenge` of the document says where it is."""

    def __init__(self, level: int) -> None:
        super().__init__(
            "please let your device show that no program sends this: it takes a second or two"
            " / xin để thiết bị của bạn chứng tỏ đây không phải chương trình tự động:"
            " chỉ mất một hai giây"
        )
        self.members = {"challenge": f"/api/v1/challenge?level={level}", "level": level}


class NotTakenError(RefusalError):
    """The form holds what no person writes; which field is not said."""

    def __init__(self) -> None:
        super().__init__(
            "this could not be taken: please open the page anew and send it again, without"
            " automatic filling-in / không nhận được: xin mở lại trang và gửi lại, không dùng"
            " chức năng tự điền"
        )
        self.members = {}


class SaidBeforeError(RefusalError):
    """The same words about the same place, again; `code` is known to the same device alone."""

    def __init__(self, code: str | None) -> None:
        which_en, which_vi = (f" as {code}", f" với mã {code}") if code else ("", "")
        super().__init__(
            f"these words were sent about this place before{which_en}: follow that report, or say"
            " what is different / nội dung này đã được gửi cho nơi này"
            f"{which_vi}: hãy theo dõi phản ánh đó, hoặc viết rõ điều gì khác"
        )
        self.members = {"code": code} if code else {}


class SignOnError(RefusalError):
    """Signing on elsewhere did not lead to a session; `word` says why, for the page's address."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word
        self.members = {"reason": word}
