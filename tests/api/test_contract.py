"""Every path against its own description, and who may call it."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine, text

from api.app import create_app
from api.dependencies import ADMINS, EVERYONE, HOLDER, OFFICIALS, PLANNERS, SIGNED_IN
from api.settings import Settings
from geo.database import engine as make_engine

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# Nothing of these may be in an answer to everyone: who reported, who acted, a source's own ids.
PRIVATE = ("actor", "source_key", "fingerprint", "reporter", "idempotency")


@pytest.fixture(scope="module")
def app(module_hanoi: Engine) -> FastAPI:
    return create_app(module_hanoi, Settings(tile_waiting=1000))


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    """The running service, over a socket."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as made:
        yield made
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def described(client: httpx.Client) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{client.base_url}/openapi.json", timeout=120)


# Each as "GET /path"; read from the app without a database, so that every one is a test of its own.
WHO = (EVERYONE, HOLDER, SIGNED_IN, OFFICIALS, PLANNERS, ADMINS)
PATHS = create_app(make_engine("postgresql:///"), Settings()).openapi()["paths"]
OPERATIONS = sorted(f"{method.upper()} {path}" for path, item in PATHS.items() for method in item)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_path_answers_as_it_is_described(
    described: schemathesis.BaseSchema, operation: str, mode: GenerationMode
) -> None:
    """Right requests and wrong ones."""
    method, path = operation.split(" ")
    cases = described[path][method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(cases)
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS, timeout=120)

    try:
        ask()
    except Unsatisfiable:
        pytest.skip("nothing about this path can be wrong")


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/complaints/A%00B",
        "/api/v1/boundaries/%00",
        "/api/v1/search?q=a%00b",
        "/api/v1/counts?q=%00",
        "/api/v1/hotspots?set=x%00",
        "/tiles/cells/1/1/1.mvt?q=%00",
    ],
)
def test_an_address_with_a_nul_is_refused(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 422
    assert "NUL" in answer.json()["detail"]


def test_watchers_may_ask_for_the_head_alone(client: httpx.Client) -> None:
    for path in ("/healthz", "/api/v1/domains", "/tiles/cells/9/406/225.mvt"):
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]


def test_a_body_larger_than_any_report_is_refused(client: httpx.Client) -> None:
    many = b'{"text": "' + b"x" * 400_000 + b'"}'
    # With its length said before, and without.
    for content in (many, iter([many[:200_000], many[200_000:]])):
        answer = client.post("/api/v1/complaints", content=content)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert "too large" in answer.json()["detail"]
        assert "quá lớn" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/complaints/AAAAAAAAA", 404),
        ("POST", "/api/v1/complaints/AAAAAAAAA/support", 404),
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/complaints", 405),
        ("GET", "/photos/00000000-0000-0000-0000-000000000000.jpg", 404),
        ("POST", "/api/v1/complaints", 422),
    ],
)
def test_what_a_citizen_may_meet_is_told_in_both_languages(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path, **({"json": {}} if method == "POST" else {}))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    english, vietnamese = answer.json()["detail"].split(" / ")
    assert english.isascii()
    assert not vietnamese.isascii()


@pytest.mark.parametrize("words", ["\u200b\u200d", "...", " "])
def test_words_without_a_letter_are_no_report(client: httpx.Client, words: str) -> None:
    said = {"lon": 105.85, "lat": 21.03, "category": "pothole", "text": words}
    assert client.post("/api/v1/complaints", json=said).status_code == 422


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    assert len(OPERATIONS) > 15
    for path, item in app.openapi()["paths"].items():
        for method, described in item.items():
            allowed = described.get("tags") in WHO
            assert allowed, f"{method} {path} does not say who may"


def test_nothing_private_is_in_a_public_answer(client: httpx.Client, module_hanoi: Engine) -> None:
    with module_hanoi.begin() as connection:
        code = connection.execute(text("SELECT code FROM complaint ORDER BY id LIMIT 1")).scalar()
        connection.execute(text("SELECT set_config('phananh.actor', 'somebody-inside', true)"))
        connection.execute(
            text(
                "UPDATE complaint SET status = 3, text = text || '!',"
                " source_key = 'id-at-the-source' WHERE code = :code"
            ),
            {"code": code},
        )
        actors = connection.execute(text("SELECT count(*) FROM event WHERE actor ~ 'inside'"))
        assert actors.scalar_one()
    paths = [
        f"/api/v1/complaints/{code}",
        "/api/v1/complaints?limit=500",
        "/api/v1/export.geojson",
        f"/api/v1/search?q={code}",
        "/metrics",
    ]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200
        assert "somebody-inside" not in answer.text
        assert "id-at-the-source" not in answer.text
        for word in PRIVATE:
            assert f'"{word}"' not in answer.text, path


def test_a_full_disk_is_named_and_stores_nothing(
    client: httpx.Client, module_hanoi: Engine
) -> None:
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
                "CREATE TRIGGER full_disk AFTER INSERT ON complaint FOR EACH ROW"
                " EXECUTE FUNCTION full_disk()"
            )
        )
    body = {"lon": 105.8412, "lat": 21.0245, "category": "pothole", "text": "Ổ gà"}
    before = client.get("/api/v1/counts?category=pothole").json()["total"]
    try:
        answer = client.post("/api/v1/complaints", json=body)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert "full" in answer.json()["detail"]
    finally:
        with module_hanoi.begin() as connection:
            connection.execute(text("DROP FUNCTION full_disk CASCADE"))
    assert client.get("/api/v1/counts?category=pothole").json()["total"] == before
    assert client.post("/api/v1/complaints", json=body).status_code == 201
