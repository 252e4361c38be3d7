"""The queue: the work an official may see, in an order, a page at a time."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from shapely import Polygon
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, Integer, Interval, SmallInteger

from geo.cells import leaf_range
from geo.complaint import Status
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.matching import of_words
from geo.measures import HANDED_OUT, MEASURES, conditions, within
from geo.schema import (
    account,
    area,
    category,
    city,
    complaint,
    domain,
    photo,
    work,
)

Sort = Literal["due", "reported", "-reported"]
SORTS: Final = ("due", "reported", "-reported")
FLAGS: Final = (
    "mine", "unassigned", "overdue", "due", "reopened", "misrouted", "urgent", "checking", "paused",
    "duplicates", "no_limit",
)  # fmt: skip
# Looks at what is near each row: a list can wait for that, the numbers on every page cannot.
UNCOUNTED: Final = frozenset({"duplicates"})
# What is due within so long counts as "due"; a working day and the night before it.
SOON: Final = timedelta(hours=24)
EXCERPT: Final = 200
MOST: Final = 200
# What has no deadline comes after all that have one.
_NEVER: Final = cast(literal("infinity"), DateTime(timezone=True))
# Among themselves the oldest first.
_SOMETIME: Final = cast(literal("1000 years"), Interval)


def _urgency(of: Any) -> ColumnElement[datetime]:
    """What the queue is ordered by."""
    found: ColumnElement[datetime] = func.coalesce(of.due_at, of.reported_at + _SOMETIME)
    return found


class Figure(NamedTuple):
    """What a figure of `geo.performance` was counted of."""

    measure: str
    handlers: tuple[int, ...] = ()
    """Areas that handle it, or that handed it over where these are counted; none: all of them."""
    unit: str | None = None
    """Of who closed it, or has it; empty: of none."""
    person: int | None = None
    """The account that closed it, or has it; 0: nobody."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about work: the product's filter, and what is about handling alone."""

    filter: Filter
    flags: frozenset[str] = frozenset()
    account_id: int = 0
    now: datetime = field(default_factory=datetime.now)
    soon: timedelta = SOON
    """What is due within so long has the flag `due`."""
    figure: Figure | None = None
    """The rows of a figure, closed ones too where no status is asked for."""
    code: str | None = None
    """The public code of one complaint."""

    def __post_init__(self) -> None:
        if unknown := self.flags - set(FLAGS):
            raise BadFilterError("flags", f"unknown: {', '.join(sorted(unknown))}")
        if self.figure is not None and self.figure.measure not in (*MEASURES, HANDED_OUT):
            known = ", ".join((*MEASURES, HANDED_OUT))
            raise BadFilterError("measure", f"unknown {self.figure.measure!r}; known: {known}")


def _of_figure(figure: Figure, of: Filter, now: datetime) -> list[Any]:
    """As `work_measured` counts them: what is handled in the asker's areas."""
    w = work.c
    ids = cast(list(figure.handlers), ARRAY(Integer))
    # Figures of people are for who supervises them.
    need = "inside" if figure.person is None else "supervise"
    # A cast makes an array of a subquery, which ANY would take for rows.
    whole = cast(select(func.asker_everywhere(need)).scalar_subquery(), ARRAY(SmallInteger))
    keys = cast(select(func.asker_keys(need)).scalar_subquery(), ARRAY(BigInteger))
    everywhere = w.domain_id == func.any(whole)
    if figure.measure == HANDED_OUT:
        given = func.unnest(w.handed_from).table_valued(column("id", Integer), name="giver")
        giver = given.render_derived().c.id
        key = func.work_key(giver, w.domain_id, type_=BigInteger)
        own = or_(everywhere, key.op("=", is_comparison=True)(func.any(keys)))
        named = giver == func.any(ids) if figure.handlers else true()
        there = exists(select(1).where(own, named).correlate(work))
        return [there, within(w.reported_at, of.since, of.until)]
    counted = conditions(w, now, of.since, of.until)[figure.measure]
    found = [or_(w.acts.overlap(keys), everywhere), counted]
    if figure.handlers:
        found.append(w.handler_ids.overlap(ids))
    closed = w.status.in_([int(Status.RESOLVED), int(Status.REJECTED)])
    by = func.coalesce(case((closed, w.closed_by)), w.assignee_id)
    if figure.person is not None:
        found.append(func.coalesce(by, 0) == figure.person)
    if figure.unit is not None:
        unit = select(account.c.unit).where(account.c.id == by).scalar_subquery()
        found.append(func.coalesce(unit, "") == figure.unit)
    return found


