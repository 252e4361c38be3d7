"""Open311 GeoReport v2: what its specification wants, in JSON and XML alike."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from pydantic import SecretStr
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo.database import engine as make_engine

# GeoReport v2, GET Service Request: every field is there, even without a value.
FIELDS = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime",
    "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url",
}  # fmt: skip
PLACE = {"lat": "21.0278", "long": "105.8342"}
QUESTIONS = [
    {"code": "depth", "kind": "number", "vi": "Sâu bao nhiêu cm?", "en": "How deep?",
     "required": True, "min": 0, "max": 300},
    {"code": "where", "kind": "many", "vi": "Ở đâu?", "en": "Where?",
     "options": [{"code": "lane", "vi": "ngõ", "en": "lane"},
                 {"code": "road", "vi": "đường", "en": "road"}]},
]  # fmt: skip


@pytest.fixture
def client(hanoi_engine: Engine) -> TestClient:
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE category SET questions = CAST(:q AS jsonb) WHERE code = 'flooding'"),
            {"q": json.dumps(QUESTIONS)},
        )
        connection.execute(
            text(
                'UPDATE category SET notice = \'{"stops": true, "vi": "Gọi 114",'
                ' "en": "Call 114"}\' WHERE code = \'open-burning\''
            )
        )
        connection.execute(text("UPDATE category SET questions = '[]' WHERE code = 'pothole'"))
    return TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)


def rows(client: TestClient, path: str) -> list[dict[str, Any]]:
    """The answer in JSON, after a look whether the XML says the same."""
    plain = client.get(path.replace(".*", ".json"))
    marked = client.get(path.replace(".*", ".xml"))
    assert (plain.status_code, marked.status_code) == (200, 200), plain.text
    assert marked.headers["content-type"] == "text/xml; charset=utf-8"
    found: list[dict[str, Any]] = plain.json()
    read = [
        {field.tag: field.text or None for field in one} for one in ET.fromstring(marked.content)
    ]
    assert read == [
        {k: None if v in (None, "") else str(v).lower() if isinstance(v, bool) else str(v)
         for k, v in one.items()}
        for one in found
    ]  # fmt: skip
    return found


def test_a_service_is_found_asked_for_and_reported(client: TestClient) -> None:
    found = client.get("/open311/discovery.json").json()
    assert found["endpoints"][0]["specification"] == "http://wiki.open311.org/GeoReport_v2"
    codes = {one["service_code"]: one for one in rows(client, "/open311/v2/services.*")}
    assert codes["flooding"]["metadata"] is True
    assert codes["pothole"]["metadata"] is False
    # Not taken here, and switched off.
    assert not {"open-burning", "food-safety"} & set(codes)
    definition = client.get("/open311/v2/services/flooding.json").json()
    assert [one["datatype"] for one in definition["attributes"]] == ["number", "multivaluelist"]
    xml = ET.fromstring(client.get("/open311/v2/services/flooding.xml").content)
    assert [one.text for one in xml.iterfind("attributes/attribute/values/value/key")] == [
        "lane",
        "road",
    ]
    sent = client.post(
        "/open311/v2/requests.xml",
        data={
            **PLACE,
            "service_code": "flooding",
            "description": "Ngập từ 0912345678",
            "attribute[depth]": "40",
            "attribute[where][]": ["road", "lane"],
            "first_name": "A",
        },
    )
    assert sent.status_code == 201, sent.text
    code = ET.fromstring(sent.content).findtext("request/service_request_id")
    [one] = rows(client, f"/open311/v2/requests/{code}.*")
    assert set(one) == FIELDS
    assert (one["description"], one["status"], one["service_code"]) == (
        "Ngập từ •••",
        "open",
        "flooding",
    )
    assert (one["lat"], one["long"]) == (21.0278, 105.8342)
    # As the owner: answers are not the service's to read without the reporter's link.
    served = client.app.state.engine.url  # type: ignore[attr-defined]
    owner = make_engine(served.render_as_string(hide_password=False))
    with owner.connect() as connection:
        answers = connection.execute(
            text("SELECT answers FROM submission s JOIN complaint c ON c.id = s.complaint_id"
                 " WHERE c.code = :code"), {"code": code}
        ).scalar_one()  # fmt: skip
    assert answers == {"depth": 40.0, "where": ["lane", "road"]}


def test_lists_are_filtered_and_agree_with_the_list_of_the_map(client: TestClient) -> None:
    with client.app.state.engine.connect() as connection:  # type: ignore[attr-defined]
        newest = connection.execute(text("SELECT max(reported_at) FROM complaint")).scalar_one()
    end = (newest + timedelta(hours=1)).astimezone(UTC)
    begin = end - timedelta(days=60)
    query = f"start_date={begin:%Y-%m-%dT%H:%M:%SZ}&end_date={end:%Y-%m-%dT%H:%M:%SZ}"
    for more, own in (
        ("", ""),
        ("&status=closed", "&status=closed"),
        ("&service_code=garbage,noise", "&category=garbage,noise"),
        ("&jurisdiction_id=hanoi&status=open", "&city=hanoi&status=open"),
    ):
        told = rows(client, f"/open311/v2/requests.*?{query}{more}&page_size=200")
        span = f"since={begin:%Y-%m-%dT%H:%M:%SZ}&until={end:%Y-%m-%dT%H:%M:%SZ}"
        listed = client.get(f"/api/v1/complaints?{span}{own}&limit=200").json()["features"]
        assert [one["service_request_id"] for one in told] == [one["id"] for one in listed]
        assert listed
    pages = [
        one["service_request_id"]
        for page in (1, 2, 3)
        for one in rows(client, f"/open311/v2/requests.*?{query}&page_size=7&page={page}")
    ]
    whole = rows(client, f"/open311/v2/requests.*?{query}&page_size=21")
    assert pages == [one["service_request_id"] for one in whole]
    chosen = f"{pages[3]},{pages[0].lower()},NOSUCHONE"
    by_code = rows(client, f"/open311/v2/requests.*?service_request_id={chosen}")
    assert [one["service_request_id"] for one in by_code] == [pages[3], pages[0]]


def test_more_than_ninety_days_are_cut_to_the_last_ninety(client: TestClient) -> None:
    found = rows(client, "/open311/v2/requests.*?start_date=2020-01-01&end_date=2026-10-01")
    oldest = min(datetime.fromisoformat(one["requested_datetime"]) for one in found)
    assert oldest >= datetime(2026, 7, 2, tzinfo=UTC)


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [
        ({"service_code": "pothole", "description": "x"}, 400, "lat"),
        (PLACE | {"service_code": "nothing", "description": "x"}, 400, "category"),
        (PLACE | {"service_code": "pothole", "description": "..."}, 400, "description"),
        (PLACE | {"service_code": "open-burning", "description": "x"}, 400, "114"),
        (PLACE | {"service_code": "flooding", "description": "x"}, 400, "depth"),
        (
            PLACE | {"service_code": "flooding", "description": "x", "attribute[depth]": "deep"},
            400,
            "depth",
        ),
        ({"lat": "0", "long": "0", "service_code": "pothole", "description": "x"}, 400, "outside"),
        (PLACE | {"service_code": "pothole", "description": "x", "jurisdiction_id": "no"}, 404, ""),
    ],
)
def test_what_is_wrong_is_said_as_georeport_wants_it(
    client: TestClient, form: str, sent: dict[str, str], status: int, word: str
) -> None:
    answer = client.post(f"/open311/v2/requests.{form}", data=sent)
    assert answer.status_code == status, answer.text
    if form == "json":
        [error, *_] = answer.json()
        assert error["code"] == status
        said = error["description"]
    else:
        xml = ET.fromstring(answer.content)
        assert xml.tag == "errors"
        assert xml.findtext("error/code") == str(status)
        said = xml.findtext("error/description") or ""
    assert word in said


@pytest.mark.parametrize(
    "path",
    ["requests/QQQQQQQQQ", "services/nothing", "tokens/some", "requests?page=0"],
)
def test_what_is_not_there_is_an_error_in_its_form(client: TestClient, path: str) -> None:
    name, _, query = path.partition("?")
    answer = client.get(f"/open311/v2/{name}.xml?{query}")
    assert answer.status_code == (400 if query else 404)
    assert ET.fromstring(answer.content).tag == "errors"
    answer = client.get(f"/open311/v2/{name}.json?{query}")
    assert set(answer.json()[0]) == {"code", "description"}


def test_sensitive_requests_tell_how_they_stand_alone(client: TestClient) -> None:
    sent = client.post(
        "/open311/v2/requests.json",
        data=PLACE | {"service_code": "noise", "description": "Một chuyện riêng"},
    )
    code = sent.json()[0]["service_request_id"]
    owner = make_engine(
        client.app.state.engine.url.render_as_string(hide_password=False)  # type: ignore[attr-defined]
    )
    with owner.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'noise'"))
    owner.dispose()
    client.app.state.words.refresh(force=True)  # type: ignore[attr-defined]
    [one] = rows(client, f"/open311/v2/requests/{code}.*")
    assert one["description"] is None
    assert (one["lat"], one["long"]) != (21.0278, 105.8342)
    listed = rows(client, "/open311/v2/requests.*?page_size=200")
    assert code not in {each["service_request_id"] for each in listed}


def test_a_known_key_passes_where_others_are_limited(hanoi_engine: Engine) -> None:
    settings = Settings(open311_keys=SecretStr("first-key, second-key"), limit_reports="2 per hour")
    client = TestClient(create_app(hanoi_engine, settings), raise_server_exceptions=False)

    def send(number: int, **more: str) -> Response:
        said = PLACE | {"service_code": "pothole", "description": f"Ổ gà thứ {number}"} | more
        return client.post("/open311/v2/requests.json", data=said)

    assert [send(number).status_code for number in range(2)] == [201, 201]
    refused = send(2)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()[0]["code"] == 429
    assert send(3, api_key="second-key").status_code == 201
    assert send(4, api_key="third-key").status_code == 403
