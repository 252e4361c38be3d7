"""How the form of a category looks, in words: for who sets it, before anybody is asked."""

from typing import Final, Literal

from geo.category_settings import Question, Settings

Language = Literal["vi", "en"]
_WORDS: Final = {
    "vi": {
        "text": "viết vài chữ", "number": "một con số", "one": "chọn một", "many": "chọn nhiều",
        "date": "một ngày", "must": "bắt buộc", "may": "không bắt buộc", "public": "công khai",
        "officials": "chỉ cán bộ xem", "from": "từ {min}", "to": "đến {max}",
        "urgency": "Hỏi: việc này có khẩn cấp không?", "stops": "Không nhận ở đây", "told": "Báo",
        "near": "Trùng nếu cách không quá {near_m} m, trong {near_days} ngày",
        "nothing": "Không hỏi gì thêm.",
    },
    "en": {
        "text": "some words", "number": "a number", "one": "choose one", "many": "choose any",
        "date": "a day", "must": "has to be answered", "may": "may be left out",
        "public": "public", "officials": "for officials alone", "from": "from {min}",
        "to": "to {max}", "urgency": "Asks: is it urgent?", "stops": "Not taken here",
        "told": "Tells",
        "near": "Taken for the same within {near_m} m and {near_days} days",
        "nothing": "Nothing more is asked.",
    },
}  # fmt: skip


def spoken(settings: Settings, language: Language) -> list[str]:
    """The form, one line for each thing that is told or asked.

    >>> from geo.category_settings import checked
    >>> spoken(checked({"near_m": 20}), "en")
    ['Nothing more is asked.', 'Taken for the same within 20 m and 60 days']
    """
    words = _WORDS[language]
    lines = []
    if settings.notice is not None:
        head = words["stops"] if settings.notice.stops else words["told"]
        phone = f" ({settings.notice.phone})" if settings.notice.phone else ""
        lines.append(f"{head}: {getattr(settings.notice, language)}{phone}")
    if settings.notice is None or not settings.notice.stops:
        lines += [_asked(one, language) for one in settings.questions]
        if settings.asks_urgency:
            lines.append(words["urgency"])
        if not settings.questions and not settings.asks_urgency:
            lines.append(words["nothing"])
    near = words["near"].format(near_m=settings.near_m, near_days=settings.near_days)
    return [*lines, near]


def _asked(question: Question, language: Language) -> str:
    words = _WORDS[language]
    options = ", ".join(getattr(one, language) for one in question.options)
    bounds = [
        words[word].format(**{name: getattr(question, name)})
        for word, name in (("from", "min"), ("to", "max"))
        if getattr(question, name) is not None
    ]
    kind = words[question.kind] + (f": {options}" if options else "")
    told = [
        " ".join([kind, *bounds]),
        words["must" if question.required else "may"],
        words["public" if question.public else "officials"],
    ]
    return f"{getattr(question, language)} ({'; '.join(told)})"
