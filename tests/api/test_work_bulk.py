"""Many complaints at once: preview, doing, a change in between, and undo."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from officials import official
from sqlalchemy import Engine, select, text
from ward_work import Served, busiest, open_in, queue, served_by

from api.routes.acting import UNDO
from geo import progress, rating, watches
from geo.schema import participant

BULK = "/api/v1/work/bulk"
REASON = "thuộc địa bàn bên cạnh"


@pytest.fixture(scope="module")
def served(module_hanoi: Engine) -> Served:
    return served_by(module_hanoi)


@pytest.fixture(scope="module")
def wards(module_hanoi: Engine) -> tuple[str, str]:
    """The busiest two; all of their complaints are open, every other as it arrived."""
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "UPDATE complaint SET closed_at = NULL,"
                " status = CASE WHEN hashtext(code) % 2 = 0 THEN 1 ELSE 2 END"
            )
        )
    return busiest(module_hanoi)


@pytest.fixture
def client(module_hanoi: Engine, served: Served, wards: tuple[str, str]) -> TestClient:
    """An officer of the first ward."""
    return served(official(module_hanoi, "officer", areas=[wards[0]]))


def _preview(
    client: TestClient, codes: Sequence[str], act: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    said = {"codes": list(codes), "act": act, "body": body or {}}
    answer = client.post(f"{BULK}/preview", json=said)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def _perform(client: TestClient, token: str) -> dict[str, Any]:
    answer = client.post(BULK, json={"token": token})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def _undo(client: TestClient, number: int) -> dict[str, Any]:
    answer = client.post(f"{BULK}/{number}/undo")
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def _own(client: TestClient, ward: str) -> list[str]:
    """Codes of what a ward handles itself, of its list."""
    found = queue(client)
    return [one["code"] for one in found if one["area"]["code"] == ward.partition(":")[2]]


def _single(client: TestClient, code: str, act: str, body: dict[str, Any]) -> None:
    path = f"/api/v1/work/{code}"
    tag = client.get(path).headers["ETag"]
    answer = client.post(f"{path}/{act}", json=body, headers={"If-Match": tag})
    assert answer.is_success, answer.text


def _state(engine: Engine, codes: Sequence[str]) -> list[dict[str, Any]]:
    """All that is stored of their work, and how often each was written about."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT w.*, c.status AS of_complaint, c.category_id AS kind, c.closed_at,"
                " (SELECT count(*) FROM event e WHERE e.complaint_id = c.id) AS events,"
                " (SELECT count(*) FROM work_event e WHERE e.complaint_id = c.id) AS acts_done,"
                " (SELECT count(*) FROM work_note e WHERE e.complaint_id = c.id) AS notes,"
                " (SELECT count(*) FROM answer e WHERE e.complaint_id = c.id) AS answers"
                " FROM work w JOIN complaint c ON c.id = w.complaint_id"
                " WHERE c.code = ANY (:codes) ORDER BY c.code"
            ),
            {"codes": list(codes)},
        ).mappings()
        return [dict(row) for row in rows]


