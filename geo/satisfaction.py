"""How answers are judged: counts under any filter, and the share that is content.

Each judgement counts once: one person about one answer, those that reopened a complaint too. They
are of the complaints a filter asks for, by when these were reported. With `as_of` they are those
given by then, in the words of now: a change of mind within its week is not undone.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import sqrt
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    literal,
    literal_column,
    select,
)

from geo import asof, counts
from geo.complaint import Status
from geo.filters import City, Filter
from geo.periods import EPOCH
from geo.rollup import AREA
from geo.schema import area, area_part, rating

By = Literal["area", "domain", "category", "month"]
ANSWERED: Final = (Status.RESOLVED, Status.REJECTED)
# Of fewer, a share says little: as of rates.
FEW: Final = 20
# Two-sided 95 % of the normal distribution.
Z: Final = 1.959964


class Tally(NamedTuple):
    """Sums of one row; `+` adds two."""

    answered: int = 0
    """Complaints that are resolved or rejected now."""
    satisfied: int = 0
    accepted: int = 0
    dissatisfied: int = 0
    reopened: int = 0
    """Complaints that a judgement brought back."""
    squares: int = 0
    """Of the number of judgements of each complaint."""

    @property
    def rated(self) -> int:
        return self.satisfied + self.accepted + self.dissatisfied

    @property
    def few(self) -> bool:
        return self.rated < FEW

    def plus(self, other: "Tally") -> "Tally":
        return Tally(*(one + more for one, more in zip(self, other, strict=True)))

    def share(self) -> tuple[float, float, float] | None:
        """The share that is satisfied or accepts, with its 95 % interval; None of none.

        Judgements of one complaint may all say the same: the interval is that of so many complaints
        as weigh alike (L. Kish, Survey Sampling, 1965: (Σ n)² / Σ n²).
        """
        if not self.rated:
            return None
        p = (self.satisfied + self.accepted) / self.rated
        return (p, *wilson(p, self.rated**2 / self.squares))


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share of n (E. B. Wilson, JASA 22, 1927).

    >>> [round(end, 3) for end in wilson(0.55, 100)]
    [0.452, 0.644]
    """
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    reach = Z / (1 + Z**2 / n) * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


class Figures(NamedTuple):
    whole: Tally
    rows: dict[int | str, Tally]
    """By area id, domain code, category code or month (2026-03); empty where nothing is asked."""


def satisfaction(
    connection: Connection,
    question: Filter,
    by: By | None,
    areas: Sequence[int] = (),
    kinds: dict[int, str] | None = None,
) -> Figures:
    """The figures of a filter; `areas` are ids of one set, `kinds` the code of each category."""
    rows: dict[Any, Tally] = {}
    total, answered = Tally(), _answered(question)
    if answered is not None:
        total = Tally(int(connection.execute(counts.total(answered)).scalar_one()))
        for key, n in _answered_by(connection, answered, by, areas, kinds or {}):
            _add(rows, key, Tally(answered=n))
    for city in question.cities:
        own = question.of_city(city)
        if question.areas and not own.areas:
            continue
        _read(connection, own, city, by, areas, kinds or {}, rows)
    # Each judgement is in one row; those of no area, or where nothing is asked, in that of None.
    for tally in rows.values():
        total = total.plus(tally._replace(answered=0))
    rows.pop(None, None)
    return Figures(total, {key: tally for key, tally in rows.items() if any(tally)})


def _add(sums: dict[Any, Tally], key: Any, more: Tally) -> None:
    sums[key] = sums.get(key, Tally()).plus(more)


def _answered(question: Filter) -> Filter | None:
    """The same question of answered complaints alone; None where it asks for none of them."""
    wanted = tuple(one for one in ANSWERED if not question.statuses or one in question.statuses)
    return replace(question, statuses=wanted) if wanted else None


def _answered_by(
    connection: Connection,
    question: Filter,
    by: By | None,
    areas: Sequence[int],
    kinds: dict[int, str],
) -> list[tuple[int | str, int]]:
    if by is None:
        return []
    if by == "area":
        found = connection.execute(counts.by_place(question, AREA, areas))
        return [(int(row.place), int(row.n)) for row in found]
    if by == "month":
        days = connection.execute(counts.by_day(question))
        return [(f"{EPOCH + timedelta(days=int(row.place)):%Y-%m}", int(row.n)) for row in days]
    found = connection.execute(counts.by_category(question))
    return [(kinds[int(row.place)], int(row.n)) for row in found]


def _read(
    connection: Connection,
    question: Filter,
    city: City,
    by: By | None,
    areas: Sequence[int],
    kinds: dict[int, str],
    sums: dict[Any, Tally],
) -> None:
    for columns, condition in asof.parts(question):
        for row in connection.execute(_judged(question, city, by, areas, columns, condition)):
            key = kinds[int(row.key)] if by in ("domain", "category") else row.key
            _add(sums, key, Tally(0, *(int(n) for n in row[1:])))


def _judged(
    question: Filter,
    city: City,
    by: By | None,
    areas: Sequence[int],
    columns: Any,
    condition: ColumnElement[bool],
) -> Select[Any]:
    """Rows (key, satisfied, accepted, dissatisfied, reopened, squares)."""
    each = select(
        rating.c.complaint_id,
        *(
            func.count(case((rating.c.verdict == verdict, 1))).label(verdict)
            for verdict in ("satisfied", "accepted", "dissatisfied")
        ),
        func.max(case((rating.c.reopened, 1), else_=0)).label("reopened"),
        (func.count() * func.count()).label("squares"),
    ).group_by(rating.c.complaint_id)
    if question.as_of is not None:
        each = each.where(rating.c.at <= question.as_of)
    judged = each.subquery("judged")
    source = judged.join(columns.id.table, columns.id == judged.c.complaint_id)
    if by == "area" and areas:
        # As `areas_at`, for one set alone: on a shared edge the lowest id.
        own = select(area.c.set_id).where(area.c.id == areas[0]).scalar_subquery()
        key: ColumnElement[Any] = (
            select(func.min(area_part.c.area_id))
            .where(area_part.c.set_id == own, func.ST_Intersects(area_part.c.geom, columns.geom))
            .scalar_subquery()
        )
    elif by == "month":
        key = func.to_char(func.timezone(city.zone.key, columns.reported_at), "YYYY-MM")
    elif by in ("domain", "category"):
        key = columns.category_id
    else:
        key = literal(None)
    names = ("satisfied", "accepted", "dissatisfied", "reopened", "squares")
    sums = [func.sum(judged.c[name]) for name in names]
    rows: Select[Any] = select(key.label("key"), *sums).select_from(source).where(condition)
    return rows.group_by(literal_column("1"))
