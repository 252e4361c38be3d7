"""A sample says which of its complaints are about the same thing, and they look like it."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text
from typer.testing import CliRunner

from api.cli import app
from boundaries.hanoi import WARDS, ensure_hanoi
from geo.city_repeats import BESIDE_M, JITTER_M, things
from geo.sample import (
    BATCH,
    DUPLICATES,
    SampleOrder,
    life_of,
    planted_duplicates,
    remove_sample,
    sample,
)

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
ORDER = SampleOrder(1, WARDS.code, 6000, 7, UNTIL, DUPLICATES)
FACTS = (
    "SELECT c.source_key, c.code, c.category_id, k.meaning, c.status, c.reported_at, c.closed_at,"
    " c.text, c.address, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat"
    " FROM complaint c JOIN category k ON k.id = c.category_id"
)


@pytest.fixture(scope="module")
def filled(module_hanoi: Engine) -> Engine:
    with module_hanoi.begin() as connection:
        remove_sample(connection, 1)
        assert sample(connection, ORDER) == ORDER.n
    return module_hanoi


def _pairs(connection: Connection) -> list[tuple[Any, Any]]:
    """(a further report, the first one) as rows."""
    rows = {row.code: row for row in connection.execute(text(FACTS))}
    return [(rows[one], rows[first]) for one, first in planted_duplicates(connection, ORDER)]


def _metres(one: Any, other: Any) -> float:
    east = (one.lon - other.lon) * np.cos(np.radians(one.lat))
    return float(np.hypot(east, one.lat - other.lat) * 111_320)


def test_the_share_of_further_reports_is_as_ordered() -> None:
    for share in (0.05, DUPLICATES, 0.3):
        first = things(1, 0, BATCH, share).first
        assert np.mean(first != np.arange(BATCH)) == pytest.approx(share, abs=0.01)
        # Some things are reported many times.
        assert np.bincount(first).max() >= 5
    assert (things(1, 0, 100, 0.0).first == np.arange(100)).all()


def test_further_reports_tell_of_the_same_place_while_it_is_open(filled: Engine) -> None:
    with filled.connect() as connection:
        pairs = _pairs(connection)
    assert len(pairs) == pytest.approx(0.12 * ORDER.n, rel=0.15)
    for one, first in pairs:
        assert _metres(one, first) < JITTER_M + 0.5
        assert first.reported_at <= one.reported_at < (first.closed_at or UNTIL)
        assert one.closed_at == first.closed_at
        assert one.category_id == first.category_id or one.meaning == first.meaning is not None
    lags = [(one.reported_at - first.reported_at).total_seconds() / 3600 for one, first in pairs]
    assert min(lags) < 12
    assert max(lags) > 7 * 24
    other = [one.category_id != first.category_id for one, first in pairs]
    assert 0.02 < np.mean(other) < 0.15


def test_no_two_say_it_the_same_way_and_many_add_nothing_new(filled: Engine) -> None:
    with filled.connect() as connection:
        pairs = _pairs(connection)
        every = connection.execute(text("SELECT text FROM complaint")).scalars().all()
    assert np.mean([one.text == first.text for one, first in pairs]) < 0.02
    assert all(0 < len(words) < 200 for words in every)
    # About one in eight writes without diacritics.
    assert 0.08 < np.mean([words.isascii() for words in every]) < 0.2
    assert len(set(every)) > 0.8 * len(every)


def test_other_things_of_the_kind_stand_beside_some(filled: Engine) -> None:
    with filled.connect() as connection:
        rows = {int(row.source_key): row for row in connection.execute(text(FACTS))}
    beside = things(ORDER.seed, 0, BATCH, DUPLICATES).beside[: ORDER.n]
    own = np.flatnonzero(beside >= 0).tolist()
    assert len(own) > 0.04 * ORDER.n
    near = 0
    for row in own:
        one, other = rows[row], rows[int(beside[row])]
        assert one.category_id == other.category_id
        near += BESIDE_M[0] - 1 < _metres(one, other) < BESIDE_M[1] + 1
    # All but those the city's edge left where they were drawn.
    assert near > 0.98 * len(own)


def test_the_same_order_gives_the_same_and_more_of_them_the_same_first(filled: Engine) -> None:
    with filled.begin() as connection:
        before = _pairs(connection)
        assert sample(connection, ORDER) == 0
        assert _pairs(connection) == before
        one, more = life_of(connection, ORDER), life_of(connection, ORDER._replace(n=9000))
        some, all_ = one.batch(0, BATCH, 50), more.batch(0, BATCH, 80)
        assert list(some.text) == list(all_.text)[:50]
        assert (some.reported_at == all_.reported_at[:50]).all()
        assert (some.lon == all_.lon[:50]).all()


def test_a_sample_without_them_is_what_it_was_before(filled: Engine) -> None:
    with filled.connect() as connection:
        batch = life_of(connection, ORDER._replace(duplicates=0)).batch(0, 1000, 1000)
    assert len(set(batch.text)) < 150
    assert len(set(zip(batch.lon.tolist(), batch.lat.tolist(), strict=True))) == 1000


def test_every_report_of_a_sample_lies_in_its_time_and_ends_after_it_began(filled: Engine) -> None:
    with filled.connect() as connection:
        wrong = connection.execute(
            text(
                "SELECT count(*) FROM complaint WHERE reported_at >= '2026-11-01Z'"
                " OR NOT (closed_at > reported_at AND closed_at < '2026-11-01Z')"
                " OR (closed_at IS NOT NULL) <> (status > 3)"
            )
        ).scalar_one()
    assert wrong == 0


def test_the_command_plants_them_and_says_which(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    with engine.begin() as connection:
        ensure_hanoi(connection)
    run, file = CliRunner().invoke, tmp_path / "same.csv"
    order = ["sample", "--n", "400", "--until", "2026-11-01", "--planted-duplicates", str(file)]
    assert run(app, order).exit_code == 0
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert 20 < len(rows) < 90
    with engine.connect() as connection:
        codes = set(connection.execute(text("SELECT code FROM complaint")).scalars())
    assert {code for row in rows for code in row.values()} <= codes
    assert run(app, ["sample", "--n", "50", "--duplicates", "0.9"]).exit_code != 0
