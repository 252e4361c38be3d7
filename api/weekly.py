"""The week of an area, as figures for its page."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from api.figures_of_work import LONGEST, USUAL, Wanted, told, wanted
from geo.errors import BadFilterError
from geo.filters import Vocabulary
from geo.schema import area as areas
from geo.schema import area_set
from tiles.legend import Language
from tiles.report_words import area_name
from tiles.weekly import Week

WEEK = timedelta(weeks=1)


def monday_of(now: datetime, words: Vocabulary) -> date:
    """The local Monday of this week; raises `BadFilterError` where there is no city."""
    if not words.cities:
        raise BadFilterError("city", "there is no city yet / chưa có thành phố nào")
    day = now.astimezone(next(iter(words.cities.values())).zone).date()
    return day - timedelta(days=day.weekday())


def week(
    db: Connection,
    words: Vocabulary,
    area: str | None,
    until: date,
    lang: Language,
    now: datetime,
) -> Week:
    """What the asker may count of the week before a Monday."""
    if until.weekday():
        raise BadFilterError("until", "a week ends before a Monday / tuần kết thúc trước thứ Hai")
    place = [area] if area else []

    def of(since: date, **by: str) -> Wanted:
        asked = wanted(words, db, area=place, since=since, until=until, now=now)
        return asked._replace(asked=replace(asked.asked, **by))  # type: ignore[arg-type]

    own = told(db, of(until - WEEK), compare=True)
    quarter = told(db, of(until - USUAL, by="domain"), compare=False)
    weeks = told(db, of(until - USUAL, by="week"), compare=False)
    # What came since counts among what waits.
    ever = wanted(words, db, area=place, since=until - LONGEST + 2 * WEEK,
                  until=until + 2 * WEEK, now=now)  # fmt: skip
    return Week(
        _called(db, area, lang), until - WEEK, until, own["whole"], own["before"],
        told(db, ever, compare=False)["whole"], quarter["whole"], quarter["rows"], weeks["rows"],
        now.astimezone(ever.asked.filter.cities[0].zone),
    )  # fmt: skip


def _called(db: Connection, area: str | None, lang: Language) -> str | None:
    if area is None:
        return None
    row = db.execute(
        select(areas.c.name, areas.c.name_en, areas.c.kind)
        .join(area_set)
        .where(area_set.c.code.concat(":").concat(areas.c.code) == area, area_set.c.ready)
    ).one()
    return area_name(row.name, row.name_en, row.kind, lang)
