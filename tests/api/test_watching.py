"""Watching a place end to end: orders, what is found, digests; each complaint once."""

import re
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from api import watch_rounds
from api.app import create_app
from api.query import read_vocabulary
from api.settings import Settings
from geo import follows, query_string, reporting, watches
from geo.follows import Order

SETTINGS = Settings(public_url="https://map.city.example")
PLACE = (105.8412, 21.0245)
SQUARE = "105.83,21.01;105.87,21.01;105.87,21.04;105.83,21.04"
FAR = (105.60, 21.10)


@pytest.fixture
def client(hanoi_engine: Engine) -> TestClient:
    return TestClient(create_app(hanoi_engine, SETTINGS), raise_server_exceptions=False)


def rows(engine: Engine, query: str, **given: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query), given).all())


def complain(
    connection: Connection,
    place: tuple[float, float] = PLACE,
    category: str = "pothole",
    words: str = "Ổ gà sâu",
    at: datetime | None = None,
) -> str:
    said = reporting.Report(*place, category, words, "12 Phố Huế")
    return reporting.take(connection, said, at or datetime.now(UTC), None, b"x" * 32).code


def watch(engine: Engine, question: str = "", address: str = "an@example.org", **more: Any) -> int:
    """A confirmed watch."""
    with engine.begin() as connection:
        canonical = query_string.canonical(question)
        asked = query_string.read(read_vocabulary(connection), canonical)
        number = watches.watched(connection, 1, canonical, asked)
        given: dict[str, Any] = {"language": "vi", "schedule": "instant"} | more
        order = Order("complaints", 1, canonical, watch_id=number, **given)
        follow = follows.take(connection, address, order)
        assert follow is not None
        follows.confirm(connection, follow, datetime.now(UTC))
    return follow


def letters(engine: Engine) -> list[Any]:
    return rows(engine, "SELECT * FROM mail WHERE key LIKE 'watch:%' ORDER BY created_at, key")


def told(engine: Engine, whom: str = "") -> list[str]:
    """The codes in all digests, or in one follower's, with repeats."""
    found: list[str] = []
    for one in letters(engine):
        if whom not in one.recipient:
            continue
        found += re.findall(r"https://map\.city\.example/c/(\w+)", one.plain)
    return found


def test_a_new_complaint_in_the_watched_place_comes_as_a_letter(hanoi_engine: Engine) -> None:
    watch(hanoi_engine, f"polygon={SQUARE}&domain=traffic")
    with hanoi_engine.begin() as connection:
        code = complain(connection, words="Ổ gà sâu <b>nguy hiểm</b>")
        complain(connection, FAR)
        complain(connection, category="noise")
    assert watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC)) == 1
    assert watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC)) == 0
    (letter,) = letters(hanoi_engine)
    assert told(hanoi_engine) == [code]
    assert "12 Phố Huế" in letter.subject
    assert letter.recipient == "an@example.org"
    assert "-".join((code[:3], code[3:6], code[6:])) in letter.plain
    assert "Chờ tiếp nhận" in letter.plain
    assert "&lt;b&gt;nguy hiểm" in letter.html
    assert "<img" not in letter.html
    assert re.search(r"/follow/[\w-]{43}/stop$", letter.stop_url)
    assert "polygon=105.83,21.01%3B" in letter.plain