def test_what_is_shown_is_done_but_for_what_was_changed_and_can_be_undone(
    module_hanoi: Engine, served: Served, wards: tuple[str, str], client: TestClient
) -> None:
    before = {one["code"]: one for one in queue(client)}
    codes = sorted(before)[:3]
    foreign = sorted(open_in(module_hanoi, wards[1]) - set(before))[0]
    body = {"area": wards[1], "reason": REASON}
    shown = _preview(client, [*codes, foreign], "hand-over", body)
    assert {one["code"] for one in shown["will"]} == set(codes)
    assert [one["code"] for one in shown["not"]] == [foreign]
    me = client.get("/api/v1/account/me").json()["id"]
    _single(client, codes[0], "assign", {"account_id": me})
    other = served(official(module_hanoi, "officer", areas=[wards[0]]))
    assert other.post(BULK, json={"token": shown["token"]}).status_code == 404
    done = _perform(client, shown["token"])
    assert set(done["done"]) == set(codes[1:])
    assert [one["code"] for one in done["failed"]] == [codes[0]]
    assert client.post(BULK, json={"token": shown["token"]}).status_code == 404
    past, alone = client.get(BULK).json()["items"]
    assert (past["id"], past["n"], past["undoable"], past["code"]) == (done["id"], 2, True, None)
    assert (alone["act"], alone["n"], alone["code"]) == ("assign", 1, codes[0])
    assert other.get(BULK).json()["items"] == []
    assert other.post(f"{BULK}/{done['id']}/undo").status_code == 404
    second = served(official(module_hanoi, "officer", areas=[wards[1]]))
    _single(second, codes[1], "assign", {"account_id": None})
    undone = _undo(client, done["id"])
    assert undone["done"] == [codes[2]]
    assert [one["code"] for one in undone["failed"]] == [codes[1]]
    assert client.get(f"/api/v1/work/{codes[2]}").json()["bounces"] == before[codes[2]]["bounces"]
    with module_hanoi.connect() as connection:
        acts = connection.execute(
            text("SELECT act FROM audit WHERE act LIKE 'bulk%' AND actor = :who ORDER BY id"),
            {"who": client.get("/api/v1/account/me").json()["name"]},
        ).scalars()
        assert list(acts) == ["bulk", "bulk.undo"]


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("assign", {"account_id": None}),
        ("accept", {}),
        ("start", {}),
        ("hand-over", {"reason": REASON}),
        ("hand-over", {"reason": REASON, "category": "noise"}),
        ("recategorise", {"category": "pothole"}),
        ("note", {"text": "đi cùng một chuyến"}),
        ("answer", {"text": "Tổ công tác đã đến {address} và dọn sạch rác trong sáng nay",
                    "close": True}),
    ],
)  # fmt: skip
def test_a_preview_of_any_act_leaves_nothing_behind_and_an_undo_brings_all_back(
    module_hanoi: Engine, wards: tuple[str, str], client: TestClient, act: str,
    body: dict[str, Any],
) -> None:  # fmt: skip
    if act == "hand-over" and "category" not in body:
        body |= {"area": wards[1]}
    codes = _own(client, wards[0])[4:16]
    before = _state(module_hanoi, codes)
    shown = _preview(client, codes, act, body)
    assert _state(module_hanoi, codes) == before
    assert len(shown["will"]) + len(shown["not"]) == len(codes)
    will = [one["code"] for one in shown["will"]]
    assert will
    assert all(" / " in one["why"] for one in shown["not"])
    was = _state(module_hanoi, will)
    done = _perform(client, shown["token"])
    assert (set(done["done"]), done["failed"]) == (set(will), [])
    now = _state(module_hanoi, will)
    assert [one["acts_done"] for one in now] == [one["acts_done"] + 1 for one in was]
    undone = _undo(client, done["id"])
    if act == "note":
        assert undone["done"] == []
        assert all("không hoàn tác" in one["why"] for one in undone["failed"])
        return
    assert (set(undone["done"]), undone["failed"]) == (set(will), [])
    told = ("version", "updated_at", "acts_done", "events", "due_stale")
    for ours, theirs in zip(_state(module_hanoi, will), was, strict=True):
        assert {k: v for k, v in ours.items() if k not in told} == {
            k: v for k, v in theirs.items() if k not in told
        }
        # Nothing that happened is taken out of the history.
        assert ours["acts_done"] == theirs["acts_done"] + 2
    assert _undo(client, done["id"])["done"] == []


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("accept", {}),
        ("start", {}),
        ("assign", {"account_id": None}),
        ("hand-over", {"reason": REASON}),
        ("recategorise", {"category": "pothole", "reason": REASON}),
        ("answer", {"text": "Tổ công tác đã dọn sạch rác ở đầu ngõ trong sáng nay", "close": True}),
        ("answer", {"text": "Mai tổ công tác sẽ đến xem"}),
        ("refuse", {"ground": "", "text": "Nơi này thuộc công trình đã được cấp phép"}),
    ],
)
def test_an_act_on_one_is_undone_by_who_did_it_while_nobody_did_anything_since(
    module_hanoi: Engine, served: Served, wards: tuple[str, str], client: TestClient, act: str,
    body: dict[str, Any],
) -> None:  # fmt: skip
    here = wards[0].partition(":")[2]
    code = next(
        one["code"] for one in queue(client, "&status=received") if one["area"]["code"] == here
    )
    path = f"/api/v1/work/{code}"
    if act == "hand-over":
        body = body | {"area": wards[1]}
    if act == "refuse":
        body = body | {"ground": client.get(path).json()["answer_rules"]["grounds"][0]["code"]}
    [was] = _state(module_hanoi, [code])
    answer = client.post(f"{path}/{act}", json=body, headers={"If-Match": str(was["version"])})
    assert answer.is_success, answer.text
    number = answer.json()["undo"]["id"] if answer.content else int(answer.headers[UNDO])
    other = served(official(module_hanoi, "officer", areas=[wards[0]]))
    seen = other.get(path)
    assert not seen.is_success or seen.json()["undo"] is None
    assert other.post(f"{BULK}/{number}/undo").status_code == 404
    assert _undo(client, number) == {"done": [code], "failed": []}
    told = ("version", "updated_at", "acts_done", "events", "due_stale")
    [now] = _state(module_hanoi, [code])
    assert {k: v for k, v in now.items() if k not in told} == {
        k: v for k, v in was.items() if k not in told
    }
    assert now["acts_done"] == was["acts_done"] + 2
    back = client.get(path).json()
    assert (back["undo"], back["timeline"][-1]["act"]) == (None, "undo")
    # What somebody changed since stays.
    again = client.post(f"{path}/{act}", json=body, headers={"If-Match": str(now["version"])})
    assert again.is_success, again.text
    number = again.json()["undo"]["id"] if again.content else int(again.headers[UNDO])
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "UPDATE work w SET version = version + 1 FROM complaint c"
                " WHERE c.id = w.complaint_id AND c.code = :code"
            ),
            {"code": code},
        )
    [left] = _undo(client, number)["failed"]
    assert "có người đã cập nhật" in left["why"]


