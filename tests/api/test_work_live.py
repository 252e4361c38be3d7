"""What others change, as it happens: over a real connection, to each only what is theirs."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from officials import Person, official, service_engine
from sqlalchemy import Engine, text

from api.app import create_app
from api.auth import COOKIE, HEADER
from api.routes import working_live
from api.settings import Settings
from api.work_live import MOST, MOST_KEPT, Live, ids_of
from geo import asking, work_news
from geo.database import engine as make_engine
from geo.errors import OverloadedError
from geo.work_news import Keys, Sight

SET = "hanoi-ward-2025"


@pytest.fixture(scope="module")
def address(module_hanoi: Engine) -> Iterator[str]:
    app = create_app(module_hanoi, Settings())
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    usual = working_live.HEARTBEAT_S, working_live.PAUSE_S
    working_live.HEARTBEAT_S, working_live.PAUSE_S = 0.4, 0.1  # type: ignore[misc]
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    working_live.HEARTBEAT_S, working_live.PAUSE_S = usual  # type: ignore[misc]
    app.state.live.end()
    server.should_exit = True
    thread.join(10)
    app.state.engine.dispose()


@pytest.fixture(scope="module")
def places(module_hanoi: Engine) -> list[tuple[str, list[str]]]:
    """Two wards, each with the codes of open complaints of it that lie in it alone."""
    with module_hanoi.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.code, array_agg(c.code ORDER BY c.code) AS codes FROM work w"
                " JOIN area a ON a.id = w.area_id JOIN complaint c ON c.id = w.complaint_id"
                " WHERE w.status = 1 GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT 2"
            )
        ).all()
    return [(f"{SET}:{row.code}", row.codes) for row in rows]


def _client(address: str, who: Person) -> httpx.Client:
    return httpx.Client(
        base_url=address, cookies={COOKIE: who.token}, headers={HEADER: "1"}, timeout=20
    )


class Heard:
    """The events of a stream, read by a thread until the stream or the test ends."""

    def __init__(self, client: httpx.Client, after: str = "", *, wait: bool = True) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.last, self.ended = "", threading.Event()
        self._left = threading.Event()
        threading.Thread(target=self._read, args=(client, after), daemon=True).start()
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until changes are heard: by the third beat, the thread that listens is there."""
        self.first("on")
        assert _soon(lambda: len(self.named("beat")) >= 3), self.events

    def _read(self, client: httpx.Client, after: str) -> None:
        name = ""
        try:
            with client.stream("GET", f"/api/v1/work/live?after={after}") as answer:
                assert answer.headers["Content-Type"].startswith("text/event-stream")
                for line in answer.iter_lines():
                    key, _, value = line.partition(": ")
                    if key == "event":
                        name = value
                    elif key == "id":
                        self.last = value
                    elif key == "data":
                        self.events.append((name, json.loads(value)))
                    if self._left.is_set():
                        break
        except httpx.RemoteProtocolError:
            pass
        self.ended.set()

    def leave(self) -> None:
        self._left.set()
        assert self.ended.wait(10)

    def named(self, name: str) -> list[dict[str, Any]]:
        return [content for one, content in self.events if one == name]

    def first(self, name: str) -> dict[str, Any]:
        assert _soon(lambda: bool(self.named(name))), f"no {name} among {self.events}"
        return self.named(name)[0]


def _soon(true: Callable[[], bool], seconds: float = 15) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


def _accepted(client: httpx.Client, code: str) -> int:
    version = client.get(f"/api/v1/work/{code}").headers["ETag"]
    done = client.post(f"/api/v1/work/{code}/accept", json={}, headers={"If-Match": version})
    assert done.status_code == 200, done.text
    return int(done.json()["version"])


Places = list[tuple[str, list[str]]]