@pytest.mark.parametrize(
    ("question", "place", "category", "answers"),
    [
        ("", FAR, "noise", True),
        ("domain=traffic", PLACE, "pothole", True),
        ("domain=environment", PLACE, "pothole", False),
        ("category=pothole", PLACE, "pothole", True),
        ("category=pothole&domain=environment", PLACE, "pothole", False),
        ("bbox=105.83,21.01,105.87,21.04", PLACE, "pothole", True),
        ("bbox=105.83,21.01,105.84,21.04", PLACE, "pothole", False),
        ("q=o ga", PLACE, "pothole", True),
        ("q=cong", PLACE, "pothole", False),
        ("status=open", PLACE, "pothole", True),
        ("status=resolved", PLACE, "pothole", False),
        (f"polygon={SQUARE}&q=ga", PLACE, "pothole", True),
        (f"polygon={SQUARE}&area=WARD", PLACE, "pothole", True),
        ("area=WARD", PLACE, "pothole", True),
        ("area=WARD", FAR, "pothole", False),
        ("cell=CELL", PLACE, "pothole", True),
        ("cell=CELL", FAR, "pothole", False),
    ],
)
def test_a_watch_finds_what_its_filter_means(
    module_hanoi: Engine, question: str, place: tuple[float, float], category: str, answers: bool
) -> None:
    import numpy as np

    from geo.cells import leaf_cells, parent, to_hex

    leaf = int(leaf_cells(*np.array(PLACE).reshape(2, 1))[0])
    (ward,) = rows(
        module_hanoi,
        "SELECT s.code || ':' || a.code AS code FROM area a JOIN area_set s ON s.id = a.set_id"
        " WHERE ST_Intersects(a.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))"
        " AND s.until IS NULL LIMIT 1",
        lon=PLACE[0],
        lat=PLACE[1],
    )
    asked = question.replace("WARD", ward.code).replace("CELL", to_hex(parent(leaf, 9)))
    follow = watch(module_hanoi, asked.replace(" ", "%20"), f"{abs(hash(asked))}@example.org")
    with module_hanoi.begin() as connection:
        code = complain(connection, place, category)
    watch_rounds.look(module_hanoi, datetime.now(UTC))
    found = rows(
        module_hanoi,
        "SELECT c.code FROM sighting s JOIN complaint c ON c.id = s.complaint_id"
        " JOIN follow f ON f.watch_id = s.watch_id WHERE f.id = :id AND c.code = :code",
        id=follow,
        code=code,
    )
    assert bool(found) == answers


def test_leaves_of_a_watched_cell_are_found_though_they_reach_beyond_its_outline(
    module_hanoi: Engine,
) -> None:
    import numpy as np

    from geo.cells import centres, children, leaf_cells, parent, to_hex

    cell = parent(int(leaf_cells(*np.array(PLACE).reshape(2, 1))[0]), 8)
    leaves = children(np.array([cell], dtype=np.int64), 12)
    outline = f"cell={to_hex(cell)}"
    with module_hanoi.begin() as connection:
        asked = query_string.read(read_vocabulary(connection), outline)
        number = watches.watched(connection, 1, outline, asked)
        covered = connection.execute(
            text(
                "SELECT count(*) FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[]))"
                " AS c (lon, lat), watch w WHERE w.id = :id"
                " AND ST_Intersects(w.outline, ST_SetSRID(ST_MakePoint(c.lon, c.lat), 4326))"
            ),
            {"lon": centres(leaves)[:, 0].tolist(), "lat": centres(leaves)[:, 1].tolist(),
             "id": number},
        ).scalar_one()  # fmt: skip
    assert covered == len(leaves)


ACTIONS = st.lists(
    st.sampled_from(["begin", "commit first", "commit last", "round", "killed", "look killed"]),
    min_size=4,
    max_size=25,
)


class KilledError(Exception):
    """In the place of a worker's end."""


@pytest.fixture(scope="module")
def busy(module_hanoi: Engine) -> Engine:
    watch(module_hanoi, "domain=traffic", "once@example.org")
    return module_hanoi


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTIONS)
def test_each_complaint_is_told_once_in_whatever_order_things_happen(
    busy: Engine, actions: list[str]
) -> None:
    """Transactions commit out of order, workers end in the middle of a round, rounds repeat."""
    watch_rounds.watch(busy, SETTINGS, datetime.now(UTC))
    before = set(told(busy, "once@"))
    expected: list[str] = []
    under_way: list[tuple[Any, str]] = []
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:

        def commit(at: int) -> None:
            transaction, code = under_way.pop(at)
            transaction.commit()
            expected.append(code)

        def end_in(module: Any, name: str) -> None:
            def ended(*_: Any, **__: Any) -> None:
                raise KilledError

            with patch.context() as own:
                own.setattr(module, name, ended)
                with suppress(KilledError):
                    watch_rounds.watch(busy, SETTINGS, datetime.now(UTC))

        for action in actions:
            if action == "begin" and len(under_way) < 4:
                connection = stack.enter_context(busy.connect())
                transaction = connection.begin()
                under_way.append((transaction, complain(connection)))
            elif action.startswith("commit") and under_way:
                commit(0 if action == "commit first" else -1)
            elif action == "round":
                watch_rounds.watch(busy, SETTINGS, datetime.now(UTC))
            elif action == "killed":
                end_in(watch_rounds.outbox, "put")
            elif action == "look killed":
                end_in(watch_rounds.watches, "progressed")
        while under_way:
            commit(0)
    for _ in range(2):
        watch_rounds.watch(busy, SETTINGS, datetime.now(UTC))
    after = told(busy, "once@")
    new = [code for code in after if code not in before]
    assert sorted(new) == sorted(expected)


