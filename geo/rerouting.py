"""What may take a complaint to other officials: another category, place, area or domain."""

from datetime import datetime

import numpy as np
from sqlalchemy import Connection, func, select, text, update

from geo.asking import Asker
from geo.cells import leaf_cells
from geo.errors import BadFilterError, OutsideCityError
from geo.held import Held, reason_of, write
from geo.schema import area, area_set, category, complaint, domain, work


def recategorise(
    connection: Connection, who: Asker, held: Held, code: str, reason: str | None, at: datetime
) -> None:
    """Another category, and with it perhaps another domain's officials and other deadlines."""
    found = connection.execute(
        select(category.c.id).where(category.c.code == code, category.c.enabled)
    ).scalar()
    if found is None:
        raise BadFilterError("category", f"unknown category {code!r}")
    before = connection.execute(
        select(category.c.code)
        .join(work, work.c.category_id == category.c.id)
        .where(work.c.complaint_id == held.id)
    ).scalar_one()
    if before == code:
        raise BadFilterError("category", "it is of this category already / đã là loại này")
    # The event first: afterwards it may be nobody's of the asker's any more.
    write(connection, who, held, "recategorise", reason, **{"from": before, "to": code})
    connection.execute(text("SELECT set_config('phananh.actor', 'official', true)"))
    connection.execute(
        update(complaint).where(complaint.c.id == held.id).values(category_id=found, updated_at=at)
    )


def place(
    connection: Connection,
    who: Asker,
    held: Held,
    lon: float,
    lat: float,
    reason: str | None,
    at: datetime,
) -> None:
    """Another place: it may then be handled by another area's officials."""
    inside = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM complaint c JOIN city t ON t.id = c.city_id"
            " WHERE c.id = :id"
            " AND ST_Intersects(t.outline, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)))"
        ),
        {"id": held.id, "lon": lon, "lat": lat},
    ).scalar_one()
    if not inside:
        raise OutsideCityError("this place lies outside of the city / vị trí này ngoài thành phố")
    write(connection, who, held, "move", reason)
    connection.execute(text("SELECT set_config('phananh.actor', 'official', true)"))
    [leaf] = leaf_cells(np.array([lon]), np.array([lat])).tolist()
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    connection.execute(
        update(complaint)
        .where(complaint.c.id == held.id)
        .values(geom=point, cell=leaf, updated_at=at)
    )


def hand_over(
    connection: Connection,
    who: Asker,
    held: Held,
    to: str | None,
    reason: str | None,
    category_code: str | None = None,
) -> None:
    """Give it to another area (`set:code`), or to who handles another category, with a reason."""
    said = reason_of(reason)
    if (to is None) == (category_code is None):
        raise BadFilterError(
            "area", "to an area or to a category of another domain / chọn đơn vị, hoặc lĩnh vực"
        )
    if category_code is not None:
        _to_domain(connection, who, held, category_code, said)
    elif to is not None:
        _to_area(connection, who, held, to, said)


def _to_domain(connection: Connection, who: Asker, held: Held, code: str, said: str) -> None:
    there = (
        select(category.c.id, category.c.domain_id, domain.c.code)
        .join(domain, domain.c.id == category.c.domain_id)
        .where(category.c.code == code, category.c.enabled, domain.c.enabled)
    )
    row = connection.execute(there).one_or_none()
    if row is None:
        raise BadFilterError("category", f"unknown category {code!r}")
    if row.domain_id == held.domain_id:
        raise BadFilterError(
            "category",
            "it is of this domain already: change its category instead"
            " / vẫn thuộc lĩnh vực này: hãy dùng “Đổi loại”",
        )
    before = connection.execute(
        select(domain.c.code, category.c.code.label("category"))
        .join(domain, domain.c.id == category.c.domain_id)
        .where(category.c.id == held.category_id)
    ).one()
    # The event first: afterwards it may be nobody's of the asker's any more.
    write(
        connection, who, held, "hand-over", said,
        **{"from": before.code, "to": row.code, "from_category": before.category,
           "to_category": code},
    )  # fmt: skip
    connection.execute(select(func.work_to_category(held.id, row.id)))


def _to_area(connection: Connection, who: Asker, held: Held, to: str, said: str) -> None:
    row = connection.execute(
        select(area.c.id, area.c.name, area_set.c.code)
        .join(area_set)
        .where(area_set.c.ready, area_set.c.code.concat(":").concat(area.c.code) == to)
    ).one_or_none()
    if row is None:
        raise BadFilterError("area", f"unknown area {to!r}; write <set>:<code>")
    before = connection.execute(
        select(area.c.id, area.c.name)
        .join(work, work.c.area_id == area.c.id)
        .where(work.c.complaint_id == held.id)
    ).one_or_none()
    if before is not None and before.id == row.id:
        raise BadFilterError("area", "it is handled there already / nơi này đang xử lý rồi")
    write(
        connection, who, held, "hand-over", said,
        **{"from": before and before.name, "to": row.name, "from_id": before and before.id,
           "to_id": row.id},
    )  # fmt: skip
    connection.execute(text("SELECT work_handed_over(:id, :area)"), {"id": held.id, "area": row.id})