def test_a_change_and_who_has_it_open_are_told_to_the_ward_and_to_no_other(
    module_hanoi: Engine, address: str, places: Places
) -> None:
    (here, [code, *_]), (there, _) = places
    actor, near = (official(module_hanoi, "officer", areas=[here]) for _ in range(2))
    far = official(module_hanoi, "officer", areas=[there])
    planner = official(module_hanoi, "planner", areas=[here])
    own, other = Heard(_client(address, near)), Heard(_client(address, far))
    acting = _client(address, actor)
    echo = Heard(acting)
    version = _accepted(_client(address, actor), code)
    name = actor.name.title()
    change = {"code": code, "version": version, "act": "accept", "who": name, "own": False}
    assert own.first("work") == {"codes": [change]}
    assert echo.first("work") == {"codes": [change | {"own": True}]}
    opened = _client(address, actor).post(f"/api/v1/work/{code}/here")
    assert opened.status_code == 204
    assert own.first("presence") == {"code": code, "who": [name]}
    assert echo.first("presence") == {"code": code, "who": []}
    assert _client(address, far).post(f"/api/v1/work/{code}/here").status_code == 404
    assert _client(address, actor).delete(f"/api/v1/work/{code}/here").status_code == 204
    assert _soon(lambda: own.named("presence")[-1] == {"code": code, "who": []})
    # The far one's stream was alive all the while, and said nothing of it.
    beats = len(other.named("beat"))
    assert _soon(lambda: len(other.named("beat")) > beats)
    assert {one for one, _ in other.events} == {"on", "beat"}
    assert _client(address, planner).get("/api/v1/work/live").status_code == 403
    for one in (own, other, echo):
        one.leave()


def test_who_comes_back_hears_what_was_missed_and_who_was_away_too_long_that_it_was(
    module_hanoi: Engine, address: str, places: Places
) -> None:
    here, [_, code, *_] = places[0]
    actor, near = (official(module_hanoi, "officer", areas=[here]) for _ in range(2))
    before = Heard(_client(address, near))
    at = before.last
    before.leave()
    _accepted(_client(address, actor), code)
    back = Heard(_client(address, near), at)
    assert [one["code"] for one in back.first("work")["codes"]] == [code]
    back.leave()
    for away in ("0badcafe-3", f"{at}999", "x"):
        lost = Heard(_client(address, near), away)
        lost.first("lost")
        assert lost.named("work") == []
        lost.leave()


def test_changes_of_more_than_a_hundred_at_once_are_told_as_lost(
    module_hanoi: Engine, address: str, places: Places
) -> None:
    near = official(module_hanoi, "officer", areas=[places[0][0]])
    own = Heard(_client(address, near))
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "UPDATE work SET version = version + 1 WHERE complaint_id IN"
                " (SELECT complaint_id FROM work ORDER BY complaint_id LIMIT 101)"
            )
        )
    own.first("lost")
    assert own.named("work") == []
    own.leave()


def test_a_fifth_stream_is_refused_and_one_that_was_left_makes_room(
    module_hanoi: Engine, address: str, places: Places
) -> None:
    who = official(module_hanoi, "officer", areas=[places[0][0]])
    streams = [Heard(_client(address, who), wait=False) for _ in range(4)]
    for one in streams:
        one.wait()
    refused = _client(address, who).get("/api/v1/work/live")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    assert httpx.get(f"{address}/api/v1/work/live").status_code == 401
    streams.pop().leave()
    streams.append(Heard(_client(address, who)))
    # The end of the session is the end of its streams.
    with module_hanoi.begin() as connection:
        connection.execute(
            text("UPDATE account_session SET ended_at = now() WHERE account_id = :id"),
            {"id": who.id},
        )
    assert all(one.ended.wait(10) for one in streams)


