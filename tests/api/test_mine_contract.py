"""The paths of a private link against their own description, asked with a link that is right."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from api.app import create_app
from api.settings import Settings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SAID: dict[str, Any] = {"lon": 105.8342, "lat": 21.0278, "category": "pothole", "text": "Ổ gà"}
# Erasing last: afterwards a link opens little.
OPERATIONS = [
    ("get", ""),
    ("patch", ""),
    ("put", "/contact"),
    ("delete", "/contact"),
    ("post", "/reply"),
    ("post", "/withdraw"),
    ("post", "/erase"),
]


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[httpx.Client]:
    config = uvicorn.Config(create_app(module_hanoi, Settings()), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as made:
        yield made
    server.should_exit = True
    thread.join(10)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("role", ["reporter", "supporter"])
def test_a_link_that_is_right_is_answered_as_described(
    client: httpx.Client, method: str, path: str, role: str, mode: GenerationMode
) -> None:
    made = client.post("/api/v1/complaints", json=SAID).json()["properties"]
    link = made["link"]
    if role == "supporter":
        link = client.post(f"/api/v1/complaints/{made['code']}/support", json={}).json()["link"]
    described = schemathesis.openapi.from_url(f"{client.base_url}/openapi.json")
    cases = described[f"/api/v1/mine{path}"][method].as_strategy(generation_mode=mode)
    seen: set[int] = set()

    @settings(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(cases)
    def ask(case: schemathesis.Case) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {link}"}
        answer = case.call_and_validate(checks=CHECKS, timeout=120)
        seen.add(answer.status_code)

    try:
        ask()
    except Unsatisfiable:
        pytest.skip("nothing about this path can be wrong")
    assert 401 not in seen
