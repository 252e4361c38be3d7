"""Rows of somebody's file in our terms, as its mapping says, and what is wrong with them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj

from geo.arrival import Batch
from geo.bbox import BBox
from geo.complaint import Status
from geo.mapping import Mapping, Moment, Words
from geo.masked_columns import mask_all

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Rejects:
    """The first thing that is wrong with each row of a batch."""

    def __init__(self, n: int) -> None:
        self.reason = np.full(n, "", dtype=object)
        self.column = np.full(n, "", dtype=object)
        self.value = np.full(n, "", dtype=object)

    def add(self, where: Any, reason: str, column: str, values: pd.Series) -> None:
        new = np.asarray(where) & (self.reason == "")
        self.reason[new], self.column[new] = reason, column
        self.value[new] = values.to_numpy(dtype=object)[new]

    @property
    def fine(self) -> Any:
        return self.reason == ""


class Converted(NamedTuple):
    """What became of a stretch of a file."""

    batch: Batch
    refused: pd.DataFrame
    masked: int
    """Words and addresses in which something that names a person was hidden."""


def degrees(frame: pd.DataFrame, mapping: Mapping) -> tuple[Any, Any]:
    """Longitudes and latitudes, NaN where there is no number."""
    lon = pd.to_numeric(frame[mapping.lon], errors="coerce").to_numpy(dtype=np.float64)
    lat = pd.to_numeric(frame[mapping.lat], errors="coerce").to_numpy(dtype=np.float64)
    if mapping.crs != "EPSG:4326":
        move = pyproj.Transformer.from_crs(mapping.crs, "EPSG:4326", always_xy=True)
        lon, lat = move.transform(lon, lat)
    lon, lat = np.where(np.isfinite(lon), lon, np.nan), np.where(np.isfinite(lat), lat, np.nan)
    return lon, lat


def _check_places(
    frame: pd.DataFrame, mapping: Mapping, limits: BBox, rejects: _Rejects
) -> tuple[Any, Any]:
    lon, lat = degrees(frame, mapping)
    both = frame[mapping.lon].str.cat(frame[mapping.lat], sep=" ")
    name = f"{mapping.lon} {mapping.lat}"

    def inside(x: Any, y: Any) -> Any:
        return (x >= limits.west) & (x <= limits.east) & (y >= limits.south) & (y <= limits.north)

    rejects.add(np.isnan(lon) | np.isnan(lat), "no coordinates", name, both)
    rejects.add((lon == 0) & (lat == 0), "coordinates are zero", name, both)
    rejects.add(~inside(lon, lat) & inside(lat, lon), "coordinates are swapped", name, both)
    rejects.add((abs(lon) > 180) | (abs(lat) > 90), "coordinates out of range", name, both)
    rejects.add(~inside(lon, lat), "outside the city's limits", name, both)
    return lon, lat


def instants(frame: pd.DataFrame, moment: Moment, mapping: Mapping, first_row: int) -> pd.Series:
    """UTC instants, NaT where the text is empty or no format fits.

    An hour that comes twice when clocks go back is the first one; an hour that is left out when
    they go forward is the next that exists.
    """
    zone = mapping.zone
    if moment.column is None:
        local = _from_parts(frame, moment, first_row).dt
        zoned = local.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
        at: pd.Series[Any] = zoned.dt.tz_convert("UTC")
        return at
    given = frame[moment.column].str.strip()
    found = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    for written in moment.formats:
        form = "ISO8601" if written == "iso" else written
        left = found.isna() & (given != "")
        if not left.any():
            break
        texts = given[left]
        if written == "iso":
            zoned = texts.str.contains(r"(?:Z|[+-]\d\d:?\d\d|[+-]\d\d)$", regex=True)
            parsed = pd.to_datetime(texts[zoned], format="ISO8601", errors="coerce", utc=True)
            found.loc[parsed.index] = parsed.astype("datetime64[us, UTC]")
            texts = texts[~zoned]
        parsed = pd.to_datetime(texts, format=form, errors="coerce")
        parsed = parsed.dropna()
        if len(parsed):
            if parsed.dt.tz is None:
                parsed = parsed.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
            found.loc[parsed.index] = parsed.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return found


def _from_parts(frame: pd.DataFrame, moment: Moment, first_row: int) -> pd.Series:
    """A day of the stated year on the stated weekday, the week by the row's number."""
    year = pd.to_numeric(frame[moment.year], errors="coerce")
    start = pd.to_datetime(year.astype("Int64").astype(str) + "-01-01", errors="coerce")
    row = pd.Series(np.arange(first_row, first_row + len(frame)), index=frame.index)
    wanted = row % 7
    if moment.weekday:
        names = frame[moment.weekday].str.strip().str.lower()
        wanted = names.map({name: i for i, name in enumerate(_DAYS)})
    ahead = (wanted - start.dt.day_of_week) % 7
    # 37 and 52 have no common divisor: every week is met, and neighbours lie far apart.
    day = start + pd.to_timedelta(ahead + 7 * (row * 37 % 52), unit="D")
    if moment.hour:
        hour = pd.to_numeric(frame[moment.hour].str.extract(r"^(\d+)")[0], errors="coerce")
        day = day + pd.to_timedelta(hour, unit="h")
    return day.astype("datetime64[us]")


