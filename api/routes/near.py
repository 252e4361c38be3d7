"""Is it already reported? Open complaints near a pin that may be about the same thing."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import EVERYONE, Database
from geo.complaint import clean_code
from geo.near import Asked, Found, near, near_stored
from geo.photos import public_photos

router = APIRouter(prefix="/api/v1/complaints", tags=EVERYONE)

CODE = r"^[a-z0-9-]+$"
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class Pin(BaseModel):
    """Where, of which category, and the words so far."""

    model_config = ConfigDict(extra="forbid")

    lon: Lon
    lat: Lat
    category: str = Field(max_length=60, pattern=CODE)
    text: str | None = Field(default=None, max_length=4000, pattern=r"^[^\x00]*$")


class NearOne(BaseModel):
    """An open complaint that may be about the same thing."""

    code: str
    category: str
    domain: str
    status: str
    text: str
    address: str | None
    reported_at: datetime
    distance_m: int
    supporters: int
    photo: str | None
    lon: float
    lat: float
    score: float
    likely: bool


class NearOnes(BaseModel):
    """Within how many metres and days was looked, and what was found, the likeliest first."""

    within_m: int
    days: int
    near: list[NearOne]


def _told(db: Database, found: Found) -> dict[str, Any]:
    photos = public_photos(db, [one.id for one in found.near])
    return {
        "within_m": found.within_m,
        "days": found.days,
        "near": [
            {
                **one._asdict(),
                "status": one.status.code,
                "distance_m": round(one.distance_m),
                "score": round(one.score, 3),
                "photo": photos[one.id][0]["small"] if one.id in photos else None,
            }
            for one in found.near
        ],
    }


@router.get("/near", response_model=NearOnes)
def near_pin(
    db: Database,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    category: Annotated[str, Query(max_length=60, pattern=CODE)],
) -> dict[str, Any]:
    """Open complaints of the same meaning near a place, within its category's distance and days."""
    return _told(db, near(db, Asked(lon, lat, category, datetime.now(UTC))))


@router.post("/near", response_model=NearOnes)
def near_words(db: Database, response: Response, body: Pin) -> dict[str, Any]:
    """The same with the words so far, which are compared and not kept."""
    # What a citizen types is nobody's to keep on the way.
    response.headers["Cache-Control"] = "no-store"
    asked = Asked(body.lon, body.lat, body.category, datetime.now(UTC), (body.text,))
    return _told(db, near(db, asked))


@router.get("/{code}/near", response_model=NearOnes)
def near_complaint(code: str, db: Database) -> dict[str, Any]:
    """The same for a stored complaint, which is not among them."""
    return _told(db, near_stored(db, clean_code(code)))