def _conditions(asked: Asked) -> list[Any]:
    of, w = asked.filter, work.c
    usual = tuple(one for one in Status if one.is_open or asked.figure is not None or asked.code)
    found: list[Any] = [w.status.in_([int(one) for one in of.statuses or usual])]
    if asked.figure is not None:
        found += _of_figure(asked.figure, of, asked.now)
    else:
        found.append(within(w.reported_at, of.since, of.until))
    if of.cities:
        found.append(w.city_id.in_([one.id for one in of.cities]))
    if of.domains:
        found.append(w.domain_id.in_(of.domains))
    if of.categories:
        found.append(w.category_id.in_(of.categories))
    if of.areas:
        ids = cast([one.id for one in of.areas], ARRAY(Integer))
        found.append(or_(w.area_ids.overlap(ids), w.handler_ids.overlap(ids)))
    if of.bbox is not None:
        west, south, east, north = of.bbox.west, of.bbox.south, of.bbox.east, of.bbox.north
        box = func.ST_MakeEnvelope(west, south, east, north, 4326)
        found.append(func.ST_Intersects(complaint.c.geom, box))
    if of.cells:
        found.append(or_(*(w.cell.between(*leaf_range(one)) for one in of.cells)))
    if of.polygon:
        outline = Polygon(of.polygon).wkt
        found.append(func.ST_Covers(func.ST_GeomFromText(outline, 4326), complaint.c.geom))
    if of.as_of is not None:
        raise BadFilterError("as_of", "work is of now: leave as_of out")
    found += [] if asked.code is None else [complaint.c.code == asked.code]
    found += [of_words(of)] if of.words else []
    flags: Mapping[str, Any] = {
        "mine": w.assignee_id == asked.account_id,
        # What was handed over is others' to give to somebody and to be in time with.
        "unassigned": and_(w.assignee_id.is_(None), _kept()),
        "overdue": and_(w.due_at < asked.now, _kept()),
        "due": and_(w.due_at >= asked.now, w.due_at < asked.now + asked.soon, _kept()),
        "reopened": w.reopened > 0,
        "misrouted": w.bounces > 0,
        "urgent": w.urgent,
        "checking": w.check_state == "asked",
        "paused": w.paused_at.is_not(None),
        "duplicates": _alike(),
        # A pause of nobody knows how long has no date either, but a limit; what is not counted
        # yet may have one.
        "no_limit": and_(
            w.handle_due_at.is_(None),
            w.paused_at.is_(None),
            ~w.due_stale,
            w.status.in_([int(one) for one in Status if one.is_open]),
            _kept(),
        ),
    }
    return [*found, *(flags[name] for name in FLAGS if name in asked.flags)]


def _kept() -> Any:
    """It is handled where the asker is entitled: most was handed over by nobody."""
    w = work.c
    handled = func.array_append(w.acts, cast(w.domain_id, BigInteger))
    mine = select(func.asker_sight("inside")).scalar_subquery()
    return or_(w.handed_from == text("'{}'"), handled.op("&&")(mine))


