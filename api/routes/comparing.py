"""Unusual groups of complaints, and whether a measure helped; everyone may read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy import Engine

from api.dependencies import EVERYONE, Database
from api.download import address_of, as_file
from api.heavy import Heavy, LeftError
from api.query import Question, areas_of_set
from geo import clusters as found_clusters
from geo import effect_files
from geo.clusters import Model
from geo.compare import RateRatio
from geo.effect_files import MEDIA, Part
from geo.effects import FEWEST, MOST_WEEKS, Effect, effect, effect_between
from geo.emergence import Period, StepOf, periods_of
from geo.errors import BadFilterError, NotFoundError
from geo.figure_files import Writing
from geo.filters import Filter
from geo.intervals import DayInterval
from geo.names import Names
from geo.scan import Cluster, scan
from geo.sheets import Decimal, Delimiter, Dialect
from geo.study import one_city
from tiles import figure_notes, report_words

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
SCAN = (
    "Kulldorff's space-time scan statistic over circles of areas and runs of periods; p by random"
    " replications. permutation: against what the sums of areas and periods give (Kulldorff and"
    " others 2005); population: against residents (Kulldorff 1997)"
)
COMPARED = (
    "rate ratios with exact intervals (Clopper & Pearson); the area against the rest of its city"
    " (difference in differences) with the variance its weeks show"
)
INTERVAL = "an ISO 8601 interval of days, 2025-01-01/2025-07-01, the last not in it"


def _read(
    engine: Engine, question: Filter, ids: tuple[int, ...], step: StepOf
) -> tuple[tuple[Period, ...], found_clusters.Cases]:
    with engine.connect() as connection:
        periods = periods_of(connection, question, step)
        return periods, found_clusters.cases(connection, question, ids, periods)


@router.get("/clusters", response_model=dict[str, Any])
async def clusters(
    request: Request,
    question: Question,
    set: str,
    step: StepOf = "week",
    model: Model = "permutation",
    recent: Annotated[bool, Query(description="only what lasts until the last period")] = True,
    longest: Annotated[int, Query(ge=1, le=6, description="most periods of a cluster")] = 4,
    max_share: Annotated[float, Query(gt=0, le=0.5)] = 0.25,
    replications: Annotated[int, Query(ge=99, le=999)] = 999,
    seed: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    task: Annotated[str | None, Query(description="a name of your own, for /progress")] = None,
) -> Any:
    """The strongest unusual groups of complaints in place and time, with how likely by chance.

    With `recent`, those that still last: what to look at this week. It takes seconds: how far it is
    can be asked under the name given as `task`, and it ends when its asker leaves.
    """
    one_city(question)
    ids = areas_of_set(request, set)
    engine: Engine = request.app.state.engine
    periods, of = await run_in_threadpool(_read, engine, question, ids, step)
    taken = np.ones(len(of.codes), dtype=bool)
    expected = None
    if model == "population":
        taken = np.isfinite(of.population)
        expected = of.population[taken]
    if taken.sum() < 2:
        raise BadFilterError("model", "the residents of these areas are not known: permutation")
    heavy: Heavy = request.app.state.heavy
    try:
        listed = await heavy.run_for(
            request,
            task,
            scan,
            of.n[taken],
            expected,
            of.centres[taken],
            max_share=max_share,
            max_periods=min(longest, len(periods)),
            prospective=recent,
            replications=replications,
            seed=seed,
        )
    except LeftError:
        return Response(status_code=499)
    except ValueError as error:
        raise BadFilterError("replications", str(error)) from None
    index = np.flatnonzero(taken)
    zone = one_city(question).zone

    def told(one: Cluster) -> dict[str, Any]:
        places = index[np.asarray(one.places)]
        names = sorted((of.codes[i], of.names[i], of.names_en[i]) for i in places)
        lon, lat = of.centres[index[one.centre]]
        return {
            "areas": [
                {"code": code, "name": name, "name_en": name_en} for code, name, name_en in names
            ],
            "lon": round(float(lon), 6),
            "lat": round(float(lat), 6),
            "radius_m": round(float(one.radius_m)),
            "first_day": periods[one.first].key,
            "last_day": _last_day(periods[one.last], zone),
            "since": periods[one.first].since.isoformat(),
            "until": periods[one.last].until.isoformat(),
            "observed": int(one.observed),
            "expected": round(float(one.expected), 2),
            "relative_risk": _number(one.relative_risk),
            "log_likelihood_ratio": round(float(one.log_likelihood_ratio), 4),
            "p": float(one.p),
        }

    return {
        "set": set,
        "step": step,
        "model": model,
        "recent": recent,
        "periods": [period.key for period in periods],
        "since": periods[0].since.isoformat(),
        "until": periods[-1].until.isoformat(),
        "total": int(of.n.sum()),
        "left_out": [code for code, there in zip(of.codes, taken, strict=True) if not there],
        "clusters": [told(one) for one in listed],
        "method": SCAN,
    }


@router.get("/progress/{task}", response_model=dict[str, Any])
async def progress(request: Request, task: str) -> Any:
    """How much of a long calculation is done, from 0 to 1; who named it knows the name."""
    heavy: Heavy = request.app.state.heavy
    share = heavy.progress(task)
    if share is None:
        raise NotFoundError("no calculation of this name is at work")
    return {"task": task, "share": round(share, 3)}


At = Annotated[date | None, Query(description="the first day after the change")]
Weeks = Annotated[
    int | None, Query(ge=FEWEST, le=MOST_WEEKS, description="on each side of it; 12 unless told")
]
First = Annotated[str | None, Query(description=f"with second, not at; {INTERVAL}")]
Second = Annotated[str | None, Query(description=f"what first is the measure of; {INTERVAL}")]


@router.get("/compare")
def compare(
    question: Question,
    db: Database,
    at: At = None,
    weeks: Weeks = None,
    first: First = None,
    second: Second = None,
) -> dict[str, Any]:
    """Before and after: the chosen areas, the rest of the city, and the one against the other.

    Either the two sides of a day, `at`, or two free periods, `first` and `second`. Ratios are of
    complaints a week. Only whole weeks are taken, from each period's first day on, and none without
    any complaint known in the city, so that there may be fewer than asked for: `first` and `second`
    of the answer say what was taken.
    """
    found = _asked(db, question, at, weeks, first, second)
    difference = found.difference
    taken = (found.first, found.second)
    return {
        "since": min(period.since for period in taken),
        "at": found.second.since,
        "until": max(period.until for period in taken),
        "first": str(found.first),
        "second": str(found.second),
        "left_out_days": dict(zip(("first", "second"), found.left_out_days, strict=True)),
        "weeks": [
            period.since + timedelta(weeks=number)
            for period in taken
            for number in range(period.weeks)
        ],
        "weeks_before": found.before,
        "area": {
            "series": found.area.tolist(),
            **_ratio(found.area, found.before, found.area_ratio),
        },
        "rest": {
            "series": found.rest.tolist(),
            **_ratio(found.rest, found.before, found.rest_ratio),
        },
        "against_rest": {
            "ratio": _number(difference.ratio),
            "lower": _number(difference.lower),
            "upper": _number(difference.upper),
            "p": _number(difference.p),
            "few": bool(difference.few),
            "corrected": bool(difference.corrected),
            "overdispersion": _number(found.dispersion.factor),
        },
        "method": COMPARED,
    }


FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {kind: {} for kind in MEDIA.values()}}
}


@router.get("/compare.{form}", response_class=Response, responses=FILES)
def comparison_file(
    request: Request,
    form: str,
    question: Question,
    db: Database,
    at: At = None,
    weeks: Weeks = None,
    first: First = None,
    second: Second = None,
    part: Annotated[Part, Query(description="of csv; an xlsx has both")] = "result",
    delimiter: Annotated[Delimiter, Query(description="of csv")] = "comma",
    decimal: Annotated[Decimal, Query(description="of csv")] = "point",
    notes: Annotated[bool, Query(description="begin a csv with lines about it")] = False,
) -> Response:
    """What /compare says as csv or xlsx: ratios with intervals, and the weeks they are of."""
    if form not in MEDIA:
        raise NotFoundError(f"no file of a comparison {form!r}; there are: {', '.join(MEDIA)}")
    dialect = Dialect(delimiter, decimal)
    found = _asked(db, question, at, weeks, first, second)
    made = datetime.now(UTC)
    of = figure_notes.background(db, replace(question, since=None, until=None), made)
    periods = Names(*(_periods(found, lang) for lang in ("vi", "en")))
    told = figure_notes.of_comparison(of, periods, int(found.area.sum()), address_of(request))
    writing = Writing(told[0].text.vi, made, told, dialect, notes)
    return as_file(
        f"phananh-compare-{made:%Y%m%d-%H%M}.{form}",
        MEDIA[form],
        lambda path: effect_files.write(form, part, found, writing, path),
    )


def _periods(of: Effect, lang: Literal["vi", "en"]) -> str:
    """Both, their last days in them."""
    shown = report_words.day
    return " → ".join(
        f"{shown(one.since, lang)} – {shown(one.until - timedelta(days=1), lang)}"
        for one in (of.first, of.second)
    )


def _asked(
    db: Database,
    question: Question,
    at: date | None,
    weeks: int | None,
    first: str | None,
    second: str | None,
) -> Effect:
    """Of a day, or of two periods; both or neither, or half of either, is refused."""
    if at is not None:
        if first is not None or second is not None:
            raise BadFilterError(
                "at", "at compares the two sides of a day, first and second two periods: not both"
            )
        if not date(1901, 1, 1) <= at <= date(2190, 1, 1):
            raise BadFilterError("at", f"{at} lies outside the years 1901 to 2190")
        return effect(db, question, at, 12 if weeks is None else weeks)
    if first is None and second is None:
        raise BadFilterError(
            "at", f"say what to compare: at=2026-03-02, or first and second; {INTERVAL}"
        )
    if first is None or second is None:
        missing = "first" if first is None else "second"
        raise BadFilterError(missing, f"first and second go together: {missing} is {INTERVAL}")
    if weeks is not None:
        raise BadFilterError("weeks", "weeks goes with at alone: first and second say how long")
    periods = DayInterval.parse("first", first), DayInterval.parse("second", second)
    return effect_between(db, question, *periods)


def _last_day(period: Period, zone: ZoneInfo) -> str:
    return ((period.until - timedelta(seconds=1)).astimezone(zone)).date().isoformat()


def _number(value: Any) -> float | None:
    number = float(value)
    return round(number, 4) if np.isfinite(number) else None


def _ratio(series: Any, weeks: int, found: RateRatio) -> dict[str, Any]:
    return {
        "before": int(series[:weeks].sum()),
        "after": int(series[weeks:].sum()),
        "ratio": _number(found.ratio),
        "lower": _number(found.lower),
        "upper": _number(found.upper),
        "p": _number(found.p),
        "few": bool(found.few),
    }
