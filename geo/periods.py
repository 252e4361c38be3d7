"""Stretches of time as blocks of whole local days, the way `rollup` stores them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
EPOCH_AT = datetime(1970, 1, 1, tzinfo=UTC)
DAY_S = 86_400


class Blocks(NamedTuple):
    """Aligned blocks of `span` days, their first days from `first` to `last`, both included."""

    span: int
    first: int
    last: int


class Days(NamedTuple):
    """Local days since 1970-01-01, half-open; None is open."""

    first: int | None
    end: int | None


def local_midnight(day: int, zone: ZoneInfo) -> datetime:
    """The instant a local day begins, in UTC."""
    return datetime.combine(EPOCH + timedelta(days=day), time(), zone).astimezone(UTC)


def local_days(at: NDArray[np.datetime64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Local days since 1970-01-01 of instants in UTC.

    The zone is asked twice for each day there is, not for each instant.
    """
    seconds = at.astype("datetime64[s]").astype(np.int64)
    days, which = np.unique(seconds // DAY_S, return_inverse=True)
    bounds = np.array(
        [[_offset_s(int(day) * DAY_S, zone), _offset_s((int(day) + 1) * DAY_S - 1, zone)]
         for day in days], dtype=np.int64,
    ).reshape(-1, 2)  # fmt: skip
    offset = bounds[which, 0]
    for i in np.flatnonzero((bounds[:, 0] != bounds[:, 1])[which]):
        offset[i] = _offset_s(int(seconds[i]), zone)
    return np.asarray((seconds + offset) // DAY_S)


def _offset_s(at_s: int, zone: ZoneInfo) -> int:
    offset = (EPOCH_AT + timedelta(seconds=at_s)).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def whole_days(
    since: datetime | None, until: datetime | None, zone: ZoneInfo
) -> tuple[Days | None, list[tuple[datetime | None, datetime | None]]]:
    """Split [since, until) into whole local days and the instants left over at its two ends.

    Without a whole day inside, the days are None and the stretch is its own remainder.
    """
    first = end = None
    rest: list[tuple[datetime | None, datetime | None]] = []
    if since is not None:
        first = (since.astimezone(zone).date() - EPOCH).days
        if local_midnight(first, zone) < since:
            first += 1
    if until is not None:
        end = (until.astimezone(zone).date() - EPOCH).days
    if first is not None and end is not None and first >= end:
        return None, [(since, until)]
    if since is not None and first is not None and (begin := local_midnight(first, zone)) > since:
        rest.append((since, begin))
    if until is not None and end is not None and (last := local_midnight(end, zone)) < until:
        rest.append((last, until))
    return Days(first, end), rest


# Complaints before 1900 or after 2199 do not exist: the filter and the import refuse them.
# Multiples of 256, so that an open end is always made of the longest blocks.
EARLIEST, LATEST = -100 * 256, 329 * 256


def blocks(days: Days, spans: Sequence[int]) -> tuple[list[Blocks], list[tuple[int, int]]]:
    """Cover the days with the longest aligned blocks; returns them and the days none covers.

    `spans` ascend and each divides the next. Days left over are half-open (first, end) pairs.
    """
    first = EARLIEST if days.first is None else days.first
    end = LATEST if days.end is None else days.end
    if first >= end:
        return [], []
    if not spans:
        return [], [(first, end)]
    *shorter, span = spans
    begin, finish = -(-first // span) * span, end // span * span
    if begin >= finish:
        return blocks(Days(first, end), shorter)
    before, early = blocks(Days(first, begin), shorter)
    after, late = blocks(Days(finish, end), shorter)
    return [*before, Blocks(span, begin, finish - span), *after], early + late
