"""Calendars and policies with versions valid from a day: shown, previewed and changed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from api.commands.answering import read_object
from api.commands.session import Var, out, prepared
from geo import clockwork, promise, rule_changes
from geo.calendars import days_of
from geo.due_pass import count_stale
from geo.errors import BadFilterError, NotFoundError
from geo.public_holidays import public_holidays
from geo.rule_changes import NewCalendar, NewPolicy
from geo.schema import city as cities

Day = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Valid from this day.")
]
Reason = Annotated[str, typer.Option(help="Why: kept with the change, and in the audit log.")]
ACTOR = "command"


def policy(
    category: Annotated[str | None, typer.Option(help="Of one category.")] = None,
    domain: Annotated[str | None, typer.Option(help="Of one domain; of neither: of all.")] = None,
    accept: Annotated[float | None, typer.Option(help="Accepted within working hours.")] = None,
    urgent: Annotated[float | None, typer.Option(help="Urgent ones handled, hours.")] = None,
    handle: Annotated[float | None, typer.Option(help="Handled within working hours.")] = None,
    days: Annotated[int | None, typer.Option(help="Handled within working days.")] = None,
    since: Day = None,
    reason: Reason = "",
    var: Var = None,
) -> None:
    """List the versions of policies, or add one for what is reported from a day on; 0: no limit."""
    given = dict(zip(promise.LIMITS, (accept, urgent, handle, days), strict=True))
    limits: dict[str, Any] = {k: v or None for k, v in given.items() if v is not None}
    if limits and since is None:
        raise BadFilterError("from", "say from which day it is valid: --from 2027-01-01")
    with prepared(var) as engine:
        with engine.begin() as connection:
            if limits and since is not None:
                change = NewPolicy(since.date(), limits, domain, category)
                rule_changes.set_policy(connection, change, reason, actor=ACTOR)
            versions = rule_changes.policy_versions(connection)
        if limits:
            out.print(f"{count_stale(engine, public_holidays):,} deadlines counted anew")
    table = Table("from", "of", "limits", "reason", "by")
    for one in versions:
        said = ", ".join(f"{k.replace('_', ' ')} {v or 'none'}" for k, v in one["limits"].items())
        of = one["category"] or one["domain"] or "all"
        table.add_row(str(one["valid_from"]), of, said, one["reason"], one["who"] or ACTOR)
    out.print(table)


def calendar(
    code: Annotated[str, typer.Argument(metavar="CITY")] = "hanoi",
    year: Annotated[int | None, typer.Option(min=1970, max=2199)] = None,
    file: Annotated[
        Path | None, typer.Option(help="JSON with hours, holidays, extra and less.")
    ] = None,
    since: Day = None,
    reason: Reason = "",
    var: Var = None,
) -> None:
    """Show which days of a year differ from its weeks and why, or add a version from a day on."""
    wanted = None if file is None else read_object(file)
    if wanted is not None and since is None:
        raise BadFilterError("from", "say from which day it is valid: --from 2027-01-01")
    with prepared(var) as engine:
        with engine.begin() as connection:
            if wanted is not None and since is not None:
                change = NewCalendar(code, since.date(), wanted)
                rule_changes.set_calendar(connection, change, reason, public_holidays, actor=ACTOR)
            row = connection.execute(cities.select().where(cities.c.code == code)).one_or_none()
            if row is None:
                raise NotFoundError(f"no city {code!r}")
            own = clockwork.calendars(connection, public_holidays)[row.id]
            versions = rule_changes.calendar_versions(connection, code)
        if wanted is not None:
            out.print(f"{count_stale(engine, public_holidays):,} deadlines counted anew")
    table = Table("day", "hours", "why")
    for one in days_of(own, year or datetime.now(UTC).year):
        if one["why"] not in ("hours", "weekend"):
            table.add_row(str(one["day"]), ", ".join(one["hours"]) or "free", one["why"])
    out.print(table)
    for one in versions:
        since_day = one["valid_from"] or "the beginning"
        out.print(f"from {since_day}: {one['reason'] or 'phananh working-time'}")
