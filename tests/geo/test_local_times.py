"""Local times of a list that holds several cities."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from geo.bbox import BBox
from geo.filters import City, Filter
from geo.frames import _local

WORLD = BBox(-180, -90, 180, 90)


def test_each_complaint_has_the_time_of_its_own_city() -> None:
    zones = {"hanoi": "Asia/Ho_Chi_Minh", "new-york": "America/New_York"}
    cities = tuple(City(1, code, ZoneInfo(zone), WORLD) for code, zone in zones.items())
    winter, summer = datetime(2026, 1, 5, 3, tzinfo=UTC), datetime(2026, 7, 5, 3, tzinfo=UTC)
    frame = pd.DataFrame(
        {
            "city": ["hanoi", "new-york", "new-york", "hanoi"],
            "closed_at": pd.to_datetime([winter, winter, summer, None], utc=True),
        }
    )
    local = _local(frame, "closed_at", Filter(cities))
    assert [str(one) for one in local] == [
        "2026-01-05 10:00:00", "2026-01-04 22:00:00", "2026-07-04 23:00:00", "NaT"
    ]  # fmt: skip
