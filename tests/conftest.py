"""A private PostGIS for the tests: one migrated template, a copy for each test that asks."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import settings
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

import api.app
from api.cluster import PrivateCluster
from api.limit_settings import LimitSettings
from api.settings import Settings
from boundaries.hanoi import WARDS, ensure_hanoi
from geo.catalogue import ensure_catalogue
from geo.database import SERVICE_ROLE, migrate
from geo.database import engine as make_engine
from geo.recount import ensure_layout
from geo.sample import SampleOrder, sample

# All tests come from one address: limits are for the tests of limits, which set their own.
_ENDLESS = "1000000000 per hour"
for _name in LimitSettings.model_fields:
    if _name.startswith("limit_") and _name != "limit_store" and "mail" not in _name:
        os.environ.setdefault(f"PHANANH_{_name.upper()}", _ENDLESS)
for _name in (
    "challenge_reports",
    "challenge_no_device",
    "challenge_same_words",
    "challenge_supports",
):
    os.environ.setdefault(f"PHANANH_{_name.upper()}", _ENDLESS)
for _name in ("challenge_links", "flood_floor", "cost_per_minute_s", "cost_burst_s"):
    os.environ.setdefault(f"PHANANH_{_name.upper()}", "1000000000")
os.environ.setdefault("PHANANH_REPEATS_S", "0")
# Tables of commands are not cut, however wide the terminal is that there is none of.
os.environ["COLUMNS"] = "240"

_create_app = api.app.create_app


def _app_of_the_service(engine: Engine, settings: Settings) -> FastAPI:
    """The app as it is served: bound by row-level security, whatever the test itself may."""
    url = engine.url.render_as_string(hide_password=False)
    return _create_app(make_engine(url, role=SERVICE_ROLE), settings)


# Before any test's module takes it by its name.
api.app.create_app = _app_of_the_service

# How long an example takes says something of the machine, not of the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
SAMPLES = 3000
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real boundary and complaint files; tests that need them skip without."""
    if not SHARED.exists():
        pytest.skip("the real data files are not on this machine (expected in ../shared/data)")
    return SHARED


@pytest.fixture(scope="session")
def cluster_url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="phananh-test-") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(Path(folder), durable=False)
        yield cluster.start()
        cluster.stop()


def _at(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _administer(url: str, *statements: str) -> None:
    admin = make_engine(_at(url, "postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()


@pytest.fixture(scope="session")
def template(cluster_url: str) -> str:
    _administer(cluster_url, "CREATE DATABASE migrated")
    made = make_engine(_at(cluster_url, "migrated"))
    with made.begin() as connection:
        migrate(connection)
        ensure_catalogue(connection)
    ensure_layout(made)
    made.dispose()
    return "migrated"


@pytest.fixture(scope="session")
def hanoi_template(cluster_url: str, template: str) -> str:
    """Hanoi with its approximate boundaries and 3,000 sample complaints."""
    _administer(cluster_url, f"CREATE DATABASE hanoi TEMPLATE {template}")
    made = make_engine(_at(cluster_url, "hanoi"))
    with made.begin() as connection:
        ensure_hanoi(connection)
        until = datetime(2026, 11, 1, tzinfo=UTC)
        sample(connection, SampleOrder(1, WARDS.code, SAMPLES, 5, until))
    made.dispose()
    return "hanoi"


_numbers = itertools.count()


@contextmanager
def _copy_of(cluster_url: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _administer(cluster_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _at(cluster_url, name)
    _administer(cluster_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(cluster_url: str, template: str) -> Iterator[str]:
    """A migrated database of the test's own, empty but for domains and categories."""
    with _copy_of(cluster_url, template) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def hanoi_engine(cluster_url: str, hanoi_template: str) -> Iterator[Engine]:
    """A copy of Hanoi that the test may change."""
    with _copy_of(cluster_url, hanoi_template) as url:
        made = make_engine(url)
        yield made
        made.dispose()


@pytest.fixture(scope="module")
def module_hanoi(cluster_url: str, hanoi_template: str) -> Iterator[Engine]:
    """A copy of Hanoi for the tests of one file together."""
    with _copy_of(cluster_url, hanoi_template) as url:
        made = make_engine(url)
        yield made
        made.dispose()