class Reported(NamedTuple):
    """A complaint of the ward whose reporter is told of it by mail."""

    code: str
    participant: int


@pytest.fixture
def reported(module_hanoi: Engine, wards: tuple[str, str], client: TestClient) -> Reported:
    code = _own(client, wards[0])[20]
    with module_hanoi.begin() as connection:
        number = connection.execute(
            text(
                "INSERT INTO participant (complaint_id, role, link, address, confirmed_at)"
                " SELECT id, 'reporter', sha256(convert_to(code, 'UTF8')), 'an@example.org', now()"
                " FROM complaint WHERE code = :code"
                " ON CONFLICT (link) DO UPDATE SET erased_at = NULL RETURNING id"
            ),
            {"code": code},
        ).scalar_one()
        connection.execute(text("DELETE FROM progress"))
        connection.execute(text("DELETE FROM happening"))
    return Reported(code, int(number))


def _waiting(engine: Engine) -> tuple[int, int, int]:
    """News for participants, of places, and letters that a round writes now."""
    with engine.begin() as connection:
        waits = [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("progress", "happening")
        ]
        with connection.begin_nested() as trial:
            told = progress.claim(connection)
            seen = watches.take(connection)
            trial.rollback()
    return waits[0], waits[1], (told is not None) + len(seen)


@pytest.mark.parametrize("close", [True, False])
def test_nobody_is_told_of_answers_to_many_while_they_can_be_undone(
    module_hanoi: Engine, client: TestClient, reported: Reported, close: bool
) -> None:
    page = f"/api/v1/complaints/{reported.code}"
    before = client.get(page).json()["properties"]
    # What was told of in other ways is told of as ever.
    client.post(f"/api/v1/work/{reported.code}/note", json={"text": "đã xem"})
    words = f"Tổ công tác đã đến {{address}} và dọn rác, lần {int(close)}"
    body = {"text": words, "close": close}
    done = _perform(client, _preview(client, [reported.code], "answer", body)["token"])
    assert done["done"] == [reported.code]
    now = client.get(page).json()["properties"]
    assert (now["status"] == "resolved", len(now["answers"])) == (close, 1)
    news, happened, told = _waiting(module_hanoi)
    assert (news, happened, told) == (1 + close, 1, 0)
    assert _undo(client, done["id"])["done"] == [reported.code]
    after = client.get(page).json()["properties"]
    assert (after["status"], after["answers"]) == (before["status"], [])
    assert _waiting(module_hanoi) == (0, 0, 0)
    acts = client.get(f"/api/v1/work/{reported.code}").json()["timeline"]
    undone = [one for one in acts if one["act"] == "undo"][-1]
    assert undone["change"]["answer"].startswith("Tổ công tác đã đến ")
    again = _perform(client, _preview(client, [reported.code], "answer", body)["token"])
    with module_hanoi.begin() as connection:
        for table in ("progress", "happening"):
            connection.execute(text(f"UPDATE {table} SET told_from = now() - interval '1 s'"))
    assert _waiting(module_hanoi)[2] == 2
    assert _undo(client, again["id"])["done"] == [reported.code]


