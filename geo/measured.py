"""The work that figures are counted from, as columns: what is known of each complaint and when.

Read from the view `work_measured`, which the database limits to what the asker may count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import DateTime, Integer

from geo.clockwork import pauses_of
from geo.deadlines import Pause
from geo.duelines import micros
from geo.filters import Filter
from geo.measures import MEASURES, conditions, within
from geo.schema import rating, work_handed, work_measured

By = Literal["area", "domain", "category", "unit", "person", "week", "month", "quarter"]
PERIODS: Final = ("week", "month", "quarter")
Ints = NDArray[np.int64]
# What has not happened. Instants are microseconds since 1970.
NEVER: Final = np.iinfo(np.int64).min
_EPOCH: Final = micros(datetime(2000, 1, 1, tzinfo=UTC))
_INSIDE: Final = 1 << 62
_CLOSED: Final = 1 << 61
_TIMES: Final = ("reported_at", "arrived_at", "reacted_at", "finished_at", "handle_due_at")
_WIDTH: Final = 3 + len(_TIMES)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be counted: complaints by where they are handled and when they were reported,
    closings by when they were closed."""

    filter: Filter
    """Of it cities, domains, categories, areas and times."""
    now: datetime
    by: By | None = None
    set_ids: tuple[int, ...] = ()
    """The areas of one set, for `by` area."""


class Stood(NamedTuple):
    """A complaint whose clock stood still."""

    row: int
    domain_id: int
    category_id: int
    pauses: Sequence[Pause]


class Measured(NamedTuple):
    """Columns of shape (n,), a complaint each."""

    key: Ints
    """Of the area, domain, category or account it is counted with; 0: of none, or all are one."""
    city: Ints
    flags: Ints
    reported: Ints
    arrived: Ints
    """When it was last handed over."""
    reacted: Ints
    finished: Ints
    due: Ints
    """By when it was to be handled."""
    stood: tuple[Stood, ...]

    def is_(self, measure: str) -> NDArray[np.bool_]:
        bit = np.int64(1 << MEASURES.index(measure))
        return np.not_equal(np.bitwise_and(self.flags, bit), 0)

    @property
    def closed(self) -> NDArray[np.bool_]:
        """Whether it is closed now, whenever that was."""
        return np.not_equal(np.bitwise_and(self.flags, np.int64(_CLOSED)), 0)

    def only(self, measures: Collection[str]) -> Ints:
        """Flags of some measures alone."""
        bits = sum(1 << MEASURES.index(name) for name in measures)
        return np.bitwise_and(self.flags, np.int64(bits | _INSIDE | _CLOSED))

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Whether the asker may see it, and not only count it."""
        return np.not_equal(np.bitwise_and(self.flags, np.int64(_INSIDE)), 0)


def _where(asked: Asked, c: Any) -> list[ColumnElement[bool]]:
    """What was reported in the time."""
    of = asked.filter
    return [*_kinds(asked, c), within(c.reported_at, of.since, of.until)]


def _counted_where(asked: Asked) -> list[ColumnElement[bool]]:
    """What was reported, closed or due in the time."""
    c, of = work_measured.c, asked.filter
    if of.since is None and of.until is None:
        return _limited(asked, _kinds(asked, c))
    some = conditions(c, asked.now, of.since, of.until)
    counted = or_(some["received"], some["closed"], some["missed"])
    return _limited(asked, [*_kinds(asked, c), counted])


def _kinds(asked: Asked, c: Any) -> list[ColumnElement[bool]]:
    of = asked.filter
    found = [c.city_id.in_([one.id for one in of.cities])]
    if of.domains:
        found.append(c.domain_id.in_(of.domains))
    if of.categories:
        found.append(c.category_id.in_(of.categories))
    return found


def _integers(ids: Sequence[int]) -> Any:
    return cast(list(ids), ARRAY(Integer))


def _limited(asked: Asked, found: list[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    c = work_measured.c
    if asked.filter.areas:
        found.append(c.handler_ids.overlap(_integers([one.id for one in asked.filter.areas])))
    if asked.by == "person":
        found.append(c.supervised)
    return found


def _key(asked: Asked) -> ColumnElement[Any]:
    c = work_measured.c
    if asked.by == "area":
        own = _integers(asked.set_ids)
        held = func.unnest(c.handler_ids).column_valued("held")
        other = select(func.min(held)).where(held == func.any(own)).scalar_subquery()
        # Of the set in force it is known already.
        return case((c.area_id == func.any(own), c.area_id), else_=other)
    columns: Mapping[str | None, Any] = {
        "domain": c.domain_id, "category": c.category_id, "unit": c.handled_by,
        "person": c.handled_by,
    }  # fmt: skip
    found: ColumnElement[Any] = columns.get(asked.by, literal(0))
    return found


def _flags(asked: Asked) -> ColumnElement[Any]:
    c, of = work_measured.c, asked.filter
    found = conditions(c, asked.now, of.since, of.until)
    total: Any = case((c.inside, _INSIDE), else_=literal(0, BigInteger))
    total = total + case((conditions(c, asked.now)["closed"], _CLOSED), else_=0)
    for bit, name in enumerate(MEASURES):
        total = total + case((found[name], literal(1 << bit, BigInteger)), else_=0)
    flags: ColumnElement[Any] = total
    return flags


def _columns(asked: Asked) -> list[ColumnElement[Any]]:
    c = work_measured.c
    return [func.coalesce(_key(asked), 0).label("key"), c.city_id, _flags(asked).label("flags")]


def measured(connection: Connection, asked: Asked) -> Measured:
    """All that is the asker's to count under the question; one scan, packed by the database."""
    c = work_measured.c
    where = _counted_where(asked)
    numbers = [func.int8send(cast(one, BigInteger)) for one in _columns(asked)]
    begin = cast(literal("-infinity"), DateTime(timezone=True))
    times = [func.timestamptz_send(func.coalesce(c[name], begin)) for name in _TIMES]
    packed: Any = numbers[0]
    for one in (*numbers[1:], *times):
        packed = packed.op("||")(one)
    whole = func.string_agg(packed, cast(literal(b"", LargeBinary), LargeBinary))
    blob = connection.execute(select(whole).where(*where, c.pauses == 0)).scalar()
    plain = np.frombuffer(blob or b"", dtype=">i8").astype(np.int64).reshape(-1, _WIDTH)
    plain[:, 3:] = np.where(plain[:, 3:] == NEVER, NEVER, plain[:, 3:] + _EPOCH)
    rows = connection.execute(
        select(*_columns(asked), *(c[name] for name in _TIMES), c.domain_id, c.category_id, c.stood)
        .where(*where, c.pauses > 0)
    ).all()  # fmt: skip
    still = np.array(
        [[int(one) for one in row[:3]] + [_instant(at) for at in row[3:_WIDTH]] for row in rows],
        dtype=np.int64,
    ).reshape(-1, _WIDTH)
    stood = tuple(
        Stood(len(plain) + n, row.domain_id, row.category_id, pauses_of(row.stood or ()))
        for n, row in enumerate(rows)
    )
    columns = [np.ascontiguousarray(one) for one in np.concatenate([plain, still]).T]
    key, city, flags, reported, arrived, reacted, finished, due = columns
    return Measured(key, city, flags, reported, arrived, reacted, finished, due, stood)


