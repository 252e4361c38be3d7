"""Figures of the work as an official asks for them, and as they are told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from sqlalchemy import Connection, select

from api.auth import OfficialDatabase, needs
from api.due_rounds import known_holidays
from api.query import Codes
from geo import clockwork, share_funnel
from geo.asking import Asker
from geo.due_pass import Rules
from geo.errors import BadFilterError, NotAllowedError, NotFoundError
from geo.filters import Vocabulary, parse, split
from geo.measured import Asked, By
from geo.performance import FEW, Figures, Performance, Row, Times, performance, share_in_time
from geo.places_of_work import set_in_force
from geo.schema import account, area, area_set, category, domain
from geo.survival import Quantile

Counter = Annotated[Asker, needs("view")]
# A quarter of a year, in whole weeks.
USUAL: Final = timedelta(weeks=13)
LONGEST: Final = timedelta(days=366 * 5)


class Wanted(NamedTuple):
    """A question about how the work goes."""

    asked: Asked
    since: date
    until: date
    """Not in it."""
    set_code: str | None
    said: tuple[tuple[str, str], ...]
    """Parameters of the query that limit it, but for times and areas."""
    areas: list[str]

    def before(self) -> "Wanted":
        """The same of as many days before."""
        since = self.since - (self.until - self.since)
        return _of_days(self._replace(since=since, until=self.since))


def _of_days(wanted: Wanted) -> Wanted:
    zone = wanted.asked.filter.cities[0].zone
    ends = [datetime.combine(day, time(), zone).astimezone(UTC)
            for day in (wanted.since, wanted.until)]  # fmt: skip
    limited = replace(wanted.asked.filter, since=ends[0], until=ends[1])
    return wanted._replace(asked=replace(wanted.asked, filter=limited))


def wanted(
    words: Vocabulary,
    db: Connection,
    *,
    now: datetime,
    city: Sequence[str] = (),
    domain: Sequence[str] = (),
    category: Sequence[str] = (),
    area: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    by: By | None = None,
    set_code: str | None = None,
) -> Wanted:
    """Raises `BadFilterError` for days or areas that cannot be."""
    # Here nothing is left out for being sensitive: the database decides what is the asker's.
    words = replace(words, sensitive=frozenset())
    of = parse(words, city=city, domain=domain, category=category, area=area)
    if not of.cities:
        raise BadFilterError("city", "there is no city yet / chưa có thành phố nào")
    last = until or now.astimezone(of.cities[0].zone).date() + timedelta(days=1)
    first = since or last - USUAL
    if not first < last or last - first > LONGEST or not 1900 < first.year <= last.year < 2200:
        raise BadFilterError(
            "until",
            "until is the day after the last one: later than since, by five years at most"
            " / ngày kết thúc phải sau ngày bắt đầu, cách nhau không quá năm năm",
        )
    named = split(area)
    ids: tuple[int, ...] = ()
    if by == "area":
        found = [words.areas[code].set_id for code in named]
        set_code = set_code or set_in_force(db, of.cities[0].id, found, now)
        if set_code not in words.sets:
            raise NotFoundError(f"no boundary set {set_code!r}; /api/v1/boundaries lists them")
        ids = words.sets[set_code]
    said = [
        (name, value)
        for name, values in (("city", city), ("domain", domain), ("category", category))
        for value in values
    ]
    return _of_days(Wanted(Asked(of, now, by, ids), first, last, set_code, tuple(said), named))


def refuse_elsewhere(who: Asker, area: str | None) -> None:
    """Raises `NotAllowedError` for an area of others: zeros would be told as its figures."""
    if area is not None and who.is_elsewhere(area):
        raise NotAllowedError(
            f"{area} is not an area of yours: its figures are not shown to you"
            f" / {area} không phải địa bàn của bạn nên không xem được số liệu"
        )


def _wanted(
    request: Request,
    db: OfficialDatabase,
    who: Counter,
    city: Codes = [],  # noqa: B006 - FastAPI copies it
    domain: Codes = [],  # noqa: B006
    category: Codes = [],  # noqa: B006
    area: Codes = [],  # noqa: B006
    since: Annotated[date | None, Query(description="first local day of reporting")] = None,
    until: Annotated[date | None, Query(description="the local day after the last")] = None,
    by: By | None = None,
    set: Annotated[str | None, Query(description="of `by` area: any boundary set")] = None,
) -> Wanted:
    if by == "person" and not who.may("supervise"):
        raise NotAllowedError(
            "figures of people are for the supervisors of their area"
            " / số liệu của từng người chỉ dành cho lãnh đạo địa bàn"
        )
    for one in split(area):
        refuse_elsewhere(who, one)
    return wanted(
        request.app.state.words.get(), db, now=datetime.now(UTC), city=city, domain=domain,
        category=category, area=area, since=since, until=until, by=by, set_code=set,
    )  # fmt: skip


Question = Annotated[Wanted, Depends(_wanted)]


def count(db: Connection, of: Wanted) -> Performance:
    """The figures a question asks for."""
    rules = Rules(clockwork.calendars(db, known_holidays), clockwork.policies(db))
    return performance(db, of.asked, rules, (of.since, of.until))


def told(db: Connection, of: Wanted, compare: bool) -> dict[str, Any]:
    """The answer in JSON: the whole, its rows, and the whole of the time before."""
    found = count(db, of)
    names = _names(db, of, found)
    whole = _row(found.whole, _query(of, None, None))
    before = None
    if compare:
        earlier = of.before()
        alone = earlier._replace(asked=replace(earlier.asked, by=None))
        before = _row(count(db, alone).whole, _query(alone, None, None))
        before |= {"since": earlier.since, "until": earlier.until}
    rows = [_row(one.figures, _query(of, one, names.get(one.key))) | {"key": one.key}
            | (names.get(one.key) or {}) for one in found.rows]  # fmt: skip
    funnel = None
    share = share_in_time(found.whole.n)
    if share is not None and of.asked.by in ("area", "domain", "category", "unit"):
        funnel = _funnel(rows, share[0])
    if of.asked.by not in ("week", "month", "quarter"):
        # By name: an order by a figure would be a rank.
        rows.sort(key=lambda row: (row["key"] in (0, ""), str(row.get("name", row["key"]))))
    return {
        "since": of.since, "until": of.until, "now": of.asked.now, "by": of.asked.by,
        "set": of.set_code if of.asked.by == "area" else None, "few": FEW,
        "whole": whole, "before": before, "rows": rows, "funnel": funnel,
    }  # fmt: skip


def _funnel(rows: list[dict[str, Any]], overall: float) -> dict[str, Any] | None:
    """Limits for the shares in time, and in each row whether it is beyond them."""
    numbers = [row["in_time"]["n"] for row in rows if row["in_time"]["n"]]
    for row in rows:
        of = row["in_time"]
        row["beyond"] = share_funnel.beyond(row["n"]["kept"], of["n"], overall)
    if not numbers:
        return None
    found = share_funnel.limits(numbers, overall)
    return {
        "levels": list(share_funnel.LEVELS), "overall": round(overall, 4), "n": found.n,
        "lower": found.lower.round(4).tolist(), "upper": found.upper.round(4).tolist(),
    }  # fmt: skip


def _query(of: Wanted, row: Row | None, names: Mapping[str, Any] | None) -> str | None:
    """What lists the rows of a figure in the queue, with `measure`; None: nothing does."""
    since, until, said = of.since, of.until, list(of.said)
    handlers = list(of.areas)
    if row is not None and row.frame is not None:
        since, until = max(since, row.frame.since), min(until, row.frame.until)
    elif row is not None and of.asked.by == "area":
        own = f"{of.set_code}:{(names or {}).get('code', '')}"
        # What is handled in two areas, of two sets, is no question to the queue.
        if row.key == 0 or (handlers and own not in handlers):
            return None
        handlers = [own]
    elif row is not None and of.asked.by in ("domain", "category"):
        name = str(of.asked.by)
        said = [pair for pair in said if pair[0] != name] + [(name, (names or {}).get("code", ""))]
    elif row is not None:
        said.append((str(of.asked.by), str(row.key)))
    days = [("since", str(since)), ("until", str(until))]
    joined: dict[str, list[str]] = {}
    for name, value in [*said, *(("handler", one) for one in handlers), *days]:
        joined.setdefault(name, []).append(value)
    # One of each, as an address of the queue's page has them.
    return urlencode({name: ",".join(values) for name, values in joined.items()}, safe=":,")


def _row(of: Figures, query: str | None) -> dict[str, Any]:
    share = share_in_time(of.n)
    rated = of.satisfaction.share()
    return {
        "n": of.n,
        "query": query,
        "linked": list(of.linked) if query is not None else [],
        "in_time": _share(share[:3] if share else None, share[3] if share else 0),
        "reaction": {clock: times_told(one) for clock, one in of.reaction.items()},
        "closing": {clock: times_told(one) for clock, one in of.closing.items()},
        "satisfaction": _share(rated, of.satisfaction.rated)
        | {"brought_back": of.satisfaction.reopened},
        "stood_h": of.stood_h,
    }


def _share(found: tuple[float, float, float] | None, n: int) -> dict[str, Any]:
    """Of few the interval alone."""
    few = n < FEW
    value, low, high = found or (None, None, None)
    return {
        "value": None if few or value is None else round(value, 4),
        "low": None if low is None else round(low, 4),
        "high": None if high is None else round(high, 4),
        "n": n,
        "few": few,
    }


def times_told(of: Times) -> dict[str, Any]:
    return {
        "n": of.n,
        "done": of.done,
        "few": of.few,
        "median": _quantile(of.median, few=of.few),
        "p90": _quantile(of.p90, few=of.few),
    }


def _quantile(of: Quantile, *, few: bool) -> dict[str, float | None]:
    value, low, high = (None if one is None else round(one, 2) for one in of)
    return {"value": None if few else value, "low": low, "high": high}


def _names(db: Connection, of: Wanted, found: Performance) -> dict[int | str, dict[str, Any]]:
    """Code and name of each row's key."""
    keys = [one.key for one in found.rows if isinstance(one.key, int)]
    if of.asked.by == "area":
        rows = db.execute(
            select(area.c.id, area.c.code, area.c.name, area.c.name_en, area.c.kind)
            .join(area_set)
            .where(area.c.id.in_(keys))
        )
        return {row.id: {"code": row.code, "name": f"{row.kind or ''} {row.name}".strip(),
                         "name_en": row.name_en} for row in rows}  # fmt: skip
    if of.asked.by in ("domain", "category"):
        kind: Any = domain if of.asked.by == "domain" else category
        rows = db.execute(select(kind.c.id, kind.c.code, kind.c.name_vi, kind.c.name_en))
        return {row.id: {"code": row.code, "name": row.name_vi, "name_en": row.name_en}
                for row in rows}  # fmt: skip
    if of.asked.by == "person":
        people = db.execute(select(account.c.id, account.c.full_name).where(account.c.id.in_(keys)))
        return {row.id: {"name": row.full_name} for row in people}
    if of.asked.by == "unit":
        return {one.key: {"name": one.key} for one in found.rows if one.key}
    return {one.key: {"since": max(of.since, one.frame.since),
                      "until": min(of.until, one.frame.until)}
            for one in found.rows if one.frame is not None}  # fmt: skip
