"""Find a ward, a street or a complaint by what people call it; everyone may."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from sqlalchemy import Connection, Row, text

from api.dependencies import EVERYONE, Database
from geo.complaint import clean_code, is_code
from geo.database import sql
from geo.privacy import coarse_place

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
LEAST_WORDS: Final = 3


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
    if len(q.strip()) >= LEAST_WORDS:
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
        for row in _addresses(db, asked):
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


# "số 72 đường Giải Phóng" is "72 Giải Phóng" in most addresses.
_KINDS_OF_WAY: Final = re.compile(r"\b(?:số|so|đường|duong|phố|pho)\b\.?", re.IGNORECASE)
# "72 ", "72A/15 ", "ngõ 72 ", "ngách 15/3 "
_NUMBERS: Final = re.compile(
    r"^(?:(?:ngõ|ngo|ngách|ngach|hẻm|hem|kiệt|kiet)\s+)?\d[\w/.-]*[\s,]+", re.IGNORECASE
)


def _addresses(db: Connection, asked: dict[str, Any]) -> list[Row[Any]]:
    """Addresses with the words, or else the street without its kind, or else without numbers."""
    bare = " ".join(_KINDS_OF_WAY.sub(" ", asked["q"]).split())
    street = bare
    while (shorter := _NUMBERS.sub("", street)) != street:
        street = shorter
    for words in dict.fromkeys((asked["q"], bare, street)):
        if len(words) >= LEAST_WORDS:
            found = list(db.execute(sql("geo", "find_addresses"), asked | {"q": words}))
            if found:
                return found
    return []
