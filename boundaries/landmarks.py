"""Files of places everyone knows: CSV with lon, lat and name, or anything GDAL reads."""

import csv
from importlib import resources
from pathlib import Path

import geopandas as gpd
from sqlalchemy import Connection, select

from geo.errors import BoundaryError, FileError
from geo.filters import City
from geo.landmarks import Landmark, replace_landmarks
from geo.schema import landmark

NAMES, ENGLISH = ("name", "name_vi", "ten"), ("name_en", "english_name")
LONS, LATS = ("lon", "lng", "longitude", "x"), ("lat", "latitude", "y")
KINDS = ("kind", "type", "loai")


def _one(row: dict[str, object], names: tuple[str, ...]) -> str:
    for name in names:
        value = row.get(name)
        if value is not None and value == value:  # noqa: PLR0124 - NaN is none
            return str(value).strip()
    return ""


def _from_csv(path: Path) -> list[Landmark]:
    found = []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        fields = [name.strip().lower() for name in reader.fieldnames or []]
        reader.fieldnames = fields
        for needed, names in (("name", NAMES), ("lon", LONS), ("lat", LATS)):
            if not set(names) & set(fields):
                raise FileError(f"{path.name} has no column {needed!r}; it has {fields}")
        for number, row in enumerate(reader, 2):
            lon, lat = _one(row, LONS), _one(row, LATS)
            try:
                at = float(lon), float(lat)
            except ValueError:
                raise BoundaryError(
                    f"{path.name}, line {number}: {lon!r}, {lat!r} are no lon and lat"
                ) from None
            found.append(
                Landmark(*at, _one(row, NAMES), _one(row, ENGLISH), _one(row, KINDS) or None)
            )
    return found


def ensure_hanoi_landmarks(connection: Connection, city: City) -> int:
    """Give Hanoi the places that are shipped where it has none; returns how many are new.

    Their coordinates are right to some 200 m: enough to say what is near, and replaced by
    `phananh load-landmarks`.
    """
    there = select(landmark.c.id).where(landmark.c.city_id == city.id).limit(1)
    if connection.execute(there).first() is not None:
        return 0
    with resources.as_file(resources.files("boundaries") / "hanoi_landmarks.csv") as path:
        return replace_landmarks(connection, city, _from_csv(path))


def read_landmarks(path: Path) -> list[Landmark]:
    """The places of a file; of lines and areas a point on them.

    Raises `FileError` for what is no such file and `BoundaryError` naming the line that is wrong.
    """
    if not path.exists():
        raise FileError(f"there is no file {path}")
    if path.suffix.lower() == ".csv":
        try:
            return _from_csv(path)
        except UnicodeDecodeError:
            raise FileError(f"{path.name} is not UTF-8 text") from None
    try:
        frame = gpd.read_file(path)
    except Exception as error:
        raise FileError(f"{path.name} cannot be read: {error}") from None
    frame.columns = [str(name).lower() for name in frame.columns]
    if frame.crs is not None:
        frame = frame.to_crs(4326)
    found = []
    for number, row in enumerate(frame.to_dict("records"), 1):
        shape = row.pop("geometry")
        if shape is None or shape.is_empty:
            raise BoundaryError(f"{path.name}, feature {number}: no geometry")
        point = shape if shape.geom_type == "Point" else shape.representative_point()
        names = _one(row, NAMES), _one(row, ENGLISH), _one(row, KINDS) or None
        found.append(Landmark(point.x, point.y, *names))
    return found
