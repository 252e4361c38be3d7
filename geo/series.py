"""Counts by cell for one step of time after another: what a slider plays."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select

from geo import counts
from geo.filters import Filter
from geo.periods import EPOCH, local_midnight

# Up to so many months are shown one by one, up to three times as many by quarter, more by year.
MOST_STEPS: Final = 60


class Step(NamedTuple):
    """Instants, half-open; the first step of a series begins and the last ends as the question."""

    key: str
    """2026-03, 2026-Q1 or 2026."""
    since: datetime | None
    until: datetime | None


def _key(day: date, months: int) -> str:
    if months == 1:
        return f"{day:%Y-%m}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if months == 3 else str(day.year)


def _begin(first: date, last: date) -> tuple[int, date]:
    """How many months a step has, and the first day of the first one."""
    apart = (last.year - first.year) * 12 + last.month - first.month + 1
    months = 1 if apart <= MOST_STEPS else 3 if apart <= 3 * MOST_STEPS else 12
    return months, date(first.year, (first.month - 1) // months * months + 1, 1)


def steps(
    since: datetime | None, until: datetime | None, first: int, last: int, zone: ZoneInfo
) -> list[Step]:
    """The steps from one local day (since 1970-01-01) to another, both included, without gaps.

    >>> zone = ZoneInfo("Asia/Ho_Chi_Minh")
    >>> [step.key for step in steps(None, None, 20_500, 20_560, zone)]
    ['2026-02', '2026-03', '2026-04']
    """
    end = EPOCH + timedelta(days=last)
    months, day = _begin(EPOCH + timedelta(days=first), end)
    found: list[Step] = []
    begin = since
    while True:
        month = day.month - 1 + months
        following = date(day.year + month // 12, month % 12 + 1, 1)
        finish = local_midnight((following - EPOCH).days, zone) if following <= end else until
        found.append(Step(_key(day, months), begin, finish))
        if following > end:
            return found
        day, begin = following, finish


StepOf = Literal["day", "week", "month", "quarter"]


def frames_of(
    since: datetime | None,
    until: datetime | None,
    first: int,
    last: int,
    step: StepOf,
    zone: ZoneInfo,
) -> list[Step]:
    """As `steps`, of one asked length; keys are first days: 2026-03-02.

    Together they cover the whole question: the first and the last may be part of a step.

    >>> zone = ZoneInfo("Asia/Ho_Chi_Minh")
    >>> [one.key for one in frames_of(None, None, 20_500, 20_512, "week", zone)]
    ['2026-02-16', '2026-02-23']
    """
    day, end = EPOCH + timedelta(days=first), EPOCH + timedelta(days=last)
    if step == "week":
        day -= timedelta(days=day.weekday())
    elif step != "day":
        months = 1 if step == "month" else 3
        day = date(day.year, (day.month - 1) // months * months + 1, 1)
    found: list[Step] = []
    begin = since
    while True:
        if step in ("day", "week"):
            following = day + timedelta(days=1 if step == "day" else 7)
        else:
            month = day.month - 1 + (1 if step == "month" else 3)
            following = date(day.year + month // 12, month % 12 + 1, 1)
        finish = local_midnight((following - EPOCH).days, zone) if following <= end else until
        found.append(Step(day.isoformat(), begin, finish))
        if following > end:
            return found
        day, begin = following, finish


def by_step(
    question: Filter, shown: list[Step], grid: int, within: Sequence[int] | None = None
) -> Iterator[Select[Any]]:
    """For each step rows (place, n); all steps together have the counts of the whole question."""
    for step in shown:
        yield counts.by_place(replace(question, since=step.since, until=step.until), grid, within)