def _alike() -> Any:
    """Another open complaint of the very category is in the same cell of resolution 10 (66 m)."""
    other = complaint.alias("other")
    return exists(
        select(other.c.id).where(
            other.c.cell.op(">>")(literal(15, Integer))
            == work.c.cell.op(">>")(literal(15, Integer)),
            other.c.category_id == work.c.category_id,
            other.c.status <= 3,
            other.c.id != work.c.complaint_id,
        )
    )


def _of(asked: Asked, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(work.join(complaint, complaint.c.id == work.c.complaint_id))
        .where(*_conditions(asked))
    )


def _looks(asked: Asked) -> bool:
    """Whether the complaint itself is looked at, not its work alone."""
    return bool(asked.code or asked.filter.words or asked.filter.bbox or asked.filter.polygon)


def _narrow(asked: Asked, *columns: Any) -> Select[Any]:
    """Columns of work, of the complaint beside it only where a condition is about that."""
    if _looks(asked):
        return _of(asked, *columns)
    return select(*columns).select_from(work).where(*_conditions(asked))


def total(asked: Asked) -> Select[Any]:
    """How many there are; exact."""
    return _narrow(asked, func.count())


def page(asked: Asked, sort: Sort, limit: int, after: str | None) -> Select[Any]:
    """Up to `limit` rows after a key that `key_of` made; each row of the queue is met once.

    Each says the `total` as well: what finds the page has looked at all of them.
    """
    order, ascending = {
        "due": (_urgency(work.c), True),
        "reported": (work.c.reported_at, True),
        "-reported": (work.c.reported_at, False),
    }[sort]
    found = _narrow(asked, work.c.complaint_id, order.label("key")).cte("found")
    total = select(func.count()).select_from(found).scalar_subquery()
    ends = (found.c.key, found.c.complaint_id)
    first = select(*ends)
    if after is not None:
        at, number = _key(after, sort)
        here = tuple_(*ends)
        there = tuple_(cast(literal(at), DateTime(timezone=True)), literal(number))
        first = first.where(here > there if ascending else here < there)
    chosen = (
        first.order_by(*(one if ascending else one.desc() for one in ends)).limit(limit).subquery()
    )
    w, c = work.c, complaint.c
    rows = (
        select(
            c.id, c.code, w.version, w.status, domain.c.code.label("domain"),
            category.c.code.label("category"), category.c.sensitive, w.reported_at, w.urgent,
            func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"), c.address,
            func.left(c.text, EXCERPT).label("text"), area.c.code.label("area_code"),
            area.c.name.label("area_name"), w.assignee_id, account.c.full_name.label("assignee"),
            w.due_at, w.due_stale, w.paused_at, w.reopened, w.bounces, w.check_state,
            func.to_char(
                func.timezone("UTC", chosen.c.key), text("'YYYY-MM-DD\"T\"HH24:MI:SS.US'")
            ).label("key"),
            func.supporters_of(c.id).label("supporters"),
            select(func.count()).select_from(photo).where(
                photo.c.complaint_id == c.id, ~photo.c.hidden
            ).scalar_subquery().label("photos"),
            total.label("total"),
        )
        .select_from(chosen)
        .join(work, w.complaint_id == chosen.c.complaint_id)
        .join(complaint, c.id == w.complaint_id)
        .join(category, category.c.id == w.category_id)
        .join(domain, domain.c.id == w.domain_id)
        .outerjoin(area, area.c.id == w.area_id)
        .outerjoin(account, account.c.id == w.assignee_id)
    )  # fmt: skip
    last = (chosen.c.key, chosen.c.complaint_id)
    return rows.order_by(*(one if ascending else one.desc() for one in last))


