"""Routes: how the work goes, as officials may count it in their areas."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.auth import PRIVATE, OfficialDatabase
from api.dependencies import OFFICIALS
from api.figures_of_work import Counter, Question, told
from api.routes.exploring import Plain

router = APIRouter(prefix="/api/v1/performance", tags=OFFICIALS)


@router.get("", response_model=dict[str, Any])
def how_it_goes(
    db: OfficialDatabase,
    who: Counter,
    question: Question,
    compare: Annotated[bool, Query(description="with as many days before")] = False,
) -> Response:
    """Counts, times and shares of what is handled in the asker's areas, with 95 % intervals.

    Of complaints reported on the days asked for. `n` are counts by measure; those in `linked` are
    listed by `/api/v1/work?` with the row's `query` and `measure=<name>`.
    """
    return Plain(told(db, question, compare), headers=PRIVATE)
