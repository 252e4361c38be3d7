"""The pass over stale work, pauses as the database keeps them, and who may see them."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from officials import official, service_engine
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from geo import asking, clockwork
from geo.deadlines import due, next_of
from geo.due_pass import count_some, count_stale
from geo.policies import limits_on
from geo.public_holidays import public_holidays
from geo.schema import category, due_history, policy_version, work, work_pause


def one(engine: Engine, statement: Any) -> Any:
    with engine.begin() as connection:
        return connection.execute(statement).one()


@pytest.fixture
def counted(hanoi_engine: Engine) -> Engine:
    count_stale(hanoi_engine, public_holidays)
    return hanoi_engine


def stale(engine: Engine) -> int:
    statement = select(func.count()).where(work.c.due_stale)
    return int(one(engine, statement)[0])


def test_a_pass_counts_all_that_is_stale_as_each_alone_would_be(hanoi_engine: Engine) -> None:
    before = stale(hanoi_engine)
    assert before > 100
    assert count_stale(hanoi_engine, public_holidays, 70) == before
    assert stale(hanoi_engine) == 0
    with hanoi_engine.connect() as connection:
        calendars = clockwork.calendars(connection, public_holidays)
        versions = clockwork.policies(connection)
        for row in connection.execute(select(work)):
            calendar = calendars[row.city_id]
            day = calendar.day_of(row.reported_at)
            limits = clockwork.whole(limits_on(versions, row.domain_id, row.category_id, day))
            found = due(limits, row.reported_at, calendar, urgent=row.urgent)
            assert (row.accept_due_at, row.handle_due_at) == found
            basis = next_of(limits, urgent=row.urgent, accepted=row.accepted_at is not None)
            assert row.due_at == found.of(basis)


def test_two_passes_at_once_share_the_rows(hanoi_engine: Engine) -> None:
    total, done = stale(hanoi_engine), list[int]()
    with hanoi_engine.begin() as connection:
        mine = count_some(connection, public_holidays, 50)
        other = threading.Thread(
            target=lambda: done.append(count_stale(hanoi_engine, public_holidays))
        )
        other.start()
        other.join(30)
    assert (mine, done) == (50, [total - 50])
    assert stale(hanoi_engine) == 0


def test_a_policy_is_for_what_is_reported_from_its_day_on_and_keeps_what_was_due(
    counted: Engine,
) -> None:
    middle = one(counted, select(func.percentile_disc(0.5).within_group(work.c.reported_at)))[0]
    day = middle.date()
    with counted.begin() as connection:
        before = {
            row.complaint_id: row
            for row in connection.execute(select(work).where(work.c.status <= 3))
        }
        connection.execute(
            insert(policy_version).values(
                valid_from=day, limits={"accept_working_hours": 2}, reason="test"
            )
        )
        shown = connection.execute(
            select(func.count()).where(work.c.due_stale, work.c.due_at.is_not(None))
        ).scalar_one()
    # Until it is counted, no wrong time is shown.
    assert shown == 0
    assert stale(counted) > 0
    count_stale(counted, public_holidays)
    with counted.connect() as connection:
        moved = 0
        for row in connection.execute(select(work).where(work.c.status <= 3)):
            old = before[row.complaint_id]
            if (row.reported_at + timedelta(hours=7)).date() < day:
                assert row.accept_due_at == old.accept_due_at
            else:
                moved += row.accept_due_at != old.accept_due_at
                assert row.accept_due_at <= old.accept_due_at
        kept = connection.execute(select(due_history)).all()
    assert 0 < moved == len(kept)
    assert all(before[row.complaint_id].accept_due_at == row.accept_due_at for row in kept)


def test_a_pause_is_kept_by_the_database_and_moves_what_is_due(counted: Engine) -> None:
    row = one(
        counted,
        select(work).where(work.c.status == 1, work.c.due_at.is_not(None)).limit(1),
    )
    mine = work.c.complaint_id == row.complaint_id
    began = row.reported_at
    with counted.begin() as connection:
        connection.execute(
            update(work).where(mine).values(paused_at=began, pause_reason="reporter")
        )
    paused = one(counted, select(work).where(mine))
    assert (paused.due_at, paused.due_stale) == (None, True)
    count_stale(counted, public_holidays)
    # The reporter stops the clock for 40 hours at most: at the latest it is due after them.
    assert one(counted, select(work).where(mine)).due_at > row.due_at + timedelta(days=5)
    with counted.begin() as connection:
        connection.execute(update(work).where(mine).values(paused_at=began, pause_reason="court"))
    count_stale(counted, public_holidays)
    again = one(counted, select(work).where(mine))
    assert (again.due_at, again.due_stale) == (None, False)
    with counted.begin() as connection:
        connection.execute(update(work).where(mine).values(paused_at=None, pause_reason=None))
        rows = connection.execute(
            select(work_pause).where(work_pause.c.complaint_id == row.complaint_id)
        ).all()
    assert [(one.reason, one.until is None) for one in rows] == [
        ("reporter", False), ("court", False),
    ]  # fmt: skip


def test_a_category_of_its_own_and_urgency_are_counted_anew(counted: Engine) -> None:
    row = one(counted, select(work).where(work.c.status == 2).limit(1))
    assert (row.handle_due_at, row.due_at) == (None, None)
    with counted.begin() as connection:
        connection.execute(
            update(category)
            .where(category.c.id == row.category_id)
            .values(deadline={"handle_working_days": 3})
        )
    count_stale(counted, public_holidays)
    again = one(counted, select(work).where(work.c.complaint_id == row.complaint_id))
    assert again.due_at == again.handle_due_at is not None


def test_only_admins_add_versions_and_only_officials_of_the_area_see_pauses(
    counted: Engine,
) -> None:
    service = service_engine(counted)
    row = one(counted, select(work).where(work.c.status == 1).limit(1))
    with counted.begin() as connection:
        connection.execute(
            update(work)
            .where(work.c.complaint_id == row.complaint_id)
            .values(paused_at=datetime.now(UTC), pause_reason="weather")
        )
    people = {role: official(counted, role) for role in ("officer", "admin", "planner")}
    for role, who in people.items():
        new = insert(policy_version).values(
            valid_from=date(2027, 1, 1), limits={}, reason="x", account_id=who.id
        )
        with service.connect() as connection:
            asking.show(connection, who.token)
            seen = connection.execute(select(work_pause)).all()
            assert bool(seen) == (role == "officer")
            # Nobody sees by another way what is open elsewhere.
            clocks = connection.execute(text("SELECT * FROM work_clocks()")).all()
            assert bool(clocks) == (role == "admin")
            if role == "admin":
                connection.execute(new)
            else:
                with pytest.raises(ProgrammingError):
                    connection.execute(new)
    for statement in (
        "SELECT work_recounted('2026-01-01')",
        "DELETE FROM policy_version",
        "INSERT INTO work_pause (complaint_id, since, reason)"
        " VALUES (gen_random_uuid(), now(), 'x')",
    ):
        with service.connect() as connection:
            asking.show(connection, people["admin"].token)
            with pytest.raises(ProgrammingError):
                connection.execute(text(statement))
    service.dispose()
