"""What is told of sensitive categories; everyone may read."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.dependencies import EVERYONE, Database
from api.studies import Studies
from geo.catalogue import catalogue
from geo.errors import BadFilterError, NotFoundError
from geo.privacy import LATE_DAYS, in_force

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
NOTE = {
    "vi": (
        "Các loại nhạy cảm không có trên bản đồ, danh sách hay tổng số nào. Ở đây là số phản ánh"
        " theo đơn vị và quý đã kết thúc; ô có ít phản ánh thì không công bố."
    ),
    "en": (
        "Sensitive categories are in no map, list or total. These are their counts by area and"
        " whole quarter; where there are few, the count is not told."
    ),
}


@router.get("/sensitive")
def sensitive(
    request: Request,
    db: Database,
    city: Annotated[str | None, Query(description="Needed where there are several")] = None,
) -> dict[str, Any]:
    """Counts of sensitive categories by area and whole quarter, where they are large enough."""
    words = request.app.state.words.get()
    if city is None:
        if len(words.cities) != 1:
            raise BadFilterError("city", f"say which city, of: {', '.join(sorted(words.cities))}")
        [city] = words.cities
    if city not in words.cities:
        raise NotFoundError(f"no city {city!r}; there are {', '.join(sorted(words.cities))}")
    of = words.cities[city]
    least: int = request.app.state.settings.sensitive_least
    kinds = [
        {"code": row.code, "name": {"vi": row.name_vi, "en": row.name_en}}
        for row in db.execute(catalogue())
        if row.sensitive
    ]
    areas = in_force(db, of)
    studies: Studies = request.app.state.studies
    told = []
    if areas is not None and words.sensitive:
        today = datetime.now(UTC).astimezone(of.zone).date()
        told = studies.released(db, areas[1], words.sensitive, least, today)
    return {
        "city": city,
        "set": areas[0] if areas else None,
        "categories": kinds,
        "least": least,
        "told_after_days": LATE_DAYS,
        "rows": [row._asdict() for row in told],
        "note": NOTE,
    }