def test_what_came_before_a_watch_began_and_what_is_old_is_no_news(hanoi_engine: Engine) -> None:
    watch(hanoi_engine, "", "early@example.org")
    with hanoi_engine.begin() as connection:
        complain(connection)
    watch_rounds.look(hanoi_engine, datetime.now(UTC))
    watch(hanoi_engine, "", "late@example.org")
    with hanoi_engine.begin() as connection:
        code = complain(connection)
        complain(connection, at=datetime.now(UTC) - timedelta(days=30))
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    found = {one.recipient: one.plain.count("/c/") for one in letters(hanoi_engine)}
    assert found == {"early@example.org": 2, "late@example.org": 1}
    late = next(one for one in letters(hanoi_engine) if one.recipient.startswith("late"))
    assert code in late.plain


def test_a_report_that_is_corrected_is_told_where_it_belongs_now(hanoi_engine: Engine) -> None:
    watch(hanoi_engine, "category=pothole")
    with hanoi_engine.begin() as connection:
        code = complain(connection, category="noise")
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    assert told(hanoi_engine) == []
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET category_id = (SELECT id FROM category"
                 " WHERE code = 'pothole') WHERE code = :code"),
            {"code": code},
        )  # fmt: skip
    for _ in range(2):
        watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    assert told(hanoi_engine) == [code]


def test_closings_are_told_to_those_who_asked_for_them(hanoi_engine: Engine) -> None:
    watch(hanoi_engine, "status=open", "plain@example.org")
    watch(hanoi_engine, "status=open", "both@example.org", progress=True, language="en")
    with hanoi_engine.begin() as connection:
        code = complain(connection)
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET status = 4, closed_at = now() WHERE code = :code"),
            {"code": code},
        )
    for _ in range(2):
        watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    found = [(one.recipient, one.subject) for one in letters(hanoi_engine)]
    assert len(found) == 3
    closing = next(subject for _, subject in found if " closed: " in subject)
    assert ("both@example.org", closing) in found


@pytest.mark.parametrize("change", ["status = 7", "category_id = 32000"])
def test_what_is_withdrawn_or_sensitive_by_then_is_not_told(
    hanoi_engine: Engine, change: str
) -> None:
    watch(hanoi_engine, "")
    with hanoi_engine.begin() as connection:
        code = complain(connection)
    watch_rounds.look(hanoi_engine, datetime.now(UTC))
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("INSERT INTO category (id, domain_id, code, name_vi, name_en, colour, position,"
                 " sensitive) SELECT 32000, domain_id, 'secret', 'x', 'x', '#000', 1, true"
                 " FROM category LIMIT 1")
        )  # fmt: skip
        connection.execute(
            text(f"UPDATE complaint SET {change} WHERE code = :code"), {"code": code}
        )
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    assert letters(hanoi_engine) == []


def test_a_sensitive_complaint_is_found_for_nobody(hanoi_engine: Engine) -> None:
    watch(hanoi_engine, "")
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'noise'"))
        complain(connection, category="noise")
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    assert rows(hanoi_engine, "SELECT FROM sighting") == []


