"""Correcting and withdrawing a report: counts and history follow, and replays stay replays."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, Row, text

from api.query import read_vocabulary
from geo import correcting, counts, participants, reporting
from geo.complaint import Status
from geo.correcting import Correction
from geo.errors import (
    BadAnswersError,
    BadFilterError,
    ChangedMeanwhileError,
    NotAllowedError,
    NotEditableError,
    NotTakenHereError,
    OutsideCityError,
    PhananhError,
)
from geo.filters import Filter
from geo.rollup import AREA, CITY, fold

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)
SOON = AT + timedelta(minutes=5)
SECRET = b"s" * 32
SAID = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà lớn", address="12 Hàng Bạc")
PLACES = st.sampled_from(
    [(105.8342, 21.0278), (105.8412, 21.0245), (105.78, 21.04), (105.70, 20.95)]
)
PARIS = {"lon": 2.35, "lat": 48.85}


def _take(engine: Engine, said: reporting.Report = SAID, key: str | None = None) -> reporting.Taken:
    with engine.begin() as connection:
        return reporting.take(connection, said, AT, key, SECRET)


def _correct(
    engine: Engine,
    taken: reporting.Taken,
    wanted: Correction,
    at: datetime = SOON,
    versions: list[str] | None = None,
) -> correcting.Changed:
    with engine.begin() as connection:
        person = participants.holder(connection, taken.link)
        return correcting.correct(connection, person, wanted, at, versions)


def _row(engine: Engine, code: str) -> Row[Any]:
    with engine.connect() as connection:
        return connection.execute(
            text(
                "SELECT c.*, ST_X(geom) AS lon, ST_Y(geom) AS lat, k.code AS category,"
                " s.answers, s.urgent, CAST(c.xmin AS text) || '.' || CAST(s.xmin AS text) AS v"
                " FROM complaint c JOIN category k ON k.id = c.category_id"
                " LEFT JOIN submission s ON s.complaint_id = c.id WHERE c.code = :code"
            ),
            {"code": code},
        ).one()


def _set(engine: Engine, what: str, category: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE category SET {what} WHERE code = :c"), {"c": category})


def _counted(connection: Connection) -> dict[str, Counter[int]]:
    """By area, category and status, as the map and the tables say."""
    words = read_vocabulary(connection)
    question = Filter(tuple(words.cities.values()))
    areas = list(words.sets["hanoi-ward-2025"])
    asked = {
        "area": counts.by_place(question, AREA, areas),
        "city": counts.by_place(question, CITY),
        "category": counts.by_category(question),
        "status": counts.by_status(question),
    }
    return {
        name: Counter({int(row[0]): int(row.n) for row in connection.execute(statement)})
        for name, statement in asked.items()
    }


def _recounted(connection: Connection) -> dict[str, Counter[int]]:
    """The same, counted from the rows alone."""
    asked = {
        "area": "SELECT a.id, count(*) AS n FROM complaint c CROSS JOIN unnest(areas_at(c.geom,"
        " c.city_id)) AS a(id) JOIN area ON area.id = a.id JOIN area_set s ON s.id = area.set_id"
        " WHERE s.code = 'hanoi-ward-2025' GROUP BY 1",
        "city": "SELECT 0, count(*) AS n FROM complaint",
        "category": "SELECT category_id, count(*) AS n FROM complaint GROUP BY 1",
        "status": "SELECT status, count(*) AS n FROM complaint GROUP BY 1",
    }
    return {
        name: Counter({int(row[0]): int(row.n) for row in connection.execute(text(query))})
        for name, query in asked.items()
    }


def _assert_exact(engine: Engine) -> None:
    for folded in (False, True):
        with engine.begin() as connection:
            if folded:
                fold(connection)
            told, truth = _counted(connection), _recounted(connection)
            for name in ("area", "category", "status"):
                assert told[name] == truth[name], (name, folded)
            assert sum(told["city"].values()) == sum(truth["city"].values())


# What is seen: other signs are no words, and an address is one line.
SEEN = st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zs", "Zl", "Zp"])


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    place=PLACES,
    category=st.sampled_from(["pothole", "garbage", "noise", "street-lighting"]),
    words=st.text(SEEN, min_size=1, max_size=40),
    address=st.none() | st.text(SEEN, max_size=20),
    given_=st.sets(st.sampled_from(["place", "category", "text", "address"]), min_size=1),
    again=st.integers(1, 3),
)
def test_a_correction_moves_the_counts_exactly_and_replays_stay_replays(
    module_hanoi: Engine,
    place: tuple[float, float],
    category: str,
    words: str,
    address: str | None,
    given_: set[str],
    again: int,
) -> None:
    key = str(uuid4())
    taken = _take(module_hanoi, key=key)
    wanted: Correction = {}
    if "place" in given_:
        wanted["lon"], wanted["lat"] = place
    if "category" in given_:
        wanted["category"] = category
    if "text" in given_:
        wanted["text"] = words
    if "address" in given_:
        wanted["address"] = address
    # The same correction more than once is the same correction.
    for _ in range(again):
        _correct(module_hanoi, taken, wanted)
    row = _row(module_hanoi, taken.code)
    assert (row.lon, row.lat) == (place if "place" in given_ else (SAID.lon, SAID.lat))
    assert row.category == (category if "category" in given_ else SAID.category)
    assert row.text == (words if "text" in given_ else SAID.text)
    assert row.address == ((address or None) if "address" in given_ else SAID.address)
    assert row.updated_at == SOON
    _assert_exact(module_hanoi)
    # The phone sends the first report again: it is still the same one, and stays corrected.
    replay = _take(module_hanoi, key=key)
    assert (replay.code, replay.link, replay.again) == (taken.code, taken.link, True)
    assert _row(module_hanoi, taken.code).v == row.v
    with module_hanoi.connect() as connection:
        kinds = connection.execute(
            text("SELECT kind, actor FROM event WHERE complaint_id = :id"), {"id": row.id}
        ).all()
    assert {one.actor for one in kinds} <= {"reporter"}
    assert ("category" in {one.kind for one in kinds}) == (row.category != SAID.category)
    # Nothing is told twice.
    assert len({one.kind for one in kinds}) == len(kinds)


REPORTS = st.builds(
    reporting.Report,
    lon=st.floats(105.80, 105.86),
    lat=st.floats(21.00, 21.05),
    category=st.sampled_from(["pothole", "garbage"]),
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60),
    address=st.none() | st.text(SEEN, max_size=30),
    urgent=st.booleans(),
    language=st.sampled_from(["vi", "en"]),
    device=st.none() | st.text("abcdef0123456789", min_size=22, max_size=64),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=REPORTS, other=REPORTS, replays=st.integers(1, 10))
def test_a_key_makes_one_complaint_whatever_is_said(
    module_hanoi: Engine, first: reporting.Report, other: reporting.Report, replays: int
) -> None:
    key = str(uuid4())
    taken = [_take(module_hanoi, first, key) for _ in range(replays + 1)]
    assert len({(one.code, one.link, one.editable_until) for one in taken}) == 1
    assert [one.again for one in taken] == [False] + [True] * replays
    if other.fingerprint() != first.fingerprint():
        with pytest.raises(PhananhError, match="Idempotency-Key"):
            _take(module_hanoi, other, key)
    different = _take(module_hanoi, first, str(uuid4()))
    assert different.code != taken[0].code
    assert different.link != taken[0].link


def test_sixteen_at_once_with_one_key_make_one_complaint(hanoi_engine: Engine) -> None:
    start = threading.Barrier(16)

    def send(_: int) -> reporting.Taken:
        start.wait()
        return _take(hanoi_engine, key="sixteen at once")

    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(send, range(16)))
    assert len({(one.code, one.link) for one in taken}) == 1
    assert sum(not one.again for one in taken) == 1
    with hanoi_engine.connect() as connection:
        stored = text("SELECT count(*) FROM complaint WHERE text = :said")
        assert connection.execute(stored, {"said": SAID.text}).scalar_one() == 1
        people = connection.execute(text("SELECT count(*) FROM participant")).scalar_one()
        assert people == 1
    _assert_exact(hanoi_engine)


def test_many_corrections_at_once_leave_one_of_them_and_right_counts(module_hanoi: Engine) -> None:
    taken = _take(module_hanoi)
    version = _row(module_hanoi, taken.code).v
    start = threading.Barrier(8)

    def send(number: int) -> bool:
        start.wait()
        wanted: Correction = {"text": f"lần {number}", "category": ("garbage", "noise")[number % 2]}
        try:
            _correct(module_hanoi, taken, wanted, versions=[version])
        except ChangedMeanwhileError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(8))) == 1
    row = _row(module_hanoi, taken.code)
    number = int(row.text.split()[1])
    assert row.category == ("garbage", "noise")[number % 2]
    _assert_exact(module_hanoi)


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        (PARIS, OutsideCityError, "ngoài"),
        ({"category": "nothing"}, BadFilterError, "unknown category"),
        ({"category": "street-lighting"}, BadAnswersError, "answers.pole"),
        ({"category": "accident-spot"}, NotTakenHereError, "115"),
        ({"answers": {"colour": "red"}}, BadAnswersError, "answers.colour"),
        ({"photos": ["never uploaded"]}, BadFilterError, "photo"),
        ({"photos": ["a", "a"]}, BadFilterError, "each of them once"),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing_at_all(
    hanoi_engine: Engine, wanted: Correction, error: type[Exception], said: str
) -> None:
    pole = '[{"code": "pole", "kind": "text", "vi": "Số cột", "en": "Pole", "required": true}]'
    _set(hanoi_engine, f"questions = '{pole}'", "street-lighting")
    _set(hanoi_engine, """notice = '{"phone": "115", "stops": true}'""", "accident-spot")
    taken = _take(hanoi_engine)
    before = _row(hanoi_engine, taken.code)
    both: Correction = {"text": "khác"}
    both.update(wanted)
    with pytest.raises(error, match=said):
        _correct(hanoi_engine, taken, both)
    assert _row(hanoi_engine, taken.code) == before


def test_answers_and_urgency_follow_the_category(hanoi_engine: Engine) -> None:
    depth = '[{"code": "depth", "kind": "number", "vi": "Sâu", "en": "Depth"}]'
    _set(hanoi_engine, f"questions = '{depth}', asks_urgency = true", "pothole")
    _set(hanoi_engine, f"questions = '{depth}', asks_urgency = false", "manhole")
    deep = reporting.Report(105.8342, 21.0278, "pothole", "Sâu", answers={"depth": 9}, urgent=True)
    taken = _take(hanoi_engine, deep)
    stored = _row(hanoi_engine, taken.code)
    assert (stored.answers, stored.urgent) == ({"depth": 9}, True)
    # They fit the other one too, which does not ask whether it is urgent.
    _correct(hanoi_engine, taken, {"category": "manhole"})
    stored = _row(hanoi_engine, taken.code)
    assert (stored.answers, stored.urgent) == ({"depth": 9}, False)
    # A category without questions: they have to be taken back with it.
    with pytest.raises(BadAnswersError, match=r"answers\.depth"):
        _correct(hanoi_engine, taken, {"category": "noise"})
    _correct(hanoi_engine, taken, {"category": "noise", "answers": {}})
    assert _row(hanoi_engine, taken.code).answers == {}
    # The question is gone meanwhile; who corrects the words alone is not asked about it.
    other = _take(hanoi_engine, deep)
    _set(hanoi_engine, "questions = '[]'", "pothole")
    _correct(hanoi_engine, other, {"text": "Rất sâu"})
    assert _row(hanoi_engine, other.code).answers == {"depth": 9}


def test_a_report_is_corrected_for_thirty_minutes_and_until_it_is_handled(
    module_hanoi: Engine,
) -> None:
    taken = _take(module_hanoi)
    last = AT + reporting.EDITABLE_FOR
    _correct(module_hanoi, taken, {"text": "một"}, at=last - timedelta(seconds=1))
    with pytest.raises(NotEditableError, match="30"):
        _correct(module_hanoi, taken, {"text": "hai"}, at=last)
    with module_hanoi.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET status = 2 WHERE code = :code"), {"code": taken.code}
        )
    with pytest.raises(NotEditableError, match="handled"):
        _correct(module_hanoi, taken, {"text": "ba"})
    assert _row(module_hanoi, taken.code).text == "một"


def _upload(engine: Engine, token: str, complaint: str | None = None) -> str:
    number = str(uuid4())
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO photo (id, complaint_id, upload, width, height, bytes, digest,"
                " likeness) SELECT :id, (SELECT id FROM complaint WHERE code = :code), :upload,"
                " 1, 1, 1, '', 0"
            ),
            {"id": number, "code": complaint, "upload": participants.hashed(token)},
        )
    return number


def _photos(engine: Engine, code: str) -> list[str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT p.id FROM photo p JOIN complaint c ON c.id = p.complaint_id"
                " WHERE c.code = :code ORDER BY p.position"
            ),
            {"code": code},
        )
        return [str(row.id) for row in rows]


def test_photos_are_added_left_out_and_put_in_another_order(module_hanoi: Engine) -> None:
    a, b, c = (_upload(module_hanoi, token) for token in "abc")
    with_two = reporting.Report(105.8342, 21.0278, "pothole", "Ảnh", photos=("a", "b"))
    taken = _take(module_hanoi, with_two, "with photos")
    assert _photos(module_hanoi, taken.code) == [a, b]
    # By the token of the upload or by its own id, whichever the page still knows.
    _correct(module_hanoi, taken, {"photos": ["c", b, "a"]})
    assert _photos(module_hanoi, taken.code) == [c, b, a]
    _correct(module_hanoi, taken, {"photos": ["a"]})
    assert _photos(module_hanoi, taken.code) == [a]
    # What was left out can come back; what belongs to another report cannot.
    _correct(module_hanoi, taken, {"photos": ["b", "a"]})
    assert _photos(module_hanoi, taken.code) == [b, a]
    other = _take(module_hanoi)
    for stolen in ("a", a):
        with pytest.raises(BadFilterError, match="photo"):
            _correct(module_hanoi, other, {"photos": [stolen]})
    # Words alone leave them as they are, and so does the first report when it is sent again.
    _correct(module_hanoi, taken, {"text": "Chữ"})
    _take(module_hanoi, with_two, "with photos")
    assert _photos(module_hanoi, taken.code) == [b, a]


def _withdraw(engine: Engine, link: str, at: datetime = SOON) -> None:
    with engine.begin() as connection:
        correcting.withdraw(connection, participants.holder(connection, link), at)


@pytest.mark.parametrize("status", list(Status))
def test_what_is_open_can_be_withdrawn_and_nothing_else(
    module_hanoi: Engine, status: Status
) -> None:
    taken = _take(module_hanoi)
    with module_hanoi.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET status = :status WHERE code = :code"),
            {"status": int(status), "code": taken.code},
        )
    if status.is_open:
        _withdraw(module_hanoi, taken.link, SOON + timedelta(days=3))
        row = _row(module_hanoi, taken.code)
        assert (row.status, row.closed_at) == (Status.WITHDRAWN, SOON + timedelta(days=3))
        # Again, and later: nothing changes.
        _withdraw(module_hanoi, taken.link, SOON + timedelta(days=4))
        assert _row(module_hanoi, taken.code).v == row.v
    elif status != Status.WITHDRAWN:
        with pytest.raises(NotEditableError, match="closed"):
            _withdraw(module_hanoi, taken.link)
        assert _row(module_hanoi, taken.code).status == status
    _assert_exact(module_hanoi)
    # By now it is no longer what it was received as.
    with pytest.raises(NotEditableError, match="handled"):
        _correct(module_hanoi, taken, {"text": "sau"})


def test_a_supporters_link_neither_corrects_nor_withdraws(module_hanoi: Engine) -> None:
    from geo.supporting import support

    taken = _take(module_hanoi)
    with module_hanoi.begin() as connection:
        link = support(connection, taken.code, "d" * 22, "vi", SECRET).link
        person = participants.holder(connection, link)
        with pytest.raises(NotAllowedError, match="only who reported"):
            correcting.correct(connection, person, {"text": "x"}, SOON)
        with pytest.raises(NotAllowedError, match="only who reported"):
            correcting.withdraw(connection, person, SOON)


def test_corrected_words_are_masked_anew_and_what_an_official_hid_stays_hidden(
    hanoi_engine: Engine,
) -> None:
    from geo import looking

    taken = _take(hanoi_engine)
    _correct(hanoi_engine, taken, {"text": "Gọi tôi 0912345678 nhé"})
    assert "0912345678" not in _row(hanoi_engine, taken.code).text
    with hanoi_engine.begin() as connection:
        kept = connection.execute(text("SELECT words FROM submission")).scalar_one()
    assert kept == "Gọi tôi 0912345678 nhé"
    # Another place alone leaves the words as they are shown.
    shown = _row(hanoi_engine, taken.code).text
    _correct(hanoi_engine, taken, {"lon": 105.8412, "lat": 21.0245})
    assert _row(hanoi_engine, taken.code).text == shown
    _correct(hanoi_engine, taken, {"text": "Nhà ông Nguyễn Văn A đổ rác"})
    with hanoi_engine.begin() as connection:
        looking.hide(connection, taken.code, "Nguyễn Văn A", "official", "names a neighbour")
    hidden = _row(hanoi_engine, taken.code).text
    assert "Nguyễn" not in hidden
    _correct(hanoi_engine, taken, {"category": "garbage"})
    assert _row(hanoi_engine, taken.code).text == hidden
    with pytest.raises(NotEditableError, match="hidden"):
        _correct(hanoi_engine, taken, {"text": "Là Nguyễn Văn A đó"})
