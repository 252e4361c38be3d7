"""One complaint as a document for the file, as officials of different areas get it."""

import io
import itertools
from pathlib import Path

import photo_files as files
import pypdf
import pytest
from fastapi.testclient import TestClient
from officials import Person, official
from sqlalchemy import Engine, text
from ward_work import SET, Served, busiest, served_by

from api.settings import Settings

DONE = "Đã vá xong ổ gà bằng bê tông nhựa nóng sáng nay trước cổng trường"
INSIDE = "Nhớ hỏi lại tổ trưởng tổ dân phố <b>số 7</b>"
HERE = (105.85, 21.03)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(var=tmp_path_factory.mktemp("var"))


@pytest.fixture(scope="module")
def served(module_hanoi: Engine, settings: Settings) -> Served:
    return served_by(module_hanoi, settings)


@pytest.fixture(scope="module")
def ward(served: Served) -> str:
    """That of the place."""
    found = served(None).get(f"/api/v1/locate?lon={HERE[0]}&lat={HERE[1]}").json()
    [area] = [one for one in found["areas"] if one["set"] == SET]
    return f"{SET}:{area['code']}"


@pytest.fixture(scope="module")
def officer(module_hanoi: Engine, ward: str) -> Person:
    return official(module_hanoi, "officer", areas=[ward], name="hoa")


@pytest.fixture(scope="module")
def code(served: Served, officer: Person) -> str:
    """Reported with a photo, noted, handed to an officer and closed."""
    public, own = served(None), served(officer)
    picture = files.encoded(files.picture(1), "JPEG", quality=90)
    photo = public.post("/api/v1/photos", content=picture).json()["photo"]
    said = {
        "lon": HERE[0], "lat": HERE[1], "category": "pothole", "photos": [photo],
        "text": "Ổ gà lớn trước cổng trường, gọi tôi số 0912345678",
    }  # fmt: skip
    made = str(public.post("/api/v1/complaints", json=said).json()["properties"]["code"])
    path = f"/api/v1/work/{made}"
    for act, body in (
        ("assign", {"account_id": officer.id}), ("note", {"text": INSIDE}),
        ("answer", {"text": DONE, "close": True}),
    ):  # fmt: skip
        tag = own.get(path).headers["ETag"]
        answer = own.post(f"{path}/{act}", json=body, headers={"If-Match": tag})
        assert answer.status_code == 200, answer.text
    return made


def _pages(client: TestClient, code: str, query: str = "") -> tuple[str, int]:
    """The words of a document on one line, and how many pictures it has."""
    answer = client.get(f"/api/v1/work/{code}.pdf{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    words = " ".join(page.extract_text() for page in pages)
    # Pages of one document may name the same pictures.
    return " ".join(words.split()), len({one.data for page in pages for one in page.images})


def test_a_document_says_what_was_reported_answered_and_done_inside(
    served: Served, officer: Person, code: str
) -> None:
    told, pictures = _pages(served(officer), code)
    assert pictures == 1
    for words in (code, "Ổ gà lớn trước cổng trường", DONE, INSIDE, "Đã giải quyết", "Hoa"):
        assert words in told, words
    public, inside = told.index("Diễn biến công khai"), told.index("Xử lý nội bộ")
    assert told.index(DONE) < public < inside < told.index(INSIDE)
    assert "Giao việc" in told[inside:]
    assert "Giao việc" not in told[:inside]
    assert "0912345678" not in told
    english, _ = _pages(served(officer), code, "?lang=en")
    assert "Handled by Hoa" in english
    assert "Resolved" in english
    assert INSIDE in english


def test_a_document_is_in_the_log_and_another_wards_is_not_there(
    module_hanoi: Engine, served: Served, officer: Person, ward: str, code: str
) -> None:
    _pages(served(officer), code)
    other = next(one for one in busiest(module_hanoi) if one != ward)
    stranger = official(module_hanoi, "supervisor", areas=[other], name="xa")
    for person, status in ((stranger, 404), (official(module_hanoi, "admin"), 403), (None, 401)):
        assert served(person).get(f"/api/v1/work/{code}.pdf").status_code == status
    with module_hanoi.connect() as connection:
        actors = connection.execute(
            text("SELECT DISTINCT actor FROM audit WHERE act = 'export' AND subject = :code"),
            {"code": code},
        ).scalars()
        assert list(actors) == ["hoa"]
    assert served(officer).get("/api/v1/work/KHONGCO11.pdf").status_code == 404


def test_a_photo_that_cannot_be_read_is_told_and_the_document_made_all_the_same(
    served: Served, officer: Person, code: str, settings: Settings
) -> None:
    folder = Path(settings.var)
    for file in itertools.chain(folder.rglob("*-small*"), folder.rglob("*.jpg")):
        file.unlink(missing_ok=True)
    told, pictures = _pages(served(officer), code)
    assert pictures == 0
    assert "1 ảnh không mở được" in told
