"""Mapping files: how the columns and words of someone's complaint file become ours."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

import pyproj
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from geo.complaint import Status
from geo.errors import MappingError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceOf(_Part):
    """Whose complaints these are."""

    code: str = Field(pattern=r"^[a-z0-9-]+$", max_length=60)
    name: str
    licence: str | None = None
    url: str | None = None


class CityOf(_Part):
    """The city they belong to; made when it is not there yet."""

    code: str = Field(pattern=r"^[a-z0-9-]+$", max_length=60)
    name_vi: str
    name_en: str
    timezone: str
    languages: list[str] = ["vi", "en"]

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"unknown time zone {name!r}")
        return name


class Words(_Part):
    """A column whose values stand for ours. Case is ignored; `*` at the end matches the rest."""

    column: str | None = None
    values: dict[str, str] = {}
    default: str | None = None
    """For values that are not listed; without one such rows are rejected."""


class Moment(_Part):
    """A point in time: a column with formats, or parts where there is no exact date."""

    column: str | None = None
    formats: list[str] = ["iso"]
    year: str | None = None
    weekday: str | None = None
    hour: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Moment":
        if (self.column is None) == (self.year is None):
            raise ValueError("give either column (with formats) or year (with weekday, hour)")
        return self


class Mapping(_Part):
    """One mapping file."""

    source: SourceOf
    city: CityOf
    id: str | None = None
    """The column with the source's own id; without one, the row's number in the file."""
    lon: str
    lat: str
    crs: str = "EPSG:4326"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    unit: Literal["degree", "metre"] = "degree"
    category: Words
    status: Words = Words(default="received")
    reported: Moment
    closed: Moment | None = None
    text: list[str] = []
    address: list[str] = []
    mask: bool = True
    """Whether numbers and addresses that name a person are hidden in the words."""

    @field_validator("crs")
    @classmethod
    def _crs(cls, name: str) -> str:
        try:
            pyproj.CRS.from_user_input(name)
        except pyproj.exceptions.CRSError:
            raise ValueError(f"unknown reference system {name!r}") from None
        return name

    @field_validator("status")
    @classmethod
    def _status(cls, words: Words) -> Words:
        known = {status.code for status in Status}
        for value in [*words.values.values(), words.default]:
            if value is not None and value not in known:
                raise ValueError(f"unknown status {value!r}; known: {', '.join(sorted(known))}")
        return words

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.city.timezone)

    def columns(self) -> list[str]:
        """Every column of the file the mapping reads."""
        moments = [m for m in (self.reported, self.closed) if m is not None]
        named = [self.id, self.lon, self.lat, self.category.column, self.status.column]
        named += [part for m in moments for part in (m.column, m.year, m.weekday, m.hour)]
        return list(dict.fromkeys([n for n in named if n] + self.text + self.address))


def shipped() -> list[str]:
    """The names of the mappings that come with the product."""
    return sorted(
        Path(entry.name).stem
        for entry in resources.files("geo").joinpath("mappings").iterdir()
        if entry.name.endswith(".toml")
    )


def read_mapping(name: str) -> Mapping:
    """A shipped mapping by name, or one from a TOML file; raises `MappingError` naming the key."""
    if name in shipped():
        content = resources.files("geo").joinpath("mappings", f"{name}.toml").read_text("utf-8")
    elif Path(name).is_file():
        content = Path(name).read_text("utf-8")
    else:
        raise MappingError(f"no mapping {name!r}; shipped: {', '.join(shipped())}, or give a file")
    try:
        return Mapping.model_validate(tomllib.loads(content))
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"mapping {name}: not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise MappingError(f"mapping {name}: {key}: {first['msg']}") from None
