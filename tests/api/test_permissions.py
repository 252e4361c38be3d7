"""Every route, asked by every role for every kind of area: nothing private of another's leaves.

The routes are those of the service itself, so a new one is tried too, or named as missing here.
"""

import gzip
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pytest
from fastapi.testclient import TestClient
from officials import official
from planted import Planted, plant, wards
from sqlalchemy import Engine, text

from api.app import create_app
from api.dependencies import ADMINS, EVERYONE, HOLDER, OFFICIALS, PLANNERS, SIGNED_IN
from api.settings import Settings
from geo.asking import MAY, ROLES

WITHIN: Final = ("its ward", "the old district around it", "everywhere", "another ward")
COVERS: Final = frozenset({"its ward", "the old district around it", "everywhere"})
# What a route is asked with; `code`, `photo` and the tile come from the planted complaint.
PATH: Final = {
    "set_code": "hanoi-ward-2025", "form": "json", "layer": "complaints", "task": "x",
    "service_code": "noise", "token": "x", "number": "1", "draft": "1", "alert": "1",
    "name": "alerts", "role": "1",
}  # fmt: skip
FORMS: Final = {
    "/api/v1/export.{form}": ("csv", "geojson"), "/api/v1/figures.{form}": ("csv",),
    "/api/v1/performance/figures.{form}": ("csv", "xlsx"),
    "/api/v1/work/export.{form}": ("csv", "geojson", "xlsx", "gpkg"),
}  # fmt: skip
QUERY: Final = {
    "lon": 105.85, "lat": 21.03, "category": "noise", "set": "hanoi-ward-2025", "q": "BIMAT",
    "reason": "because of a test", "once": 1,
}  # fmt: skip
# Whoever may call these is told of nobody's complaints: other tests see to them.
APART: Final = frozenset({"/api/v1/work/live"})
# Changes nothing of a complaint: whoever sees it may say that they have it open.
HERE: Final = "/api/v1/work/{code}/here"
# A body with which each act on a complaint is understood.
ACTS: Final[dict[str, Any]] = {
    "accept": {}, "start": {}, "reopen": {"reason": "seen again"}, "take-up": {}, "unmerge": {},
    "assign": {"account_id": None}, "hand-over": {"area": "{ward}", "reason": "not ours"},
    "recategorise": {"category": "noise"}, "move": {"lon": 105.85, "lat": 21.03},
    "merge": {"into": "{other}"}, "note": {"text": "BIMAT is looked for"},
    "answer": {"text": "We went there and put it right on Monday.", "close": False},
    "ask": {"question": "Which side of the street?"}, "pause": {"reason": "weather"}, "resume": {},
    "split": {"parts": [{"text": "Another matter", "category": "noise"}]},
    "check": {"passed": False, "reason": "the photo shows another place"},
    "refuse": {"ground": "lawful", "text": "It is another office's to decide upon this matter."},
}  # fmt: skip


class Somebody(NamedTuple):
    """Who asks, and whether the planted complaints are theirs."""

    role: str
    where: str
    token: str

    def may(self, need: str) -> bool:
        return self.role in MAY.get(need, ()) and self.where in COVERS  # type: ignore[call-overload]


class Place(NamedTuple):
    """What is planted, and everybody who asks for it."""

    hidden: Planted
    public: Planted
    people: list[Somebody]
    photos: list[str]


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False) as made:
        made.headers["X-Phananh"] = "1"
        yield made


@pytest.fixture(scope="module")
def place(module_hanoi: Engine) -> Place:
    here, *others = wards(module_hanoi)
    public = plant(module_hanoi, here, sensitive=False)
    hidden = plant(module_hanoi, here)
    with module_hanoi.connect() as connection:
        around = connection.execute(
            text(
                "SELECT s.code || ':' || a.code FROM work w JOIN area a ON a.id = ANY (w.area_ids)"
                " JOIN area_set s ON s.id = a.set_id AND s.code = 'hanoi-district-2014'"
                " WHERE w.complaint_id = :id"
            ),
            {"id": hidden.id},
        ).scalar_one()
        photos = connection.execute(
            text("SELECT id FROM photo WHERE complaint_id = ANY (:ids)"),
            {"ids": [hidden.id, public.id]},
        )
        pictures = [str(one) for one in photos.scalars()]
    areas: dict[str, list[str] | None] = {
        "its ward": [here], "the old district around it": [around], "everywhere": None,
        "another ward": [others[0]],
    }  # fmt: skip
    people = [Somebody("nobody", "nowhere", "")]
    for role in ROLES:
        people += [
            Somebody(role, where, official(module_hanoi, role, areas=areas[where]).token)
            for where in WITHIN
        ]
    return Place(hidden, public, people, pictures)


