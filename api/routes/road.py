"""Routes: a shortlist on the way."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.auth import PRIVATE, OfficialDatabase, Viewer
from api.dependencies import OFFICIALS
from api.query import Codes
from api.routes.reading import geojson
from geo import road
from geo.filters import split

router = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)


@router.get("/road", response_class=Response)
def on_the_road(
    db: OfficialDatabase,
    who: Viewer,
    codes: Codes = [],  # noqa: B006 - FastAPI copies it
    start: Annotated[
        str | None, Query(max_length=60, description="lon,lat; without it: the first of `codes`")
    ] = None,
    first: Annotated[
        Literal["near", "due"],
        Query(description="due: what is urgent, overdue or due in 24 hours before all others"),
    ] = "near",
) -> Response:
    """The order in which to visit up to 50 complaints, with straight lines between them.

    The shortest for up to 8, a short one for more. What is not the asker's to see is `missing`.
    """
    found = road.road(
        db, split(codes), road.parse_start(start), datetime.now(UTC), pressing_first=first == "due"
    )
    points = [*([found.start] if found.start else []), *((one.lon, one.lat) for one in found.stops)]
    answer = geojson(
        {
            "order": [
                {"code": one.code, "lon": one.lon, "lat": one.lat, "presses": one.presses,
                 "leg_m": round(leg)}
                for one, leg in zip(found.stops, found.legs_m, strict=True)
            ],
            "length_m": round(sum(found.legs_m)),
            "missing": found.missing,
            # GeoJSON has no line of one point.
            "line": {"type": "LineString", "coordinates": points} if len(points) > 1 else None,
        }
    )  # fmt: skip
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer
