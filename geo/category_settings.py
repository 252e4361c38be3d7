"""What a category asks and tells, and what counts as near it: settings an operator may change.

They are rows like the categories themselves; a new instance starts with those of
`category_settings.toml`.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import resources
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as checked_whole
from sqlalchemy import Connection, Row, select, update

from geo.errors import NotFoundError, SettingsError
from geo.schema import category

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ]{1,18}[0-9]$")]

MOST_LETTERS: Final = 500
"""Of an answer in words."""
Bound = int | float | date | None


def _each_once(what: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise ValueError(f"two {what}s have the code {code!r}")
        seen.add(code)


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Option(_Checked):
    """One of the answers that can be chosen."""

    code: Code
    vi: Words
    en: Words


class Question(_Checked):
    """What is asked where the category is chosen.

    `min` and `max` bound a number, the letters of words, how many are chosen of many, or a date.
    The answer is for officials alone unless the question is `public`.
    """

    code: Code
    kind: Literal["text", "number", "one", "many", "date"]
    vi: Words
    en: Words
    required: bool = False
    options: tuple[Option, ...] = Field(default=(), max_length=30)
    min: Bound = None
    max: Bound = None
    public: bool = False

    @checked_whole(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind in ("one", "many"):
            if len(self.options) < 2:
                raise ValueError(f"a question of kind {self.kind} needs at least two options")
            _each_once("option", (one.code for one in self.options))
        elif self.options:
            raise ValueError("only questions of kind one or many have options")
        bounds = [one for one in (self.min, self.max) if one is not None]
        wanted = {"number": int | float, "text": int, "many": int, "date": date}.get(self.kind)
        if bounds and (wanted is None or not all(isinstance(one, wanted) for one in bounds)):
            raise ValueError(f"min and max do not fit a question of kind {self.kind}")
        if self.kind in ("text", "many"):
            most = MOST_LETTERS if self.kind == "text" else len(self.options)
            if any(not 0 <= one <= most for one in bounds):  # type: ignore[operator]
                raise ValueError(f"min and max are whole numbers from 0 to {most}")
        if len(bounds) == 2 and bounds[0] > bounds[1]:  # type: ignore[operator]
            raise ValueError("min is larger than max")
        return self


class Notice(_Checked):
    """What is told where the category is chosen; where it `stops`, nothing is taken here."""

    vi: Words
    en: Words
    phone: Phone | None = None
    stops: bool = False


class Settings(_Checked):
    """All of them; what is left out is as for a category nobody set."""

    meaning: Code | None = None
    """Categories with the same word may be about the same thing; None: only itself."""
    near_m: int = Field(default=100, ge=1, le=2000)
    near_days: int = Field(default=60, ge=1, le=3650)
    asks_urgency: bool = False
    answer_photo: bool = False
    """A closing needs a photo of the place, taken after the report."""
    answer_photo_m: int = Field(default=150, ge=10, le=5000)
    answer_check: bool = False
    """A supervisor looks at a closing before it is one."""
    notice: Notice | None = None
    questions: tuple[Question, ...] = Field(default=(), max_length=12)

    @checked_whole(mode="after")
    def _asks_each_once(self) -> Self:
        _each_once("question", (one.code for one in self.questions))
        return self

    def row(self) -> dict[str, Any]:
        """The values of the columns of `category`."""
        return {
            "meaning": self.meaning,
            "near_m": self.near_m,
            "near_days": self.near_days,
            "asks_urgency": self.asks_urgency,
            "answer_photo": self.answer_photo,
            "answer_photo_m": self.answer_photo_m,
            "answer_check": self.answer_check,
            "notice": self.notice.model_dump(exclude_none=True) if self.notice else {},
            "questions": questions_of(self),
        }


EMPTY: Final = Settings()
COLUMNS: Final = [category.c[name] for name in Settings.model_fields]


def questions_of(settings: Settings) -> list[dict[str, Any]]:
    """The questions as they are stored and told, without what they do not have."""
    return [
        one.model_dump(mode="json", exclude_none=True, exclude=None if one.options else {"options"})
        for one in settings.questions
    ]


def checked(given: Mapping[str, Any]) -> Settings:
    """The settings; raises SettingsError that names what is wrong with which of them."""
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError(
            "; ".join(
                f"{'.'.join(map(str, one['loc'])) or 'settings'}:"
                f" {one['msg'].removeprefix('Value error, ')}"
                for one in error.errors()
            )
        ) from None


def read(toml: str) -> dict[str, Any]:
    """A file of settings as it stands, not checked yet; raises SettingsError for bad TOML."""
    try:
        return tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not a TOML file: {error}") from None


def shipped() -> dict[str, Settings]:
    """What a new instance starts with, by the code of the category."""
    file = resources.files("geo").joinpath("category_settings.toml")
    return {code: checked(given) for code, given in read(file.read_text("utf-8")).items()}


def of_row(row: Row[Any]) -> Settings:
    """The settings in a row that has their columns."""
    given = {name: getattr(row, name) for name in Settings.model_fields}
    return checked(given | {"notice": given["notice"] or None})


def present(connection: Connection) -> dict[str, Settings]:
    """Those of every category, by its code."""
    statement = select(category.c.code, *COLUMNS).order_by(category.c.id)
    return {row.code: of_row(row) for row in connection.execute(statement)}


def change(connection: Connection, code: str, changes: Mapping[str, Any]) -> Settings:
    """Set some of a category's settings; the others stay. Returns all of them.

    Raises NotFoundError for an unknown category, SettingsError where they would not be right.
    """
    known = present(connection)
    if code not in known:
        raise NotFoundError(f"no category {code!r}; there are {', '.join(known)}")
    wanted = checked(known[code].model_dump() | dict(changes))
    connection.execute(update(category).where(category.c.code == code).values(wanted.row()))
    return wanted


_OF_ANSWERS: Final = ("answer_photo", "answer_photo_m", "answer_check")


def as_toml(settings: Mapping[str, Settings]) -> str:
    """The settings of categories as the file that `change` would make them from."""
    return "\n".join(_section(code, one) for code, one in settings.items())


def _section(code: str, settings: Settings) -> str:
    given = settings.row()
    lines = [f"[{code}]"]
    for name in ("meaning", "near_m", "near_days", "asks_urgency", *_OF_ANSWERS):
        if given[name] is not None:
            lines.append(f"{name} = {_value(given[name])}")
    if given["notice"]:
        lines.append(f"notice = {_value(given['notice'])}")
    if not given["questions"]:
        # Said, so that the file takes away what was asked meanwhile.
        lines.append("questions = []")
    for question in given["questions"]:
        lines += ["", f"[[{code}.questions]]"]
        lines += [f"{name} = {_value(value)}" for name, value in question.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """A value of TOML 1.0, whose strings may be written as JSON's."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_value(one)}' for name, one in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # JSON leaves DEL as it is, which TOML does not allow.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