def _ask(client: TestClient, who: Somebody, method: str, path: str, **given: Any) -> Any:
    headers = {"Cookie": f"phananh_session={who.token}"} if who.token else {}
    client.cookies.clear()
    return client.request(method, path, headers=headers | given.pop("headers", {}), **given)


def _operations(client: TestClient, tags: list[list[Any]]) -> list[tuple[str, str, dict[str, Any]]]:
    app: Any = client.app
    return [
        (method.upper(), path, described)
        for path, item in app.openapi()["paths"].items()
        for method, described in item.items()
        if described["tags"] in tags
    ]


def _addresses(path: str, described: dict[str, Any], place: Place) -> Iterator[tuple[str, Any]]:
    """The path with its parameters filled in, and the query it needs; for both complaints."""
    needed = {p["name"] for p in described.get("parameters", []) if p.get("required")}
    query = {name: QUERY[name] for name in needed if name in QUERY}
    if path == "/api/v1/search":
        query["q"] = place.hidden.code
    lon, lat = place.hidden.geom.split(",")
    from morecantile import tms

    tile = tms.get("WebMercatorQuad").tile(float(lon), float(lat), 14)
    for of in (place.hidden, place.public):
        values = {**PATH, "code": of.code, "service_request_id": of.code}
        values |= {"z": tile.z, "x": tile.x, "y": tile.y}
        pictures = place.photos if "{photo}" in path else [""]
        for photo in pictures:
            for form in FORMS.get(path, (PATH["form"],)):
                yield path.format(**{**values, "photo": photo, "form": form}), query


def _body(answer: Any) -> str:
    content = answer.content
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    return str(content.decode("utf-8", "ignore"))


def test_the_public_is_told_nothing_private_by_any_route(client: TestClient, place: Place) -> None:
    nobody = place.people[0]
    told = 0
    for _, path, described in _operations(client, [EVERYONE, HOLDER]):
        if _ != "GET":
            continue
        for address, query in _addresses(path, described, place):
            answer = _ask(client, nobody, "GET", address, params=query)
            assert answer.status_code < 500, (address, answer.text[:200])
            body = _body(answer)
            for of in (place.hidden, place.public):
                assert of.mark not in body, address
            lon, lat = place.hidden.geom.split(",")
            if place.hidden.code in address:
                assert not (lon[:9] in body and lat[:8] in body), address
            told += answer.status_code == 200
    assert told > 50


def test_a_session_changes_nothing_of_what_is_public(client: TestClient, place: Place) -> None:
    officer = next(one for one in place.people if (one.role, one.where) == ("officer", "its ward"))
    for address in (
        f"/api/v1/complaints/{place.hidden.code}", "/api/v1/complaints?limit=500",
        "/api/v1/export.csv", "/api/v1/counts?by=area&set=hanoi-ward-2025", "/api/v1/domains",
    ):  # fmt: skip
        with_it = _ask(client, officer, "GET", address)
        assert with_it.content == _ask(client, place.people[0], "GET", address).content, address


def test_reads_of_officials_give_each_only_what_is_theirs(client: TestClient, place: Place) -> None:
    reads = [
        one for one in _operations(client, [OFFICIALS, PLANNERS, SIGNED_IN]) if one[0] == "GET"
    ]
    assert len(reads) >= 8
    found: dict[str, int] = {}
    for _, path, described in reads:
        if path in APART:
            continue
        for address, query in _addresses(path, described, place):
            for who in place.people:
                answer = _ask(client, who, "GET", address, params=query)
                case = (address, who.role, who.where, answer.status_code)
                assert answer.status_code < 500, (*case, answer.text[:300])
                body = _body(answer)
                for of in (place.hidden, place.public):
                    if not who.may("view"):
                        assert of.mark not in body, case
                        # Its code is public; that it is in a list of work here is not.
                        assert "{code}" in path or of.code not in body, case
                    if not who.may("personal"):
                        assert f"{of.mark} words" not in body, case
                        assert f"{of.mark}@" not in body, case
                    if not who.may("inside"):
                        assert f"{of.mark} note" not in body, case
                if "{code}" in path and not who.may("view"):
                    assert answer.status_code in (401, 403, 404), case
                if who.may("personal") and place.hidden.mark in body:
                    found[path] = found.get(path, 0) + 1
    # The comparison means something: whoever may, is told.
    for path in ("/api/v1/work", "/api/v1/work/{code}", "/api/v1/work/{code}/personal"):
        assert found.get(path), path


def test_one_complaint_is_shown_exactly_to_who_may_see_it(client: TestClient, place: Place) -> None:
    for of in (place.hidden, place.public):
        for who in place.people:
            case = (of.code, who.role, who.where)
            shown = _ask(client, who, "GET", f"/api/v1/work/{of.code}").status_code
            assert (shown == 200) == who.may("inside"), (*case, shown)
            asked = {"reason": "because of a test"}
            personal = _ask(client, who, "GET", f"/api/v1/work/{of.code}/personal", params=asked)
            assert (personal.status_code == 200) == who.may("personal"), case


