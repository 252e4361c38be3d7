"""Public feeds: what the city's own follows have found, and the complaints of a question."""

from typing import Any

import shapely
from sqlalchemy import Select, func, select

from geo import cells, listing
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.schema import area, category, city, complaint, domain, follow, news


def select_news(question: Filter, limit: int) -> Select[Any]:
    """The newest first: rows of `news` with `lon`, `lat`, the follow's `question`, `resolution` and
    `set_code`, and code and names of its domain, null where it is about all of them.

    Raises `BadFilterError` for what no public look asks: single categories, states or words.
    """
    for name, given in (
        ("category", question.categories),
        ("status", question.statuses),
        ("q", question.words),
    ):
        if given:
            raise BadFilterError(
                name, f"public news is of all complaints and of each domain: leave {name} out"
            )
    asked = func.concat("city=", city.c.code)
    of_domain = func.concat(asked, "&domain=", domain.c.code)
    rows = (
        select(
            news,
            func.ST_X(news.c.geom).label("lon"),
            func.ST_Y(news.c.geom).label("lat"),
            follow.c.question,
            follow.c.resolution,
            follow.c.set_code,
            domain.c.code.label("domain"),
            domain.c.name_vi.label("domain_vi"),
            domain.c.name_en.label("domain_en"),
        )
        .join(follow, follow.c.id == news.c.follow_id)
        .join(city, city.c.id == follow.c.city_id)
        .outerjoin(domain, follow.c.question == of_domain)
        .where(follow.c.follower_id.is_(None), city.c.id.in_([one.id for one in question.cities]))
        .order_by(news.c.found_at.desc(), news.c.id.desc())
        .limit(limit)
    )
    if question.domains:
        rows = rows.where(domain.c.id.in_(question.domains))
    if question.since:
        rows = rows.where(news.c.found_at >= question.since)
    if question.until:
        rows = rows.where(news.c.found_at < question.until)
    if question.areas:
        held = select(area.c.id).where(
            area.c.id.in_([one.id for one in question.areas]),
            func.ST_Intersects(area.c.geom, news.c.geom),
        )
        rows = rows.where(held.exists())
    if question.bbox:
        rows = rows.where(
            func.ST_Intersects(news.c.geom, func.ST_MakeEnvelope(*question.bbox, 4326))
        )
    if question.polygon:
        outline = func.ST_GeomFromWKB(shapely.to_wkb(shapely.Polygon(question.polygon)), 4326)
        rows = rows.where(func.ST_Intersects(news.c.geom, outline))
    if question.cells:
        shape = cells.shape_of(question.cells)
        rows = rows.where(func.ST_Intersects(news.c.geom, f"SRID=4326;{shapely.to_wkt(shape, 9)}"))
    return rows


def newest(question: Filter, limit: int) -> Select[Any]:
    """The newest complaints of a question as the list has them, with `updated_at`, when one was
    changed last, and the names of their categories.
    """
    page = listing.page(question, limit, None).subquery("page")
    changed = func.greatest(complaint.c.updated_at, page.c.reported_at, page.c.closed_at)
    return (
        select(
            page,
            changed.label("updated_at"),
            category.c.name_vi,
            category.c.name_en,
            domain.c.name_vi.label("domain_vi"),
            domain.c.name_en.label("domain_en"),
        )
        .join(complaint, complaint.c.id == page.c.id)
        .join(category, category.c.code == page.c.category)
        .join(domain, domain.c.id == category.c.domain_id)
        .order_by(page.c.reported_at.desc(), page.c.id.desc())
    )
