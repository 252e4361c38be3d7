"""Routes: how the work goes, as officials may count it in their areas."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api import files_of_figures
from api.auth import PRIVATE, OfficialDatabase
from api.dependencies import OFFICIALS
from api.download import as_file
from api.figures_of_work import Counter, Question, told
from api.routes.exploring import Plain
from geo import audit
from geo.errors import NotFoundError

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


@router.get("/figures.{form}", response_class=Response)
def as_sheet(form: str, db: OfficialDatabase, who: Counter, question: Question) -> Response:
    """The same as csv or xlsx: the whole first, then a line for each row. It is logged."""
    if form not in files_of_figures.MEDIA:
        known = ", ".join(files_of_figures.MEDIA)
        raise NotFoundError(f"no file of figures {form!r}; there are: {known}")
    found = told(db, question, compare=False)
    made = datetime.now(UTC)
    audit.append(
        db, "export", "performance", form=form, by=question.asked.by, since=str(question.since),
        until=str(question.until), rows=len(found["rows"]),
    )  # fmt: skip
    answer = as_file(
        f"phananh-work-{question.since}-{made:%Y%m%d-%H%M}.{form}",
        files_of_figures.MEDIA[form],
        lambda path: files_of_figures.write(form, found, path, made),
    )
    answer.headers.update(PRIVATE)
    return answer
