"""The list of work as files: the rows of the list, in the words of a language, and no others."""

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import openpyxl
import pytest
from fastapi.testclient import TestClient
from officials import official
from sqlalchemy import Engine, text
from ward_work import Served, busiest, open_in, queue, served_by

EXPORT = "/api/v1/work/export"
FORMS = ("csv", "xlsx", "geojson", "gpkg")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FORMULA = "=HYPERLINK(1,1)"


@pytest.fixture(scope="module")
def served(module_hanoi: Engine) -> Served:
    return served_by(module_hanoi)


@pytest.fixture(scope="module")
def wards(module_hanoi: Engine) -> tuple[str, str]:
    """The busiest two; one complaint of each has an address that a spreadsheet would run."""
    found = busiest(module_hanoi)
    codes = [min(open_in(module_hanoi, ward)) for ward in found]
    with module_hanoi.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET address = :said WHERE code = ANY (:codes)"),
            {"said": FORMULA, "codes": codes},
        )
        # Half of them have a limit; some are over.
        connection.execute(
            text(
                "UPDATE work SET due_at = now() + mod(hashtext(complaint_id::text), 9)"
                " * interval '1 day' WHERE hashtext(complaint_id::text) % 2 = 0"
            )
        )
        # Numbers of complaints are random: of few open ones none might be over.
        connection.execute(
            text(
                "UPDATE work SET due_at = now() - interval '1 day' FROM complaint c"
                " WHERE c.id = complaint_id AND c.code = ANY (:codes)"
            ),
            {"codes": codes},
        )
    return found


@pytest.fixture(scope="module")
def client(module_hanoi: Engine, served: Served, wards: tuple[str, str]) -> TestClient:
    """An officer of the first ward."""
    return served(official(module_hanoi, "officer", areas=[wards[0]], name="hoa"))


