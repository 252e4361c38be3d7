"""Boundary sets as admins send, look at and activate them: as the service's own role."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from fastapi.testclient import TestClient
from officials import official
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.app import create_app
from api.boundary_rounds import look
from api.cli import app
from api.settings import Settings

SETS = "/api/v1/admin/sets"
NEW = "code=stripes&level=ward&name_vi=D%E1%BA%A3i&name_en=Stripes"


def stripes(n: int) -> bytes:
    edges = [105.2 + i * 1.0 / n for i in range(n + 1)]
    features = [
        {
            "type": "Feature",
            "properties": {"ma": f"{i:03}", "ten": f"Phường {i}"},
            "geometry": shapely.geometry.mapping(shapely.box(a, 20.4, b, 21.6)),
        }
        for i, (a, b) in enumerate(itertools.pairwise(edges))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.fixture
def client(hanoi_engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(hanoi_engine, Settings())) as made:
        yield official(hanoi_engine, "admin", name="root")(made)


def worker(engine: Engine) -> None:
    look(engine, datetime.now(UTC))


def acts(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT act, actor FROM audit WHERE act LIKE 'boundaries%' ORDER BY id")
        )
        return [tuple(row) for row in rows]


def test_an_admin_sends_looks_at_activates_and_undoes_a_set(
    hanoi_engine: Engine, client: TestClient
) -> None:
    person = official(hanoi_engine, "officer", areas=["hanoi-ward-2025:00004"])
    sent = client.post(f"{SETS}?{NEW}", content=stripes(6))
    assert sent.status_code == 202, sent.text
    number = sent.json()["id"]
    assert client.post(f"{SETS}/{number}/activate", json={}).status_code == 409
    worker(hanoi_engine)
    found = client.get(f"{SETS}/{number}/preview").json()
    assert (found["state"], found["report"]["areas"]) == ("ready", 6)
    assert found["ends"] == ["hanoi-ward-2025"]
    assert 0 < found["moved"] == sum(one["n"] for one in found["moves"]) <= found["open"]
    [named] = [one for one in found["roles"] if one["account"] == person.name]
    assert (named["why"], named["instead"][0].split(":")[0]) == ("ends", "stripes")
    whats = {one["what"] for one in found["difference"]["changes"]}
    assert whats == {"new", "gone"}
    drawn = client.get(f"{SETS}/{number}/map").json()
    assert sum(one["properties"]["side"] == "after" for one in drawn["features"]) == 6
    assert "stripes" not in client.get("/api/v1/boundaries").text
    planned = client.post(f"{SETS}/{number}/activate", json={"from": None})
    assert planned.status_code == 202, planned.text
    worker(hanoi_engine)
    listed = client.get(SETS).json()
    assert [one["state"] for one in listed["drafts"]] == ["active"]
    assert listed["drafts"][0]["moved"] == found["moved"]
    assert "stripes" in client.get("/api/v1/boundaries").text
    assert client.delete(f"{SETS}/{number}").status_code == 409
    assert client.post(f"{SETS}/{number}/undo").json()["state"] == "undoing"
    worker(hanoi_engine)
    assert "stripes" not in client.get("/api/v1/boundaries").text
    assert client.delete(f"{SETS}/{number}").status_code == 204
    assert acts(hanoi_engine) == [
        ("boundaries.sent", "root"),
        ("boundaries.planned", "root"),
        ("boundaries.activated", "worker"),
        ("boundaries.cancelled", "root"),
        ("boundaries.undone", "worker"),
        ("boundaries.discarded", "root"),
    ]


def test_only_admins_and_only_map_files(hanoi_engine: Engine, client: TestClient) -> None:
    assert client.post(f"{SETS}?{NEW}", content=b"<xml/>").status_code == 400
    assert client.post(f"{SETS}?code=new-one", content=stripes(2)).status_code == 400
    assert client.get(f"{SETS}/999/preview").status_code == 404
    for role in ("supervisor", "planner"):
        other = official(hanoi_engine, role)(client)
        assert other.get(SETS).status_code == 403
        assert other.post(f"{SETS}?{NEW}", content=stripes(2)).status_code == 403
    client.cookies.clear()
    assert client.get(SETS).status_code == 401


def test_the_service_itself_can_neither_change_boundaries_nor_see_drafts_of_admins(
    hanoi_engine: Engine, client: TestClient
) -> None:
    client.post(f"{SETS}?{NEW}", content=stripes(2))
    for statement in (
        "UPDATE area_set SET until = current_date",
        "DELETE FROM area",
        "UPDATE boundary_draft SET former = '{}'",
        "SELECT work_routed(1::smallint)",
        "SELECT * FROM boundary_moves_of(1, current_date, '{}')",
    ):
        with hanoi_engine.connect() as connection:
            connection.execute(text("SET ROLE phananh_app"))
            with pytest.raises(Exception, match="denied"):
                connection.execute(text(statement))
    with hanoi_engine.connect() as connection:
        connection.execute(text("SET ROLE phananh_app"))
        for table in ("boundary_draft", "boundary_draft_area"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
        moves = text("SELECT count(*) FROM boundary_moves(1, current_date, '{}')")
        assert connection.execute(moves).scalar_one() == 0


def test_the_same_by_command(
    hanoi_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = hanoi_engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    file = tmp_path / "stripes.geojson"
    file.write_bytes(stripes(3))

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["boundaries", *words])
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    told = run("draft", str(file), "--set", "stripes", "--level", "ward", "--name-vi", "Dải",
               "--name-en", "Stripes")  # fmt: skip
    assert "open complaints change hands" in told
    assert "planned" in run("activate", "1", "--from", "2190-01-01")
    assert "ready" in run("undo", "1")
    assert "active, " in run("activate", "1")
    assert "stripes" in run("list")
    assert "undone" in run("undo", "1")
