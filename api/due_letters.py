"""The letter to an official about deadlines: codes and times alone, what they are about is inside.

One letter for a person and a round lists all, so that nobody has a letter for each complaint.
"""

from datetime import datetime
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from geo.escalation import Told

MOST_LINES: Final = 50
WORDS: Final = {
    "vi": {
        "soon": "{n} phản ánh sắp đến hạn, {m} phản ánh quá hạn",
        "remind": "sắp đến hạn",
        "escalate": "quá hạn",
        "line": "{code}: hạn {due:%H:%M %d/%m/%Y}, {state}",
        "more": "… và {n} phản ánh khác trong danh sách việc cần xử lý.",
        "queue": "Việc cần xử lý: {url}",
        "foot": "Thư tự động gửi cho cán bộ phụ trách; xin đừng trả lời.",
    },
    "en": {
        "soon": "{n} complaints due soon, {m} overdue",
        "remind": "due soon",
        "escalate": "overdue",
        "line": "{code}: due {due:%H:%M %d/%m/%Y}, {state}",
        "more": "… and {n} others, in the list of work to do.",
        "queue": "Work to do: {url}",
        "foot": "Sent by itself to who is in charge; please do not answer.",
    },
}


def letter_of(
    told: Told, base_url: str, now: datetime, zone: str = "Asia/Ho_Chi_Minh"
) -> dict[str, Any]:
    """A row of the outbox."""
    words = WORDS[told.language]
    soon = sum(act == "remind" for _, _, act in told.lines)
    subject = words["soon"].format(n=soon, m=len(told.lines) - soon)
    shown = [
        (
            words["line"].format(code=code, due=due.astimezone(ZoneInfo(zone)), state=words[act]),
            f"{base_url}/office/c/{code}",
        )
        for code, due, act in told.lines[:MOST_LINES]
    ]
    rest = len(told.lines) - len(shown)
    more = [words["more"].format(n=rest)] if rest else []
    queue = words["queue"].format(url=f"{base_url}/office")
    plain = [subject, "", *(f"{said}\n  {url}" for said, url in shown), *more, "", queue]
    items = "".join(f'<li><a href="{escape(url)}">{escape(said)}</a></li>' for said, url in shown)
    below = "".join(f"<p>{escape(one)}</p>" for one in (*more, queue, words["foot"]))
    return {
        "key": f"deadlines:{told.account_id}:{now.isoformat()}",
        "account_id": told.account_id,
        "recipient": told.email,
        "subject": subject,
        "plain": "\n".join([*plain, "", words["foot"], ""]),
        "html": f"<p>{escape(subject)}</p><ul>{items}</ul>{below}",
        "stop_url": f"{base_url}/office/account",
    }