def test_nobody_is_told_of_one_answer_while_it_can_be_undone(
    module_hanoi: Engine, client: TestClient, reported: Reported
) -> None:
    body = {"text": "Tổ công tác đã dọn sạch rác ở cuối ngõ trong chiều nay", "close": True}
    _single(client, reported.code, "answer", body)
    news, happened, told = _waiting(module_hanoi)
    assert (news, happened, told) == (2, 1, 0)
    number = client.get(f"/api/v1/work/{reported.code}").json()["undo"]["id"]
    assert _undo(client, number)["done"] == [reported.code]
    assert _waiting(module_hanoi) == (0, 0, 0)


def test_an_answer_that_was_judged_stays_and_a_pause_goes_on_where_it_was(
    module_hanoi: Engine, client: TestClient, reported: Reported
) -> None:
    _single(client, reported.code, "pause", {"reason": "weather"})
    paused = _state(module_hanoi, [reported.code])[0]
    stood = (
        "SELECT since, until, reason FROM work_pause p JOIN complaint c ON c.id = p.complaint_id"
    )
    stood += " WHERE c.code = :code"
    with module_hanoi.connect() as connection:
        before = connection.execute(text(stood), {"code": reported.code}).all()
    body = {"text": "Tổ công tác đã đến {address}, che chắn tạm thời", "close": True}
    done = _perform(client, _preview(client, [reported.code], "answer", body)["token"])
    assert _undo(client, done["id"])["done"] == [reported.code]
    back = _state(module_hanoi, [reported.code])[0]
    for name in ("paused_at", "pause_reason", "pauses", "reacted_at", "accepted_at", "reopened"):
        assert back[name] == paused[name], name
    with module_hanoi.connect() as connection:
        assert connection.execute(text(stood), {"code": reported.code}).all() == before
    done = _perform(client, _preview(client, [reported.code], "answer", body)["token"])
    with module_hanoi.begin() as connection:
        who = connection.execute(
            select(participant).where(participant.c.id == reported.participant)
        ).one()
        rating.rate(connection, who, "satisfied", None, datetime.now(UTC))
    [left] = _undo(client, done["id"])["failed"]
    assert "đã đánh giá" in left["why"]
    assert client.get(f"/api/v1/work/{reported.code}").json()["status"] == "resolved"


def test_of_two_who_press_at_once_one_does_it(client: TestClient, wards: tuple[str, str]) -> None:
    codes = _own(client, wards[0])[4:16]
    token = _preview(client, codes, "note", {"text": "một lần thôi"})["token"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: client.post(BULK, json={"token": token}), range(2)))
    assert sorted(one.status_code for one in answers) == [200, 404]
    for code in codes:
        notes = client.get(f"/api/v1/work/{code}").json()["notes"]
        assert [one["text"] for one in notes].count("một lần thôi") == 1


def test_the_same_words_close_one_of_several_and_the_preview_says_so(
    client: TestClient, wards: tuple[str, str]
) -> None:
    codes = _own(client, wards[0])[4:7]
    words = "Đã thu gom toàn bộ rác và rửa đường sáng nay"
    shown = _preview(client, codes, "answer", {"text": words, "close": True})
    assert [one["code"] for one in shown["will"]] == codes[:1]
    assert [one["code"] for one in shown["not"]] == codes[1:]


