"""Who reports: an index of reporting for each area; everyone may read."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from numpy.typing import NDArray

from api.dependencies import EVERYONE, Database
from api.query import Question, areas_of_set
from api.studies import Studies
from geo.incidents import CAP_DAYS, RESOLUTION
from geo.reporting_rate import reporting_index
from geo.study import one_city

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
METHOD = (
    "further reports about the same incident per day it was open (Liu, Bhandaram & Garg 2023), over"
    " those expected at the city's rate for each category (Poisson regression on both);"
    " exact 95 % intervals (Garwood 1936), widened by the overdispersion; smoothed: empirical Bayes"
    " (Marshall 1991)"
)
CAUTION = {
    "vi": (
        "Chỉ số nói người dân báo lại cùng một sự việc nhanh hay chậm, không nói ở đâu có nhiều sự"
        " việc. Hai sự việc khác nhau cùng loại ở cùng một chỗ bị coi là một, nên nơi đông sự việc"
        " có thể có chỉ số cao hơn thực tế. Không dùng để xếp hạng nơi có ít lần báo lại."
    ),
    "en": (
        "The index says how soon people report the same incident again, not where there are many"
        " incidents. Two incidents of one kind in the same place are taken for one, so that where"
        " incidents are dense it may be too high. Not for ranking areas with few duplicates."
    ),
}


@router.get("/reporting")
def reporting(
    request: Request,
    question: Question,
    db: Database,
    set: str,
    resolution: Annotated[
        int, Query(ge=10, le=12, description="of the H3 cell that is the same place")
    ] = RESOLUTION,
    cap_days: Annotated[
        int, Query(ge=1, le=365, description="how long an incident is followed at most")
    ] = CAP_DAYS,
) -> dict[str, Any]:
    """How readily each area's people report, against the whole city: index 1.

    From duplicates: reports of the same category in the same small cell while the first is open.
    Without since and until, of the last 365 days of complaints. Of more than half a million
    complaints, one place in `one_in` is looked at. A filter of status or words is refused.
    """
    studies: Studies = request.app.state.studies
    one_city(question)
    ids = areas_of_set(request, set)
    region = studies.areas(db, ids)
    seen = studies.watched(db, question, region.ids.tolist(), resolution, cap_days)
    found, of = reporting_index(seen.followed), seen.followed

    def summed(values: NDArray[np.float64]) -> list[int]:
        return [int(value) for value in values.sum(axis=1)]

    columns: dict[str, list[Any]] = {
        "code": list(region.codes),
        "name": list(region.names),
        "name_en": list(region.names_en),
        "incidents": summed(of.incidents),
        "duplicates": summed(of.duplicates),
        "exposure_days": [round(float(value), 2) for value in of.exposure.sum(axis=1)],
        "expected": [_number(value) for value in found.expected],
        "index": [_number(value) for value in found.ratio],
        "low": [_number(value) for value in found.low],
        "high": [_number(value) for value in found.high],
        "smoothed": [_number(value) for value in found.smoothed],
        "few": found.few.tolist(),
    }
    days = float(of.exposure.sum())
    return {
        "set": set,
        "since": seen.since.isoformat(),
        "until": seen.until.isoformat(),
        "resolution": resolution,
        "cap_days": cap_days,
        "one_in": seen.one_in,
        "overall": {
            "incidents": int(of.incidents.sum()),
            "duplicates": int(of.duplicates.sum()),
            "exposure_days": round(days, 2),
            "per_100_days": _number(100 * found.per_day),
            "overdispersion": _number(found.overdispersion),
        },
        "areas": [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ],
        "caution": CAUTION,
        "method": METHOD,
    }


def _number(value: Any) -> float | None:
    number = float(value)
    return round(number, 4) if np.isfinite(number) else None
