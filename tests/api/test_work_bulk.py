"""Many complaints at once: preview, doing, a change in between, and undo."""

from sqlalchemy import Engine, text
from test_work import Served, _codes, _walk, served, wards

from officials import official  # isort: skip

__all__ = ["served", "wards"]
BULK = "/api/v1/work/bulk"


def test_what_is_shown_is_done_but_for_what_was_changed_and_can_be_undone(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    who = official(hanoi_engine, "officer", areas=[wards[0]])
    client = served(who)
    before = {one["code"]: one for one in _walk(client)}
    codes = sorted(before)[:3]
    foreign = sorted(_codes(hanoi_engine, wards[1]) - set(before))[0]
    said = {"codes": [*codes, foreign], "act": "hand-over",
            "body": {"area": wards[1], "reason": "thuộc địa bàn bên cạnh"}}  # fmt: skip
    shown = client.post(f"{BULK}/preview", json=said).json()
    assert {one["code"] for one in shown["will"]} == set(codes)
    assert [one["code"] for one in shown["not"]] == [foreign]
    assert {one["code"]: one for one in _walk(client)} == before
    note = client.post(f"/api/v1/work/{codes[0]}/assign", json={"account_id": who.id},
                       headers={"If-Match": str(before[codes[0]]["version"])})  # fmt: skip
    assert note.status_code == 200
    other = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    assert other.post(BULK, json={"token": shown["token"]}).status_code == 404
    done = client.post(BULK, json={"token": shown["token"]}).json()
    assert set(done["done"]) == set(codes[1:])
    assert [one["code"] for one in done["failed"]] == [codes[0]]
    assert client.post(BULK, json={"token": shown["token"]}).status_code == 404
    assert client.get(BULK).json()["items"][0]["n"] == 2
    assert other.get(BULK).json()["items"] == []
    assert other.post(f"{BULK}/{done['id']}/undo").status_code == 404
    second = served(official(hanoi_engine, "officer", areas=[wards[1]]))
    assert second.post(f"/api/v1/work/{codes[1]}/assign", json={"account_id": None},
                       headers={"If-Match": second.get(f"/api/v1/work/{codes[1]}").headers["ETag"]},
                       ).status_code == 200  # fmt: skip
    undone = client.post(f"{BULK}/{done['id']}/undo").json()
    assert undone["done"] == [codes[2]]
    assert [one["code"] for one in undone["failed"]] == [codes[1]]
    assert client.get(f"/api/v1/work/{codes[2]}").json()["bounces"] == before[codes[2]]["bounces"]
    with hanoi_engine.connect() as connection:
        acts = connection.execute(text("SELECT act FROM audit WHERE act LIKE 'bulk%' ORDER BY id"))
        assert acts.scalars().all() == ["bulk", "bulk.undo"]


def test_more_than_five_hundred_are_refused_with_words(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    said = {"codes": [f"X{n}" for n in range(501)], "act": "accept"}
    answer = client.post(f"{BULK}/preview", json=said)
    assert answer.status_code == 422
    assert "500" in answer.text
