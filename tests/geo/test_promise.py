"""What is promised, and whether it was kept."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from geo.complaint import Status
from geo.errors import MappingError
from geo.promise import Course, Promise, checked, promised
from geo.working_time import Calendar

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = Calendar(HANOI)
# Wednesday, 8:00.
REPORTED = datetime(2026, 11, 25, 8, tzinfo=HANOI)
RECEIVED = Course(Status.RECEIVED, REPORTED, False, None, None)


def after(hours: float) -> datetime:
    return REPORTED + timedelta(hours=hours)


def test_without_limits_of_its_own_acceptance_is_promised_within_eight_working_hours() -> None:
    found = promised({}, RECEIVED, OFFICE, after(1))
    assert found == Promise(datetime(2026, 11, 25, 10, tzinfo=UTC), "accept", None)
    assert promised({}, RECEIVED, OFFICE, after(9.1)).met is False  # type: ignore[union-attr]
    kept = RECEIVED._replace(status=Status.ACCEPTED, accepted_at=after(9))
    late = RECEIVED._replace(status=Status.ACCEPTED, accepted_at=after(9.1))
    assert promised({}, kept, OFFICE, after(1000)).met is True  # type: ignore[union-attr]
    assert promised({}, late, OFFICE, after(1000)).met is False  # type: ignore[union-attr]


def test_what_is_urgent_is_promised_to_be_handled_within_four() -> None:
    urgent = RECEIVED._replace(urgent=True)
    assert promised({}, urgent, OFFICE, after(1)) == (after(4), "urgent", None)
    # Acceptance alone does not keep it.
    begun = urgent._replace(status=Status.IN_PROGRESS, accepted_at=after(1))
    assert promised({}, begun, OFFICE, after(5)) == (after(4), "urgent", False)
    done = begun._replace(status=Status.RESOLVED, finished_at=after(3))
    assert promised({}, done, OFFICE, after(50)) == (after(4), "urgent", True)
    assert promised({"urgent_working_hours": None}, urgent, OFFICE, after(1)) == (
        after(9), "accept", None,
    )  # fmt: skip


def test_handling_is_promised_once_it_is_accepted_and_stays_kept_when_it_is_reopened() -> None:
    limits = {"handle_working_days": 5}
    assert promised(limits, RECEIVED, OFFICE, after(1)).basis == "accept"  # type: ignore[union-attr]
    accepted = RECEIVED._replace(status=Status.ACCEPTED, accepted_at=after(2))
    due = datetime(2026, 12, 2, 17, tzinfo=HANOI)
    assert promised(limits, accepted, OFFICE, after(3)) == (due, "handle", None)
    assert promised(limits, accepted, OFFICE, after(24 * 8)) == (due, "handle", False)
    again = accepted._replace(status=Status.IN_PROGRESS, finished_at=after(48))
    assert promised(limits, again, OFFICE, after(24 * 30)) == (due, "handle", True)
    hours = {"handle_working_hours": 16, "accept_working_hours": None}
    assert promised(hours, RECEIVED, OFFICE, after(1)) == (
        datetime(2026, 11, 26, 17, tzinfo=HANOI), "handle", None,
    )  # fmt: skip


@pytest.mark.parametrize("status", [Status.WITHDRAWN, Status.DUPLICATE])
def test_nothing_is_promised_of_what_was_withdrawn_or_reported_twice(status: Status) -> None:
    assert promised({}, RECEIVED._replace(status=status), OFFICE, after(1)) is None


def test_a_limit_that_makes_no_sense_is_refused_and_promises_nothing() -> None:
    for wrong in (-1, 0, 1e9, "8", True, float("nan"), [8]):
        with pytest.raises(MappingError, match="accept_working_hours"):
            checked({"accept_working_hours": wrong})
        assert promised({"accept_working_hours": wrong}, RECEIVED, OFFICE, after(1)) is None
    with pytest.raises(MappingError, match="unknown"):
        checked({"acceptance": 8})
    with pytest.raises(MappingError, match="not both"):
        checked({"handle_working_hours": 8, "handle_working_days": 8})
    assert checked({"handle_working_days": 10, "accept_working_hours": None})
