"""The queue and one complaint, as officials of different areas meet them over HTTP."""

from collections.abc import Callable, Iterator

import h3
import httpx
import pytest
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from sqlalchemy import Engine, text

from api.app import create_app
from api.due_rounds import count_due
from api.settings import Settings
from geo import audit, passwords

SET = "hanoi-ward-2025"
DONE = "Đã vá xong ổ gà bằng bê tông nhựa nóng sáng nay trước cổng trường"


@pytest.fixture
def served(hanoi_engine: Engine) -> Iterator[Callable[[Person | None], TestClient]]:
    """A client for each person, of a service that is bound by row-level security."""
    engine = service_engine(hanoi_engine)
    app = create_app(engine, Settings())

    def client(who: Person | None) -> TestClient:
        made = TestClient(app, raise_server_exceptions=False)
        return who(made) if who is not None else made

    yield client
    engine.dispose()


@pytest.fixture
def wards(hanoi_engine: Engine) -> tuple[str, str]:
    """The two wards with the most open complaints."""
    with hanoi_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.code FROM work w JOIN area a ON a.id = w.area_id"
                " GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT 2"
            )
        ).scalars()
        first, second = rows
    return f"{SET}:{first}", f"{SET}:{second}"


Served = Callable[[Person | None], TestClient]


def _codes(engine: Engine, ward: str) -> set[str]:
    with engine.connect() as connection:
        return set(
            connection.execute(
                text(
                    "SELECT c.code FROM work w JOIN complaint c ON c.id = w.complaint_id"
                    " JOIN area a ON a.id = w.area_id WHERE a.code = :code AND w.status <= 3"
                ),
                {"code": ward.partition(":")[2]},
            ).scalars()
        )


def _walk(client: TestClient, query: str = "") -> list[dict]:  # type: ignore[type-arg]
    found, after = [], ""
    while True:
        page = client.get(f"/api/v1/work?limit=7{query}{after}").json()
        found += page["items"]
        if page["next"] is None:
            assert page["total"] == len(found)
            return found
        after = f"&after={page['next']}"


@pytest.mark.parametrize("sort", ["due", "reported", "-reported"])
def test_the_pages_of_a_queue_hold_each_complaint_of_the_ward_once(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str], sort: str
) -> None:
    with hanoi_engine.begin() as connection:
        # Some have a deadline, some the same one.
        connection.execute(
            text(
                "UPDATE work SET due_at = date_trunc('month', reported_at) + interval '40 days'"
                " WHERE cell % 3 <> 0"
            )
        )
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    items = _walk(client, f"&sort={sort}")
    codes = [one["code"] for one in items]
    assert len(set(codes)) == len(codes)
    assert set(codes) == _codes(hanoi_engine, wards[0])
    if sort == "due":
        due = [one["due_at"] or "9999" for one in items]
        assert due == sorted(due)
    else:
        reported = [one["reported_at"] for one in items]
        assert reported == sorted(reported, reverse=sort == "-reported")


