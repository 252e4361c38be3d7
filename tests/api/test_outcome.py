"""What the public page of a complaint is told, and judging by the private link."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import orjson
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event, text

from api import holidays_beside
from api.app import create_app
from api.settings import Settings
from geo import answering, reporting, supporting
from geo.complaint import Status
from geo.database import sql
from geo.public_holidays import Year, public_holidays
from geo.working_time import WorkingTime, add_working

SECRET = b"s" * 32
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
# A Thursday, 16:00: eight working hours are over on Friday, 16:00.
AT = datetime(2026, 11, 5, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def client(hanoi_engine: Engine) -> Iterator[httpx.Client]:
    with TestClient(create_app(hanoi_engine, Settings())) as made:
        yield made


Do = Callable[[Callable[[Connection], Any]], Any]


@pytest.fixture
def do(hanoi_engine: Engine) -> Do:
    def inner(work: Callable[[Connection], Any]) -> Any:
        with hanoi_engine.begin() as connection:
            return work(connection)

    return inner


def reported(do: Do, **more: Any) -> reporting.Taken:
    said = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà lớn", **more)
    taken: reporting.Taken = do(lambda c: reporting.take(c, said, AT, None, SECRET))
    return taken


def give(do: Do, code: str, words: str, at: datetime, **more: Any) -> Any:
    return do(lambda c: answering.give(c, code, words, at, "unit-7", **more))


def put_photo(c: Connection, code: str, answer_id: int | None = None, **more: Any) -> str:
    given = {
        "id": uuid4(),
        "code": code,
        "answer": answer_id,
        "hidden": False,
        "position": 0,
    } | more
    c.execute(
        text(
            "INSERT INTO photo (id, complaint_id, answer_id, position, hidden, width, height,"
            " bytes, digest, likeness) SELECT :id, id, :answer, :position, :hidden, 640, 480, 9,"
            " '\\x00', 0 FROM complaint WHERE code = :code"
        ),
        given,
    )
    return str(given["id"])


def detail(client: httpx.Client, code: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/complaints/{code}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["properties"]
    return found


def judge(client: httpx.Client, link: str, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {link}"}
    return client.post("/api/v1/mine/rating", json=body, headers=headers)


def test_a_page_has_supporters_photos_answers_ratings_and_the_promise(
    client: httpx.Client, do: Do
) -> None:
    taken = reported(do)
    before = detail(client, taken.code)
    assert before["answers"] == before["photos"] == before["questions"] == []
    assert before["may_be_supported"] is True
    assert before["promise"]["basis"] == "accept"
    assert datetime.fromisoformat(before["promise"]["due_at"]) == AT + DAY
    one = do(lambda c: supporting.support(c, taken.code, "d" * 30, "vi", SECRET))
    shown = do(lambda c: put_photo(c, taken.code, position=1))
    first = do(lambda c: put_photo(c, taken.code))
    do(lambda c: put_photo(c, taken.code, hidden=True))
    now = datetime.now(UTC)
    done = give(do, taken.code, "Đã vá xong.", now, status=Status.RESOLVED)
    mended = do(lambda c: put_photo(c, taken.code, done.answer_id))
    assert judge(client, taken.link, verdict="satisfied").json() == {
        "verdict": "satisfied", "reopened": False,
    }  # fmt: skip
    assert judge(client, one.link, verdict="accepted").status_code == 201
    p = detail(client, taken.code)
    assert p["supporters"] == 1
    assert [one["large"] for one in p["photos"]] == [f"/photos/{n}.jpg" for n in (first, shown)]
    assert p["photos"][0] == {
        "small": f"/photos/{first}-small.jpg", "large": f"/photos/{first}.jpg",
        "width": 640, "height": 480,
    }  # fmt: skip
    [answer] = p["answers"]
    assert (answer["text"], answer["status"]) == ("Đã vá xong.", "resolved")
    assert datetime.fromisoformat(answer["at"]) == now
    assert [one["small"] for one in answer["photos"]] == [f"/photos/{mended}-small.jpg"]
    assert p["ratings"] == {"satisfied": 1, "accepted": 1, "dissatisfied": 0}
    assert (p["reopened"], p["may_be_supported"]) == (0, False)


def test_an_acceptance_that_was_taken_back_kept_no_promise(client: httpx.Client, do: Do) -> None:
    said = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà lớn")
    taken = do(lambda c: reporting.take(c, said, datetime.now(UTC), None, SECRET))
    before = detail(client, taken.code)["promise"]
    moved = text("UPDATE complaint SET status = :to, updated_at = now() WHERE code = :code")
    do(lambda c: c.execute(moved, {"to": 2, "code": taken.code}))
    do(lambda c: c.execute(moved, {"to": 1, "code": taken.code}))
    assert detail(client, taken.code)["promise"] == before
    assert before["met"] is None
    do(lambda c: c.execute(moved, {"to": 2, "code": taken.code}))
    assert detail(client, taken.code)["promise"] != before


def test_a_judgement_that_reopens_is_in_the_timeline_and_its_reason_nowhere(
    client: httpx.Client, do: Do
) -> None:
    limit = text("""UPDATE category SET deadline = '{"handle_working_days": 200}'""")
    do(lambda c: c.execute(limit))
    taken = reported(do)
    give(do, taken.code, "Xong", datetime.now(UTC), status=Status.RESOLVED)
    kept = detail(client, taken.code)["promise"]
    assert (kept["basis"], kept["met"]) == ("handle", True)
    back = judge(client, taken.link, verdict="dissatisfied", reason="Lời riêng của tôi")
    assert back.status_code == 201
    assert back.json() == {"verdict": "dissatisfied", "reopened": True}
    assert back.headers["cache-control"] == "no-store"
    whole = client.get(f"/api/v1/complaints/{taken.code}")
    p = whole.json()["properties"]
    assert p["reopened"] == 1
    assert p["ratings"]["dissatisfied"] == 1
    # It is to be finished again: nothing is kept yet.
    assert p["promise"] == kept | {"met": None}
    assert [one["kind"] for one in p["timeline"]] == ["received", "status", "reopened"]
    assert p["timeline"][-1]["from"] == "resolved"
    assert p["timeline"][-1]["to"] == p["status"] == "in_progress"
    for private in ("Lời riêng", "unit-7", "reporter"):
        assert private not in whole.text
    # Opened again by the city it is a move like any other.
    give(do, taken.code, "Xong", datetime.now(UTC), status=Status.RESOLVED)
    do(lambda c: answering.move(c, taken.code, Status.IN_PROGRESS, datetime.now(UTC), "unit-7"))
    p = detail(client, taken.code)
    assert [one["kind"] for one in p["timeline"]][-1] == "status"
    assert p["reopened"] == 1


def test_of_a_sensitive_complaint_everyone_is_told_how_it_stands_and_no_more(
    client: httpx.Client, do: Do
) -> None:
    taken = reported(do)
    empty = {
        key: value
        for key, value in detail(client, taken.code).items()
        if key in ("supporters", "photos", "answers", "ratings", "reopened", "questions")
    }
    do(lambda c: supporting.support(c, taken.code, "d" * 30, "vi", SECRET))
    do(lambda c: put_photo(c, taken.code))
    give(do, taken.code, "Đã xử lý.", datetime.now(UTC), status=Status.RESOLVED)
    assert judge(client, taken.link, verdict="accepted").status_code == 201
    do(lambda c: c.execute(text("UPDATE category SET sensitive = true WHERE code = 'pothole'")))
    p = detail(client, taken.code)
    assert {key: p[key] for key in empty} == empty
    assert (p["status"], p["promise"], p["may_be_supported"]) == ("resolved", None, False)


def test_public_answers_to_questions_are_told_in_words_and_the_others_not(
    client: httpx.Client, do: Do
) -> None:
    options = [{"code": "a", "vi": "Nhỏ", "en": "Small"}, {"code": "b", "vi": "To", "en": "Large"}]
    asked = [
        {"code": "depth", "kind": "number", "vi": "Sâu", "en": "Depth", "public": True},
        {"code": "size", "kind": "one", "vi": "Cỡ", "en": "Size", "public": True,
         "options": options},
        {"code": "both", "kind": "many", "vi": "Cả", "en": "Both", "public": True,
         "options": options},
        {"code": "note", "kind": "text", "vi": "Ghi chú", "en": "Note", "public": True},
        {"code": "owner", "kind": "text", "vi": "Chủ", "en": "Owner"},
    ]  # fmt: skip
    do(
        lambda c: c.execute(
            text("UPDATE category SET questions = CAST(:q AS jsonb) WHERE code = 'pothole'"),
            {"q": orjson.dumps(asked).decode()},
        )
    )
    replies = {
        "depth": 20, "size": "b", "both": ["a", "b"], "note": "gọi 0912 345 678",
        "owner": "Bà Lan",
    }  # fmt: skip
    taken = reported(do, answers=replies)
    p = detail(client, taken.code)
    told = {one["code"]: one for one in p["questions"]}
    assert list(told) == ["depth", "size", "both", "note"]
    assert told["depth"] == {
        "code": "depth", "vi": "Sâu", "en": "Depth", "value": 20, "value_vi": "20",
        "value_en": "20",
    }  # fmt: skip
    assert (told["size"]["value_vi"], told["size"]["value_en"]) == ("To", "Large")
    assert told["both"]["value_en"] == "Small, Large"
    assert "912" not in orjson.dumps(p).decode()
    assert "Lan" not in orjson.dumps(p).decode()


def test_the_promise_follows_the_category_and_the_city(client: httpx.Client, do: Do) -> None:
    urgent = reported(do, urgent=True)
    do(lambda c: c.execute(text("UPDATE submission SET urgent = true")))
    p = detail(client, urgent.code)["promise"]
    # Thursday, 16:00 to 17:00, and three hours of Friday.
    assert (p["basis"], p["due_at"][:16]) == ("urgent", "2026-11-06T04:00")
    do(lambda c: c.execute(text("UPDATE submission SET urgent = false")))
    do(
        lambda c: c.execute(
            text(
                "UPDATE city SET working_time = '{\"less\": [\"2026-11-06\"]}' WHERE code = 'hanoi'"
            )
        )
    )
    p = detail(client, urgent.code)["promise"]
    assert (p["basis"], p["due_at"][:16]) == ("accept", "2026-11-09T09:00")
    for wrong in ('{"extra": 7}', '{"hours": {"mon": []}}'):
        do(
            lambda c, wrong=wrong: c.execute(
                text("UPDATE city SET working_time = CAST(:w AS jsonb)"), {"w": wrong}
            )
        )
        assert detail(client, urgent.code)["promise"] is None
    do(lambda c: c.execute(text("UPDATE city SET working_time = '{}'")))
    do(lambda c: answering.move(c, urgent.code, Status.WITHDRAWN, AT, "reporter"))
    assert detail(client, urgent.code)["promise"] is None
    # Of what others brought here nobody here has promised anything.
    imported = do(
        lambda c: c.execute(text("SELECT code FROM complaint WHERE status = 1 LIMIT 1")).scalar()
    )
    assert detail(client, imported)["promise"] is None


def test_a_promise_over_tet_knows_the_holidays_in_a_process_without_their_library(
    client: httpx.Client, do: Do
) -> None:
    holidays_beside._asked.cache_clear()
    taken = reported(do)
    before_tet = datetime(2026, 2, 13, 9, tzinfo=UTC)
    do(lambda c: c.execute(text("UPDATE complaint SET reported_at = :at WHERE code = :code"),
                           {"at": before_tet, "code": taken.code}))  # fmt: skip
    due = datetime.fromisoformat(detail(client, taken.code)["promise"]["due_at"])
    assert due == datetime(2026, 2, 23, 9, tzinfo=UTC)
    year = public_holidays("VN", 2026)
    assert holidays_beside.holidays_of("VN", 2026) == year
    calendar = WorkingTime(holidays="VN").calendar(HANOI, year.holidays, year.made_up)
    assert due == add_working(before_tet, timedelta(hours=8), calendar)
    assert holidays_beside.holidays_of("XX", 2026) == Year(frozenset(), frozenset())


@pytest.mark.parametrize(
    ("body", "status", "title"),
    [
        ({"verdict": "dissatisfied"}, 422, "BadFilter"),
        ({"verdict": "dissatisfied", "reason": " ... "}, 422, "BadFilter"),
        ({"verdict": "bad"}, 422, "Invalid request"),
        ({"verdict": "satisfied", "reason": "x" * 2001}, 422, "Invalid request"),
        ({"verdict": "satisfied", "extra": 1}, 422, "Invalid request"),
        ({}, 422, "Invalid request"),
    ],
)
def test_a_judgement_that_cannot_be_taken_is_named(
    client: httpx.Client, do: Do, body: dict[str, Any], status: int, title: str
) -> None:
    taken = reported(do)
    give(do, taken.code, "Xong", datetime.now(UTC), status=Status.RESOLVED)
    refused = judge(client, taken.link, **body)
    assert (refused.status_code, refused.json()["title"]) == (status, title)
    assert detail(client, taken.code)["ratings"] == {
        "satisfied": 0, "accepted": 0, "dissatisfied": 0,
    }  # fmt: skip


def test_nobody_judges_without_the_link_or_before_there_is_an_answer(
    client: httpx.Client, do: Do
) -> None:
    taken = reported(do)
    early = judge(client, taken.link, verdict="satisfied")
    assert (early.status_code, early.json()["title"]) == (409, "NotAnswered")
    assert " / " in early.json()["detail"]
    give(do, taken.code, "Xong", datetime.now(UTC), status=Status.RESOLVED)
    for link in ("", taken.code, taken.link[:-1], "x" * 300):
        refused = judge(client, link, verdict="satisfied")
        assert (refused.status_code, refused.json()["title"]) == (401, "UnknownLink")
        assert "Bearer" in refused.headers["www-authenticate"]
    # In an address it is no link.
    asked = client.post(f"/api/v1/mine/rating?link={taken.link}", json={"verdict": "satisfied"})
    assert asked.status_code == 401


def test_a_page_takes_few_queries_however_much_there_is(client: httpx.Client, do: Do) -> None:
    taken = reported(do)
    for n in range(5):
        done = give(do, taken.code, f"Lần {n}", datetime.now(UTC))
        for _ in range(3):
            do(lambda c, done=done: put_photo(c, taken.code, done.answer_id))
    detail(client, taken.code)
    asked: list[str] = []
    listen = event.listen, event.remove
    heard = lambda conn, cur, statement, *_: asked.append(statement)  # noqa: E731
    served = client.app.state.engine  # type: ignore[attr-defined]
    listen[0](served, "before_cursor_execute", heard)
    detail(client, taken.code)
    listen[1](served, "before_cursor_execute", heard)
    # The complaint, its events, its areas, and all that follows.
    assert len([one for one in asked if "pg_" not in one]) == 4


def test_the_reporter_reads_the_answer_to_a_sensitive_complaint_by_the_private_link(
    client: httpx.Client, do: Do
) -> None:
    taken = reported(do)
    do(lambda c: c.execute(text("UPDATE category SET sensitive = true WHERE code = 'pothole'")))
    give(do, taken.code, "Riêng cho bạn.", datetime.now(UTC), status=Status.REJECTED)
    assert detail(client, taken.code)["answers"] == []
    mine = client.get("/api/v1/mine", headers={"Authorization": f"Bearer {taken.link}"}).json()
    [reply] = mine["properties"]["replies"]
    assert (reply["text"], reply["status"]) == ("Riêng cho bạn.", "rejected")


def test_what_follows_is_found_by_indexes(do: Do) -> None:
    taken = reported(do)

    def plan(c: Connection) -> str:
        number = c.execute(
            text("SELECT id FROM complaint WHERE code = :code"), {"code": taken.code}
        ).scalar_one()
        # Of tables this small a scan is cheaper: whether there is another way is what is asked.
        c.execute(text("SET LOCAL enable_seqscan = off"))
        explained = text("EXPLAIN " + str(sql("geo", "outcome"))).bindparams(id=number)
        return "\n".join(c.execute(explained).scalars())

    found = do(plan)
    for table in ("participant", "rating", "answer", "photo", "submission", "complaint"):
        assert f"Seq Scan on {table}" not in found


def test_who_answers_requests_does_not_load_the_library_of_holidays() -> None:
    asked = "import sys, api.app; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
