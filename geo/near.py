"""What may already be reported: open complaints near a place that could be about the same thing.

Near is what the category's settings say (`near_m`, `near_days`), of itself and of the categories
with the same meaning. How likely two reports are about the same thing is a sum of four parts, each
from 0 to 1 (`Weights`); what they weigh was chosen on samples that say which are, and is measured
in docs/near.md. Sensitive categories are never shown.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, case, func, or_, select

from geo.cells import around, probes
from geo.common_words import shared, telling
from geo.complaint import NO_SUCH, Status
from geo.database import sql
from geo.errors import BadFilterError, NotFoundError
from geo.schema import category, complaint, domain

# The key of the index of open complaints: cells of 130 m or so.
RESOLUTION: Final = 10
# Bounds of the work at a place where thousands are open: read of each cell and category, read in
# all, and compared by their words.
OF_EACH, OF_ALL, COMPARED = 200, 400, 100
MOST: Final = 10
EXCERPT: Final = 160

Floats = NDArray[np.float64]


_own, _other = category.alias("own"), category.alias("other")
# Made once: two aliases of a wide table cost more than asking the database.
_OF_MEANING: Final = (
    select(
        _own.c.near_m,
        _own.c.near_days,
        _other.c.id,
        _other.c.sensitive,
        _other.c.name_vi,
        _other.c.name_en,
    )
    .join_from(_own, domain, domain.c.id == _own.c.domain_id)
    .join(_other, or_(_other.c.id == _own.c.id, _other.c.meaning == _own.c.meaning))
    .where(_own.c.code == bindparam("code"), _own.c.enabled, domain.c.enabled)
    .order_by(case((_other.c.id == _own.c.id, 0), else_=1), _other.c.id)
)


class Weights(NamedTuple):
    """What the parts of a score weigh: a logistic regression, so `score` is a probability of sorts.

    A part that is 0 adds nothing; without words to compare, `words` counts as `usual_words`.
    """

    constant: float
    place: float
    """Of 1 - distance / near_m."""
    time: float
    """Of 1 - days / near_days."""
    same: float
    """Of the very category, not one of the same meaning."""
    words: float
    """Of the words in common: `geo.common_words.shared`."""
    usual_words: float


# Fitted by bench/near_check.py on three samples of 20,000; there one half names as much of what is
# the same as 'same category within 250 m' does, and a fifth of what is not.
WEIGHTS: Final = Weights(-8.9, 4.8, 7.3, 0.4, 3.3, usual_words=0.21)
LIKELY: Final = 0.5


class Asked(NamedTuple):
    """A place, what kind of thing is there, when, and what is said of it."""

    lon: float
    lat: float
    category: str
    at: datetime
    words: tuple[str | None, ...] = ()
    itself: UUID | None = None
    """A stored complaint is not near itself."""


class Kinds(NamedTuple):
    """A category's settings, and the categories whose complaints may be about the same thing."""

    ids: tuple[int, ...]
    """Its own first, unless it is sensitive."""
    near_m: int
    near_days: int
    words: frozenset[str]
    """Of their names: they tell nothing that the category does not."""


class Near(NamedTuple):
    """A complaint that may be about the same thing."""

    id: UUID
    code: str
    category: str
    domain: str
    status: Status
    text: str
    """At most `EXCERPT` letters."""
    address: str | None
    reported_at: datetime
    distance_m: float
    supporters: int
    lon: float
    lat: float
    score: float
    likely: bool


class Found(NamedTuple):
    """The likeliest first, and how far in metres and days was looked."""

    within_m: int
    days: int
    near: list[Near]


def scores(distance: Floats, age: Floats, same: Floats, words: Floats) -> Floats:
    """From 0 to 1, shape (n,); distance and age as shares of near_m and near_days.

    `same` is 1 for the very category; `words` is NaN where there are none to compare.
    """
    said = np.where(np.isnan(words), WEIGHTS.usual_words, words)
    sums = (
        WEIGHTS.constant
        + WEIGHTS.place * (1 - distance)
        + WEIGHTS.time * (1 - age)
        + WEIGHTS.same * same
        + WEIGHTS.words * said
    )
    return np.asarray(1 / (1 + np.exp(-sums)))