def test_a_query_finds_what_the_list_finds(client: TestClient) -> None:
    for query in ("unassigned=true&sort=due&limit=7", "due=48", "domain=environment", "mine=true"):
        expected = {one["code"] for one in queue(client, f"&{query.replace('limit=7', '')}")}
        said = {"query": query, "act": "note", "body": {"text": "một ghi chú"}}
        answer = client.post(f"{BULK}/preview", json=said)
        if not expected:
            assert answer.status_code == 422
            continue
        shown = answer.json()
        assert {one["code"] for one in shown["will"] + shown["not"]} == expected, query


@pytest.mark.parametrize(
    "said",
    [
        {"codes": [f"X{n}" for n in range(501)], "act": "accept"},
        {"codes": [], "act": "accept"},
        {"act": "accept"},
        {"codes": ["X"], "query": "", "act": "accept"},
        {"query": "colour=red", "act": "accept"},
        {"query": "due=soon", "act": "accept"},
        {"codes": ["X"], "act": "merge"},
        {"codes": ["X"], "act": "assign", "body": {"account_id": 2**70}},
        {"codes": ["X"], "act": "note", "body": {}},
        {"codes": ["X"], "act": "answer", "body": {"text": "đã xong", "photos": ["a"]}},
    ],
)
def test_what_is_not_clear_is_refused_with_words(client: TestClient, said: dict[str, Any]) -> None:
    answer = client.post(f"{BULK}/preview", json=said)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    if len(said.get("codes", [])) > 500:
        assert "501" in answer.text


def test_a_viewer_and_who_is_not_signed_in_do_nothing_to_many(
    module_hanoi: Engine, served: Served, wards: tuple[str, str]
) -> None:
    said = {"codes": ["X"], "act": "accept"}
    assert served(None).post(f"{BULK}/preview", json=said).status_code == 401
    viewer = served(official(module_hanoi, "viewer", areas=[wards[0]]))
    assert viewer.post(f"{BULK}/preview", json=said).status_code == 403
    assert "bulk" not in viewer.get("/api/v1/account/me").json()["may"]


def test_undo_ends_after_ten_minutes_and_a_preview_after_fifteen(
    module_hanoi: Engine, client: TestClient, wards: tuple[str, str]
) -> None:
    codes = _own(client, wards[0])[7:9]
    body = {"account_id": client.get("/api/v1/account/me").json()["id"]}
    done = _perform(client, _preview(client, codes, "assign", body)["token"])
    shown = _preview(client, codes, "assign", body)
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "UPDATE work_bulk SET created_at = created_at - interval '15 minutes 1 second',"
                " done_at = done_at - interval '10 minutes 1 second'"
            )
        )
    assert client.get(BULK).json()["items"] == []
    late = _undo(client, done["id"])
    assert late["done"] == []
    assert all("mười phút" in one["why"] for one in late["failed"])
    assert client.post(BULK, json={"token": shown["token"]}).status_code == 404


def test_the_database_itself_keeps_others_from_a_bulk_act(
    module_hanoi: Engine, served: Served, wards: tuple[str, str], client: TestClient
) -> None:
    codes = _own(client, wards[0])[9:11]
    me = client.get("/api/v1/account/me").json()["id"]
    done = _perform(client, _preview(client, codes, "assign", {"account_id": me})["token"])
    stranger = official(module_hanoi, "supervisor")
    with module_hanoi.begin() as connection:
        connection.execute(text("SET LOCAL ROLE phananh_app"))
        connection.execute(
            text("SELECT set_config('phananh.session', :token, true)"), {"token": stranger.token}
        )
        seen = connection.execute(
            text("SELECT (SELECT count(*) FROM work_bulk), (SELECT count(*) FROM work_bulk_item)")
        ).one()
        assert tuple(seen) == (0, 0)
        why = connection.execute(
            text("SELECT work_bulk_undone(:id, c.id) FROM complaint c WHERE c.code = ANY (:codes)"),
            {"id": done["id"], "codes": codes},
        ).scalars()
        assert set(why) == {"late"}
        refused = connection.execute(
            text(
                "SELECT has_table_privilege('work_bulk_item', 'INSERT'),"
                " has_table_privilege('work_bulk_item', 'UPDATE'),"
                " has_column_privilege('work_bulk', 'items', 'UPDATE')"
            )
        ).one()
        assert tuple(refused) == (False, False, False)
