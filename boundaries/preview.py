"""What bringing a draft into force would do: to the map, to open complaints, to roles."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, text

from boundaries import activate, drafts
from geo.database import sql
from geo.schema import area_set, boundary_draft

# Areas that together hold most of one that is gone are proposed in its place.
PROPOSED: Final = 0.2
_MOVES: Final = "SELECT was, goes, handed, n FROM {}(:id, :day, :ends) ORDER BY n DESC, was, goes"


def sets(connection: Connection) -> list[dict[str, Any]]:
    """The boundary sets, and which ones decide who handles what is reported today."""
    rows = connection.execute(
        text(
            "SELECT s.code, s.level, s.name_vi, s.name_en, s.since, s.until, s.source,"
            " s.approximate,"
            " t.code AS city, (SELECT count(*) FROM area a WHERE a.set_id = s.id) AS areas,"
            " (s.since IS NULL OR s.since <= (now() AT TIME ZONE t.timezone)::date)"
            " AND (s.until IS NULL OR s.until > (now() AT TIME ZONE t.timezone)::date) AS in_force"
            " FROM area_set s JOIN city t ON t.id = s.city_id WHERE s.ready"
            " ORDER BY t.code, s.since DESC NULLS LAST, s.id"
        )
    )
    return [dict(row._mapping) for row in rows]


def listed(connection: Connection) -> list[dict[str, Any]]:
    """The drafts, the newest first, without their areas."""
    shown = ("id", "code", "state", "problem", "done", "of", "starts", "ends", "moved",
             "created_at", "activated_at", "former")  # fmt: skip
    rows = connection.execute(
        select(
            *(boundary_draft.c[name] for name in shown),
            boundary_draft.c.spec["name_vi"].label("name_vi"),
            boundary_draft.c.spec["name_en"].label("name_en"),
            boundary_draft.c.report["areas"].label("areas"),
        )
        .where(boundary_draft.c.state != "former")
        .order_by(boundary_draft.c.id.desc())
        .limit(100)
    )
    return [
        dict(row._mapping) | {"former": None, "undoable": row.former is not None} for row in rows
    ]


def preview(
    connection: Connection,
    draft_id: int,
    now: datetime,
    starts: date | None = None,
    ends: Sequence[str] | None = None,
    function: str = "boundary_moves",
) -> dict[str, Any]:
    """What changes on a day, with sets that end then; the numbers are of this moment."""
    row = drafts.of(connection, draft_id)
    day = starts or row.starts or activate.today(connection, row.city_id, now)
    ending = list(ends) if ends is not None else row.ends or activate.default_ends(connection, row)
    moves = connection.execute(
        text(_MOVES.format(function)), {"id": draft_id, "day": day, "ends": ending}
    ).all()
    gone = [one for one in moves if one.was != one.goes]
    return {
        "id": row.id,
        "code": row.code,
        "state": row.state,
        "problem": row.problem,
        "from": day,
        "ends": ending,
        "report": row.report,
        "difference": row.comparison,
        "stale": _stale(connection, row),
        "open": sum(one.n for one in moves),
        "moved": sum(one.n for one in gone),
        "moves": [
            {"from": one.was, "to": one.goes, "handed_over": one.handed, "n": one.n} for one in gone
        ],
        "roles": roles(connection, row, ending),
    }


def _stale(connection: Connection, row: Row[Any]) -> bool:
    """Whether the set it was compared with has changed since."""
    if row.comparison is None:
        return False
    kept = connection.execute(
        select(area_set.c.checksum).where(area_set.c.code == row.comparison["base"])
    ).scalar_one_or_none()
    return bool(kept != row.comparison["checksum"])


def roles(connection: Connection, row: Row[Any], ends: Sequence[str]) -> list[dict[str, Any]]:
    """Roles for areas that would be gone, or of sets that end, with areas to name instead."""
    found = []
    there = set(
        connection.execute(
            text("SELECT code FROM boundary_draft_area WHERE draft_id = :id"), {"id": row.id}
        ).scalars()
    )
    for one in connection.execute(sql("boundaries", "roles_named")).all():
        if one.set_code == row.code:
            why = None if one.code in there else "gone"
        elif one.set_code in ends:
            # It goes on working: areas of old sets are still counted, and still seen.
            why = "ends"
        else:
            why = None
        if why:
            found.append(
                {
                    "role_id": one.id, "account": one.account, "role": one.role, "area": one.area,
                    "why": why, "instead": _instead(row, one.set_code, one.code, there),
                }
            )  # fmt: skip
    return found


def _instead(row: Row[Any], set_code: str, code: str, there: set[str]) -> list[str]:
    if row.comparison is None or row.comparison["base"] != set_code:
        return []
    for change in row.comparison["changes"]:
        if change["what"] == "gone" and change["code"] == code:
            held = [new for new, share in change["other"] if share >= PROPOSED]
            return [f"{row.code}:{new}" for new in held]
    return [f"{row.code}:{code}"] if code in there else []


def drawn(connection: Connection, draft_id: int) -> dict[str, Any]:
    """GeoJSON of both sides, each area with what becomes of it."""
    row = drafts.of(connection, draft_id)
    base = row.comparison["base"] if row.comparison else ""
    what = {
        (one["what"] == "gone", one["code"]): one["what"]
        for one in (row.comparison or {}).get("changes", [])
    }
    rows = connection.execute(sql("boundaries", "drawn_draft"), {"id": draft_id, "base": base})
    features = []
    for one in rows:
        gone = one.side == "before"
        became = what.get((gone, one.code), "same" if gone else "new")
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "side": one.side, "code": one.code, "name": one.name, "what": became
                },
                "geometry": one.shape,
            }
        )  # fmt: skip
    return {"type": "FeatureCollection", "features": features}
