"""Many complaints at once: preview, doing, a change in between, and undo."""

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from officials import official
from sqlalchemy import Engine, text
from ward_work import Served, busiest, open_in, queue, served_by

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
    [past] = client.get(BULK).json()["items"]
    assert (past["id"], past["n"], past["undoable"]) == (done["id"], 2, True)
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
    if act in ("note", "answer"):
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