def _codes(frame: pd.DataFrame, words: Words) -> pd.Series:
    """Our words for theirs, None where there is none."""
    if words.column is None:
        return pd.Series(words.default, index=frame.index, dtype=object)
    given = frame[words.column].str.strip().str.casefold()
    exact = {k.casefold(): v for k, v in words.values.items() if not k.endswith("*")}
    starts = [(k[:-1].casefold(), v) for k, v in words.values.items() if k.endswith("*")]
    meaning: dict[str, str | None] = {}
    for value in given.unique():
        found = exact.get(value)
        if found is None:
            found = next((v for start, v in starts if value.startswith(start)), words.default)
        meaning[value] = found
    return given.map(meaning).astype(object)


def _joined(frame: pd.DataFrame, columns: list[str], separator: str) -> pd.Series:
    if not columns:
        return pd.Series("", index=frame.index, dtype=object)
    whole = frame[columns[0]].str.strip()
    for name in columns[1:]:
        part = frame[name].str.strip()
        whole = whole + np.where((whole != "") & (part != ""), separator, "") + part
    return whole.str.replace("\0", "", regex=False)


def convert(
    frame: pd.DataFrame,
    mapping: Mapping,
    limits: BBox,
    kinds: dict[str, int],
    first_row: int,
    now: datetime,
) -> Converted:
    """The rows we can take, and the others with row number, column, value and reason."""
    frame = frame.reset_index(drop=True)
    rejects = _Rejects(len(frame))
    rows = pd.Series(np.arange(first_row, first_row + len(frame)), index=frame.index)
    keys = frame[mapping.id].str.strip() if mapping.id else rows.astype(str)
    if mapping.id:
        rejects.add(keys == "", "no id", mapping.id, keys)
    lon, lat = _check_places(frame, mapping, limits, rejects)
    reported = instants(frame, mapping.reported, mapping, first_row)
    column = mapping.reported.column or str(mapping.reported.year)
    rejects.add(reported.isna(), "no time of report that can be read", column, frame[column])
    early, late = pd.Timestamp("1900-01-01", tz=UTC), pd.Timestamp(now + timedelta(days=1))
    rejects.add((reported < early) | (reported > late), "time out of range", column, frame[column])
    closed = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    if mapping.closed is not None:
        closed = instants(frame, mapping.closed, mapping, first_row)
        name = str(mapping.closed.column)
        given = frame[name].str.strip()
        rejects.add(closed.isna() & (given != ""), "time of closing cannot be read", name, given)
    what = _codes(frame, mapping.category)
    name = mapping.category.column or "category"
    shown = frame.get(name, what)
    rejects.add(what.isna(), "category is not in the mapping", name, shown)
    state = _codes(frame, mapping.status)
    name = mapping.status.column or "status"
    shown = frame.get(name, state)
    rejects.add(state.isna(), "status is not in the mapping", name, shown)
    fine = rejects.fine
    status = state[fine].map({one.code: int(one) for one in Status}).to_numpy(dtype=np.int16)
    closing = closed[fine].dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    address = _joined(frame, mapping.address, ", ")[fine]
    words = pa.array(_joined(frame, mapping.text, " · ")[fine], pa.large_string())
    places = pa.array(address.where(address != "", None), pa.large_string())
    masked = 0
    if mapping.mask:
        words, in_words = mask_all(words)
        places, in_places = mask_all(places)
        masked = in_words + in_places
    batch = Batch(
        lon[fine],
        lat[fine],
        what[fine].map(kinds).to_numpy(dtype=np.int16),
        status,
        reported[fine].dt.tz_localize(None).to_numpy(dtype="datetime64[us]"),
        # A complaint that is open has no time of closing, whatever the file says.
        np.where(status >= Status.RESOLVED, closing, np.datetime64("NaT", "us")),
        words,
        places,
        pa.array(keys[fine], pa.large_string()),
    )
    refused = pd.DataFrame(
        {
            "row": rows[~fine] + 1,
            "column": rejects.column[~fine],
            "value": rejects.value[~fine],
            "reason": rejects.reason[~fine],
        }
    )
    return Converted(batch, refused, masked)