def _state(engine: Engine, place: Place) -> list[Any]:
    with engine.connect() as connection:
        return [
            connection.execute(
                text(
                    "SELECT w.*, c.status, c.category_id, c.text, c.updated_at,"
                    " (SELECT count(*) FROM work_event e WHERE e.complaint_id = c.id) AS events,"
                    " (SELECT count(*) FROM work_note e WHERE e.complaint_id = c.id) AS notes,"
                    " (SELECT count(*) FROM answer e WHERE e.complaint_id = c.id) AS answers"
                    " FROM work w JOIN complaint c ON c.id = w.complaint_id WHERE c.id = :id"
                ),
                {"id": of.id},
            ).one()
            for of in (place.hidden, place.public)
        ]


def test_acts_are_refused_to_all_but_who_may_and_change_nothing(
    client: TestClient, place: Place, module_hanoi: Engine
) -> None:
    changes = [
        path
        for method, path, _ in _operations(client, [OFFICIALS, PLANNERS])
        if method != "GET" and "{code}" in path and path != HERE
    ]
    for path in changes:
        act = path.rpartition("/")[2]
        assert act in ACTS, f"say in ACTS how {path} is asked"
    before = _state(module_hanoi, place)
    for of, other in ((place.hidden, place.public), (place.public, place.hidden)):
        for path in changes:
            act = path.rpartition("/")[2]
            body = {
                name: {"{other}": other.code, "{ward}": of.ward}.get(str(value), value)
                for name, value in ACTS[act].items()
            }
            for who in place.people:
                if who.may("act"):
                    continue
                answer = _ask(
                    client, who, "POST", path.format(code=of.code), json=body,
                    headers={"If-Match": '"1"'},
                )  # fmt: skip
                assert answer.status_code in (401, 403, 404), (
                    act,
                    who.role,
                    who.where,
                    answer.text,
                )
    assert _state(module_hanoi, place) == before


def test_who_sees_a_complaint_may_say_that_they_have_it_open_and_nobody_else(
    client: TestClient, place: Place
) -> None:
    for who in place.people:
        for method in ("POST", "DELETE"):
            answer = _ask(client, who, method, HERE.format(code=place.hidden.code))
            case = (method, who.role, who.where, answer.status_code)
            assert (answer.status_code == 204) == who.may("inside"), case
            assert answer.status_code in (204, 401, 403, 404), case


def test_acts_are_understood_from_who_may(
    client: TestClient, place: Place, module_hanoi: Engine
) -> None:
    """Or the refusals above would prove nothing."""
    officer = next(one for one in place.people if (one.role, one.where) == ("officer", "its ward"))
    for act in ("note", "accept"):
        shown = _ask(client, officer, "GET", f"/api/v1/work/{place.public.code}")
        answer = _ask(
            client, officer, "POST", f"/api/v1/work/{place.public.code}/{act}", json=ACTS[act],
            headers={"If-Match": shown.headers["ETag"]},
        )  # fmt: skip
        assert answer.status_code in (200, 409), (act, answer.text)


def test_administration_is_for_admins_alone(client: TestClient, place: Place) -> None:
    for method, path, described in _operations(client, [ADMINS]):
        for address, query in _addresses(path, described, place):
            for who in place.people:
                if who.role == "admin":
                    continue
                answer = _ask(client, who, method, address, params=query, json={})
                assert answer.status_code in (401, 403), (method, address, who.role, answer.text)


def test_who_is_not_signed_in_may_call_nothing_of_officials(
    client: TestClient, place: Place
) -> None:
    for method, path, described in _operations(client, [OFFICIALS, PLANNERS, ADMINS, SIGNED_IN]):
        for address, query in _addresses(path, described, place):
            answer = _ask(client, place.people[0], method, address, params=query, json={})
            assert answer.status_code == 401, (method, address, answer.status_code)


def test_a_change_without_the_header_of_our_pages_is_refused(
    client: TestClient, place: Place
) -> None:
    supervisor = next(
        one for one in place.people if (one.role, one.where) == ("supervisor", "everywhere")
    )
    header = client.headers.pop("X-Phananh")
    try:
        for method, path, described in _operations(client, [OFFICIALS, PLANNERS, SIGNED_IN]):
            if method == "GET":
                continue
            for address, query in _addresses(path, described, place):
                answer = _ask(client, supervisor, method, address, params=query, json={})
                assert answer.status_code == 403, (method, address, answer.text)
                assert "X-Phananh" in answer.text
    finally:
        client.headers["X-Phananh"] = header
