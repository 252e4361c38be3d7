"""Whether the words of a closing say what was done: no bare template, no words of many others."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, func, select

from geo import masking, templates
from geo.errors import BadFilterError
from geo.schema import answer, complaint, work
from geo.templates import Template

# Fewer say nothing of what was done.
LEAST_WORDS: Final = 8
# Of these, beyond the words of a template: what, where, when.
LEAST_OWN: Final = 5
# Of these, other than what any answer has.
LEAST_TELLING: Final = 4
# Words that a closing may have without saying what was done, in both languages.
_STOCK: Final = frozenset(
    (  # noqa: SIM905 - read more easily than a list of eighty
        "đã sẽ được xử lý xong rồi nhé ạ và theo đúng quy định hoàn thành giải quyết tiếp nhận"
        " kiểm tra phản ánh nội dung vụ việc này của ông bà anh chị bạn công người dân đơn vị"
        " cơ quan chúng tôi các xin cảm ơn trân trọng kính gửi thông báo kết quả"
        " the it this your you we our has have been was is and for to of by with all now already"
        " dear thank thanks report complaint issue matter done handled resolved solved completed"
        " closed processed checked according rules regulations"
    ).split()
)
LATELY: Final = timedelta(days=30)
# Closings of the same area that are looked at, the newest.
_LOOKED_AT: Final = 60
# So many with nearly the same words are a habit; two may be neighbours in one street.
MOST_ALIKE: Final = 3
# Of all different words of two answers, so many are in both.
ALIKE: Final = 0.85


_KINDS: Final[dict[masking.Kind, tuple[str, str]]] = {
    "phone": ("a phone number", "số điện thoại"),
    "id": ("an ID number", "số giấy tờ"),
    "email": ("an e-mail address", "thư điện tử"),
    "plate": ("a number plate", "biển số xe"),
    "account": ("an account", "tài khoản"),
}


def check_public(words: str, office_contact: bool) -> list[str]:
    """What of the words of an answer may lead to a person, which `office_contact` says is meant.

    Raises `BadFilterError` that names it where that is not said.
    """
    found = masking.named(words)
    if found and not office_contact:
        en, vi = (", ".join(f"{_KINDS[kind][n]} “{said}”" for kind, said in found) for n in (0, 1))
        raise BadFilterError(
            "office_contact",
            f"the answer will be public, and has {en}: take it out, or say that it is the office's"
            f" and meant / câu trả lời sẽ công khai mà có {vi}: hãy bỏ đi, hoặc xác nhận đó là của"
            " cơ quan và được công khai",
        )
    return [said for _, said in found]


def composed(
    connection: Connection,
    words: str,
    template: str | None,
    values: Mapping[str, str],
    category_id: int,
    domain_id: int,
) -> tuple[str, list[Template]]:
    """The words of an answer, and the templates that it might be made of.

    A template without words of one's own is filled. Raises `BadFilterError` that says which field
    is empty or unknown.
    """
    fitting = templates.fitting(connection, category_id, domain_id)
    said = words.strip()
    if template is not None:
        chosen = next((one for one in fitting if str(one.id) == template), None)
        if chosen is None:
            raise BadFilterError(
                "template",
                "this template is not for this category / mẫu này không dùng cho loại này",
            )
        made = templates.filled(chosen, values)
        said = said or made
    if empty := templates.fields_of(said):
        names = ", ".join(f"{{{one}}}" for one in empty)
        raise BadFilterError(
            "fields", f"fill in {names}, or take it out / hãy điền {names}, hoặc bỏ đi"
        )
    return said, fitting


def check_closing(
    connection: Connection,
    of_complaint: UUID,
    words: str,
    fitting: list[Template],
    area_id: int | None,
    at: datetime,
) -> None:
    """Raises `BadFilterError` that says what the words of a closing lack."""
    said = {one.strip(".,;:!?…()\"'“”") for one in words.lower().split()} - {""}
    if len(said) < LEAST_WORDS:
        raise BadFilterError(
            "text",
            f"a closing says what was done, in at least {LEAST_WORDS} different words"
            f" / khi kết thúc, hãy nói rõ đã làm gì, ít nhất {LEAST_WORDS} từ khác nhau",
        )
    for one in fitting:
        if templates.bare(words, one, LEAST_OWN):
            raise BadFilterError(
                "text",
                f"these are the words of the template {one.name!r}: add what was done here, by whom"
                f" and when, in at least {LEAST_OWN} words of your own"
                f" / đây mới là lời của mẫu “{one.name}”: hãy viết thêm đã làm gì ở đây, ai làm,"
                f" lúc nào, ít nhất {LEAST_OWN} từ",
            )
    if len(said - _STOCK) < LEAST_TELLING:
        raise BadFilterError(
            "text",
            "that it was handled says nothing of how: add what was done, where and when"
            " / mới chỉ nói là đã xử lý: hãy viết thêm đã làm gì, ở đâu, lúc nào",
        )
    if (same := _same_words(connection, of_complaint, words, at)) is not None:
        raise BadFilterError(
            "text",
            f"the same words closed {same or 'another complaint'}: say what was done here"
            f" / câu trả lời này đã dùng cho {same or 'phản ánh khác'}: hãy nói rõ đã làm gì ở đây",
        )
    alike = _much_alike(connection, of_complaint, words, area_id, at)
    if len(alike) >= MOST_ALIKE:
        codes = ", ".join(alike[:MOST_ALIKE])
        raise BadFilterError(
            "text",
            f"nearly these words closed {len(alike)} others lately ({codes}): say what is done here"
            f" / lời gần như thế này vừa dùng cho {len(alike)} phản ánh khác ({codes}): hãy nói rõ"
            " đã làm gì ở đây",
        )


def _same_words(connection: Connection, of_complaint: UUID, words: str, at: datetime) -> str | None:
    """The code of another complaint that was closed with the same words lately.

    None: there is none; empty: there is one that is not the asker's to see.
    """
    found = connection.execute(
        select(func.work_same_words(of_complaint, words, at - LATELY))
    ).scalar()
    return None if found is None else str(found)


def similar(words: str, other: str) -> bool:
    """Whether two answers have nearly the same words; numbers do not count.

    >>> similar("Đã vá ổ gà trước số nhà 12 Phố Huế", "Đã vá ổ gà trước số nhà 40 Phố Huế")
    True
    """
    one, two = templates.bag(words), templates.bag(other)
    return (one & two).total() >= ALIKE * (one | two).total()


def _much_alike(
    connection: Connection, of_complaint: UUID, words: str, area_id: int | None, at: datetime
) -> list[str]:
    """Codes of the area's last closings with nearly the same words, the newest first."""
    last = (
        select(answer.c.text)
        # Of one moment are those of one act on many, which is judged as a whole by who previews it.
        .where(answer.c.complaint_id == work.c.complaint_id, answer.c.status == 4, answer.c.at < at)
        .order_by(answer.c.at.desc(), answer.c.id.desc())
        .limit(1)
        .lateral("last")
    )
    rows = connection.execute(
        select(complaint.c.code, last.c.text)
        .select_from(work)
        .join(complaint, complaint.c.id == work.c.complaint_id)
        .join(last, last.c.text.is_not(None))
        .where(
            work.c.area_id == area_id,
            work.c.finished_at > at - LATELY,
            work.c.complaint_id != of_complaint,
        )
        .order_by(work.c.finished_at.desc())
        .limit(_LOOKED_AT)
    )
    return [row.code for row in rows if similar(words, row.text)]
