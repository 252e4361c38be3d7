"""What a night's look at the complaints finds for those who follow: counts read, news written."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, insert, select, update

from geo import cells, clusters, counts, following, significance, streets
from geo.database import sql
from geo.emergence import Period
from geo.filters import Filter
from geo.following import WEEKS, WINDOW, Group, News, Night, Tracked
from geo.periods import EPOCH, local_midnight
from geo.scan import Cluster, scan
from geo.schema import news
from geo.study import CellStudy, filled, one_city

# The scan looks at eight weeks of days, and at groups that have lasted a week at most.
SCAN_DAYS: Final = 56
LONGEST_GROUP_DAYS: Final = 7
MOST_OF_A_GROUP: Final = 0.25
REPLICATIONS: Final = 1999
# As many cells tell the names of a place.
NAMED_BY: Final = 200


class Found(NamedTuple):
    """News with its place, ready to be written; degrees, and names in both languages."""

    kind: following.Kind
    lon: float
    lat: float
    areas: tuple[str, ...]
    areas_en: tuple[str, ...]
    street: str | None
    cells: tuple[int, ...]
    figures: dict[str, Any]


def _between(question: Filter, first: date, end: date) -> Filter:
    zone = one_city(question).zone
    since, until = (local_midnight((day - EPOCH).days, zone) for day in (first, end))
    return replace(question, since=since, until=until)


def look(
    connection: Connection, question: Filter, study: CellStudy, resolution: int, day: date
) -> Night:
    """The last eight weeks before a local day, and the hot spots of the last four of them.

    The question's own times do not count.
    """
    begin = day - timedelta(weeks=WEEKS)
    weeks = np.zeros((len(study.cells), WEEKS), dtype=np.int64)
    for number in range(WEEKS):
        first = begin + timedelta(weeks=number)
        asked = _between(question, first, first + timedelta(weeks=1))
        rows = connection.execute(counts.by_place(asked, resolution)).all()
        weeks[:, number] = filled(study.cells, [(row.place, row.n) for row in rows])
    recent = _between(question, day - WINDOW, day)
    hot = significance.hot_cells(connection, recent, study, resolution)
    return Night(day, study.cells, weeks, hot.level, hot.spot, study.direct)


def hot_spots(
    night: Night, state: dict[str, Any], spot: Sequence[int] | None
) -> tuple[dict[str, Any], list[News]]:
    """What a follow of hot spots remembers after a night, and what is to be told.

    On its first night nothing is: whoever follows has just seen how things stand.
    """
    if "tracked" not in state:
        begun = following.follow_all(night) if spot is None else [following.chosen(night, spot)]
        return {"tracked": [one.as_json() for one in begun]}, []
    before = [Tracked.from_json(one) for one in state["tracked"]]
    after, told = following.observe(before, night, adopting=spot is None)
    return {"tracked": [one.as_json() for one in after]}, told


def placed(
    connection: Connection, question: Filter, night: Night, told: Sequence[News]
) -> list[Found]:
    """News of hot spots with the names of their places and their figures."""
    found = []
    for one in told:
        where = np.array(one.cells, dtype=np.int64)
        strongest = _strongest(night, where)
        centre = cells.centres(strongest[:1])[0]
        names = names_of(connection, question, strongest[:NAMED_BY])
        change = one.change
        figures = {
            "before": change.before,
            "after": change.after,
            "ratio": _finite(change.ratio),
            "lower": _finite(change.lower),
            "upper": _finite(change.upper),
            "p": _finite(change.p, 6),
            "against_rest": _finite(change.against_rest),
            "km2": _km2(one.cells),
            "km2_now": _km2(one.now),
        }
        street = streets.street(list(streets.tallies(connection, strongest[:8].tolist()).values()))
        lon, lat = float(centre[0]), float(centre[1])
        found.append(Found(one.kind, lon, lat, *names, street, one.cells, figures))
    return found


def _km2(held: Collection[int]) -> float:
    return round(float(cells.areas_km2(np.array(sorted(held), dtype=np.int64)).sum()), 3)


def _strongest(night: Night, where: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cells by complaints, those with most first; cells that are none of the study come last."""
    at = np.minimum(np.searchsorted(night.cells, where), len(night.cells) - 1)
    n = np.where(night.cells[at] == where, night.weeks[at].sum(axis=1), -1)
    return np.asarray(where[np.argsort(-n, kind="stable")])


