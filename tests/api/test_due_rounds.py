"""Reminders and escalation: each once, to whom it may concern, in working time."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from officials import official
from sqlalchemy import Engine, select, text, update

from api import due_rounds
from api.settings import Settings
from geo import reporting
from geo.errors import MappingError
from geo.escalation import Reminding
from geo.schema import account, mail, work, work_event, work_reminder

HOUR = timedelta(hours=1)
# A Thursday at 9:00 in Hanoi: acceptance is due on Friday at 9:00.
AT = datetime(2026, 11, 5, 2, tzinfo=UTC)
FRIDAY = AT + timedelta(days=1)


@pytest.fixture
def code(hanoi_engine: Engine) -> str:
    """Of the only open complaint."""
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE complaint SET status = 5, closed_at = now()"
                                " WHERE status <= 3"))  # fmt: skip
        said = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà lớn")
        taken = reporting.take(connection, said, AT, None, b"s" * 32)
    assert due_rounds.count_due(hanoi_engine) > 0
    return taken.code


def told(engine: Engine) -> list[tuple[str, int]]:
    """Acts and steps written to complaints."""
    with engine.connect() as connection:
        rows = connection.execute(select(work_event).order_by(work_event.c.id))
        return [(row.act, row.change["step"]) for row in rows]


def person(engine: Engine, role: str, areas: list[str] | None) -> int:
    who = official(engine, role, areas=areas)
    with engine.begin() as connection:
        connection.execute(
            update(account).where(account.c.id == who.id).values(email=f"{who.name}@example.org")
        )
    return who.id


def ward_of(engine: Engine, code: str) -> str:
    with engine.connect() as connection:
        found: str = connection.execute(
            text(
                "SELECT s.code || ':' || a.code FROM work w JOIN complaint c"
                " ON c.id = w.complaint_id JOIN area a ON a.id = w.area_id"
                " JOIN area_set s ON s.id = a.set_id WHERE c.code = :code"
            ),
            {"code": code},
        ).scalar_one()
    return found


def letters(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(
            connection.execute(select(mail.c.account_id).order_by(mail.c.created_at)).scalars()
        )


def test_a_deadline_is_told_step_by_step_to_whom_it_concerns(
    hanoi_engine: Engine, code: str
) -> None:
    ward = ward_of(hanoi_engine, code)
    officer = person(hanoi_engine, "officer", [ward])
    head = person(hanoi_engine, "supervisor", [ward])
    city = person(hanoi_engine, "supervisor", None)
    person(hanoi_engine, "officer", ["no-such:1"])

    def round_at(now: datetime) -> None:
        due_rounds.remind(hanoi_engine, Settings(), now)
        due_rounds.remind(hanoi_engine, Settings(), now)

    round_at(AT + HOUR)
    assert told(hanoi_engine) == []
    # Thursday at 16:30: less than two working hours are left.
    round_at(AT + 7.5 * HOUR)
    assert (told(hanoi_engine), letters(hanoi_engine)) == ([("remind", 1)], [officer])
    round_at(FRIDAY + 0.1 * HOUR)
    assert letters(hanoi_engine) == [officer] * 2
    # In the night nobody is told, however long it is overdue; on Monday the supervisors are.
    round_at(FRIDAY + 40 * HOUR)
    assert letters(hanoi_engine) == [officer] * 2
    round_at(FRIDAY + timedelta(days=3, hours=0.1))
    assert letters(hanoi_engine) == [officer, officer, head]
    round_at(FRIDAY + timedelta(days=4, hours=0.1))
    assert letters(hanoi_engine) == [officer, officer, head, city]
    assert told(hanoi_engine) == [("remind", 1), ("escalate", 1), ("escalate", 2), ("escalate", 3)]
    with hanoi_engine.connect() as connection:
        row = connection.execute(select(mail)).first()
    assert row is not None
    assert code in row.plain
    assert "Ổ gà" not in row.plain
    assert row.subject == "1 phản ánh sắp đến hạn, 0 phản ánh quá hạn"


def test_two_workers_at_once_tell_each_once(hanoi_engine: Engine, code: str) -> None:
    person(hanoi_engine, "officer", [ward_of(hanoi_engine, code)])
    ready = threading.Barrier(4)

    def go() -> None:
        ready.wait()
        due_rounds.remind(hanoi_engine, Settings(), FRIDAY + 0.1 * HOUR)

    workers = [threading.Thread(target=go) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(30)
    assert told(hanoi_engine) == [("escalate", 1)]
    assert len(letters(hanoi_engine)) == 1


def test_the_assignee_is_told_and_nobody_of_what_is_paused_or_done(
    hanoi_engine: Engine, code: str
) -> None:
    person(hanoi_engine, "officer", [ward_of(hanoi_engine, code)])
    mine = person(hanoi_engine, "viewer", None)
    with hanoi_engine.begin() as connection:
        connection.execute(
            update(work)
            .where(work.c.status <= 3)
            .values(assignee_id=mine, paused_at=AT, pause_reason="court")
        )
    due_rounds.count_due(hanoi_engine)
    due_rounds.remind(hanoi_engine, Settings(), FRIDAY + 0.1 * HOUR)
    assert told(hanoi_engine) == []
    with hanoi_engine.begin() as connection:
        connection.execute(update(work).values(paused_at=None, pause_reason=None))
        connection.execute(text("UPDATE work_pause SET until = since"))
    due_rounds.count_due(hanoi_engine)
    due_rounds.remind(hanoi_engine, Settings(), FRIDAY + 0.1 * HOUR)
    assert letters(hanoi_engine) == [mine]
    with hanoi_engine.connect() as connection:
        assert len(connection.execute(select(work_reminder)).all()) == 1


def test_what_was_due_long_ago_is_no_news(hanoi_engine: Engine, code: str) -> None:
    due_rounds.remind(hanoi_engine, Settings(), FRIDAY + timedelta(days=40))
    assert told(hanoi_engine) == []


@pytest.mark.parametrize(
    "wrong", [{"x": 1}, {"before": -1}, {"after": [3, 1]}, {"after": ["1"]}, {"quiet": 1}]
)
def test_a_setting_that_makes_no_sense_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(MappingError, match="reminders"):
        Reminding.parse(wrong)


def test_a_new_report_and_a_pause_are_counted_within_seconds(
    hanoi_engine: Engine, code: str
) -> None:
    keepers = [due_rounds.DueKeeper(hanoi_engine) for _ in range(2)]
    for one in keepers:
        one.start()
    try:
        with hanoi_engine.begin() as connection:
            said = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà khác")
            reporting.take(connection, said, AT, None, b"t" * 32)
        _until_counted(hanoi_engine)
        with hanoi_engine.begin() as connection:
            connection.execute(
                update(work).where(work.c.status <= 3).values(
                    paused_at=AT, pause_reason="reporter"
                )
            )  # fmt: skip
        _until_counted(hanoi_engine)
    finally:
        for one in keepers:
            one.stop()


def _until_counted(engine: Engine) -> None:
    # Far below the look that is made without a notice.
    for _ in range(100):
        with engine.connect() as connection:
            waiting = connection.execute(select(work.c.complaint_id).where(work.c.due_stale)).all()
        if not waiting:
            return
        time.sleep(0.1)
    raise AssertionError("still not counted after ten seconds")
