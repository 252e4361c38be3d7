"""How the answers are judged by those who asked; everyone may read."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection, select

from api.dependencies import EVERYONE, Database
from api.query import Question, areas_of_set
from geo.errors import BadFilterError
from geo.satisfaction import By, Tally, satisfaction
from geo.schema import area, category, domain

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
METHOD = (
    "share: satisfied or accepted of all judgements, one for each person and answer; 95 % interval:"
    " Wilson 1927, of the effective number of complaints (Kish 1965) where several judge one"
)


@router.get("/satisfaction")
def judged(
    request: Request,
    question: Question,
    db: Database,
    by: Annotated[By | None, Query(description="one row for each; without, the whole")] = None,
    set: Annotated[str | None, Query(description="by=area: the boundary set")] = None,
) -> dict[str, Any]:
    """How many complaints under the filter are answered, and how their answers are judged.

    `answered` are resolved or rejected now; `reopened` were brought back by who was not satisfied.
    `few` marks fewer than 20 judgements: no share to compare by.
    """
    if set is not None and by != "area":
        raise BadFilterError("set", "a set goes with by=area")
    ids = areas_of_set(request, set) if by == "area" else ()
    kinds = _kinds(db, by)
    found = satisfaction(db, question, by, ids, kinds)
    rows = _areas(db, ids, found.rows) if by == "area" else _keyed(found.rows, by)
    return {"by": by, "set": set, **_told(found.whole), "rows": rows, "method": METHOD}


def _kinds(db: Connection, by: By | None) -> dict[int, str]:
    if by not in ("domain", "category"):
        return {}
    code = domain.c.code if by == "domain" else category.c.code
    rows = db.execute(select(category.c.id, code.label("code")).join_from(category, domain))
    return {int(row.id): str(row.code) for row in rows}


def _told(tally: Tally) -> dict[str, Any]:
    names = ("answered", "rated", "satisfied", "accepted", "dissatisfied", "reopened")
    share = tally.share()
    shares = [None] * 3 if share is None else [round(one, 4) for one in share]
    return (
        {name: getattr(tally, name) for name in names}
        | dict(zip(("share", "low", "high"), shares, strict=True))
        | {"few": tally.few}
    )


def _keyed(rows: dict[int | str, Tally], by: By | None) -> list[dict[str, Any]]:
    """Months in order; domains and categories by their answers, the most first."""

    def place(item: tuple[int | str, Tally]) -> tuple[int, str]:
        return (0 if by == "month" else -item[1].answered, str(item[0]))

    return [{"key": key, **_told(tally)} for key, tally in sorted(rows.items(), key=place)]


def _areas(
    db: Connection, ids: tuple[int, ...], rows: dict[int | str, Tally]
) -> list[dict[str, Any]]:
    """Every area of the set, by code."""
    named = db.execute(
        select(area.c.id, area.c.code, area.c.name, area.c.name_en, area.c.kind)
        .where(area.c.id.in_(ids))
        .order_by(area.c.code)
    )
    return [
        {"key": one.code, "name": one.name, "name_en": one.name_en, "kind": one.kind}
        | _told(rows.get(one.id, Tally()))
        for one in named
    ]
