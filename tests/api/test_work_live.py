"""What others change, as it happens: over a real connection, to each only what is theirs."""

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from officials import Person, official, service_engine
from sqlalchemy import Engine, text

from api.app import create_app
from api.auth import COOKIE, HEADER
from api.settings import Settings

SET = "hanoi-ward-2025"


@pytest.fixture
def address(hanoi_engine: Engine) -> Iterator[str]:
    engine = service_engine(hanoi_engine)
    app = create_app(engine, Settings())
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    engine.dispose()


@pytest.fixture
def places(hanoi_engine: Engine) -> list[tuple[str, str]]:
    """Two wards, each with the code of an open complaint of it."""
    with hanoi_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.code, min(c.code) AS complaint FROM work w"
                " JOIN area a ON a.id = w.area_id JOIN complaint c ON c.id = w.complaint_id"
                " WHERE w.status = 1 GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT 2"
            )
        ).all()
    return [(f"{SET}:{row.code}", row.complaint) for row in rows]


def _client(address: str, who: Person) -> httpx.Client:
    return httpx.Client(
        base_url=address, cookies={COOKIE: who.token}, headers={HEADER: "1"}, timeout=20
    )


class Heard:
    """The events of a stream, read by a thread."""

    def __init__(self, client: httpx.Client) -> None:
        self.events: list[tuple[str, dict]] = []  # type: ignore[type-arg]
        self._begun = threading.Event()
        threading.Thread(target=self._read, args=(client,), daemon=True).start()
        assert self._begun.wait(10)
        # The thread that listens has its connection a moment after the stream is there.
        time.sleep(1.5)

    def _read(self, client: httpx.Client) -> None:
        name = ""
        with client.stream("GET", "/api/v1/work/live") as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            self._begun.set()
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    self.events.append((name, json.loads(line[6:])))

    def first(self, name: str) -> dict:  # type: ignore[type-arg]
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for one, content in self.events:
                if one == name:
                    return content
            time.sleep(0.1)
        raise AssertionError(f"no {name} among {self.events}")


def _accepted(client: httpx.Client, code: str) -> int:
    version = client.get(f"/api/v1/work/{code}").headers["ETag"]
    done = client.post(f"/api/v1/work/{code}/accept", json={}, headers={"If-Match": version})
    assert done.status_code == 200, done.text
    return int(done.json()["version"])


def test_a_change_and_who_has_it_open_are_told_to_the_ward_and_to_no_other(
    hanoi_engine: Engine, address: str, places: list[tuple[str, str]]
) -> None:
    (here, code), (there, _) = places
    actor, near = (official(hanoi_engine, "officer", areas=[here]) for _ in range(2))
    far = official(hanoi_engine, "officer", areas=[there])
    own, other = Heard(_client(address, near)), Heard(_client(address, far))
    acting = _client(address, actor)
    version = _accepted(acting, code)
    told = own.first("work")["codes"]
    assert [one["code"] for one in told] == [code]
    assert (told[0]["act"], told[0]["who"]) == ("accept", actor.name.title())
    assert told[0]["version"] <= version
    assert acting.post(f"/api/v1/work/{code}/here").status_code == 204
    assert own.first("presence") == {"code": code, "who": [actor.name.title()]}
    assert _client(address, far).post(f"/api/v1/work/{code}/here").status_code == 404
    time.sleep(1.5)
    assert other.events == []


def test_a_fifth_stream_of_an_account_and_one_without_a_session_are_refused(
    hanoi_engine: Engine, address: str, places: list[tuple[str, str]]
) -> None:
    who = official(hanoi_engine, "officer", areas=[places[0][0]])
    for _ in range(4):
        Heard(_client(address, who))
    assert _client(address, who).get("/api/v1/work/live").status_code == 429
    assert httpx.get(f"{address}/api/v1/work/live").status_code == 401