def test_streams_hold_no_connection_to_the_database(
    module_hanoi: Engine, address: str, places: Places
) -> None:
    people = [official(module_hanoi, "officer", areas=[places[0][0]]) for _ in range(5)]
    streams = [Heard(_client(address, who), wait=False) for who in people for _ in range(4)]
    for one in streams:
        one.wait()
    # The pool of the app has twelve.
    assert _client(address, people[0]).get("/api/v1/work?limit=1").status_code == 200
    with module_hanoi.connect() as connection:
        listening = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state <> 'idle' AND pid <> pg_backend_pid()"
            )
        ).scalar_one()
    assert listening <= 4
    for one in streams:
        one.leave()


def test_the_database_itself_tells_nobody_of_work_that_is_not_theirs(
    module_hanoi: Engine, places: Places
) -> None:
    here, [*_, code] = places[0]
    near = official(module_hanoi, "viewer", areas=[here])
    far = official(module_hanoi, "officer", areas=[places[1][0]])
    planner = official(module_hanoi, "planner")
    admin = official(module_hanoi, "admin")
    with module_hanoi.connect() as connection:
        [number] = connection.execute(
            text("SELECT id FROM complaint WHERE code = :code"), {"code": code}
        ).scalars()
    service = service_engine(module_hanoi)

    def told(token: str) -> list[str]:
        with service.begin() as connection:
            asking.show(connection, token)
            return [one["code"] for one in work_news.told(connection, [number]).values()]

    tokens = (near.token, far.token, planner.token, admin.token, "")
    assert [told(token) for token in tokens] == [[code], [], [], [], []]
    service.dispose()


@pytest.fixture
def deaf() -> Iterator[Live]:
    """Told by hand alone: there is no database where it would listen."""
    live = Live(make_engine("postgresql://127.0.0.1:1/none"))
    yield live
    live.end()


@pytest.fixture
def loop() -> asyncio.AbstractEventLoop:
    """Nobody waits in it."""
    made = asyncio.new_event_loop()
    made.close()
    return made


def test_only_so_many_notices_are_kept_for_who_comes_back(
    deaf: Live, loop: asyncio.AbstractEventLoop
) -> None:
    deaf._begun()
    ids = [uuid4() for _ in range(MOST_KEPT + 5)]
    for one in ids:
        deaf.heard(ids_of(f"{one}=1"), {})

    def missed(at: int) -> tuple[bool, int]:
        stream = deaf.join(at, loop, f"{deaf._name}-{at}")
        return stream.lost, len(stream.changed)

    assert missed(len(ids) - 3) == (False, 3)
    assert missed(len(ids)) == (False, 0)
    assert missed(4)[0]
    assert missed(len(ids) + 1)[0]


def test_a_stream_is_woken_for_what_its_areas_or_domains_see_and_for_no_other_work(
    deaf: Live, loop: asyncio.AbstractEventLoop
) -> None:
    stream = deaf.join(1, loop)
    ward, domain, none = uuid4(), uuid4(), uuid4()
    keys = {ward: Keys((65537, 7), 1), domain: Keys((9,), 2), none: Keys((8,), 3)}
    deaf.heard(frozenset(keys), keys)
    assert stream.changed == set(keys), "before it was asked what it sees"
    stream.changed.clear()
    stream.sight = Sight(frozenset({7}), frozenset({2}))
    deaf.heard(frozenset(keys), keys)
    assert stream.changed == {ward, domain}


def test_a_process_takes_so_many_streams_and_no_more(
    deaf: Live, loop: asyncio.AbstractEventLoop
) -> None:
    streams = [deaf.join(account, loop) for account in range(MOST)]
    with pytest.raises(OverloadedError):
        deaf.join(MOST, loop)
    deaf.leave(streams[0])
    deaf.join(MOST, loop)


def test_who_has_it_open_is_forgotten_after_a_minute(
    deaf: Live, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint, stream = uuid4(), deaf.join(1, loop)
    deaf.here(complaint, Keys((7,), 1), 2, "Minh")
    assert (deaf.who(complaint, 1), deaf.who(complaint, 2)) == (["Minh"], [])
    stream.present.clear()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    deaf._expire()
    assert (stream.present, deaf.who(complaint, 1)) == ({complaint}, [])
