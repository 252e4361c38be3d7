"""A draft of a boundary set comes into force on a day, and can be undone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, and_, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from boundaries import drafts
from boundaries.load import SetSpec
from boundaries.read import Report
from boundaries.replace import replace_set, withdraw_set
from boundaries.route import route
from geo import audit
from geo.errors import BadFilterError, ConflictError
from geo.schema import area_set, boundary_day, boundary_draft, city

LATEST: Final = date(2199, 12, 31)
# Progress is written down so often: each time is a transaction.
TOLD_EVERY: Final = 20


def today(connection: Connection, city_id: int, now: datetime) -> date:
    """The local day of a city."""
    zone = connection.execute(select(city.c.timezone).where(city.c.id == city_id)).scalar_one()
    return now.astimezone(ZoneInfo(zone)).date()


def default_ends(connection: Connection, row: Row[Any]) -> list[str]:
    """What ends when a draft begins, if nothing is said: the set of its level in force."""
    base = drafts.base_of(connection, row.city_id, row.code, row.spec["level"])
    if base is None or base.code == row.code or base.level != row.spec["level"]:
        return []
    return [base.code]


def plan(
    connection: Connection,
    draft_id: int,
    now: datetime,
    starts: date | None = None,
    ends: Sequence[str] | None = None,
) -> date:
    """Have a draft come into force at the beginning of a local day, or now; returns the day.

    Raises `ConflictError` for a draft that is not ready, `BadFilterError` for days and sets that
    cannot be.
    """
    row = drafts.of(connection, draft_id)
    if row.state not in ("ready", "planned", "undone", "former", "failed"):
        raise ConflictError(
            f"the draft is {row.state}: it cannot come into force now"
            " / bản nháp này chưa thể có hiệu lực"
        )
    present = today(connection, row.city_id, now)
    day = starts or present
    if not present <= day <= LATEST:
        raise BadFilterError(
            "from", "choose today or a later day / hãy chọn hôm nay hoặc một ngày sau"
        )
    ending = list(ends) if ends is not None else default_ends(connection, row)
    for code in ending:
        other = connection.execute(
            select(area_set).where(area_set.c.code == code, area_set.c.city_id == row.city_id)
        ).one_or_none()
        if other is None or code == row.code:
            raise BadFilterError("ends", f"no other set {code!r} / không có bộ ranh giới này")
        if other.since is not None and other.since >= day:
            raise BadFilterError(
                "ends", f"{code} begins on {other.since} only / bộ này đến ngày đó mới có hiệu lực"
            )
    drafts.state(connection, draft_id, "planned", starts=day, ends=ending)
    return day


def cancel(connection: Connection, draft_id: int) -> str:
    """Take a plan back, or have what is in force undone; returns the state it is in then."""
    row = drafts.of(connection, draft_id)
    if row.state == "planned":
        drafts.state(connection, draft_id, "ready")
        return "ready"
    if row.state != "active" or row.former is None:
        raise ConflictError("nothing of it can be undone / không có gì để hoàn tác ở bản nháp này")
    later = connection.execute(
        select(boundary_draft.c.id).where(
            boundary_draft.c.city_id == row.city_id,
            boundary_draft.c.state == "active",
            boundary_draft.c.activated_at > row.activated_at,
        )
    ).first()
    if later is not None:
        raise ConflictError(
            f"undo draft {later.id} first, which came after it"
            f" / hãy hoàn tác bản {later.id} trước, vì có hiệu lực sau"
        )
    drafts.state(connection, draft_id, "undoing")
    return "undoing"


def activate(engine: Engine, draft_id: int) -> int:
    """Bring a planned draft into force; returns how many open complaints changed hands.

    Broken off, it is done again from the beginning: nobody saw any of it.
    """
    with engine.begin() as connection:
        row = drafts.of(connection, draft_id)
        replaced = connection.execute(
            select(area_set).where(area_set.c.code == row.code, area_set.c.ready)
        ).one_or_none()
        former = row.former or _former(connection, row, replaced)
        drafts.state(connection, draft_id, "activating", former=former, done=0, of=0, problem=None)
        areas = drafts.areas_of(connection, draft_id=draft_id)
    spec = drafts.spec_of(row)
    if replaced is None:
        spec = replace(spec, since=row.starts, until=None)
    report = Report(**{k: v for k, v in row.report.items() if k != "areas"})
    ends = dict.fromkeys(row.ends, row.starts)
    loaded = replace_set(
        engine, row.city_id, spec, areas, report, _progress(engine, draft_id), ends
    )
    with engine.begin() as connection:
        drafts.state(connection, draft_id, "active", moved=loaded.moved, activated_at=func.now())
        audit.append(
            connection, "boundaries.activated", row.code, actor="worker", draft=draft_id,
            starts=str(row.starts), ends=row.ends, areas=len(areas), moved=loaded.moved,
        )  # fmt: skip
    return loaded.moved


def _progress(engine: Engine, draft_id: int) -> Callable[[int, int], None]:
    said = 0

    def told(done: int, of: int) -> None:
        nonlocal said
        if of and done * TOLD_EVERY // of > said:
            said = done * TOLD_EVERY // of
            with engine.begin() as connection:
                drafts.state(connection, draft_id, "activating", done=done, of=of)

    return told


def _former(connection: Connection, row: Row[Any], replaced: Row[Any] | None) -> dict[str, Any]:
    """What was before, to be put back: when other sets ended, and the areas that are replaced."""
    ends = {
        one.code: one.until and one.until.isoformat()
        for one in connection.execute(
            select(area_set.c.code, area_set.c.until).where(area_set.c.code.in_(row.ends))
        )
    }
    if replaced is None:
        return {"ends": ends, "draft": None}
    spec = SetSpec(
        replaced.code, replaced.level, replaced.name_vi, replaced.name_en, replaced.source,
        replaced.since, replaced.until, replaced.approximate, replaced.note_vi, replaced.note_en,
        replaced.licence,
    )  # fmt: skip
    values = {
        "city_id": row.city_id, "code": row.code, "spec": drafts.as_json(spec), "reading": {},
        "state": "former", "report": replaced.report,
    }  # fmt: skip
    made = insert(boundary_draft).values(values).returning(boundary_draft.c.id)
    kept = int(connection.execute(made).scalar_one())
    areas = drafts.areas_of(connection, set_id=replaced.id)
    drafts.put_areas(connection, kept, areas)
    return {"ends": ends, "draft": kept}


def undo(engine: Engine, draft_id: int) -> int:
    """Put back what was before a draft came into force; returns how many changed hands."""
    with engine.begin() as connection:
        row = drafts.of(connection, draft_id)
        ends = {
            code: date.fromisoformat(day) if day else None
            for code, day in row.former["ends"].items()
        }
        kept = row.former["draft"]
        former = drafts.of(connection, kept) if kept else None
        areas = drafts.areas_of(connection, draft_id=kept) if kept else None
    if former is None or areas is None:
        moved = withdraw_set(engine, row.city_id, row.code, ends)
    else:
        report = Report(**{k: v for k, v in former.report.items() if k != "areas"})
        loaded = replace_set(engine, row.city_id, drafts.spec_of(former), areas, report, ends=ends)
        moved = loaded.moved
    with engine.begin() as connection:
        drafts.state(connection, draft_id, "undone", former=None)
        audit.append(
            connection, "boundaries.undone", row.code, actor="worker", draft=draft_id, moved=moved
        )
    return moved


def turn(engine: Engine, now: datetime) -> int:
    """Once a local day on which a set begins or ends, give work to who handles it from then on.

    Returns how many open complaints changed hands; days on which nobody was there are made up for.
    """
    moved = 0
    with engine.connect() as connection:
        cities = connection.execute(
            select(city.c.id, boundary_day.c.day).outerjoin(boundary_day)
        ).all()
    for row in cities:
        with engine.begin() as connection:
            day = today(connection, row.id, now)
            turned = row.day is None or _turned(connection, row.id, row.day, day)
        if row.day == day:
            continue
        if turned:
            moved += route(engine, row.id)
        with engine.begin() as connection:
            put = upsert(boundary_day).values(city_id=row.id, day=day)
            connection.execute(
                put.on_conflict_do_update(index_elements=["city_id"], set_={"day": day})
            )
    return moved


def _turned(connection: Connection, city_id: int, after: date, until: date) -> bool:
    """Whether a set began or ended on one of the days after one, until another."""
    columns = (area_set.c.since, area_set.c.until)
    days = or_(*(and_(one > after, one <= until) for one in columns))
    statement = select(area_set.c.id).where(area_set.c.city_id == city_id, days)
    return connection.execute(statement).first() is not None


def due(connection: Connection, now: datetime) -> list[tuple[int, str]]:
    """Drafts the worker has something to do with: their numbers and states."""
    rows = connection.execute(
        select(boundary_draft.c.id, boundary_draft.c.state, boundary_draft.c.starts,
               boundary_draft.c.city_id)
        .where(boundary_draft.c.state.in_(
            ("uploaded", "reading", "planned", "activating", "undoing")))
        .order_by(boundary_draft.c.starts, boundary_draft.c.id)
    ).all()  # fmt: skip
    return [
        (row.id, row.state)
        for row in rows
        if row.state not in ("planned", "activating")
        or row.starts <= today(connection, row.city_id, now)
    ]


def work(engine: Engine, draft_id: int, state: str) -> None:
    """Do what a draft waits for; what cannot be done is kept with the draft, in words."""
    if state in ("uploaded", "reading"):
        drafts.read(engine, draft_id)
    elif state == "undoing":
        undo(engine, draft_id)
    else:
        activate(engine, draft_id)