def test_digests_come_at_seven_by_the_citys_clocks(hanoi_engine: Engine) -> None:
    watch(hanoi_engine, "", "day@example.org", schedule="daily")
    watch(hanoi_engine, "", "week@example.org", schedule="weekly")
    # A Wednesday, 06:00 in Hanoi.
    early = datetime(2026, 12, 1, 23, tzinfo=UTC)
    codes: list[str] = []

    def at(when: datetime) -> set[str]:
        with hanoi_engine.begin() as connection:
            codes.append(complain(connection))
        before = {one.id for one in letters(hanoi_engine)}
        watch_rounds.watch(hanoi_engine, SETTINGS, when)
        return {one.recipient for one in letters(hanoi_engine) if one.id not in before}

    assert at(early) == set()
    assert at(early + timedelta(hours=1, minutes=1)) == {"day@example.org"}
    assert told(hanoi_engine) == codes[:1]
    assert at(early + timedelta(hours=20)) == set()
    assert at(early + timedelta(hours=26)) == {"day@example.org"}
    # Monday, 07:30: all that came by seven; what comes at this moment waits for the next.
    assert at(datetime(2026, 12, 7, 0, 30, tzinfo=UTC)) == {"day@example.org", "week@example.org"}
    weekly = next(one for one in letters(hanoi_engine) if one.recipient.startswith("week"))
    assert [code in weekly.plain for code in codes] == [True] * 4 + [False]


def test_a_long_digest_lists_thirty_and_says_how_many_more(hanoi_engine: Engine) -> None:
    watch(hanoi_engine, "", language="en")
    with hanoi_engine.begin() as connection:
        for _ in range(33):
            complain(connection)
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    (letter,) = letters(hanoi_engine)
    assert letter.plain.count("/c/") == 30
    assert "33 complaints" in letter.subject
    assert "and 3 more" in letter.plain
    assert "https://map.city.example/?layer=complaints&since=" in letter.plain


def _token(engine: Engine) -> str:
    plain = rows(engine, "SELECT plain FROM mail ORDER BY created_at DESC LIMIT 1")[0].plain
    return re.findall(r"https://map\.city\.example/follow/(\S+)", plain)[-1]


def test_an_order_of_a_route_is_confirmed_tells_and_is_stopped_with_one_click(
    client: TestClient, hanoi_engine: Engine
) -> None:
    body = {
        "address": "an@example.org",
        "kind": "complaints",
        "question": "domain=traffic&since=2026-01-01",
        "route": "105.8300,21.0245;105.8500,21.0245",
        "width_m": 60,
        "schedule": "instant",
    }
    assert client.post("/api/v1/follows", json=body).status_code == 202
    (stored,) = rows(hanoi_engine, "SELECT * FROM follow")
    assert "since" not in stored.question
    assert "polygon=" in stored.question
    token = _token(hanoi_engine)
    with hanoi_engine.begin() as connection:
        complain(connection)
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    assert letters(hanoi_engine) == []
    page = client.get(f"/follow/{token}")
    assert "Phản ánh mới" in page.text
    assert "trong vòng vài phút" in page.text
    client.post(f"/follow/{token}/confirm")
    with hanoi_engine.begin() as connection:
        near = complain(connection, (105.8412, 21.0247))
        complain(connection, (105.8412, 21.0260))
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    assert told(hanoi_engine) == [near]
    client.post(f"/follow/{_token(hanoi_engine)}/stop")
    for table in ("follower", "follow", "follow_token", "mail", "watch", "sighting"):
        assert rows(hanoi_engine, f"SELECT FROM {table}") == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"schedule": "monthly"}, "schedule"),
        ({"kind": "hotspot", "schedule": "instant"}, "schedule"),
        ({"kind": "hotspot", "route": "105.8,21;105.9,21"}, "route"),
        ({"route": "105.8,21"}, "route"),
        ({"route": "105.8,21;105.9,21", "width_m": 9}, "width_m"),
        ({"route": "105.8,21;105.9,21", "question": f"polygon={SQUARE}"}, "route"),
        ({"question": "area=none:1"}, "area"),
        ({"spot": {"lon": 105.8, "lat": 21}}, "spot"),
    ],
)
def test_a_wrong_order_names_what_is_wrong(
    module_hanoi: Engine, changes: dict[str, Any], field: str
) -> None:
    reading = TestClient(create_app(module_hanoi, SETTINGS))
    before = rows(module_hanoi, "SELECT count(*) FROM watch")
    body = {"address": "wrong@example.org", "kind": "complaints"} | changes
    answer = reading.post("/api/v1/follows", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert rows(module_hanoi, "SELECT count(*) FROM watch") == before


def test_a_question_of_200_corners_can_be_watched(client: TestClient, hanoi_engine: Engine) -> None:
    import numpy as np

    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    ring = ";".join(f"{105.84 + 0.01 * np.cos(a):.5f},{21.02 + 0.01 * np.sin(a):.5f}" for a in turn)
    body = {"address": "an@example.org", "kind": "complaints", "question": f"polygon={ring}"}
    assert client.post("/api/v1/follows", json=body).status_code == 202
    client.post(f"/follow/{_token(hanoi_engine)}/confirm")
    with hanoi_engine.begin() as connection:
        complain(connection, (105.84, 21.02))
    assert watch_rounds.look(hanoi_engine, datetime.now(UTC)) == 1
    assert len(rows(hanoi_engine, "SELECT FROM sighting")) == 1


def test_a_watched_area_that_is_gone_hinders_nobody_else(hanoi_engine: Engine) -> None:
    watch(hanoi_engine, "", "well@example.org")
    lost = watch(hanoi_engine, "domain=traffic", "lost@example.org")
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE watch SET question = 'area=none:1' WHERE id ="
                 " (SELECT watch_id FROM follow WHERE id = :id)"),
            {"id": lost},
        )  # fmt: skip
        complain(connection)
    watch_rounds.watch(hanoi_engine, SETTINGS, datetime.now(UTC))
    assert [one.recipient for one in letters(hanoi_engine)] == ["well@example.org"]