def whole(asked: Asked) -> Select[Any]:
    """All rows of a question with names in both languages, the earliest due first."""
    w, c = work.c, complaint.c
    photos = select(func.count()).select_from(photo).where(photo.c.complaint_id == c.id)
    return (
        _of(
            asked, c.code, w.status, w.urgent, domain.c.code.label("domain"),
            domain.c.name_vi.label("domain_vi"), domain.c.name_en.label("domain_en"),
            category.c.code.label("category"), category.c.name_vi.label("category_vi"),
            category.c.name_en.label("category_en"), w.reported_at, w.due_at, city.c.timezone,
            area.c.code.label("area"), area.c.kind.label("area_kind"),
            area.c.name.label("area_vi"), area.c.name_en.label("area_en"),
            account.c.full_name.label("assignee"), c.address, c.text, w.reopened, w.bounces,
            w.paused_at, w.check_state, func.supporters_of(c.id).label("supporters"),
            photos.where(~photo.c.hidden).scalar_subquery().label("photos"),
            func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"),
        )
        .join(category, category.c.id == w.category_id)
        .join(domain, domain.c.id == w.domain_id)
        .join(city, city.c.id == w.city_id)
        .outerjoin(area, area.c.id == w.area_id)
        .outerjoin(account, account.c.id == w.assignee_id)
        .order_by(_urgency(w), w.complaint_id)
    )  # fmt: skip


def key_of(row: Any, sort: Sort) -> str:
    """Where a page ended, for the next one."""
    said = json.dumps([sort, row.key or "infinity", str(row.id)])
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _key(given: str, sort: Sort) -> tuple[str, UUID]:
    try:
        said = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
        of, at, number = json.loads(said)
        if at != "infinity":
            at = datetime.fromisoformat(at).isoformat() + "Z"
        if of != sort:
            raise ValueError("of another order")
        return at, UUID(number)
    except (ValueError, TypeError):
        raise BadFilterError(
            "after", "not a key of this order: start from the first page"
        ) from None


def counts(connection: Connection, asked: Asked) -> dict[str, int]:
    """How many of the open ones have each flag, under the filter without its flags; `total`: under
    all of it.
    """
    plain = replace(asked, flags=frozenset())
    base = _conditions(plain)
    joined = _looks(asked)
    of = work.join(complaint, complaint.c.id == work.c.complaint_id) if joined else work
    columns = [func.count().label("open")]
    for name in FLAGS:
        if name in UNCOUNTED:
            continue
        own = _conditions(replace(asked, flags=frozenset({name})))
        columns.append(func.count().filter(own[-1]).label(name))
    flagged = _conditions(asked)[len(base) :]
    columns.append(
        func.count().filter(*flagged).label("total") if flagged else columns[0].label("total")
    )
    row = connection.execute(select(*columns).select_from(of).where(*base)).one()
    return {name: int(n) for name, n in row._mapping.items()}


def points(asked: Asked, limit: int) -> Select[Any]:
    """What the map shows of each: up to `limit` rows, the earliest due first."""
    first = _narrow(
        asked, work.c.complaint_id, work.c.category_id, work.c.status, work.c.due_at, work.c.urgent
    )
    # Complaints are looked up for what is shown, however many there are.
    chosen = first.order_by(_urgency(work.c), work.c.complaint_id).limit(limit).subquery()
    c = chosen.c
    return (
        select(
            complaint.c.code, c.status, category.c.code.label("category"), c.due_at, c.urgent,
            func.ST_X(complaint.c.geom).label("lon"), func.ST_Y(complaint.c.geom).label("lat"),
        )
        .select_from(chosen)
        .join(complaint, complaint.c.id == c.complaint_id)
        .join(category, category.c.id == c.category_id)
        .order_by(func.coalesce(c.due_at, _NEVER), c.complaint_id)
    )  # fmt: skip


def cells(asked: Asked, resolution: int) -> Select[Any]:
    """How many lie in each H3 cell of a resolution, and how many of them are overdue."""
    parent = func.cell_parent(work.c.cell, resolution).label("cell")
    late = func.count().filter(work.c.due_at < asked.now).label("overdue")
    return _narrow(asked, parent, func.count().label("n"), late).group_by(parent)
