"""The audit log, for admins: read, followed as it grows, taken away as a file, checked; alerts."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, func, or_, select, text

from api import anchors
from api.auth import PRIVATE, Admin, OfficialDatabase
from api.dependencies import ADMINS
from api.download import as_file
from api.routes.reading import geojson
from geo import audit, unusual
from geo.audit_names import names_in
from geo.complaint import clean_code
from geo.errors import ConflictError, OverloadedError
from geo.schema import account, audit_alert
from geo.schema import audit as entries

router = APIRouter(prefix="/api/v1/audit", tags=ADMINS)
Word = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")]
Number = Annotated[int | None, Query(ge=0, le=2**62)]
TOLD: Final = ("id", "at", "actor", "act", "subject", "details")
_TABLES: Final = ("account", "account_role", "area_set", "category", "city", "domain", "setting")
# As the queue's: each answer is short, and asked for anew by the browser.
EVERY_MS: Final = 5_000
MOST_LIVE: Final = 200
VERIFY_MS: Final = 300_000


def _asked(
    who: Admin,
    actor: Word = None,
    act: Annotated[
        str | None, Query(max_length=100, description="an act, or a group of them: work")
    ] = None,
    subject: Word = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[Any]:
    """Entries under a filter; of one account, of an act or a group, of one subject, of a time."""
    c = entries.c
    asked = select(*(c[name] for name in TOLD))
    if actor:
        asked = asked.where(c.actor == actor.lower())
    if act:
        group = f"{act.removesuffix('.')}."
        asked = asked.where(or_(c.act == act, c.act.startswith(group, autoescape=True)))
    if subject:
        # As people write it, and as rows of tables have it.
        said = subject.strip()
        codes = [said, said.lower(), clean_code(said)]
        asked = asked.where(c.subject.in_([*codes, *(f"{one}:{said}" for one in _TABLES)]))
    if since is not None:
        asked = asked.where(c.at >= _aware(since))
    if until is not None:
        asked = asked.where(c.at < _aware(until))
    return asked


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


Asked = Annotated[Select[Any], Depends(_asked)]


def _told(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TOLD}


@router.get("", response_class=Response)
def log(
    db: OfficialDatabase,
    asked: Asked,
    before: Annotated[
        int | None, Query(ge=1, le=2**62, description="entries before this one")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Entries, the newest first: who did what, when, to what."""
    if before is not None:
        asked = asked.where(entries.c.id < before)
    rows = db.execute(asked.order_by(entries.c.id.desc()).limit(limit)).all()
    following = rows[-1].id if len(rows) == limit else None
    names = names_in(db, rows)
    answer = geojson({"entries": [_told(row) for row in rows], "names": names, "next": following})
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer


@router.get("/live", response_class=Response)
def live(
    db: OfficialDatabase,
    asked: Asked,
    after: Number = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,18}$")] = None,
) -> Response:
    """Server-sent events: `audit` with new entries under the filter, `alerts` with open ones."""
    if last_event_id is not None:
        after = int(last_event_id)
    last = db.execute(select(func.coalesce(func.max(entries.c.id), 0))).scalar_one()
    told = [f"retry: {EVERY_MS}\nid: {last}\ndata: {{}}\n"]
    if after is not None and last > after:
        fresh = asked.where(entries.c.id > after, entries.c.id <= last)
        rows = db.execute(fresh.order_by(entries.c.id.desc()).limit(MOST_LIVE + 1)).all()
        if len(rows) > MOST_LIVE:
            told.append("event: lost\ndata: {}\n")
        elif rows:
            fresh_ones = {"entries": [_told(row) for row in rows], "names": names_in(db, rows)}
            body = orjson.dumps(fresh_ones).decode()
            told.append(f"event: audit\ndata: {body}\n")
    unseen = select(func.count()).where(audit_alert.c.seen_at.is_(None))
    told.append(f'event: alerts\ndata: {{"open": {db.execute(unseen).scalar_one()}}}\n')
    body = "\n".join(told) + "\n"
    return Response(body, media_type="text/event-stream", headers=PRIVATE)


@router.get("/export.csv", response_class=Response)
def export(db: OfficialDatabase, asked: Asked) -> Response:
    """All entries under the filter, the oldest first; itself an entry of the log."""
    n = 0

    def write(path: Path) -> None:
        nonlocal n
        db.execute(text(f"SET LOCAL statement_timeout = {VERIFY_MS}"))
        streamed = db.execution_options(yield_per=2_000).execute(asked.order_by(entries.c.id))
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(TOLD)
            for row in streamed:
                n += 1
                cells = (row.actor, row.act, row.subject, orjson.dumps(row.details).decode())
                rows.writerow((row.id, row.at.isoformat(), *map(_plain, cells)))

    answer = as_file(f"audit-{datetime.now(UTC):%Y%m%d-%H%M}.csv", "text/csv", write)
    audit.append(db, "export", "audit", form="csv", rows=n)
    answer.headers.update(PRIVATE)
    return answer


def _plain(cell: str) -> str:
    # A spreadsheet takes these for a formula.
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


@router.get("/verify")
def verify(
    request: Request,
    db: OfficialDatabase,
    who: Admin,
    answer: Response,
    head: Annotated[str | None, Query(pattern="^[0-9a-fA-F]{64}$")] = None,
) -> dict[str, Any]:
    """Check every entry against the one before, and against the heads that were noted."""
    answer.headers.update(PRIVATE)
    if not db.execute(text("SELECT pg_try_advisory_xact_lock(1887, 22)")).scalar_one():
        raise OverloadedError("it is being checked already / đang kiểm tra rồi")
    db.execute(text(f"SET LOCAL statement_timeout = {VERIFY_MS}"))
    noted = [one for _, one in anchors.written(request.app.state.settings)]
    found = audit.verify(db, head, noted)
    audit.append(db, "verify", "audit", broken=found.broken)
    return found._asdict() | {"anchors": len(noted)}


class Note(BaseModel):
    """What came of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: Annotated[str, Field(min_length=3, max_length=500, pattern=r"^[^\x00]*$")]


@router.get("/alerts")
def alerts(
    db: OfficialDatabase, who: Admin, answer: Response, every: bool = False
) -> dict[str, Any]:
    """Unusual acts: those nobody has seen to, or the last hundred."""
    answer.headers.update(PRIVATE)
    asked = (
        select(audit_alert, account.c.full_name.label("seen_name"))
        .outerjoin(account, account.c.id == audit_alert.c.seen_by)
        .order_by(audit_alert.c.id.desc())
        .limit(100)
    )
    if not every:
        asked = asked.where(audit_alert.c.seen_at.is_(None))
    hidden = ("key", "seen_by")
    return {
        "alerts": [
            {name: value for name, value in row._mapping.items() if name not in hidden}
            for row in db.execute(asked)
        ]
    }


@router.post("/alerts/{alert}", status_code=204)
def acknowledge(
    db: OfficialDatabase,
    who: Admin,
    alert: Annotated[int, Field(ge=1, le=2**62)],
    body: Note,
) -> Response:
    """Say what came of an alert; once."""
    if not unusual.acknowledge(db, alert, who.id, body.note):
        raise ConflictError("somebody has seen to it already / đã có người xử lý cảnh báo này")
    audit.append(db, "alert.seen", str(alert))
    return Response(status_code=204, headers=PRIVATE)