def test_old_sightings_and_what_nobody_looked_at_is_forgotten(hanoi_engine: Engine) -> None:
    number = watch(hanoi_engine)
    with hanoi_engine.begin() as connection:
        complain(connection)
    watch_rounds.look(hanoi_engine, datetime.now(UTC))
    with hanoi_engine.begin() as connection:
        complain(connection)
    with hanoi_engine.begin() as connection:
        follows.forget(connection, datetime.now(UTC))
    assert len(rows(hanoi_engine, "SELECT FROM sighting")) == 1
    assert len(rows(hanoi_engine, "SELECT FROM happening")) == 1
    with hanoi_engine.begin() as connection:
        follows.forget(connection, datetime.now(UTC) + timedelta(days=60))
    assert rows(hanoi_engine, "SELECT FROM sighting UNION ALL SELECT FROM happening") == []
    assert rows(hanoi_engine, "SELECT id FROM follow WHERE id = :id", id=number)


def test_the_numbers_of_sightings_follow_the_order_of_commits(hanoi_engine: Engine) -> None:
    """While one looks, another waits: else a follow could be told past what commits later."""
    watch(hanoi_engine)
    with hanoi_engine.begin() as first:
        watches.take(first)
        with hanoi_engine.connect() as second, second.begin():
            second.execute(text("SET LOCAL lock_timeout = '200ms'"))
            from sqlalchemy.exc import OperationalError

            with pytest.raises(OperationalError):
                watches.take(second)


def test_happenings_of_sample_data_and_bulk_imports(hanoi_engine: Engine) -> None:
    """An import's fresh complaints are news, sample data is not."""
    import numpy as np

    from geo.arrival import Batch, ensure_source, store
    from geo.places import Places

    def batch(key: str) -> Batch:
        now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us")
        return Batch(
            np.array([PLACE[0]]), np.array([PLACE[1]]), np.array([1], np.int16),
            np.array([1], np.int16), np.array([now]), np.array([np.datetime64("NaT", "us")]),
            ["x"], ["y"], [key],
        )  # fmt: skip

    with hanoi_engine.begin() as connection:
        places = Places.load(connection, 1)
        for kind in ("import", "sample"):
            source = ensure_source(connection, f"{kind}-x", kind, kind)
            store(connection, 1, source, batch(kind), places)
    found = rows(
        hanoi_engine,
        "SELECT s.kind FROM happening h JOIN complaint c ON c.id = h.complaint_id"
        " JOIN source s ON s.id = c.source_id",
    )
    assert [row.kind for row in found] == ["import"]