def _finite(value: float, digits: int = 3) -> float | None:
    return round(value, digits) if np.isfinite(value) else None


def names_of(
    connection: Connection, question: Filter, where: NDArray[np.int64]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Up to three names, Vietnamese and English, of the present areas most of the cells lie in."""
    lon, lat = cells.centres(where).T.tolist()
    values = {"lon": lon, "lat": lat, "city_id": one_city(question).id}
    rows = connection.execute(sql("geo", "cell_areas"), values).all()
    return tuple(row.name for row in rows), tuple(row.name_en for row in rows)


def _days(question: Filter, day: date) -> list[Period]:
    zone, last = one_city(question).zone, (day - EPOCH).days
    return [
        Period(
            (EPOCH + timedelta(days=n)).isoformat(),
            local_midnight(n, zone),
            local_midnight(n + 1, zone),
        )
        for n in range(last - SCAN_DAYS, last)
    ]


def groups(
    connection: Connection,
    question: Filter,
    ids: Sequence[int],
    day: date,
    *,
    replications: int = REPLICATIONS,
) -> tuple[clusters.Cases, list[Cluster]]:
    """Unusual groups of areas that still last on the day before a local day.

    The space-time permutation model: what a place always has, and a day has everywhere, does not
    count. The seed is the day, so that a night told again says the same.
    """
    of = clusters.cases(connection, question, ids, _days(question, day))
    found = scan(
        of.n,
        None,
        of.centres,
        max_share=MOST_OF_A_GROUP,
        max_periods=LONGEST_GROUP_DAYS,
        prospective=True,
        limit=5,
        replications=replications,
        seed=(day - EPOCH).days,
    )
    return of, found


def fresh_groups(
    of: clusters.Cases, found: Sequence[Cluster], state: dict[str, Any], day: date
) -> tuple[dict[str, Any], list[Found]]:
    """What a follow of unusual groups remembers after a night, and the groups to be told."""
    known = [
        Group(frozenset(one["areas"]), date.fromisoformat(one["seen"]))
        for one in state.get("groups", [])
    ]
    areas = [frozenset(of.codes[i] for i in one.places) for one in found]
    told, kept = following.fresh(
        [(codes, one.p) for codes, one in zip(areas, found, strict=True)], known, day
    )
    after = {"groups": [{"areas": sorted(one.areas), "seen": one.seen.isoformat()} for one in kept]}
    return after, [_group(of, found[n], day) for n in told]


def _group(of: clusters.Cases, one: Cluster, day: date) -> Found:
    lon, lat = of.centres[one.centre]
    figures = {
        "observed": one.observed,
        "expected": round(one.expected, 2),
        "relative_risk": _finite(one.relative_risk),
        "p": one.p,
        "radius_m": round(one.radius_m),
        "first_day": (day - timedelta(days=SCAN_DAYS - one.first)).isoformat(),
        "codes": sorted(of.codes[i] for i in one.places),
    }
    names = tuple(of.names[i] for i in one.places)
    names_en = tuple(of.names_en[i] for i in one.places)
    return Found("group", float(lon), float(lat), names, names_en, None, (), figures)


def write(connection: Connection, follow_id: int, day: date, found: Sequence[Found]) -> None:
    """Keep what was found for a follow; `day` is the first local day it does not speak of."""
    if not found:
        return
    connection.execute(
        insert(news),
        [
            {
                "follow_id": follow_id,
                "kind": one.kind,
                "day": day - timedelta(days=1),
                "geom": f"SRID=4326;POINT({one.lon!r} {one.lat!r})",
                "areas": list(one.areas),
                "areas_en": list(one.areas_en),
                "street": one.street,
                "cells": list(one.cells),
                "figures": one.figures,
            }
            for one in found
        ],
    )


def untold(connection: Connection, follow_id: int) -> Sequence[Row[Any]]:
    """News of a follow that is in no mail yet, the earliest first; with `lon` and `lat`."""
    return connection.execute(
        select(news, func.ST_X(news.c.geom).label("lon"), func.ST_Y(news.c.geom).label("lat"))
        .where(news.c.follow_id == follow_id, news.c.told_at.is_(None))
        .order_by(news.c.id)
    ).all()


def mark_told(connection: Connection, follow_id: int) -> None:
    """What there was is in a mail now; part of the transaction that writes the mail."""
    connection.execute(
        update(news)
        .where(news.c.follow_id == follow_id, news.c.told_at.is_(None))
        .values(told_at=func.now())
    )
