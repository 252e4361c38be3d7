"""An order to watch a place, as it comes from a form: checked, and made canonical."""

from typing import Annotated, Final, Literal
from urllib.parse import parse_qs, urlencode

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from geo import corridor, query_string, watches
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.follows import Order
from geo.study import one_city

# These change, and new complaints have none of their own.
OWN_TIMES: Final = frozenset({"since", "until", "as_of"})
WatchSchedule = Literal["instant", "daily", "weekly"]
Width = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]


class Watched(BaseModel):
    """What is watched, and when it is told."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    question: str = Field(
        default="",
        max_length=query_string.LONGEST,
        description="the filter of the view as a query string; its times do not count",
    )
    route: str | None = Field(
        default=None,
        max_length=6000,
        description="lon,lat;lon,lat;... of a way, instead of a polygon in the question",
    )
    width_m: Width = Field(
        default=100, description="of the strip along the route: half of it on each side"
    )
    progress: bool = Field(default=False, description="told of closings too")
    language: Literal["vi", "en"] = "vi"
    schedule: WatchSchedule = "daily"


def order_of(request: Request, wanted: Watched) -> tuple[Order, Filter]:
    """The order, whose question is not watched yet, and what it asks."""
    asked = wanted.question
    if wanted.route is not None:
        if "polygon" in parse_qs(asked):
            raise BadFilterError("route", "watch a route or a drawn outline, not both at once")
        strip = urlencode({"polygon": corridor.corridor(wanted.route, wanted.width_m)})
        asked = "&".join(filter(None, (asked, strip)))
    canonical = query_string.canonical(asked, OWN_TIMES)
    question = query_string.read(request.app.state.words.get(), canonical)
    city = one_city(question)
    order = Order(
        kind="complaints",
        city_id=city.id,
        question=canonical,
        language=wanted.language,
        schedule=wanted.schedule,
        # Who asks for closed ones alone would be told nothing else.
        progress=wanted.progress or watches.closings_alone(question),
    )
    return order, question


def watched(connection: Connection, order: Order, question: Filter) -> Order:
    """The same order, its question watched from now on; part of the caller's transaction."""
    number = watches.watched(connection, order.city_id, order.question, question)
    return order._replace(watch_id=number)
