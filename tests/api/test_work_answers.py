"""Answers with proof, checks, questions to reporters and splits, over HTTP."""

import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import photo_files as files
import pytest
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo import asking, participants, photos
from geo.complaint import TRANSITIONS, Status
from geo.photo_kinds import Cleaned

LON, LAT = 105.8342, 21.0278
DONE = "Đã vá xong ổ gà bằng bê tông nhựa nóng sáng nay trước cổng trường"
OTHER = "Tổ thoát nước nạo vét hố ga, thông cống chiều thứ hai, nước đã rút hết"


class Service:
    """The service, and who asks it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.bound = service_engine(engine)
        self.app = create_app(self.bound, Settings(var=folder))

    def client(self, who: Person | None = None) -> TestClient:
        made = TestClient(self.app, raise_server_exceptions=False)
        return who(made) if who is not None else made

    def report(self, category: str, words: str = "Hỏng, cần xử lý") -> dict[str, Any]:
        said = {"lon": LON, "lat": LAT, "category": category, "text": words}
        answer = self.client().post("/api/v1/complaints", json=said)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()["properties"]
        return told

    def run(self, statement: str, **given: Any) -> Any:
        with self.engine.begin() as connection:
            found = connection.execute(text(statement), given)
            return found.all() if found.returns_rows else None

    def upload(
        self, likeness: int, taken_at: datetime | None = None,
        position: tuple[float, float] | None = None,
    ) -> str:  # fmt: skip
        """An upload as `POST /api/v1/photos` would have kept it."""
        token = participants.new_link()
        made = Cleaned(b"large", b"small", 640, 480, likeness, taken_at, position)
        arrival = photos.Arrival(uuid4(), made, uuid4().bytes, "image/jpeg", taken_at)
        self.app.state.photos.put(arrival.id, b"large", b"small")
        with self.bound.begin() as connection:
            photos.keep(connection, token, arrival, datetime.now(UTC))
        return token


@pytest.fixture(scope="module")
def service(module_hanoi: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(module_hanoi, tmp_path_factory.mktemp("var"))
    yield made
    made.app.state.darkroom.stop()
    made.bound.dispose()


@pytest.fixture(scope="module")
def officer(service: Service) -> TestClient:
    return service.client(official(service.engine, "officer", name="binh"))


@pytest.fixture(scope="module")
def supervisor(service: Service) -> TestClient:
    return service.client(official(service.engine, "supervisor", name="lan"))


def act(client: TestClient, code: str, name: str, tag: str | None = None, **body: Any) -> Any:
    tag = tag or client.get(f"/api/v1/work/{code}").headers["ETag"]
    return client.post(f"/api/v1/work/{code}/{name}", json=body, headers={"If-Match": tag})


def ok(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    for one in words:
        assert one in answer.json()["detail"], answer.text


def _word() -> str:
    """Of letters alone: digits might be taken for a telephone number."""
    return "".join(secrets.choice("bcdghklmnpqtvx") for _ in range(12))


def _bearer(told: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {told['link']}"}


def test_a_number_in_a_public_answer_is_named_and_stays_only_where_it_is_the_offices(
    service: Service, officer: TestClient
) -> None:
    code = service.report("garbage", "Rác để lâu ngày")["code"]
    words = "Tổ môi trường đã dọn sạch, gọi anh Nam 0912 345 678, xe 29A-123.45"
    named = ("số điện thoại “0912 345 678”", "a number plate “29A-123.45”")
    for name, body in (
        ("answer", {"text": words}),
        ("answer", {"text": words, "close": True}),
        ("refuse", {"ground": "other-authority", "text": words}),
    ):
        answer = act(officer, code, name, **body)
        refused(answer, 422, *named)
        assert answer.json()["errors"][0]["field"] == "office_contact"
    many = {"codes": [code], "act": "answer", "body": {"text": words}}
    refused(officer.post("/api/v1/work/bulk/preview", json=many), 422, *named)
    assert ok(officer.get(f"/api/v1/work/{code}"))["answers"] == []
    shown = ok(act(officer, code, "answer", text=words, office_contact=True))
    assert shown["answers"][0]["text"] == words
    # What was stated, and by whom, stands in the history.
    assert shown["timeline"][-1]["change"]["stated"] == ["0912 345 678", "29A-123.45"]
    many["body"] = {"text": "Đường dây nóng của phường: 024 3825 1234", "office_contact": True}
    preview = ok(officer.post("/api/v1/work/bulk/preview", json=many))
    done = ok(officer.post("/api/v1/work/bulk", json={"token": preview["token"]}))
    assert done["done"] == [code]
    # Numbers that everybody may call are no person's.
    ok(act(officer, code, "answer", text="Có việc gấp, xin gọi 1022 hoặc 19001080"))


def test_a_template_is_to_be_filled_and_is_no_answer_by_itself(
    service: Service, officer: TestClient
) -> None:
    admin = service.client(official(service.engine, "admin", name="quan"))
    path = "/api/v1/admin/templates"
    wish = {
        "name": "Đã sửa",
        "category": "pothole",
        "text": "Kính gửi công dân, đơn vị đã tiếp nhận và {việc đã làm} vào ngày {ngày}."
        " Trân trọng.",
    }  # fmt: skip
    assert officer.post(path, json=wish).status_code == 403
    assert service.client().get(path).status_code == 401
    assert admin.post(path, json=wish | {"text": "thiếu {"}).status_code == 422
    assert admin.post(path, json=wish | {"category": "nope"}).status_code == 422
    number = admin.post(path, json=wish).json()["id"]
    assert admin.post(path, json=wish).status_code == 409
    # Not only the routes: the database takes none of an officer.
    with service.bound.begin() as connection:
        asking.show(connection, official(service.engine, "officer").token)
        changed = connection.execute(text("UPDATE answer_template SET text = 'xong'"))
        assert changed.rowcount == 0
    code = service.report("pothole")["code"]
    [shown] = ok(officer.get(f"/api/v1/work/{code}"))["answer_rules"]["templates"]
    assert (shown["code"], [one["name"] for one in shown["fields"]]) == (
        str(number), ["việc đã làm", "ngày"],
    )  # fmt: skip
    given = {"template": shown["code"], "text": "", "close": True}
    refused(act(officer, code, "answer", **given), 422, "{việc đã làm}", "{ngày}", "hãy điền")
    half = given | {"fields": {"ngày": "12/11"}}
    refused(act(officer, code, "answer", **half), 422, "{việc đã làm}")
    unknown = given | {"fields": {"giờ": "12"}}
    refused(act(officer, code, "answer", **unknown), 422, "giờ")
    few = given | {"fields": {"ngày": "12/11", "việc đã làm": "xử lý xong"}}
    refused(act(officer, code, "answer", **few), 422, "Đã sửa", "ít nhất 5 từ")
    # Typed by hand it is the same bare template.
    typed = "Kính gửi công dân, đơn vị đã tiếp nhận và xử lý vào ngày hôm nay. Trân trọng."
    refused(act(officer, code, "answer", text=typed, close=True), 422, "Đã sửa")
    assert ok(officer.get(f"/api/v1/work/{code}"))["answers"] == []
    good = given | {"fields": {"ngày": "12/11", "việc đã làm": "vá hai ổ gà trước số nhà 12"}}
    closed = ok(act(officer, code, "answer", **good))
    assert closed["status"] == "resolved"
    assert "vá hai ổ gà trước số nhà 12 vào ngày 12/11" in closed["answers"][-1]["text"]
    assert admin.delete(f"{path}/{number}").json()["templates"] == []
    assert admin.delete(f"{path}/{number}").status_code == 404
    acts = service.run(
        "SELECT act FROM audit WHERE actor = 'quan' AND act NOT LIKE 'row.%' ORDER BY id"
    )
    assert [one.act for one in acts] == ["template.new", "template.gone"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("Đã xử lý.", "ít nhất 8 từ"),
        ("đã xử lý xong rồi nhé đã xử lý xong rồi nhé", "từ khác nhau"),
        ("Vá vá vá vá, vá; vá. Vá! Vá", "từ khác nhau"),
        ("Đơn vị đã tiếp nhận, kiểm tra và giải quyết phản ánh theo quy định", "làm gì, ở đâu"),
        ("The matter has been handled and closed according to the rules", "what was done"),
    ],
)
def test_words_that_do_not_say_what_was_done_close_nothing(
    service: Service, officer: TestClient, words: str, says: str
) -> None:
    code = service.report("pothole")["code"]
    refused(act(officer, code, "answer", text=words, close=True), 422, says)
    assert ok(officer.get(f"/api/v1/work/{code}"))["answers"] == []


def test_words_of_many_other_closings_lately_are_refused_and_say_which(
    service: Service, officer: TestClient
) -> None:
    codes = [service.report("street-lighting")["code"] for _ in range(5)]
    words = "Đã thay bóng đèn mới và kiểm tra đường dây cấp nguồn của cột số {}"
    for number, code in enumerate(codes[:3]):
        ok(act(officer, code, "answer", text=words.format(number), close=True))
    late = act(officer, codes[3], "answer", text=words.format(99), close=True)
    refused(late, 422, *codes[:3], "hãy nói rõ")
    own = f"{words.format(99)}; nguyên nhân là chuột cắn dây, đã luồn ống thép bảo vệ"
    ok(act(officer, codes[3], "answer", text=own, close=True))
    # What is older than thirty days is nobody's habit any more.
    service.run("UPDATE work SET finished_at = finished_at - interval '40 days'")
    ok(act(officer, codes[4], "answer", text=words.format(7), close=True))


def test_a_closing_that_needs_a_photo_takes_none_that_proves_nothing(
    service: Service, officer: TestClient
) -> None:
    service.run("UPDATE category SET answer_photo = true WHERE code = 'flooding'")
    now = datetime.now(UTC)
    before = service.upload(0x1111_2222_3333_4444)
    said = {"lon": LON, "lat": LAT, "category": "flooding", "text": "Ngập", "photos": [before]}
    made = service.client().post("/api/v1/complaints", json=said).json()["properties"]
    code = made["code"]
    assert ok(officer.get(f"/api/v1/work/{code}"))["answer_rules"]["photo"]

    def close(*tokens: str) -> Any:
        return act(officer, code, "answer", text=OTHER, close=True, photos=list(tokens))

    later, here = now + timedelta(minutes=5), (LON + 0.0003, LAT)
    refused(close(), 422, "cần ảnh")
    refused(close("x" * 43), 422, "chọn lại")
    refused(close(service.upload(0x1111_2222_3333_4447, later, here)), 422, "chính phản ánh")
    early = service.upload(0x0F0F_0F0F_1234_5678, now - timedelta(days=2), here)
    refused(close(early), 422, "trước khi có phản ánh")
    far = service.upload(0x0FF0_0F0F_1234_5678, later, (LON + 0.01, LAT))
    refused(close(far), 422, "150 m")
    service.run("UPDATE category SET answer_photo_m = 2000 WHERE code = 'flooding'")
    refused(close(far, early), 422, "ảnh 2")
    assert ok(officer.get(f"/api/v1/work/{code}"))["status"] == "received"
    silent = service.upload(0x0FF0_FF0F_1234_0678)
    closed = ok(close(far, silent))
    assert [photo["distance_m"] for photo in closed["answers"][-1]["photos"]] == [1040, None]
    # What the second file does not say, is said.
    [done] = [one for one in closed["timeline"] if one["act"] == "answer"]
    assert done["change"]["unsaid"] == ["place", "time"]
    public = service.client().get(f"/api/v1/complaints/{code}").json()["properties"]
    assert len(public["answers"][-1]["photos"]) == 2
    assert "distance_m" not in str(public)
    own = service.client().get("/api/v1/mine", headers=_bearer(made)).json()["properties"]
    assert own["replies"][-1]["photos"] == public["answers"][-1]["photos"]
    # The same picture proves nothing of another place.
    again = service.report("flooding")["code"]
    twice = service.upload(0x0FF0_0F0F_1234_5679, later, here)
    refused(
        act(officer, again, "answer", text=f"{OTHER}, lần hai", close=True, photos=[twice]),
        422, code,
    )  # fmt: skip


def test_a_photo_as_phones_send_it_proves_an_answer(service: Service, officer: TestClient) -> None:
    service.run("UPDATE category SET answer_photo = true WHERE code = 'garbage'")
    code = service.report("garbage")["code"]
    raw = files.encoded(files.picture(77), "JPEG")
    token = service.client().post("/api/v1/photos", content=raw).json()["photo"]
    words = "Đội vệ sinh đã thu gom hết rác và rửa sạch góc phố lúc bảy giờ tối"
    closed = ok(act(officer, code, "answer", text=words, close=True, photos=[token]))
    [photo] = closed["answers"][-1]["photos"]
    assert service.client().get(photo["small"]).status_code == 200
    # Also for who reads the page without scripts.
    assert f'src="{photo["small"]}"' in service.client().get(f"/c/{code}").text


def test_photos_of_a_sensitive_matter_are_seen_inside_alone(
    service: Service, officer: TestClient
) -> None:
    token = service.upload(0x3A3A_0707_6C6C_1234)
    said = {"lon": LON, "lat": LAT, "category": "animals", "text": "Chó dữ", "photos": [token]}
    code = service.client().post("/api/v1/complaints", json=said).json()["properties"]["code"]
    [public] = ok(officer.get(f"/api/v1/work/{code}"))["photos"]
    assert service.client().get(public["small"]).content == b"small"
    service.run("UPDATE category SET sensitive = true WHERE code = 'animals'")
    [inside] = ok(officer.get(f"/api/v1/work/{code}"))["photos"]
    assert officer.get(inside["small"]).content == b"small"
    assert service.client().get(public["small"]).status_code == 404
    assert service.client().get(inside["small"]).status_code == 401
    service.run("UPDATE category SET sensitive = false WHERE code = 'animals'")


def test_a_closing_waits_for_somebody_else_and_nothing_of_it_is_public_until_then(
    service: Service, officer: TestClient, supervisor: TestClient
) -> None:
    service.run("UPDATE category SET answer_check = true, answer_photo = true WHERE code = 'noise'")
    made = service.report("noise")
    code, path = made["code"], f"/api/v1/work/{made['code']}"
    token = service.upload(0x7070_1234_5555_0001)
    words = "Đã nhắc nhở chủ cơ sở, lập biên bản và niêm phong loa lúc hai mươi giờ"
    waits = ok(act(officer, code, "answer", text=words, close=True, photos=[token]))
    assert (waits["status"], waits["check_state"]) == ("received", "asked")
    assert waits["may"] == ["check", "assign", "note"]
    assert waits["closing"]["own"]
    assert waits["answers"] == []
    [photo] = waits["closing"]["photos"]
    # The photo stays however long it waits, and officials of the area alone see it.
    service.run("UPDATE photo SET created_at = now() - interval '9 days' WHERE held")
    with service.bound.begin() as connection:
        assert photos.forget_unsent(connection, datetime.now(UTC)) == 0
    assert supervisor.get(photo["small"]).content == b"small"
    assert supervisor.get(photo["large"]).content == b"large"
    stranger = official(service.engine, "supervisor", domains=["construction"])
    assert service.client(stranger).get(photo["small"]).status_code == 404
    assert service.client().get(photo["small"]).status_code == 401
    assert service.client().get(f"/photos/{photo['id']}.jpg").status_code == 404
    public = service.client().get(f"/api/v1/complaints/{code}").text
    assert "niêm phong" not in public
    assert "niêm phong" not in service.client().get("/api/v1/mine", headers=_bearer(made)).text
    listed = supervisor.get("/api/v1/work?checking=true").json()["items"]
    assert code in [one["code"] for one in listed]
    # Nobody does anything else meanwhile, and nobody passes what they wrote.
    refused(act(supervisor, code, "answer", text=OTHER, close=True), 409, "chờ kiểm tra")
    refused(act(officer, code, "check", passed=True), 403, "người khác")
    other = service.client(official(service.engine, "officer"))
    refused(act(other, code, "check", passed=True), 409)
    refused(act(supervisor, code, "check", passed=False), 422, "lý do")
    back = ok(act(supervisor, code, "check", passed=False, reason="ảnh chưa thấy loa"))
    assert (back["check_state"], back["closing"]) == ("refused", None)
    assert service.run("SELECT 1 FROM photo WHERE held") == []
    ok(act(officer, code, "answer", text=words, close=True, photos=[token]))
    # Who asked may take it back.
    ok(act(officer, code, "check", passed=False, reason="tôi gửi nhầm ảnh"))
    ok(act(officer, code, "answer", text=words, close=True, photos=[token]))
    passed = ok(act(supervisor, code, "check", passed=True))
    assert (passed["status"], passed["check_state"]) == ("resolved", "none")
    assert passed["answers"][-1]["photos"][0]["id"] == photo["id"]
    [closed_by] = service.run(
        "SELECT a.name FROM work w JOIN account a ON a.id = w.closed_by"
        " JOIN complaint c ON c.id = w.complaint_id WHERE c.code = :code",
        code=code,
    )
    assert closed_by.name == "binh"
    assert "niêm phong" in service.client().get(f"/api/v1/complaints/{code}").text
    assert service.client().get(f"/photos/{photo['id']}.jpg").status_code == 200
    acts = [one["act"] for one in supervisor.get(path).json()["timeline"] if not one["public"]]
    assert acts == [
        "check-asked", "check-refused", "check-asked", "check-refused", "check-asked",
        "check-passed",
    ]  # fmt: skip
    # A report that is withdrawn takes what waited with it.
    gone = service.report("noise")
    token = service.upload(0x1C1C_9E3A_0B0B_F0F1)
    ok(act(officer, gone["code"], "answer", text=f"{words} nữa", close=True, photos=[token]))
    service.client().post("/api/v1/mine/withdraw", headers=_bearer(gone))
    assert service.run("SELECT 1 FROM work_closing") == []
    assert service.run("SELECT 1 FROM photo WHERE held") == []


def test_the_reporter_alone_is_asked_and_the_clock_stands_still_until_the_reply(
    service: Service, officer: TestClient
) -> None:
    made = service.report("pothole")
    code, anyone = made["code"], service.client()
    asked = ok(act(officer, code, "ask", question="Ổ gà ở chiều đường nào?"))
    assert asked["paused"]["reason"] == "reporter"
    assert "resume" in asked["may"]
    assert "pause" not in asked["may"]
    mine = anyone.get("/api/v1/mine", headers=_bearer(made)).json()["properties"]
    assert [one["text"] for one in mine["asked"]] == ["Ổ gà ở chiều đường nào?"]
    assert "reply" in mine["may"]
    assert "chiều đường" not in anyone.get(f"/api/v1/complaints/{code}").text
    supported = anyone.post(f"/api/v1/complaints/{code}/support", json={"device": "e" * 32})
    link = {"Authorization": f"Bearer {supported.json()['link']}"}
    assert "chiều đường" not in anyone.get("/api/v1/mine", headers=link).text
    number = mine["asked"][0]["id"]
    path, reply = "/api/v1/mine/reply", {"question": number, "text": "Chiều đi Hà Đông"}
    assert anyone.post(path, json=reply).status_code == 401
    # A supporter, and the reporter of another complaint, answer nothing of this one.
    assert anyone.post(path, json=reply, headers=link).status_code == 404
    stranger = service.report("pothole")
    assert anyone.post(path, json=reply, headers=_bearer(stranger)).status_code == 404
    assert anyone.post(path, json=reply | {"text": " . "}, headers=_bearer(made)).status_code == 422
    for _ in range(2):
        again = anyone.post(path, json=reply, headers=_bearer(made))
        assert again.status_code == 200, again.text
    assert "reply" not in again.json()["properties"]["may"]
    changed = anyone.post(path, json=reply | {"text": "Chiều về"}, headers=_bearer(made))
    assert changed.status_code == 409
    shown = ok(officer.get(f"/api/v1/work/{code}"))
    assert shown["paused"] is None
    assert [one["reply"] for one in shown["questions"]] == ["Chiều đi Hà Đông"]
    acts = [(one["act"], one["who"]) for one in shown["timeline"] if not one["public"]]
    assert acts == [("ask", "Binh"), ("answered-by-reporter", None)]
    pauses = service.run("SELECT reason, until IS NULL AS on FROM work_pause")
    assert [tuple(one) for one in pauses] == [("reporter", False)]
    # What somebody said is personal: it goes with the rest.
    anyone.post("/api/v1/mine/erase", headers=_bearer(made))
    assert "Hà Đông" not in officer.get(f"/api/v1/work/{code}").text
    refused(act(officer, code, "ask", question="Còn nữa không?"), 409, "không có ai để hỏi")


def test_a_pause_has_a_reason_that_policies_know(service: Service, officer: TestClient) -> None:
    code = service.report("pothole")["code"]
    refused(act(officer, code, "pause", reason="lười"), 422, "weather")
    paused = ok(act(officer, code, "pause", reason="weather", text="Mưa bão số ba"))["paused"]
    assert (paused["reason"], paused["vi"]) == ("weather", "Thời tiết")
    refused(act(officer, code, "pause", reason="court"), 409)
    assert ok(act(officer, code, "resume"))["paused"] is None
    refused(act(officer, code, "resume"), 409)


def test_a_refusal_names_a_ground_of_the_table(service: Service, officer: TestClient) -> None:
    admin = service.client(official(service.engine, "admin"))
    code = service.report("pothole")["code"]
    grounds = ok(officer.get(f"/api/v1/work/{code}"))["answer_rules"]["grounds"]
    assert all(one["shipped"] for one in grounds)
    refused(
        act(officer, code, "refuse", ground="vì thích thế", text="Không"), 422, grounds[0]["code"]
    )
    own = {"vi": "Đã có dự án sửa đường", "en": "A project mends it", "law": "QĐ 12/QĐ-UBND"}
    path = "/api/v1/admin/grounds/has-project"
    assert officer.put(path, json=own).status_code == 403
    assert admin.put(path, json=own).status_code == 200
    assert admin.put(path, json=own | {"law": " "}).status_code == 422
    words = "Đoạn này sẽ được sửa trong dự án, khởi công tháng sau."
    closed = ok(act(officer, code, "refuse", ground="has-project", text=words))
    assert closed["status"] == "rejected"
    assert "QĐ 12/QĐ-UBND" in closed["answers"][-1]["text"]
    assert admin.delete(path).status_code == 200
    later = ok(officer.get(f"/api/v1/work/{service.report('pothole')['code']}"))
    assert "has-project" not in [one["code"] for one in later["answer_rules"]["grounds"]]


def test_a_split_makes_complaints_that_name_each_other(
    service: Service, officer: TestClient
) -> None:
    code = service.report("pothole", "Ổ gà, và đèn hỏng")["code"]
    parts = [{"text": "Đèn hỏng, gọi 0912345678", "category": "street-lighting"}]
    outside = [parts[0] | {"lon": 100.0, "lat": 10.0}]
    assert act(officer, code, "split", parts=outside).status_code == 422
    assert act(officer, code, "split", parts=[parts[0] | {"text": " "}]).status_code == 422
    assert (
        act(officer, code, "split", parts=[*parts, parts[0] | {"category": "x"}]).status_code == 422
    )
    assert ok(officer.get(f"/api/v1/work/{code}"))["split_into"] == []
    [made] = ok(act(officer, code, "split", parts=parts))["split_into"]
    new = ok(officer.get(f"/api/v1/work/{made}"))
    assert (new["split_from"], new["category"], new["status"]) == (
        code,
        "street-lighting",
        "received",
    )
    assert "0912345678" not in new["text"]
    old = ok(officer.get(f"/api/v1/work/{code}"))
    assert old["status"] == "received"
    assert new["reported_at"] == old["reported_at"]
    assert new["area"] == old["area"]
    assert [one["act"] for one in new["timeline"] if not one["public"]] == ["split"]
    # Who does not handle it cannot split it, whatever they call.
    with service.bound.begin() as connection:
        asking.show(connection, official(service.engine, "viewer").token)
        with pytest.raises(Exception, match="asker's complaint"):
            connection.execute(
                text(
                    "SELECT work_split(id, gen_random_uuid(), 'x', 'x', category_id, 105, 21, cell)"
                    " FROM complaint WHERE code = :code"
                ),
                {"code": code},
            )


def test_a_hand_over_to_another_domain_takes_it_out_of_sight_with_a_reason(
    service: Service,
) -> None:
    traffic = service.client(official(service.engine, "officer", domains=["traffic"]))
    other = service.client(official(service.engine, "officer", domains=["environment"], name="hai"))
    code = service.report("pothole")["code"]
    ok(act(traffic, code, "accept"))
    same = act(traffic, code, "hand-over", category="street-lighting", reason="không phải của tôi")
    refused(same, 422, "Đổi loại")
    assert act(traffic, code, "hand-over", category="garbage", reason="x").status_code == 422
    both = act(traffic, code, "hand-over", category="garbage", area="a:b", reason="cả hai nơi")
    assert both.status_code == 422
    gone = act(traffic, code, "hand-over", category="garbage", reason="là rác chứ không phải ổ gà")
    assert gone.status_code == 204
    assert traffic.get(f"/api/v1/work/{code}").status_code == 404
    there = ok(other.get(f"/api/v1/work/{code}"))
    assert (there["domain"], there["bounces"], there["assignee"]) == ("environment", 1, None)
    [handed] = [one for one in there["timeline"] if one["act"] == "hand-over"]
    assert (handed["change"]["from"], handed["change"]["to"]) == ("traffic", "environment")


def test_what_a_reporter_disputes_comes_back_to_who_answered_with_the_reason(
    service: Service, officer: TestClient, supervisor: TestClient
) -> None:
    made = service.report("pothole")
    code = made["code"]
    lan = supervisor.get("/api/v1/account/me").json()["id"]
    ok(act(officer, code, "assign", account_id=lan))
    words = "Đội duy tu đã trải lại mặt đường đoạn trước số nhà mười bốn hôm thứ ba"
    ok(act(officer, code, "answer", text=words, close=True))
    why = {"verdict": "dissatisfied", "reason": "Mới vá một nửa, còn một ổ gà"}
    rated = service.client().post("/api/v1/mine/rating", json=why, headers=_bearer(made))
    assert rated.json()["reopened"]
    back = ok(officer.get(f"/api/v1/work/{code}"))
    assert (back["status"], back["reopened"]) == ("in_progress", 1)
    assert back["assignee"]["full_name"] == "Binh"
    assert [one["reason"] for one in back["disputes"]] == [why["reason"]]
    assert why["reason"] not in service.client().get(f"/api/v1/complaints/{code}").text


ACTS: dict[str, dict[str, Any]] = {
    "ask": {"question": "Chỗ nào trên phố?"},
    "pause": {"reason": "weather"},
    "split": {"parts": [{"text": "Đèn hỏng", "category": "street-lighting"}]},
    "answer": {"text": "Đã trả lời hai người cùng một lúc về việc sửa chữa này", "close": True},
    "hand-over": {"category": "garbage", "reason": "là rác, không phải ổ gà"},
    "refuse": {"ground": "lawful", "text": "Đã kiểm tra, không vi phạm"},
}


@pytest.mark.parametrize("name", sorted(ACTS))
def test_of_two_at_the_same_moment_one_does_it_and_the_other_is_told(
    service: Service, name: str
) -> None:
    code = service.report("pothole")["code"]
    people = [service.client(official(service.engine, "officer")) for _ in range(2)]
    tag = people[0].get(f"/api/v1/work/{code}").headers["ETag"]
    body = dict(ACTS[name])
    if name == "answer":
        body["text"] += f" {_word()}"
    start, found = threading.Barrier(2), []

    def go(client: TestClient) -> None:
        start.wait()
        found.append(act(client, code, name, tag, **body))

    both = [threading.Thread(target=go, args=(one,)) for one in people]
    for one in both:
        one.start()
    for one in both:
        one.join()
    first, second = sorted(found, key=lambda one: one.status_code)
    assert (first.status_code, second.status_code) == (200, 412), [one.text for one in found]
    assert [one["act"] for one in second.json()["changed"]] == [name]
    events = service.run(
        "SELECT 1 FROM work_event e JOIN complaint c ON c.id = e.complaint_id WHERE code = :code",
        code=code,
    )
    assert len(events) == 1


def test_a_reply_and_a_closing_at_the_same_moment_do_not_overwrite_each_other(
    service: Service, officer: TestClient
) -> None:
    made = service.report("pothole")
    code = made["code"]
    asked = ok(act(officer, code, "ask", question="Chiều nào?"))
    words = f"Đã trải lại mặt đường cả hai chiều, đoạn {_word()}, xong lúc chín giờ"
    start, found = threading.Barrier(2), {}

    def close() -> None:
        start.wait()
        tag = f'"{asked["version"]}"'
        found["close"] = act(officer, code, "answer", tag, text=words, close=True).status_code

    def reply() -> None:
        said = {"question": asked["questions"][0]["id"], "text": "Chiều đi"}
        start.wait()
        answer = service.client().post("/api/v1/mine/reply", json=said, headers=_bearer(made))
        found["reply"] = answer.status_code

    both = [threading.Thread(target=one) for one in (close, reply)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert found in ({"close": 200, "reply": 409}, {"close": 412, "reply": 200})
    shown = ok(officer.get(f"/api/v1/work/{code}"))
    assert (shown["status"] == "resolved") == (found["close"] == 200)
    assert (shown["questions"][0]["reply"] is None) == (found["reply"] == 409)
    assert shown["paused"] is None


def test_of_two_supervisors_one_passes_a_closing(service: Service, officer: TestClient) -> None:
    service.run("UPDATE category SET answer_check = true WHERE code = 'open-burning'")
    code = service.report("open-burning")["code"]
    words = "Đã kiểm tra cơ sở đốt rác, xử phạt và yêu cầu dừng hoạt động từ hôm nay"
    tag = f'"{ok(act(officer, code, "answer", text=words, close=True))["version"]}"'
    people = [service.client(official(service.engine, "supervisor")) for _ in range(2)]
    start, found = threading.Barrier(2), []

    def go(client: TestClient, passed: bool) -> None:
        start.wait()
        body = {"passed": passed, "reason": "đã xem kỹ hồ sơ"}
        found.append(act(client, code, "check", tag, **body).status_code)

    both = [threading.Thread(target=go, args=(one, n == 0)) for n, one in enumerate(people)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(found) == [200, 412]
    [row] = service.run(
        "SELECT c.status, count(a.id) AS n FROM complaint c LEFT JOIN answer a"
        " ON a.complaint_id = c.id WHERE code = :code GROUP BY 1",
        code=code,
    )
    assert tuple(row) in ((4, 1), (1, 0))


BODIES: dict[str, Callable[[int], dict[str, Any]]] = {
    "accept": lambda n: {}, "start": lambda n: {}, "unmerge": lambda n: {},
    "resume": lambda n: {}, "pause": lambda n: {"reason": "weather"},
    "ask": lambda n: {"question": f"Câu hỏi số {n}?"},
    "reopen": lambda n: {"reason": "người dân chưa đồng ý"},
    "take-up": lambda n: {"reason": "xem xét lại hồ sơ"},
    "refuse": lambda n: {"ground": "lawful", "text": f"Đã kiểm tra lần {n}"},
    "answer": lambda n: {
        "text": f"Đoạn {_word()}: đã cử người đến {_word()} và sửa xong",
        "close": n % 2 == 0,
    },
    "check": lambda n: {"passed": n % 3 != 0, "reason": "đã xem kỹ hồ sơ"},
    "split": lambda n: {"parts": [{"text": f"Phần {n}", "category": "air-dust"}]},
    "assign": lambda n: {"account_id": None},
    "recategorise": lambda n: {"category": ("air-dust", "odour")[n % 2]},
}  # fmt: skip


def test_no_sequence_of_acts_leaves_the_table(
    service: Service, officer: TestClient, supervisor: TestClient
) -> None:
    service.run("UPDATE category SET answer_check = true WHERE code = 'air-dust'")
    rng, seen = secrets.SystemRandom(), set()
    code = service.report("air-dust")["code"]
    before = Status.RECEIVED
    for number in range(60):
        who = rng.choice((officer, supervisor))
        shown = ok(who.get(f"/api/v1/work/{code}"))
        may = set(shown["may"])
        # What is not offered is refused, and changes nothing.
        forbidden = rng.choice(sorted(set(BODIES) - may))
        wrong = act(who, code, forbidden, **BODIES[forbidden](number))
        assert wrong.status_code in (403, 409), (forbidden, wrong.text)
        name = rng.choice(sorted(may & set(BODIES)) or ["assign"])
        answer = act(who, code, name, **BODIES[name](number))
        assert answer.status_code in (200, 403, 409, 422), (name, answer.text)
        if answer.status_code != 200:
            continue
        seen.add(name)
        [row] = service.run(
            "SELECT c.status, w.status AS copied, w.check_state, w.paused_at, w.pause_reason,"
            " EXISTS (SELECT FROM work_closing z WHERE z.complaint_id = c.id) AS waits,"
            " (SELECT count(*) FROM work_event e WHERE e.complaint_id = c.id) AS events,"
            " (SELECT count(*) FROM work_pause p WHERE p.complaint_id = c.id AND p.until IS NULL)"
            " AS standing FROM complaint c JOIN work w ON w.complaint_id = c.id WHERE code = :code",
            code=code,
        )
        now = Status(row.status)
        assert now is before or now in TRANSITIONS[before], name
        assert row.copied == now
        assert row.waits == (row.check_state == "asked")
        assert not row.waits or now.is_open
        assert row.standing == (row.paused_at is not None)
        assert now.is_open or row.paused_at is None
        before = now
    assert len(seen) >= 6