def test_flags_and_counts_agree_and_so_does_the_map(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    who = official(hanoi_engine, "officer", areas=[wards[0]])
    client = served(who)
    code = _walk(client)[0]["code"]
    version = client.get(f"/api/v1/work/{code}").headers["ETag"]
    assert client.post(
        f"/api/v1/work/{code}/assign", json={"account_id": who.id}, headers={"If-Match": version}
    ).json()["assignee"] == {"id": who.id, "full_name": who.name.title()}
    counts = client.get("/api/v1/work/counts").json()
    assert counts["mine"] == 1
    for name in set(counts) - {"open"}:
        value = "24" if name == "due" else "true"
        assert len(_walk(client, f"&{name}={value}")) == counts[name], name
    # Under chips the total is theirs; each chip says what it alone would show.
    chosen = client.get("/api/v1/work/counts?mine=true&due=24").json()
    assert chosen == counts | {"total": len(_walk(client, "&mine=true&due=24"))}
    shown = client.get("/api/v1/work/map").json()
    assert shown["kind"] == "points"
    assert shown["total"] == counts["open"] == len(_walk(client))


def test_what_was_accepted_late_stays_late_and_says_that_nothing_limits_it_now(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    count_due(hanoi_engine)
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    ours = f"&q={_walk(client, '&overdue=true&status=received')[0]['code']}"
    [before] = _walk(client, ours)
    path = f"/api/v1/work/{before['code']}"
    assert client.post(
        f"{path}/accept", json={}, headers={"If-Match": str(before["version"])}
    ).is_success
    # Not counted yet is not without a limit.
    assert _walk(client, f"{ours}&no_limit=true") == []
    count_due(hanoi_engine)
    assert _walk(client, f"{ours}&overdue=true") == []
    [after] = _walk(client, f"{ours}&no_limit=true")
    assert (after["due_at"], after["counting"]) == (None, False)
    assert len(_walk(client, f"{ours}&measure=reacted_late")) == 1
    # Whoever sets the limits is told of how many there are, by kind.
    admin = served(official(hanoi_engine, "admin"))
    with hanoi_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT k.code, count(*), min(w.reported_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
                " FROM work w JOIN category k ON k.id = w.category_id"
                " WHERE w.status <= 3 AND w.handle_due_at IS NULL GROUP BY k.code"
            )
        )
        stored = {code: (n, first.isoformat()) for code, n, first in rows}
    told = {
        one["category"]: (one["open_without"], one["first_without"])
        for one in admin.get("/api/v1/admin/policies").json()["policies"]
        if one["open_without"]
    }
    assert told == stored
    limits = {"valid_from": "2020-01-01", "limits": {"handle_working_days": 5}, "reason": "a trial"}
    assert admin.post("/api/v1/admin/policies", json=limits).status_code == 201
    said = admin.get("/api/v1/admin/policies").json()["policies"]
    assert {one["open_without"] for one in said} == {0}
    count_due(hanoi_engine)
    assert _walk(client, "&no_limit=true") == []


def test_words_are_found_by_their_beginnings_as_the_public_finds_them(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    first, second, *_ = (one["code"] for one in _walk(client))
    with hanoi_engine.begin() as connection:
        for code, words in ((first, "Xe đỗ kín phố Huế"), (second, "Nhà cho thuê xả rác")):
            connection.execute(
                text("UPDATE complaint SET address = NULL, text = :words WHERE code = :code"),
                {"code": code, "words": words},
            )
    for said, found in (("hue", first), ("phố hu", first), ("thue", second), ("XẢ rac", second)):
        codes = {one["code"] for one in _walk(client, f"&q={said}")}
        assert found in codes
        assert {first, second} - codes, said


def test_who_has_a_code_finds_its_complaint_and_nobody_elses(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    code = _walk(client)[-1]["code"]
    for said in (code, code.lower(), f" {code} "):
        assert [one["code"] for one in _walk(client, f"&q={said}")] == [code]
    other = served(official(hanoi_engine, "officer", areas=[wards[1]]))
    assert _walk(other, f"&q={code}") == []


def test_what_others_of_its_kind_are_open_beside_is_found(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    first, second, *_ = (one["code"] for one in _walk(client))
    with hanoi_engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE complaint c SET geom = o.geom, cell = o.cell, category_id = o.category_id"
                " FROM complaint o WHERE o.code = :first AND c.code = :second"
            ),
            {"first": first, "second": second},
        )
    items = _walk(client)
    places = [(h3.latlng_to_cell(one["lat"], one["lon"], 10), one["category"]) for one in items]
    with_others = {
        one["code"] for one, at in zip(items, places, strict=True) if places.count(at) > 1
    }
    assert {first, second} <= with_others
    # What lies beyond the border of the ward counts too.
    found = {one["code"] for one in _walk(client, "&duplicates=true")}
    assert with_others <= found < {one["code"] for one in items}


@pytest.mark.parametrize("role", ["officer", "supervisor", "viewer"])
def test_another_wards_complaint_is_not_there(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str], role: str
) -> None:
    foreign = sorted(_codes(hanoi_engine, wards[1]))[0]
    client = served(official(hanoi_engine, role, areas=[wards[0]]))
    assert client.get(f"/api/v1/work/{foreign}").status_code == 404
    for act, body in (
        ("accept", {}), ("assign", {"account_id": None}), ("note", {"text": "a note"}),
        ("answer", {"text": DONE}), ("hand-over", {"area": wards[0], "reason": "to me, please"}),
    ):  # fmt: skip
        answer = client.post(f"/api/v1/work/{foreign}/{act}", json=body, headers={"If-Match": "1"})
        assert answer.status_code == (403 if role == "viewer" else 404), act


def test_who_is_not_signed_in_and_who_has_no_role_are_refused(
    hanoi_engine: Engine, served: Served
) -> None:
    assert served(None).get("/api/v1/work").status_code == 401
    assert served(official(hanoi_engine, "admin")).get("/api/v1/work").status_code == 403
    pending = official(hanoi_engine, "officer", must_change=True)
    assert served(pending).get("/api/v1/work").status_code == 403


def test_a_change_without_the_header_of_the_pages_is_refused(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    code = _walk(client)[0]["code"]
    del client.headers["X-Phananh"]
    assert client.post(f"/api/v1/work/{code}/note", json={"text": "a note"}).status_code == 403


def test_from_arrival_over_a_hand_over_to_a_closing_and_a_reopening(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    first = served(official(hanoi_engine, "officer", areas=[wards[0]], name="first"))
    second = served(official(hanoi_engine, "supervisor", areas=[wards[1]], name="second"))
    with hanoi_engine.begin() as connection:
        code = sorted(_codes(hanoi_engine, wards[0]))[0]
        connection.execute(
            text("UPDATE complaint SET status = 1 WHERE code = :code"), {"code": code}
        )
    assert second.get(f"/api/v1/work/{code}").status_code == 404
    shown = first.get(f"/api/v1/work/{code}")
    assert "accept" in shown.json()["may"]

    def act(client: TestClient, name: str, body: dict[str, object]) -> dict:  # type: ignore[type-arg]
        tag = client.get(f"/api/v1/work/{code}").headers["ETag"]
        answer = client.post(f"/api/v1/work/{code}/{name}", json=body, headers={"If-Match": tag})
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    assert act(first, "accept", {})["status"] == "accepted"
    act(first, "note", {"text": "Thuộc địa bàn bên cạnh."})
    handed = act(first, "hand-over", {"area": wards[1], "reason": "thuộc địa bàn bên cạnh"})
    assert handed["bounces"] == 1
    # It still lies in the first ward, which may look on and not act.
    assert handed["may"] == []
    refused = first.get(f"/api/v1/work/{code}/personal?reason=to see who it was")
    assert refused.status_code == 403
    assert code in {one["code"] for one in _walk(first)}
    assert code not in {one["code"] for one in _walk(first, "&unassigned=true")}
    assert code in {one["code"] for one in _walk(second, "&unassigned=true")}
    refused = first.post(f"/api/v1/work/{code}/start", json={}, headers={"If-Match": "9"})
    assert refused.status_code == 403
    assert act(second, "start", {})["status"] == "in_progress"
    short = second.post(
        f"/api/v1/work/{code}/answer",
        json={"text": "Đã xử lý.", "close": True},
        headers={"If-Match": second.get(f"/api/v1/work/{code}").headers["ETag"]},
    )
    assert short.status_code == 422
    closed = act(second, "answer", {"text": DONE, "close": True})
    assert closed["status"] == "resolved"
    assert closed["answers"][-1]["text"] == DONE
    assert act(second, "reopen", {"reason": "người dân chưa đồng ý"})["status"] == "in_progress"
    whole = second.get(f"/api/v1/work/{code}").json()
    assert whole["reopened"] == 1
    done = [one["act"] for one in whole["timeline"] if not one["public"]]
    assert done == ["accept", "note", "hand-over", "start", "answer", "reopen"]
    assert {one["who"] for one in whole["timeline"] if not one["public"]} == {"First", "Second"}
    public = served(None).get(f"/api/v1/complaints/{code}")
    assert "địa bàn bên cạnh" not in public.text
    assert "Second" not in public.text
    with hanoi_engine.connect() as connection:
        acts = connection.execute(
            text(
                "SELECT actor, act FROM audit WHERE subject = :code AND act <> 'denied' ORDER BY id"
            ),
            {"code": code},
        ).all()
    assert [tuple(one) for one in acts] == [
        ("first", "work.accept"), ("first", "work.note"), ("first", "work.hand-over"),
        ("second", "work.start"), ("second", "work.answer"), ("second", "work.reopen"),
    ]  # fmt: skip


def test_the_second_of_two_sees_what_the_first_did(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    one = served(official(hanoi_engine, "officer", areas=[wards[0]], name="one"))
    two = served(official(hanoi_engine, "officer", areas=[wards[0]], name="two"))
    code = next(i["code"] for i in _walk(one) if i["status"] in ("received", "accepted"))
    tag = one.get(f"/api/v1/work/{code}").headers["ETag"]
    path = f"/api/v1/work/{code}"
    assert one.post(f"{path}/start", json={}, headers={"If-Match": tag}).status_code == 200
    late = two.post(f"{path}/answer", json={"text": DONE, "close": True}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert [(did["who"], did["act"]) for did in late.json()["changed"]] == [("One", "start")]
    assert one.get(path).json()["status"] == "in_progress"
    assert two.post(f"{path}/start", json={}).status_code == 422


def test_the_same_words_do_not_close_two_complaints(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    first, second = (one["code"] for one in _walk(client)[:2])

    def close(code: str, words: str) -> int:
        tag = client.get(f"/api/v1/work/{code}").headers["ETag"]
        return client.post(
            f"/api/v1/work/{code}/answer",
            json={"text": words, "close": True},
            headers={"If-Match": tag},
        ).status_code

    assert close(first, DONE) == 200
    assert close(second, DONE.upper() + " !") == 422
    assert close(second, f"{DONE}, đoạn ngõ 12") == 200


def test_what_is_personal_needs_a_reason_and_a_right_and_is_written_down(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    said = {
        "lon": 105.85, "lat": 21.03, "category": "pothole",
        "text": "Ổ gà lớn, gọi tôi số 0912345678",
    }  # fmt: skip
    code = served(None).post("/api/v1/complaints", json=said).json()["properties"]["code"]
    officer = served(official(hanoi_engine, "officer", name="binh"))
    viewer = served(official(hanoi_engine, "viewer"))
    assert "0912345678" not in officer.get(f"/api/v1/work/{code}").text
    path = f"/api/v1/work/{code}/personal"
    assert officer.get(path, params={"reason": "x"}).status_code == 422
    assert viewer.get(path, params={"reason": "gọi lại cho dân"}).status_code == 403
    assert "0912345678" in officer.get(path, params={"reason": "gọi lại cho dân"}).text
    with hanoi_engine.connect() as connection:
        seen = connection.execute(
            text("SELECT actor, details->>'reason' FROM audit WHERE act = 'look'")
        ).all()
    assert [tuple(one) for one in seen] == [("binh", "gọi lại cho dân")]


def test_signing_in_and_out_with_a_password(hanoi_engine: Engine, served: Served) -> None:
    who = official(hanoi_engine, "officer", name="lan")
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE account SET password = :made WHERE id = :id"),
            {"made": passwords.hashed("cá vàng bơi ngược dòng"), "id": who.id},
        )
    client = served(None)
    client.headers["X-Phananh"] = "1"
    path = "/api/v1/account/sign-in"
    right = {"name": "Lan", "password": "cá vàng bơi ngược dòng"}
    wrong = client.post(path, json=right | {"password": "nope"})
    nobody = client.post(path, json=right | {"name": "nobody"})
    assert wrong.status_code == nobody.status_code == 403
    assert wrong.json()["detail"] == nobody.json()["detail"]
    answer = client.post(path, json=right)
    assert answer.status_code == 200
    assert "httponly" in answer.headers["set-cookie"].lower()
    may = client.get("/api/v1/account/me").json()["may"]
    assert may == ["view", "inside", "personal", "act", "bulk", "views"]
    assert [one["this"] for one in client.get("/api/v1/account/sessions").json()] == [True, False]
    change = "/api/v1/account/password"
    weak = {"old": right["password"], "new": "password1234"}
    assert client.post(change, json=weak).status_code == 422
    good = {"old": right["password"], "new": "bốn con trâu đọc báo"}
    assert client.post(change, json=good).status_code == 204
    # Other sessions end with the old password.
    assert len(client.get("/api/v1/account/sessions").json()) == 1
    assert client.post("/api/v1/account/sign-out").status_code == 204
    assert client.get("/api/v1/account/me").status_code == 401
    assert client.post(path, json=right).status_code == 403
    with hanoi_engine.connect() as connection:
        acts = (
            connection.execute(text("SELECT act FROM audit WHERE act NOT LIKE 'row.%' ORDER BY id"))
            .scalars()
            .all()
        )
    assert acts == [
        "sign-in.failed", "sign-in.failed", "sign-in", "password", "sign-out", "sign-in.failed",
    ]  # fmt: skip


def test_five_wrong_passwords_lock_for_a_while_even_the_right_one(
    hanoi_engine: Engine, served: Served
) -> None:
    who = official(hanoi_engine, "officer", name="minh")
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE account SET password = :made WHERE id = :id"),
            {"made": passwords.hashed("cá vàng bơi ngược dòng"), "id": who.id},
        )
    client = served(None)
    client.headers["X-Phananh"] = "1"
    said = {"name": "minh", "password": "wrong"}
    for _ in range(5):
        assert client.post("/api/v1/account/sign-in", json=said).status_code == 403
    right = said | {"password": "cá vàng bơi ngược dòng"}
    assert client.post("/api/v1/account/sign-in", json=right).status_code == 403
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE account SET locked_until = now() - interval '1 second'"))
    assert client.post("/api/v1/account/sign-in", json=right).status_code == 200


def test_merging_moving_and_taking_a_merge_back(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    client = served(official(hanoi_engine, "officer", areas=[wards[0]]))
    one, other, third = (item["code"] for item in _walk(client)[:3])

    def act(code: str, name: str, body: dict[str, object]) -> httpx.Response:
        tag = client.get(f"/api/v1/work/{code}").headers["ETag"]
        return client.post(f"/api/v1/work/{code}/{name}", json=body, headers={"If-Match": tag})

    assert act(third, "merge", {"into": third}).status_code == 422
    foreign = sorted(_codes(hanoi_engine, wards[1]))[0]
    assert act(third, "merge", {"into": foreign}).status_code == 422
    assert act(third, "merge", {"into": one}).json()["duplicate_of"] == one
    # No chains: what was the same as the first is the same as the second now.
    assert act(one, "merge", {"into": other}).json()["status"] == "duplicate"
    assert set(client.get(f"/api/v1/work/{other}").json()["duplicates"]) == {one, third}
    assert client.get(f"/api/v1/work/{third}").json()["duplicate_of"] == other
    back = act(third, "unmerge", {}).json()
    assert (back["status"], back["duplicate_of"]) == ("received", None)
    assert act(other, "move", {"lon": 100.0, "lat": 10.0}).status_code == 422
    with hanoi_engine.connect() as connection:
        at = connection.execute(
            text(
                "SELECT ST_X(label) AS lon, ST_Y(label) AS lat FROM area a JOIN area_set s"
                " ON s.id = a.set_id WHERE s.code || ':' || a.code = :ward"
            ),
            {"ward": wards[1]},
        ).one()
    # There it is not the asker's any more.
    assert act(other, "move", {"lon": at.lon, "lat": at.lat}).status_code == 204
    assert client.get(f"/api/v1/work/{other}").status_code == 404
    assert other in _codes(hanoi_engine, wards[1])


def test_admins_alone_read_the_log(hanoi_engine: Engine, served: Served) -> None:
    with hanoi_engine.begin() as connection:
        for number in range(5):
            audit.append(connection, "test", f"subject {number}", actor="hà")
    admin = served(official(hanoi_engine, "admin"))
    raw = admin.get("/api/v1/audit?act=test&limit=3")
    assert raw.status_code == 200, raw.text
    page = raw.json()
    assert [one["subject"] for one in page["entries"]] == ["subject 4", "subject 3", "subject 2"]
    rest = admin.get(f"/api/v1/audit?act=test&limit=3&before={page['next']}").json()
    assert [one["subject"] for one in rest["entries"]] == ["subject 1", "subject 0"]
    assert rest["next"] is None
    assert served(official(hanoi_engine, "supervisor")).get("/api/v1/audit").status_code == 403


def test_who_asks_for_news_hears_of_the_own_ward_and_of_no_other(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    first = served(official(hanoi_engine, "officer", areas=[wards[0]], name="first"))
    second = served(official(hanoi_engine, "officer", areas=[wards[1]], name="second"))
    began = first.get("/api/v1/work/news").json()
    assert (began["lost"], began["codes"]) == (False, [])
    code = _walk(first)[0]["code"]
    first.post(f"/api/v1/work/{code}/note", json={"text": "một ghi chú"})
    path = f"/api/v1/work/news?after={began['until']}"
    heard = first.get(path).json()["codes"]
    assert [(one["code"], one["act"], one["who"]) for one in heard] == [(code, "note", "First")]
    assert second.get(path).json()["codes"] == []
    with hanoi_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO work_event (complaint_id, act) SELECT complaint_id, 'remind'"
                " FROM work, generate_series(1, 3000) WHERE complaint_id ="
                " (SELECT complaint_id FROM work LIMIT 1)"
            )
        )
    assert first.get(path).json()["lost"]


def test_a_planner_sees_no_single_work_beyond_the_ward_it_handles(
    hanoi_engine: Engine, served: Served, wards: tuple[str, str]
) -> None:
    both = official(hanoi_engine, "officer", areas=[wards[0]])
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("INSERT INTO account_role (account_id, role) VALUES (:id, 'planner')"),
            {"id": both.id},
        )
    assert {one["code"] for one in _walk(served(both))} == _codes(hanoi_engine, wards[0])
    planner = official(hanoi_engine, "planner")
    assert served(planner).get("/api/v1/work").status_code == 403