def _taken(client: TestClient, form: str, query: str = "") -> bytes:
    answer = client.get(f"{EXPORT}.{form}?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content


def _csv(client: TestClient, query: str = "") -> list[dict[str, str]]:
    body = _taken(client, "csv", query)
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\n") == body.count(b"\r\n")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def _codes_in(client: TestClient, form: str, folder: Path, query: str = "") -> list[str]:
    if form == "csv":
        return [row["Code"] for row in _csv(client, f"lang=en&{query}")]
    body = _taken(client, form, f"lang=en&{query}")
    if form == "geojson":
        return [one["properties"]["code"] for one in json.loads(body)["features"]]
    if form == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
        return [str(row[0]) for row in list(sheet.values)[1:]]
    path = folder / "work.gpkg"
    path.write_bytes(body)
    return list(gpd.read_file(path, layer="work")["code"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "query", ["", "overdue=true", "status=accepted,in_progress", "q=khong-co-gi-ca"]
)
def test_a_file_has_the_rows_of_the_list_in_its_order(
    client: TestClient, tmp_path: Path, form: str, query: str
) -> None:
    expected = [one["code"] for one in queue(client, f"&{query}")]
    assert bool(expected) == (query != "q=khong-co-gi-ca")
    assert _codes_in(client, form, tmp_path, query) == expected


@pytest.mark.parametrize("form", FORMS)
def test_another_wards_work_is_in_no_file(
    module_hanoi: Engine, client: TestClient, wards: tuple[str, str], tmp_path: Path, form: str
) -> None:
    foreign = open_in(module_hanoi, wards[1])
    assert foreign
    found = _codes_in(client, form, tmp_path, f"area={wards[1]}&area={wards[0]}")
    assert set(found) == open_in(module_hanoi, wards[0])
    assert _codes_in(client, form, tmp_path, f"area={wards[1]}") == []


def test_the_csv_says_what_the_list_says_in_either_language(client: TestClient) -> None:
    listed = {one["code"]: one for one in queue(client)}
    vi, en = _csv(client), _csv(client, "lang=en")
    assert list(vi[0])[:4] == ["Mã", "Trạng thái", "Khẩn", "Lĩnh vực"]
    assert list(en[0])[:4] == ["Code", "Status", "Urgent", "Domain"]
    names = {
        one["code"]: one["name"]
        for domain in client.get("/api/v1/domains").json()["domains"]
        for one in domain["categories"]
    }
    for ours, theirs in zip(vi, en, strict=True):
        row = listed[ours["Mã"]]
        assert ours["Loại"] == names[row["category"]]["vi"]
        assert theirs["Category"] == names[row["category"]]["en"]
        assert theirs["Status"].lower().replace(" ", "_") == row["status"]
        assert theirs["Overdue"] == ("Yes" if row["overdue"] else "No")
        for key, name in (("reported_at", "Reported"), ("due_at", "Due")):
            if row[key] is None:
                assert theirs[name] == ""
                continue
            said = datetime.fromisoformat(theirs[name]).replace(tzinfo=ZONE)
            assert abs((said - datetime.fromisoformat(row[key])).total_seconds()) < 1
        assert float(theirs["Longitude"]) == pytest.approx(row["lon"])


def test_no_cell_is_a_formula(client: TestClient) -> None:
    cells = [value for row in _csv(client) for value in row.values()]
    assert f"'{FORMULA}" in cells
    assert not any(one.startswith(("=", "+", "@")) for one in cells)
    book = openpyxl.load_workbook(io.BytesIO(_taken(client, "xlsx")))
    own = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    [given] = [cell for cell in own if cell.value == FORMULA]
    assert (given.data_type, given.quotePrefix) == ("s", True)
    assert {cell.data_type for cell in own} <= {"s", "n", "d"}
    head = [cell.value for cell in own[: book.worksheets[0].max_column]]
    dates = book.worksheets[0].iter_cols(
        min_col=head.index("Gửi lúc") + 1, max_col=head.index("Gửi lúc") + 1, min_row=2
    )
    assert all(cell.data_type == "d" for column in dates for cell in column)


def test_a_file_is_in_the_log_with_its_filter_and_rows_but_not_the_words(
    module_hanoi: Engine, client: TestClient
) -> None:
    n = len(_csv(client, "unassigned=true&q=đường&domain=construction&domain=environment"))
    with module_hanoi.connect() as connection:
        actor, details = connection.execute(
            text("SELECT actor, details FROM audit WHERE act = 'export' ORDER BY id DESC LIMIT 1")
        ).one()
    assert actor == "hoa"
    assert details == {
        "form": "csv",
        "rows": n,
        "filter": {"unassigned": "true", "q": "…", "domain": "construction,environment"},
    }


@pytest.mark.parametrize("form", FORMS)
def test_who_has_no_role_or_is_not_signed_in_gets_no_file(
    module_hanoi: Engine, served: Served, form: str
) -> None:
    assert served(None).get(f"{EXPORT}.{form}").status_code == 401
    assert served(official(module_hanoi, "admin")).get(f"{EXPORT}.{form}").status_code == 403
    assert served(official(module_hanoi, "planner")).get(f"{EXPORT}.{form}").status_code == 403


def test_what_is_not_understood_is_refused_and_not_in_the_log(
    module_hanoi: Engine, client: TestClient
) -> None:
    def entries() -> Any:
        with module_hanoi.connect() as connection:
            return connection.execute(
                text("SELECT count(*) FROM audit WHERE act = 'export'")
            ).scalar_one()

    before = entries()

    def ask(path: str) -> int:
        return client.get(f"{EXPORT}.{path}").status_code

    assert ask("docx") == 404
    assert ask("csv?lang=de") == 422
    assert ask("csv?domain=nothing") == 422
    assert ask("csv?due=-1") == 422
    assert entries() == before


def test_nothing_of_who_reported_is_in_a_file(
    module_hanoi: Engine, served: Served, tmp_path: Path
) -> None:
    said = {
        "lon": 105.85, "lat": 21.03, "category": "pothole",
        "text": "Ổ gà lớn, gọi tôi số 0912345678, nguyen.a@example.com",
    }  # fmt: skip
    code = served(None).post("/api/v1/complaints", json=said).json()["properties"]["code"]
    everywhere = served(official(module_hanoi, "supervisor"))
    for form in FORMS:
        body = _taken(everywhere, form)
        assert b"0912345678" not in body
        assert b"nguyen.a@example.com" not in body
        assert code in _codes_in(everywhere, form, tmp_path)
    sheet = openpyxl.load_workbook(io.BytesIO(_taken(everywhere, "xlsx"))).worksheets[0]
    told = [str(value) for row in sheet.values for value in row]
    assert not any("0912345678" in one for one in told)
