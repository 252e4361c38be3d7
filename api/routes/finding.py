"""Find a ward, a street or a complaint by what people call it; everyone may."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import text

from api.dependencies import EVERYONE, Database
from geo.complaint import clean_code, is_code
from geo.database import sql
from geo.privacy import coarse_place

router = APIRouter(prefix="/api/v1", tags=EVERYONE)


@router.get("/search")
def search(
    db: Database,
    q: Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00]*$")],
    city: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=30)] = 12,
) -> dict[str, Any]:
    """Areas of every map, old and new, known places, streets, codes; without diacritics too."""
    results: list[dict[str, Any]] = []
    if is_code(q):
        row = db.execute(
            text(
                "SELECT c.code, k.name_vi, k.name_en, k.sensitive,"
                " ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.cell"
                " FROM complaint_told(:code) c JOIN category k ON k.id = c.category_id"
            ),
            {"code": clean_code(q)},
        ).one_or_none()
        if row is not None:
            lon, lat = coarse_place(row.cell) if row.sensitive else (row.lon, row.lat)
            results.append(
                {
                    "type": "complaint",
                    "label": row.code,
                    "detail": {"vi": row.name_vi, "en": row.name_en},
                    "code": row.code,
                    "lon": lon,
                    "lat": lat,
                }
            )
    asked = {"q": " ".join(q.split()), "city": city, "most": limit}
    for row in db.execute(sql("geo", "find_areas"), asked):
        results.append(
            {
                "type": "area",
                "label": row.label,
                "label_en": row.label_en,
                "detail": {"vi": row.set_vi, "en": row.set_en},
                "set": row.set,
                "code": row.code,
                "formerly": row.formerly,
                "until": row.until,
                "bbox": [row.west, row.south, row.east, row.north],
                "lon": row.lon,
                "lat": row.lat,
            }
        )
    if len(q.strip()) >= 3:
        for row in db.execute(sql("geo", "find_landmarks"), asked):
            results.append(
                {
                    "type": "landmark",
                    "label": row.name,
                    "label_en": row.name_en,
                    "lon": row.lon,
                    "lat": row.lat,
                }
            )
        for row in db.execute(sql("geo", "find_addresses"), asked):
            results.append(
                {
                    "type": "address",
                    "label": row.address,
                    "n": row.n,
                    "lon": row.lon,
                    "lat": row.lat,
                }
            )
    return {"results": results[:limit]}
