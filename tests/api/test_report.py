"""The report: figures that agree with every other read, and a page that loads nothing."""

import base64
import hashlib
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app as commands
from api.routes import sharing
from api.settings import Settings
from geo.errors import FileError
from tiles import report_figures
from tiles.legend import classes

pytestmark = pytest.mark.skipif(
    not (sharing.LIBRARIES / "leaflet.js").exists(),
    reason="the web app is not built; script/test builds it",
)
FILTERS = [
    "",
    "since=2026-01-05T10:30:00%2B07:00&until=2026-08-01",
    "area=hanoi-district-2014:001,hanoi-district-2014:005&category=garbage,noise",
    "bbox=105.8,21.0,105.9,21.05&domain=construction",
    "q=khong+co+chu+nay",
    "category=pothole&domain=environment",
]


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> TestClient:
    return TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False)


@pytest.fixture
def own_client(hanoi_engine: Engine) -> TestClient:
    return TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)


def shown(page: str) -> dict[str, Any]:
    """What the page draws from."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    read: dict[str, Any] = json.loads(found.group(1))
    return read


def get(client: TestClient, query: str) -> str:
    answer = client.get(f"/api/v1/report.html?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def _random_filter(rng: random.Random) -> str:
    parts = []
    if rng.random() < 0.5:
        parts.append(f"domain={rng.choice(['environment', 'traffic,health', 'construction'])}")
    if rng.random() < 0.4:
        parts.append(f"status={rng.choice(['open', 'closed', 'resolved,rejected'])}")
    if rng.random() < 0.5:
        parts.append(f"since={rng.choice([2024, 2025])}-{rng.randint(1, 12):02}-17T08:20:00Z")
    if rng.random() < 0.5:
        parts.append(f"until=2026-{rng.randint(1, 12):02}-0{rng.randint(1, 9)}")
    if rng.random() < 0.3:
        west, south = rng.uniform(105.6, 105.9), rng.uniform(20.8, 21.1)
        parts.append(f"bbox={west:.4f},{south:.4f},{west + 0.1:.4f},{south + 0.1:.4f}")
    elif rng.random() < 0.3:
        parts.append(f"area=hanoi-district-2014:00{rng.randint(1, 9)}")
    return "&".join(parts)


@pytest.mark.parametrize("query", [*FILTERS, *map(_random_filter, map(random.Random, range(14)))])
def test_cells_steps_areas_and_pins_are_those_of_the_counts(client: TestClient, query: str) -> None:
    resolution = 7 + len(query) % 3
    for code in ("hanoi-ward-2025", "hanoi-district-2014"):
        data = shown(get(client, f"{query}&set={code}&resolution={resolution}"))
        counted = client.get(f"/api/v1/counts?by=area&set={code}&{query}").json()
        total = counted["total"]
        assert data["total"] == total
        assert data["areas"]["outside"] == counted["outside"]
        assert data["areas"]["measures"]["n"]["values"] == [row["n"] for row in counted["rows"]]
        assert sum(data["areas"]["measures"]["n"]["values"]) + data["areas"]["outside"] == total
    cells = client.get(f"/api/v1/counts?by=cell&resolution={resolution}&{query}").json()
    assert data["cells"]["n"] == cells["n"]
    assert sum(data["cells"]["n"]) == cells["total"] == total
    assert len(data["cells"]["outlines"]) == len(cells["cells"])
    played = [0] * len(cells["n"])
    for differences, counts in zip(data["steps"]["cells"], data["steps"]["n"], strict=True):
        at = 0
        for difference, n in zip(differences, counts, strict=True):
            at += difference
            played[at] += n
    assert played == cells["n"]
    months = client.get(f"/api/v1/counts?by=month&{query}").json()["rows"]
    played_months = {
        key: sum(n) for key, n in zip(data["steps"]["keys"], data["steps"]["n"], strict=True)
    }
    assert played_months == {row["key"]: row["n"] for row in months}
    if total <= report_figures.MOST_PINS:
        assert len(data["pins"]["rows"]) == total
    else:
        assert data["pins"] is None


def test_the_page_loads_nothing_and_only_its_own_scripts_run(client: TestClient) -> None:
    answer = client.get("/api/v1/report.html")
    # Leaflet's own default credit, a link that is replaced.
    page = answer.text.replace('href="https://leafletjs.com"', "")
    assert not re.findall(r"(?:src|href)\s*=\s*[\"']?(?!data:|#)[^\"'>\s]*//", page)
    assert not re.findall(r"<link(?! rel=\"icon\" href=\"data:,\")", page)
    assert not re.findall(r"<(?:script|img|iframe|object|embed)\s[^>]*src", page)
    assert not re.findall(r"@import|url\((?!data:|#)", page)
    for name in (
        "cdn.",
        "cdnjs",
        "jsdelivr",
        "unpkg",
        "jquery",
        "bootstrap",
        "googleapis",
        "sourcemapping",
    ):
        assert name not in page.lower(), name
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    for told in (policy.group(1).replace("&#39;", "'"), answer.headers["content-security-policy"]):
        assert told.startswith("default-src 'none'; script-src 'sha256-")
        assert "connect-src" not in told
        scripts = re.findall(r"<script>(.*?)</script>", answer.text, re.S)
        assert len(scripts) == 5
        for script in scripts:
            digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in told
    assert "sandbox allow-scripts" in answer.headers["content-security-policy"]
    assert len(page.encode()) < 3_000_000
    assert "Copyright (c) 2014, Vladimir Agafonkin" in page


def test_names_that_are_markup_do_no_harm(own_client: TestClient, hanoi_engine: Engine) -> None:
    bad = "</script><b onclick='x'>\u2028&{{ 7*7 }}"
    with hanoi_engine.begin() as connection:
        for statement in (
            "UPDATE category SET name_vi = :bad, name_en = :bad",
            "UPDATE domain SET name_vi = :bad, name_en = :bad, colour = :bad",
            "UPDATE area SET name = :bad || code, name_en = :bad || code",
            "UPDATE area_set SET name_vi = :bad, source = :bad",
            "UPDATE source SET name = :bad",
            "UPDATE city SET name_vi = :bad",
        ):
            connection.execute(text(statement), {"bad": bad})
    query = "domain=traffic&area=hanoi-ward-2025:00070&q=&category=pothole"
    for asked in (query, "category=pothole&status=open", "domain=traffic"):
        page = get(own_client, asked)
        assert "<b onclick" not in page
        assert "49" not in re.findall(r"<p id=\"filter\">(.*)</p>", page)[0]
        assert page.count("<script") == page.count("</script>") == 6
        assert "{{ 7*7 }}" in page
        data = shown(page)
        assert bad in data["areas"]["names"][0]
        assert data["pins"]["kinds"][0][0] == bad
    page = get(own_client, "q=" + "%3C/script%3E%3Cimg src=x onerror=y%3E")
    assert "<img" not in page


def test_nothing_of_a_person_is_in_the_page(own_client: TestClient) -> None:
    body = {
        "lon": 105.85, "lat": 21.03, "category": "pothole",
        "text": "Toi ten la Nguyen Van Kin", "address": "So nha 123456",
    }  # fmt: skip
    code = own_client.post("/api/v1/complaints", json=body).json()["id"]
    page = get(own_client, "category=pothole")
    assert code in page
    assert "Nguyen Van Kin" not in page
    assert "123456" not in page
    row = next(row for row in shown(page)["pins"]["rows"] if row[0] == code)
    assert row[1:3] == [21.03, 105.85]
    assert len(row) == 6


def test_what_is_asked_is_said_in_both_languages(client: TestClient) -> None:
    query = "domain=traffic&status=open&since=2025-03-01&until=2026-03-01"
    page = get(client, query)
    assert '<html lang="vi">' in page
    assert "Báo cáo phản ánh · Hà Nội" in page
    assert "Lĩnh vực: Giao thông; Trạng thái: chưa xong" in page
    assert "01/03/2025 – 28/02/2026" in page
    assert "Dữ liệu mẫu, không phải phản ánh thật. Ranh giới gần đúng." in page
    page = get(client, query + "&lang=en")
    assert '<html lang="en">' in page
    assert "Domain: Traffic; Status: open" in page
    assert "1 March 2025 – 28 February 2026" in page
    page = get(client, "area=hanoi-ward-2025:00070&bbox=105.8,21,105.9,21.05&q=rac")
    assert "Nơi: Phường Hoàn Kiếm; Trong khung: 105,800–105,900° Đ, 21,000–21,050° B" in page
    page = get(client, "")
    assert "3.000 phản ánh, nhiều hơn 2.000: không vẽ từng phản ánh một." in page


def test_rates_are_shown_where_a_population_is_known(
    own_client: TestClient, hanoi_engine: Engine
) -> None:
    page = get(own_client, "")
    assert "rate" not in shown(page)["areas"]["measures"]
    assert "Chưa có dân số" in page
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE area SET population = 20000 WHERE code = '00070'"))
    rates = shown(get(own_client, "set=hanoi-ward-2025"))["areas"]["measures"]
    known = [i for i, rate in enumerate(rates["rate"]["values"]) if rate is not None]
    assert len(known) == 1
    assert rates["rate"]["values"][known[0]] == rates["n"]["values"][known[0]] / 20


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("set=moon", 404, None),
        ("resolution=5", 422, "resolution"),
        ("resolution=11", 422, "resolution"),
        ("lang=fr", 422, "lang"),
        ("since=soon", 422, "since"),
        ("city=moon", 422, "city"),
    ],
)
def test_what_cannot_be_is_refused(
    client: TestClient, query: str, status: int, field: str | None
) -> None:
    answer = client.get(f"/api/v1/report.html?{query}")
    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["errors"][0]["field"] == field


def test_too_many_cells_are_an_error_or_coarser_but_never_fewer(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_figures, "MOST_CELLS", 700)
    assert client.get("/api/v1/report.html?resolution=9").status_code == 422
    data = shown(get(client, ""))
    assert sum(data["cells"]["n"]) == data["total"] == 3000
    assert len(data["cells"]["n"]) <= 700


def test_a_build_that_is_missing_is_said(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sharing, "LIBRARIES", tmp_path)
    answer = client.get("/api/v1/report.html")
    assert answer.status_code == 503
    assert "npm --prefix web run build" in answer.json()["detail"]


def test_no_city_is_told(engine: Engine) -> None:
    client = TestClient(create_app(engine, Settings()), raise_server_exceptions=False)
    assert client.get("/api/v1/report.html").status_code == 404


def test_a_command_writes_the_same_page(
    client: TestClient, module_hanoi: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = module_hanoi.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", address)
    path = tmp_path / "report.html"
    words = ["report", "--out", str(path), "--domain", "environment", "--lang", "en"]
    done = CliRunner().invoke(commands, [*words, "--set", "hanoi-district-2014"])
    assert done.exit_code == 0, done.output
    same = get(client, "domain=environment&lang=en&set=hanoi-district-2014")
    assert shown(path.read_text("utf-8")) == shown(same)
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    for wrong in (["--out", str(tmp_path / "x.txt")], ["--out", str(path), "--lang", "fr"]):
        done = CliRunner().invoke(commands, ["report", *wrong])
        assert isinstance(done.exception, FileError)


def test_classes_share_what_is_there_and_equal_values_stay_together() -> None:
    assert classes([]) == classes([0, 0]) == classes([3, 3]) == []
    assert classes(range(1, 7)) == [2, 3, 4, 5, 6]
    skewed = [1] * 60 + [2] * 20 + [3, 4, 5, 6, 7, 8, 90, 500]
    assert classes(skewed) == [2, 3, 5, 7, 90]
