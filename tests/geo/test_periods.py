from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.periods import EPOCH, Days, blocks, local_days, local_midnight, whole_days

days = st.integers(-2000, 25000)
spans = st.sampled_from([[1], [4, 16, 64, 256], [1, 16, 256], [64, 256], [256]])


@given(days, st.integers(0, 3000), spans)
def test_blocks_and_what_is_left_cover_each_day_once(
    first: int, length: int, lengths: list[int]
) -> None:
    found, left = blocks(Days(first, first + length), lengths)
    covered = [
        day
        for block in found
        for start in range(block.first, block.last + 1, block.span)
        for day in range(start, start + block.span)
    ]
    covered += [day for begin, end in left for day in range(begin, end)]
    assert sorted(covered) == list(range(first, first + length))
    assert all(block.first % block.span == 0 for block in found)


@given(
    st.integers(1_420_070_400, 1_893_456_000).map(
        lambda second: datetime.fromtimestamp(second, UTC)
    ),
    st.timedeltas(timedelta(seconds=1), timedelta(days=500)),
    st.sampled_from(["Asia/Ho_Chi_Minh", "America/New_York", "Europe/Dublin"]),
)
def test_whole_days_and_their_ends_make_up_the_stretch(
    since: datetime, length: timedelta, name: str
) -> None:
    zone, until = ZoneInfo(name), since + length
    whole, rest = whole_days(since, until, zone)
    pieces = list(rest)
    if whole is not None and whole.first is not None and whole.end is not None:
        pieces.append((local_midnight(whole.first, zone), local_midnight(whole.end, zone)))
    pieces.sort(key=lambda piece: piece[0] or since)
    assert pieces[0][0] == since
    assert pieces[-1][1] == until
    assert all(a[1] == b[0] for a, b in pairwise(pieces))


seconds = st.integers(-630_000_000, 3_800_000_000)
zones = ["Asia/Ho_Chi_Minh", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]


@given(st.lists(seconds, max_size=40), st.sampled_from(zones))
def test_local_days_of_many_instants_are_those_of_each(instants: list[int], name: str) -> None:
    zone = ZoneInfo(name)
    found = local_days(np.array(instants, dtype="datetime64[s]"), zone)
    local = [datetime.fromtimestamp(at, zone).date() for at in instants]
    assert found.tolist() == [(day - EPOCH).days for day in local]