def kinds(connection: Connection, code: str) -> Kinds:
    """Raises BadFilterError for a category that nobody can choose."""
    rows = connection.execute(_OF_MEANING, {"code": code}).all()
    if not rows:
        raise BadFilterError(
            "category", f"unknown category {code!r} / không có loại phản ánh {code!r}"
        )
    names = [name for row in rows for name in (row.name_vi, row.name_en)]
    shown = tuple(int(row.id) for row in rows if not row.sensitive)
    return Kinds(shown, int(rows[0].near_m), int(rows[0].near_days), telling(names))


def near(connection: Connection, asked: Asked) -> Found:
    """The open complaints that may be about the same thing, at most `MOST`, the likeliest first.

    Two statements; the second reads at most `OF_ALL` complaints, of the nearest cells, the newest.
    """
    of = kinds(connection, asked.category)
    if not of.ids:
        return Found(of.near_m, of.near_days, [])
    rows = connection.execute(sql("geo", "near"), _values(asked, of)).all()
    return Found(of.near_m, of.near_days, _best(asked, of, rows))


def near_stored(connection: Connection, code: str) -> Found:
    """The same for a stored complaint; raises NotFoundError where none has the code.

    Nothing is near one of a sensitive category: distances to known places would tell its own.
    """
    told = func.complaint_told(code).table_valued(*complaint.c, name="told").c
    row = connection.execute(
        select(
            told.id, told.reported_at, told.text, told.address,
            func.ST_X(told.geom).label("lon"), func.ST_Y(told.geom).label("lat"),
            category.c.code, category.c.sensitive, category.c.near_m, category.c.near_days,
            (category.c.enabled & domain.c.enabled).label("enabled"),
        )
        .join(category, category.c.id == told.category_id)
        .join(domain, domain.c.id == category.c.domain_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFoundError(NO_SUCH.format(code))
    if row.sensitive or not row.enabled:
        return Found(row.near_m, row.near_days, [])
    words = (row.text, row.address)
    return near(
        connection, Asked(row.lon, row.lat, row.code, row.reported_at, words, itself=row.id)
    )


def _values(asked: Asked, of: Kinds) -> dict[str, Any]:
    keys = probes(around(asked.lon, asked.lat, of.near_m, RESOLUTION), RESOLUTION)
    days = timedelta(days=of.near_days)
    return {
        "lon": asked.lon,
        "lat": asked.lat,
        "cells": np.repeat(keys, len(of.ids)).tolist(),
        "kinds": list(of.ids) * len(keys),
        "at": asked.at,
        "since": asked.at - days,
        "until": asked.at + days,
        "near_m": of.near_m,
        "near_days": of.near_days,
        "itself": asked.itself,
        "of_each": OF_EACH,
        "of_all": OF_ALL,
        "compared": COMPARED,
        "place_weight": WEIGHTS.place,
        "time_weight": WEIGHTS.time,
    }


def _best(asked: Asked, of: Kinds, rows: Sequence[Row[Any]]) -> list[Near]:
    own = telling(asked.words, of.words)
    theirs = [telling((row.text, row.address), of.words) for row in rows]
    score = scores(
        np.array([row.distance_m for row in rows]) / of.near_m,
        np.array([float(row.days) for row in rows]) / of.near_days,
        np.array([float(row.category == asked.category) for row in rows]),
        np.array([shared(own, one) if own and one else np.nan for one in theirs]),
    )
    order = np.argsort(-score, kind="stable")[:MOST]
    return [_near(rows[at], float(score[at])) for at in order]


def _near(row: Row[Any], score: float) -> Near:
    return Near(
        row.id,
        row.code,
        row.category,
        row.domain,
        Status(row.status),
        excerpt(row.text),
        row.address,
        row.reported_at,
        row.distance_m,
        row.supporters,
        row.lon,
        row.lat,
        score,
        score >= LIKELY,
    )


def excerpt(text: str) -> str:
    """The beginning of a text, to a whole word where there is one.

    >>> excerpt("Ổ gà lớn")
    'Ổ gà lớn'
    >>> len(excerpt("nước " * 100)), excerpt("nước " * 100)[-6:]
    (155, ' nước…')
    """
    text = " ".join(text.split())
    if len(text) <= EXCERPT:
        return text
    head = text[: EXCERPT - 1]
    whole, _, _ = head.rpartition(" ")
    return (whole if len(whole) > EXCERPT // 2 else head) + "…"