def _instant(at: datetime | None) -> int:
    return NEVER if at is None else micros(at)


class Judged(NamedTuple):
    """How one complaint's closing was judged."""

    key: int
    reported: int
    satisfied: int
    accepted: int
    dissatisfied: int
    reopened: int


def judged(connection: Connection, asked: Asked) -> list[Judged]:
    """Of the complaints that `measured` reads, those that were judged."""
    c = work_measured.c
    key = func.coalesce(_key(asked), 0).label("key")
    verdicts = [
        func.count().filter(rating.c.verdict == name).label(name)
        for name in ("satisfied", "accepted", "dissatisfied")
    ]
    rows = connection.execute(
        select(key, c.reported_at, *verdicts, func.bool_or(rating.c.reopened).label("reopened"))
        .select_from(work_measured.join(rating, rating.c.complaint_id == c.complaint_id))
        .where(*_limited(asked, _where(asked, c)))
        .group_by(c.complaint_id, key, c.reported_at)
    )
    return [Judged(int(row[0]), micros(row[1]), *(int(n) for n in row[2:])) for row in rows]


class Handed(NamedTuple):
    """A complaint that an area handed over; `complaint` is one number for each."""

    complaint: int
    key: int
    reported: int
    inside: bool


def handed_out(connection: Connection, asked: Asked) -> list[Handed]:
    """What the asker's areas handed over; nobody's where it is asked by unit or person."""
    if asked.by in ("unit", "person"):
        return []
    c = work_handed.c
    where = _where(asked, c)
    if asked.filter.areas:
        where.append(c.from_id == func.any(_integers([one.id for one in asked.filter.areas])))
    by: Mapping[str | None, Any] = {
        "area": c.from_id, "domain": c.domain_id, "category": c.category_id,
    }  # fmt: skip
    rows = connection.execute(
        select(c.complaint_id, by.get(asked.by, literal(0)), c.reported_at, c.inside).where(*where)
    ).all()
    numbers = {one: n for n, one in enumerate(dict.fromkeys(row[0] for row in rows))}
    own = set(asked.set_ids)
    return [
        Handed(
            numbers[row[0]],
            row[1] if asked.by != "area" or row[1] in own else 0,
            micros(row[2]),
            row[3],
        )
        for row in rows
    ]
