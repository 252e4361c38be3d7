"""What a person types: doctor, export, openapi, refresh."""

import json
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import yaml
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from api.cli import app
from api.cluster import PrivateCluster
from geo.errors import FileError

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture(scope="module")
def url(module_hanoi: Engine) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        address = module_hanoi.url.render_as_string(hide_password=False)
        patch.setenv("DATABASE_URL", address)
        yield address


def test_the_doctor_finds_a_stopped_start_in_order(url: str) -> None:
    # The tests' own cluster does without fsync, which is right to be named.
    done = run("doctor")
    assert "fsync = off" in done.output
    assert "the stored counts are those of the complaints" in done.output
    assert "approximate" in done.output
    assert "1 to mend" in done.output or "2 to mend" in done.output


def test_the_doctor_sees_counts_that_are_wrong_and_a_rebuild_mends_them(
    url: str, module_hanoi: Engine
) -> None:
    with module_hanoi.begin() as connection:
        before = connection.execute(text("SELECT count(*), sum(n) FROM rollup, unnest(counts) n"))
        right = before.one()
        connection.execute(text("UPDATE rollup SET counts[1] = counts[1] + 1 WHERE span = 256"))
    assert "differ from the complaints" in run("doctor").output
    assert "counted anew" in run("refresh", "--rebuild").output
    assert "differ from the complaints" not in run("doctor").output
    with module_hanoi.connect() as connection:
        after = connection.execute(text("SELECT count(*), sum(n) FROM rollup, unnest(counts) n"))
        assert after.one() == right


def test_the_doctor_makes_nothing_and_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    var = tmp_path / "var"
    done = run("doctor", "--var", str(var))
    assert "there is no database yet" in done.output
    assert not var.exists()


def test_the_doctor_never_says_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:very-secret@127.0.0.1:1/none")
    done = run("doctor")
    assert done.exit_code == 1
    assert "does not answer" in done.output
    assert "very-secret" not in done.output


@pytest.mark.parametrize("form", ["csv", "geojson", "parquet", "gpkg"])
def test_an_exported_file_holds_what_the_filter_counts(
    url: str, module_hanoi: Engine, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"out.{form}"
    done = run("export", str(path), "--domain", "environment,traffic", "--status", "open")
    assert done.exit_code == 0, done.output
    with module_hanoi.connect() as connection:
        n = connection.execute(
            text(
                "SELECT count(*) FROM complaint c JOIN category k ON k.id = c.category_id"
                " JOIN domain d ON d.id = k.domain_id"
                " WHERE d.code IN ('environment', 'traffic') AND c.status <= 3"
            )
        ).scalar_one()
    read = {"csv": pd.read_csv, "parquet": gpd.read_parquet}.get(form, gpd.read_file)
    assert len(read(path)) == n > 0
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_an_export_that_cannot_be_leaves_no_file(url: str, tmp_path: Path) -> None:
    for words in (["out.exe"], ["out.csv", "--domain", "none"], ["out.csv", "--since", "soon"]):
        done = run("export", str(tmp_path / words[0]), *words[1:])
        assert done.exit_code == 1
        assert done.exception is not None
        assert list(tmp_path.iterdir()) == []
    assert isinstance(run("export", str(tmp_path / "x")).exception, FileError)


def test_the_description_is_written_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    path = tmp_path / "openapi.json"
    assert run("openapi", str(path)).exit_code == 0
    described = json.loads(path.read_text("utf-8"))
    fixed = {"/healthz", "/readyz", "/metrics", "/api/v1/domains", "/api/v1/boundaries"}
    fixed |= {"/api/v1/locate", "/api/v1/complaints", "/api/v1/complaints/{code}"}
    fixed |= {"/api/v1/counts", "/tiles/{layer}.json", "/tiles/cells/{z}/{x}/{y}.mvt"}
    assert fixed <= set(described["paths"])


def test_a_private_cluster_that_is_stopped_is_started_for_the_doctor_only(tmp_path: Path) -> None:
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    cluster = PrivateCluster(tmp_path / "var")
    cluster.start()
    cluster.stop()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        done = run("doctor", "--var", str(tmp_path / "var"))
    assert "phananh migrate" in done.output
    assert not cluster.running()


def test_the_compose_file_sets_no_password_and_opens_no_port_to_others() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    assert services["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${")
    assert ":?" in services["database"]["environment"]["POSTGRES_PASSWORD"]
    assert "ports" not in services["database"]
    assert all(port.startswith("127.0.0.1:") for port in services["app"]["ports"])
