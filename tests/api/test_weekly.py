"""The weekly page: read, printed, and mailed each Monday to who asked for it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from sqlalchemy import Engine, func, select, text, update
from typer.testing import CliRunner
from work_history import plant

from api import rounds, weekly_rounds
from api.app import create_app
from api.settings import Settings
from geo.schema import account, account_session, mail, weekly_subscription

NOW = datetime.now(UTC)
SET = "hanoi-ward-2025"
Served = Callable[[Person], TestClient]
SUBSCRIPTION = "/api/v1/performance/weekly/subscription"


@pytest.fixture(scope="module")
def served(module_hanoi: Engine) -> Iterator[Served]:
    plant(module_hanoi, NOW, 7, [official(module_hanoi, "officer").id])
    engine = service_engine(module_hanoi)
    app = create_app(engine, Settings())
    yield lambda who: who(TestClient(app, raise_server_exceptions=False))
    engine.dispose()


@pytest.fixture(scope="module")
def ward(module_hanoi: Engine, served: Served) -> str:
    with module_hanoi.connect() as connection:
        code = connection.execute(
            text("SELECT a.code FROM work w JOIN area a ON a.id = w.area_id"
                 " GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT 1")
        ).scalar_one()  # fmt: skip
    return f"{SET}:{code}"


def someone(engine: Engine, role: str, areas: list[str] | None = None) -> Person:
    who = official(engine, role, areas=areas)
    with engine.begin() as connection:
        connection.execute(
            update(account).where(account.c.id == who.id).values(email=f"{who.name}@example.org")
        )
    return who


def test_the_page_is_there_to_read_and_to_print_in_both_languages(
    module_hanoi: Engine, served: Served, ward: str
) -> None:
    client = served(official(module_hanoi, "supervisor", areas=[ward]))
    figures = client.get(f"/api/v1/performance?area={ward}&by=domain").json()
    for lang, word in (("vi", "Chưa xong"), ("en", "Open")):
        page = client.get(f"/api/v1/performance/weekly?area={ward}&lang={lang}")
        assert page.status_code == 200, page.text
        assert f'<html lang="{lang}">' in page.text
        assert word in page.text
        assert f"<b>{figures['whole']['n']['open']}</b>" in page.text
        assert "no-store" in page.headers["cache-control"]
    made = client.get(f"/api/v1/performance/weekly.pdf?area={ward}")
    assert made.content.startswith(b"%PDF-")
    for query in ("area=x:1", "until=2026-11-25"):
        assert client.get(f"/api/v1/performance/weekly?{query}").status_code == 422


def test_figures_as_a_sheet_are_logged_and_have_a_line_for_each_row(
    module_hanoi: Engine, served: Served, ward: str
) -> None:
    client = served(official(module_hanoi, "supervisor", areas=[ward]))
    figures = client.get("/api/v1/performance?by=category").json()
    sheet = client.get("/api/v1/performance/figures.csv?by=category")
    assert sheet.content.startswith(b"\xef\xbb\xbf")
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2 + len(figures["rows"])
    assert client.get("/api/v1/performance/figures.xlsx").content[:2] == b"PK"
    assert client.get("/api/v1/performance/figures.doc").status_code == 404
    with module_hanoi.connect() as connection:
        logged = connection.execute(
            text("SELECT count(*) FROM audit WHERE act = 'export' AND subject = 'performance'")
        ).scalar_one()
    assert logged >= 2


def test_who_subscribes_is_sent_the_page_on_monday_once_and_of_their_own_area_alone(
    module_hanoi: Engine, served: Served, ward: str, tmp_path: Any
) -> None:
    who, planner = someone(module_hanoi, "officer", [ward]), someone(module_hanoi, "planner")
    nobody = official(module_hanoi, "officer")
    assert served(nobody).put(SUBSCRIPTION, json={"area": None}).status_code == 422
    client = served(who)
    assert client.put(SUBSCRIPTION, json={"area": "x:1"}).status_code == 422
    client.put(SUBSCRIPTION, json={"area": None})
    answer = client.put(SUBSCRIPTION, json={"area": None})
    assert answer.json() == {"subscriptions": [{"area": None}]}
    served(planner).put(SUBSCRIPTION, json={"area": ward})
    # Nobody sees what others are sent.
    assert served(nobody).get(SUBSCRIPTION).json() == {"subscriptions": []}
    settings = Settings(var=tmp_path, mail_from="map@example.org")
    assert weekly_rounds.write(module_hanoi, settings, NOW) == 0
    monday = NOW + timedelta(days=7 - NOW.weekday())
    early = monday.replace(hour=0) - timedelta(hours=6)
    assert weekly_rounds.write(module_hanoi, settings, early) == 0
    later = monday.replace(hour=5)
    assert weekly_rounds.write(module_hanoi, settings, later) == 2
    assert weekly_rounds.write(module_hanoi, settings, later) == 0
    with module_hanoi.connect() as connection:
        letters = connection.execute(select(mail).order_by(mail.c.id)).all()
        sessions = connection.execute(
            select(func.count()).where(account_session.c.client == "weekly page")
        ).scalar_one()
    assert sessions == 0
    assert {one.account_id for one in letters} == {who.id, planner.id}
    whole = served(who).get("/api/v1/performance?since=2022-01-01&until=2026-12-30").json()["whole"]
    mine = next(one for one in letters if one.account_id == who.id)
    assert f"còn {whole['n']['open']}," in mine.subject
    files = weekly_rounds.attachments(module_hanoi, mine.report, later)
    assert [one.media_type for one in files] == ["application/pdf", "text/html"]
    assert rounds.send(module_hanoi, settings, later) == 2
    client = served(who)
    assert client.request("DELETE", SUBSCRIPTION, json={"area": None}).json() == {
        "subscriptions": []
    }
    assert weekly_rounds.write(module_hanoi, settings, later + timedelta(days=7)) == 1


def test_who_lost_the_role_is_sent_nothing(module_hanoi: Engine, served: Served) -> None:
    who = someone(module_hanoi, "officer")
    served(who).put(SUBSCRIPTION, json={"area": None})
    with module_hanoi.begin() as connection:
        connection.execute(
            text("UPDATE account_role SET until = now() WHERE account_id = :id"), {"id": who.id}
        )
        connection.execute(
            update(weekly_subscription)
            .where(weekly_subscription.c.account_id != who.id)
            .values(sent_until=datetime(2030, 1, 1, tzinfo=UTC).date())
        )
    later = NOW + timedelta(days=14 - NOW.weekday(), hours=12)
    assert weekly_rounds.write(module_hanoi, Settings(), later) == 0


def test_an_area_of_others_is_refused_and_not_shown_as_zeros(
    module_hanoi: Engine, served: Served, ward: str
) -> None:
    with module_hanoi.connect() as connection:
        other, district = connection.execute(
            text(
                "SELECT (SELECT s.code || ':' || a.code FROM area a JOIN area_set s"
                "  ON s.id = a.set_id AND s.code = :set WHERE a.code <> :own"
                "  ORDER BY a.code LIMIT 1),"
                " (SELECT s.code || ':' || a.code FROM area a JOIN area_set s"
                "  ON s.id = a.set_id AND s.code <> :set ORDER BY a.code LIMIT 1)"
            ),
            {"set": SET, "own": ward.partition(":")[2]},
        ).one()
    client = served(someone(module_hanoi, "supervisor", areas=[ward]))
    for path in ("?", "/weekly?", "/weekly.pdf?", "/figures.csv?"):
        answer = client.get(f"/api/v1/performance{path}area={other}")
        assert answer.status_code == 403, path
        assert "không phải địa bàn của bạn" in answer.text
        # One of another set may hold a part of it.
        assert client.get(f"/api/v1/performance{path}area={district}").status_code == 200
    assert client.put(SUBSCRIPTION, json={"area": other}).status_code == 403
    city = served(someone(module_hanoi, "supervisor"))
    assert city.get(f"/api/v1/performance/weekly?area={other}").status_code == 200


def test_the_command_shows_what_an_account_may_count(
    module_hanoi: Engine, served: Served, ward: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from api.cli import app

    who = official(module_hanoi, "supervisor", areas=[ward])
    url = module_hanoi.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    run = CliRunner().invoke(app, ["performance", "--as", who.name, "--by", "domain"])
    assert run.exit_code == 0, run.output
    assert "all" in run.output
    for form, begin in (("csv", b"\xef\xbb\xbfkey"), ("pdf", b"%PDF"), ("json", b"{")):
        file = tmp_path / f"out.{form}"
        run = CliRunner().invoke(app, ["performance", "--as", who.name, "--file", str(file)])
        assert run.exit_code == 0, run.output
        assert file.read_bytes().startswith(begin)
    assert CliRunner().invoke(app, ["performance", "--as", "nobody"]).exit_code != 0
