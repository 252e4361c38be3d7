"""Unusual acts in the audit log: found by the worker, stored once each, told to admins.

What is looked at: looks at personal data by one account against its own usual and a limit, acts out
of working time, failed sign-ins, what was refused, large exports, and an admin who gives itself a
role. The limits are settings (`geo.instance_settings.Alerts`); how many false alarms they give in
ordinary weeks is measured by a test.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from geo.calendars import CityCalendar
from geo.database import sql
from geo.instance_settings import Alerts
from geo.schema import audit, audit_alert, audit_watched

# Fewer days say nothing of what is usual.
KNOWN_DAYS: Final = 5
# Entries looked at in one round: what is left comes with the next.
MOST: Final = 20_000
HOUR: Final = timedelta(hours=1)
# By hand, of what is personal or of rights; sign-ins and work on complaints may be at any hour.
_ODD: Final = "(act IN ('look', 'export', 'search') OR act LIKE 'row.%')"


class Unusual(NamedTuple):
    """Something admins are told of; the same key is told once."""

    kind: str
    key: str
    actor: str
    first_entry: int
    last_entry: int
    details: dict[str, Any]


def watch(
    connection: Connection, calendars: Sequence[CityCalendar], limits: Alerts
) -> list[Row[Any]]:
    """Look at what is new in the log; returns the rows of the alerts that are new.

    Two at once do it one after the other. As the owner of the tables.
    """
    after = int(connection.execute(select(audit_watched.c.entry).with_for_update()).scalar_one())
    newest = connection.execute(select(func.max(audit.c.id))).scalar() or 0
    until = min(int(newest), after + MOST)
    if until <= after:
        return []
    found = list(unusual(connection, after, until, calendars, limits))
    connection.execute(update(audit_watched).values(entry=until))
    if not found:
        return []
    rows = {one.key: one._asdict() for one in found}
    put = insert(audit_alert).values(list(rows.values()))
    told = connection.execute(put.on_conflict_do_nothing().returning(*audit_alert.c)).all()
    return list(told)


def unusual(
    connection: Connection,
    after: int,
    until: int,
    calendars: Sequence[CityCalendar],
    limits: Alerts,
) -> Iterator[Unusual]:
    """What is unusual among the entries after one, until another."""
    span = {"after": after, "until": until}
    zone = calendars[0].zone.key if calendars else "UTC"
    yield from _looks(connection, span, zone, limits)
    yield from _odd_hours(connection, span, calendars, limits)
    yield from _failed(connection, span, limits)
    yield from _denied(connection, span, limits)
    yield from _exports(connection, span, zone, limits)
    yield from _own_roles(connection, span)


def _looks(
    connection: Connection, span: dict[str, int], zone: str, limits: Alerts
) -> Iterator[Unusual]:
    given = span | {"zone": zone, "least": limits.looks_a_day}
    for row in connection.execute(sql("geo", "unusual_looks"), given):
        many = row.in_hour >= limits.looks_per_hour
        more = (
            row.known >= KNOWN_DAYS
            and row.in_day >= limits.looks_a_day
            and row.in_day > limits.looks_times * row.busy
        )
        if many or more:
            yield Unusual(
                "looks", f"looks:{row.actor}:{row.day}", row.actor, row.first_entry,
                row.last_entry,
                {"in_hour": row.in_hour, "in_day": row.in_day,
                 "usual": None if row.busy is None else round(float(row.busy), 1)},
            )  # fmt: skip


def _odd_hours(
    connection: Connection,
    span: dict[str, int],
    calendars: Sequence[CityCalendar],
    limits: Alerts,
) -> Iterator[Unusual]:
    if not calendars:
        return
    # Those of the day before too: a day's count may have begun with an earlier round.
    rows = connection.execute(
        text(
            "WITH fresh AS (SELECT account_id, min(at) AS since FROM audit"
            f" WHERE id > :after AND id <= :until AND account_id IS NOT NULL AND {_ODD}"
            " GROUP BY account_id)"
            " SELECT a.id, a.at, a.actor FROM fresh f JOIN audit a"
            " ON a.account_id = f.account_id AND a.at > f.since - interval '24 hours'"
            f" WHERE a.id <= :until AND {_ODD} ORDER BY a.id"
        ),
        span,
    )
    margin = timedelta(hours=limits.odd_margin_h)
    found: dict[tuple[str, Any], list[int]] = defaultdict(list)
    for row in rows:
        if not any(_working(one, row.at, margin) for one in calendars):
            found[row.actor, calendars[0].day_of(row.at)].append(row.id)
    for (actor, day), ids in found.items():
        if len(ids) >= limits.odd_acts and ids[-1] > span["after"]:
            yield Unusual("hours", f"hours:{actor}:{day}", actor, ids[0], ids[-1], {"n": len(ids)})


def _working(calendar: CityCalendar, at: datetime, margin: timedelta) -> bool:
    day = calendar.day_of(at)
    return any(begun - margin <= at <= ended + margin for begun, ended in calendar.spans(day))


def _failed(connection: Connection, span: dict[str, int], limits: Alerts) -> Iterator[Unusual]:
    """By name, and by a keyed hash of the address where the entry has one."""
    kinds = (
        ("failed-name", "subject", limits.failed_per_name),
        ("failed-address", "details ->> 'from'", limits.failed_per_address),
    )
    for kind, column, most in kinds:
        rows = connection.execute(
            text(
                f"WITH near AS (SELECT id, at, {column} AS of, count(*) OVER (PARTITION BY {column}"
                " ORDER BY at RANGE BETWEEN '1 hour' PRECEDING AND CURRENT ROW) AS n"
                " FROM audit WHERE act IN ('sign-in.failed', 'sign-in.locked') AND id <= :until"
                f" AND {column} IS NOT NULL AND at > (SELECT min(at) FROM audit"
                " WHERE id > :after AND id <= :until) - interval '1 hour')"
                " SELECT of, max(n) AS n, min(id) AS first_entry, max(id) AS last_entry,"
                " min(at) AS at FROM near WHERE id > :after AND n >= :most GROUP BY of"
            ),
            span | {"most": most},
        )
        for row in rows:
            # Names that nobody has are many names: the limit for one would be too low.
            if row.of == "unknown" and row.n < limits.failed_per_address:
                continue
            hour = f"{row.at:%Y-%m-%dT%H}"
            yield Unusual(
                kind, f"{kind}:{row.of}:{hour}", row.of, row.first_entry, row.last_entry,
                {"n": row.n},
            )  # fmt: skip


def _denied(connection: Connection, span: dict[str, int], limits: Alerts) -> Iterator[Unusual]:
    """Who asks for many complaints of others, or for what their role does not allow."""
    rows = connection.execute(
        text(
            "WITH near AS (SELECT id, at, actor, count(*) OVER (PARTITION BY account_id"
            " ORDER BY at RANGE BETWEEN '1 hour' PRECEDING AND CURRENT ROW) AS n"
            " FROM audit WHERE act = 'denied' AND id <= :until AND account_id IS NOT NULL"
            " AND at > (SELECT min(at) FROM audit WHERE id > :after AND id <= :until)"
            " - interval '1 hour') SELECT actor, max(n) AS n, min(id) AS first_entry,"
            " max(id) AS last_entry, min(at) AS at FROM near WHERE id > :after AND n >= :most"
            " GROUP BY actor"
        ),
        span | {"most": limits.denied_per_hour},
    )
    for row in rows:
        key = f"denied:{row.actor}:{row.at:%Y-%m-%dT%H}"
        yield Unusual("denied", key, row.actor, row.first_entry, row.last_entry, {"n": row.n})


def _exports(
    connection: Connection, span: dict[str, int], zone: str, limits: Alerts
) -> Iterator[Unusual]:
    rows = connection.execute(
        text(
            "WITH fresh AS (SELECT account_id, min(at) AS since FROM audit WHERE id > :after"
            " AND id <= :until AND act = 'export' AND account_id IS NOT NULL GROUP BY 1),"
            " rows_of AS (SELECT a.id, a.actor, (a.at AT TIME ZONE :zone)::date AS day,"
            " CASE WHEN jsonb_typeof(a.details -> 'rows') = 'number'"
            " THEN (a.details ->> 'rows')::numeric ELSE 0 END AS n"
            " FROM fresh f JOIN audit a ON a.account_id = f.account_id"
            " AND a.at > f.since - interval '24 hours' WHERE a.act = 'export' AND a.id <= :until)"
            " SELECT actor, day, sum(n) AS total, max(n) FILTER (WHERE id > :after) AS most,"
            " min(id) AS first_entry, max(id) AS last_entry FROM rows_of"
            " GROUP BY actor, day HAVING max(id) > :after"
        ),
        span | {"zone": zone},
    )
    for row in rows:
        told = {"rows": int(row.most), "in_day": int(row.total)}
        ends = (row.actor, row.first_entry, row.last_entry, told)
        if row.most >= limits.export_rows:
            yield Unusual("export", f"export:{row.actor}:{row.last_entry}", *ends)
        elif row.total >= limits.export_rows_a_day:
            yield Unusual("exports", f"exports:{row.actor}:{row.day}", *ends)


def _own_roles(connection: Connection, span: dict[str, int]) -> Iterator[Unusual]:
    """What the database wrote down of a role that went to whoever gave it."""
    rows = connection.execute(
        text(
            "SELECT id, actor, details #>> '{new,role}' AS role FROM audit"
            " WHERE id > :after AND id <= :until AND act = 'row.account_role'"
            " AND details ->> 'op' = 'insert' AND account_id IS NOT NULL"
            " AND details #>> '{new,account_id}' = account_id::text"
        ),
        span,
    )
    for row in rows:
        told = {"role": row.role}
        yield Unusual("own-role", f"own-role:{row.id}", row.actor, row.id, row.id, told)


def acknowledge(connection: Connection, alert_id: int, account_id: int, note: str) -> bool:
    """Note that an admin has seen to an alert; False where there is none, or it was seen to."""
    done = connection.execute(
        update(audit_alert)
        .where(audit_alert.c.id == alert_id, audit_alert.c.seen_at.is_(None))
        .values(seen_at=func.now(), seen_by=account_id, note=note)
    )
    return done.rowcount == 1
