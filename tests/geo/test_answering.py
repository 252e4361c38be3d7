"""Answers and moves by the city, and judgements of those who asked."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from geo import answering, correcting, erasing, participants, rating, reporting, supporting
from geo.complaint import TRANSITIONS, Status
from geo.errors import (
    BadFilterError,
    BadMoveError,
    ConflictError,
    NotAllowedError,
    NotAnsweredError,
    NotFoundError,
)

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)
SECRET = b"s" * 32
DAY = timedelta(days=1)


def reported(engine: Engine, category: str = "pothole") -> reporting.Taken:
    with engine.begin() as connection:
        said = reporting.Report(105.8342, 21.0278, category, "Ổ gà lớn")
        return reporting.take(connection, said, AT, None, SECRET)


def closed(engine: Engine, status: Status = Status.RESOLVED, at: datetime = AT) -> reporting.Taken:
    taken = reported(engine)
    with engine.begin() as connection:
        answering.give(connection, taken.code, "Đã vá xong.", at, "ward", status=status)
    return taken


def judge(
    connection: Connection, link: str, verdict: Any, reason: str | None, at: datetime
) -> rating.Rated:
    return rating.rate(connection, participants.holder(connection, link), verdict, reason, at)


def stands(engine: Engine, code: str) -> Any:
    with engine.begin() as connection:
        return connection.execute(
            text("SELECT status, closed_at FROM complaint WHERE code = :code"), {"code": code}
        ).one()


def test_what_citizens_do_to_a_complaint_is_in_the_audit_log_without_who_they_are(
    hanoi_engine: Engine,
) -> None:
    taken, other = reported(hanoi_engine), reported(hanoi_engine)
    with hanoi_engine.begin() as connection:
        person = participants.holder(connection, taken.link)
        correcting.correct(connection, person, {"text": "Ổ gà rất lớn", "address": None}, AT)
        answering.give(connection, taken.code, "Đã vá.", AT, "ward", status=Status.RESOLVED)
        judge(connection, taken.link, "dissatisfied", "Vẫn còn ổ gà", AT + DAY)
        for _ in range(2):
            erasing.erase_participant(connection, person.id, AT + DAY)
            own = participants.holder(connection, other.link)
            correcting.withdraw(connection, own, AT + DAY)
        rows = connection.execute(
            text(
                "SELECT actor, act, subject, details FROM audit WHERE act LIKE 'citizen.%'"
                " ORDER BY id"
            )
        )
        assert [tuple(row) for row in rows] == [
            ("reporter", "citizen.corrected", taken.code, {"fields": ["address", "text"]}),
            ("reporter", "citizen.rated", taken.code,
             {"verdict": "dissatisfied", "reopened": True}),
            ("reporter", "citizen.erased", taken.code, {}),
            ("reporter", "citizen.withdrew", other.code, {"supporters": 0}),
        ]  # fmt: skip


def test_an_answer_and_its_move_are_one_and_the_history_says_who(hanoi_engine: Engine) -> None:
    taken = reported(hanoi_engine)
    spaced = f"{taken.code[:3]}-{taken.code[3:6]} {taken.code[6:].lower()}"
    with hanoi_engine.begin() as connection:
        done = answering.give(
            connection, spaced, "  Đã vá xong. ", AT + DAY, "ward", status=Status.RESOLVED
        )
    assert (done.code, done.before, done.status) == (
        taken.code, Status.RECEIVED, Status.RESOLVED,
    )  # fmt: skip
    assert tuple(stands(hanoi_engine, taken.code)) == (4, AT + DAY)
    with hanoi_engine.begin() as connection:
        row = connection.execute(text("SELECT text, status, at FROM answer")).one()
        assert tuple(row) == ("Đã vá xong.", 4, AT + DAY)
        moves = connection.execute(
            text("SELECT actor, change FROM event WHERE kind = 'status' AND actor = 'ward'")
        ).all()
        assert [tuple(one) for one in moves] == [("ward", {"from": 1, "to": 4})]
        # A word more, without a move.
        more = answering.give(connection, taken.code, "Có bảo hành.", AT + 2 * DAY, "ward")
        assert (more.before, more.status) == (Status.RESOLVED, Status.RESOLVED)
        same = answering.give(
            connection, taken.code, "Xong.", AT + 2 * DAY, "ward", status=Status.RESOLVED
        )
        assert same.status is Status.RESOLVED
    # What is answered again keeps the time of its closing.
    assert stands(hanoi_engine, taken.code).closed_at == AT + DAY


def test_only_moves_of_the_table_are_made_and_the_others_are_told_apart(
    hanoi_engine: Engine,
) -> None:
    taken = reported(hanoi_engine)
    for before in Status:
        with hanoi_engine.begin() as connection:
            connection.execute(
                text("UPDATE complaint SET status = :to WHERE code = :code"),
                {"to": int(before), "code": taken.code},
            )
        for to in Status:
            with hanoi_engine.connect() as connection:
                if to in TRANSITIONS[before]:
                    answering.move(connection, taken.code, to, AT, "ward")
                    continue
                with pytest.raises(BadMoveError) as caught:
                    answering.move(connection, taken.code, to, AT, "ward")
            for way in TRANSITIONS[before]:
                assert way.code in str(caught.value)
    with hanoi_engine.begin() as connection:
        with pytest.raises(NotFoundError, match="mistyped"):
            answering.move(connection, "AAAAAAAAA", Status.ACCEPTED, AT, "ward")
        for nothing in ("", " ... ", "\u200b", "x\0"):
            with pytest.raises(BadFilterError, match="words"):
                answering.give(connection, taken.code, nothing, AT, "ward")
        with pytest.raises(BadFilterError, match="photo"):
            answering.give(connection, taken.code, "Xong", AT, "ward", photos=["never uploaded"])


def test_of_two_officials_at_once_the_second_is_told_and_changes_nothing(
    hanoi_engine: Engine,
) -> None:
    taken = reported(hanoi_engine)
    begun = threading.Event()

    def second() -> None:
        with hanoi_engine.begin() as connection:
            connection.execute(text("SELECT 1"))
            begun.set()
            answering.give(connection, taken.code, "Từ chối", AT, "other", status=Status.REJECTED)

    with ThreadPoolExecutor(1) as pool:
        with hanoi_engine.begin() as connection:
            answering.move(connection, taken.code, Status.ACCEPTED, AT, "ward")
            task = pool.submit(second)
            assert begun.wait(10)
            # It has read the row as it was, and waits for this transaction.
            _until(connection, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        with pytest.raises(ConflictError):
            task.result(10)
    assert stands(hanoi_engine, taken.code).status == Status.ACCEPTED
    with hanoi_engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM answer")).scalar_one() == 0
        with pytest.raises(ConflictError, match="accepted by now"):
            answering.move(
                connection, taken.code, Status.RESOLVED, AT, "ward", expected=Status.RECEIVED
            )


def _until(connection: Connection, question: str) -> None:
    for _ in range(1000):
        if connection.execute(text(question)).scalar_one():
            return
        connection.execute(text("SELECT pg_sleep(0.01)"))
    raise AssertionError(question)


def test_who_is_not_satisfied_within_a_week_reopens_it_once(hanoi_engine: Engine) -> None:
    taken = closed(hanoi_engine)
    with hanoi_engine.begin() as connection:
        back = judge(connection, taken.link, "dissatisfied", "Vẫn còn hố", AT + 6 * DAY)
    assert back == ("dissatisfied", True)
    assert tuple(stands(hanoi_engine, taken.code)) == (Status.IN_PROGRESS, None)
    with hanoi_engine.begin() as connection:
        # Said again by somebody who did not hear the answer: the same.
        assert judge(connection, taken.link, "dissatisfied", "Vẫn còn hố", AT + 6 * DAY) == back
        with pytest.raises(NotAnsweredError):
            judge(connection, taken.link, "satisfied", None, AT + 6 * DAY)
        answering.give(
            connection, taken.code, "Đã làm lại", AT + 8 * DAY, "ward", status=Status.RESOLVED
        )
        again = judge(connection, taken.link, "dissatisfied", "Vẫn chưa", AT + 9 * DAY)
    assert again == ("dissatisfied", False)
    assert stands(hanoi_engine, taken.code).status == Status.RESOLVED
    with hanoi_engine.begin() as connection:
        rows = connection.execute(
            text("SELECT verdict, reason, reopened FROM rating ORDER BY closed_at")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("dissatisfied", "Vẫn còn hố", True), ("dissatisfied", "Vẫn chưa", False),
    ]  # fmt: skip


def test_a_rejected_complaint_comes_back_as_received(hanoi_engine: Engine) -> None:
    taken = closed(hanoi_engine, Status.REJECTED)
    with hanoi_engine.begin() as connection:
        assert judge(connection, taken.link, "dissatisfied", "Sai địa bàn", AT + DAY).reopened
    assert tuple(stands(hanoi_engine, taken.code)) == (Status.RECEIVED, None)


def test_after_a_week_it_counts_and_stays_closed(hanoi_engine: Engine) -> None:
    taken = closed(hanoi_engine)
    with hanoi_engine.begin() as connection:
        late = judge(connection, taken.link, "dissatisfied", "Lại hỏng", AT + 7 * DAY)
    assert late == ("dissatisfied", False)
    assert stands(hanoi_engine, taken.code).status == Status.RESOLVED


def test_a_change_of_mind_replaces_the_judgement_for_a_week(hanoi_engine: Engine) -> None:
    taken = closed(hanoi_engine)
    with hanoi_engine.begin() as connection:
        judge(connection, taken.link, "satisfied", None, AT + DAY)
        judge(connection, taken.link, "accepted", "tạm được", AT + 2 * DAY)
        back = judge(connection, taken.link, "dissatisfied", "Hỏng lại", AT + 3 * DAY)
    assert back.reopened
    with hanoi_engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM rating")).scalar_one() == 1
    other = closed(hanoi_engine)
    with hanoi_engine.begin() as connection:
        judge(connection, other.link, "satisfied", None, AT + DAY)
        with pytest.raises(ConflictError, match="7 days"):
            judge(connection, other.link, "accepted", None, AT + 8 * DAY)
        # The same again is no change.
        judge(connection, other.link, "satisfied", None, AT + 80 * DAY)
        # Whoever judges late has their week too.
        late = closed(hanoi_engine)
        judge(connection, late.link, "satisfied", None, AT + 30 * DAY)
        judge(connection, late.link, "accepted", None, AT + 36 * DAY)


def test_without_a_reason_nobody_is_dissatisfied_and_open_complaints_are_not_judged(
    hanoi_engine: Engine,
) -> None:
    taken = closed(hanoi_engine)
    with hanoi_engine.begin() as connection:
        for nothing in (None, "", "  ", "..."):
            with pytest.raises(BadFilterError, match="few words") as caught:
                judge(connection, taken.link, "dissatisfied", nothing, AT + DAY)
            assert caught.value.field == "reason"
        with pytest.raises(BadFilterError, match="at most"):
            judge(connection, taken.link, "satisfied", "x" * 2001, AT + DAY)
    fresh = reported(hanoi_engine)
    for status in (Status.RECEIVED, Status.ACCEPTED, Status.DUPLICATE):
        with hanoi_engine.begin() as connection:
            if status is not Status.RECEIVED:
                answering.move(connection, fresh.code, status, AT, "ward")
            with pytest.raises(NotAnsweredError):
                judge(connection, fresh.link, "satisfied", None, AT + DAY)


def test_supporters_judge_too_and_whoever_erased_their_part_does_not(hanoi_engine: Engine) -> None:
    taken = reported(hanoi_engine)
    with hanoi_engine.begin() as connection:
        one = supporting.support(connection, taken.code, "d" * 30, "vi", SECRET)
        two = supporting.support(connection, taken.code, "e" * 30, "vi", SECRET)
        answering.give(connection, taken.code, "Xong", AT, "ward", status=Status.RESOLVED)
        judge(connection, taken.link, "satisfied", None, AT + DAY)
        assert judge(connection, one.link, "dissatisfied", "Chưa xong", AT + DAY).reopened
        answering.give(connection, taken.code, "Lại", AT + 2 * DAY, "ward", status=Status.RESOLVED)
        assert not judge(connection, two.link, "dissatisfied", "Chưa", AT + 2 * DAY).reopened
        erasing.erase_participant(connection, two.participant_id, AT + 2 * DAY)
        with pytest.raises(NotAllowedError):
            judge(connection, two.link, "satisfied", None, AT + 2 * DAY)
        reasons = connection.execute(text("SELECT reason FROM rating ORDER BY id")).scalars().all()
    assert reasons == [None, "Chưa xong", None]


def test_many_who_are_dissatisfied_at_once_reopen_it_once(hanoi_engine: Engine) -> None:
    taken = reported(hanoi_engine)
    with hanoi_engine.begin() as connection:
        links = [
            supporting.support(connection, taken.code, f"{n:030}", "vi", SECRET).link
            for n in range(11)
        ]
        answering.give(connection, taken.code, "Xong", AT, "ward", status=Status.RESOLVED)
    wait = threading.Barrier(12)

    def one(link: str) -> rating.Rated | type[Exception]:
        with hanoi_engine.begin() as connection:
            connection.execute(text("SELECT 1"))
            wait.wait(20)
            try:
                return judge(connection, link, "dissatisfied", "Chưa xong", AT + DAY)
            except NotAnsweredError as error:
                return type(error)

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(one, [taken.link, *links]))
    # Whoever comes second finds it open again.
    assert found.count(rating.Rated("dissatisfied", True)) == 1
    assert found.count(NotAnsweredError) == 11
    with hanoi_engine.begin() as connection:
        events = connection.execute(
            text("SELECT count(*) FROM event WHERE kind = 'status' AND change->>'from' = '4'")
        ).scalar_one()
    assert events == 1


def test_the_same_judgement_twice_at_once_is_one(hanoi_engine: Engine) -> None:
    taken = closed(hanoi_engine)
    wait = threading.Barrier(8)

    def one(_: int) -> rating.Rated:
        with hanoi_engine.begin() as connection:
            connection.execute(text("SELECT 1"))
            wait.wait(20)
            return judge(connection, taken.link, "dissatisfied", "Chưa xong", AT + DAY)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(one, range(8))) == {rating.Rated("dissatisfied", True)}
    with hanoi_engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM rating")).scalar_one() == 1


def test_an_answer_that_fails_leaves_the_complaint_as_it_was(hanoi_engine: Engine) -> None:
    taken = reported(hanoi_engine)

    def attempt(do: Callable[[Connection], Any]) -> None:
        with hanoi_engine.begin() as connection:
            do(connection)

    with pytest.raises(BadFilterError):
        attempt(
            lambda c: answering.give(
                c, taken.code, "Xong", AT, "ward", status=Status.RESOLVED, photos=["none"]
            )
        )
    assert stands(hanoi_engine, taken.code).status == Status.RECEIVED
