"""What categories ask and tell is shipped, can be changed, and is never wrong."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, text

from geo import category_settings
from geo.catalogue import catalogue, ensure_catalogue, grouped
from geo.category_settings import EMPTY, as_toml, change, checked, present, read, shipped
from geo.database import migrate
from geo.errors import NotFoundError, SettingsError

ONE = {"code": "a", "kind": "one", "vi": "Nào?", "en": "Which?"}
CHOICES = [{"code": "x", "vi": "Một", "en": "One"}, {"code": "y", "vi": "Hai", "en": "Two"}]


def test_a_new_instance_has_what_is_shipped(engine: Engine) -> None:
    with engine.connect() as connection:
        there = present(connection)
    known = shipped()
    assert set(known) < set(there)
    for code, settings in there.items():
        assert settings == known.get(code, EMPTY), code


def test_what_is_shipped_is_in_both_languages_and_asks_for_no_number_plate() -> None:
    for code, settings in shipped().items():
        for question in settings.questions:
            told = f"{question.vi} {question.en}".lower()
            assert "biển số" not in told, code
            assert "plate" not in told, code
            assert question.vi != question.en
            # Nobody is kept from reporting by a question.
            assert not question.required
    stops = {code for code, one in shipped().items() if one.notice and one.notice.stops}
    assert stops == {"disorder"}


def test_categories_nobody_set_get_it_when_an_instance_is_brought_up_to_date(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        migrate(connection, "base")
        migrate(connection, "0009")
        connection.execute(
            text("INSERT INTO domain VALUES (3, 'traffic', 'Giao thông', 'Traffic', '#000', 0)")
        )
        connection.execute(
            text(
                "INSERT INTO category (id, domain_id, code, name_vi, name_en, colour, position,"
                " near_m) VALUES (301, 3, 'pothole', 'a', 'a', '#000', 0, 100),"
                " (307, 3, 'street-lighting', 'b', 'b', '#000', 0, 77)"
            )
        )
        migrate(connection)
        ensure_catalogue(connection)
        there = present(connection)
        assert there["pothole"] == shipped()["pothole"]
        # Somebody chose 77 m.
        assert (there["street-lighting"].near_m, there["street-lighting"].questions) == (77, ())
        # What is emptied later stays empty.
        change(connection, "pothole", EMPTY.model_dump())
        ensure_catalogue(connection)
        assert present(connection)["pothole"] == EMPTY


def test_a_file_of_the_settings_makes_them_again() -> None:
    every = shipped()
    again = {code: checked(one) for code, one in read(as_toml(every)).items()}
    assert again == every


def test_bounds_are_kept_as_what_they_are(engine: Engine) -> None:
    asked = [
        {"code": "day", "kind": "date", "min": date(2026, 1, 31), "max": "2026-12-31"},
        {"code": "depth", "kind": "number", "min": 0.5, "max": 3},
        {"code": "some", "kind": "many", "options": CHOICES, "min": 1, "max": 2},
    ]
    questions = [{"vi": "Gì?", "en": "What?"} | one for one in asked]
    with engine.begin() as connection:
        change(connection, "noise", {"questions": questions})
        stored = connection.execute(
            text("SELECT questions FROM category WHERE code = 'noise'")
        ).scalar_one()
        there = present(connection)["noise"]
    assert [(one["min"], one["max"]) for one in stored] == [
        ("2026-01-31", "2026-12-31"), (0.5, 3), (1, 2)
    ]  # fmt: skip
    assert there.questions[0].max == date(2026, 12, 31)
    assert checked(read(as_toml({"noise": there}))["noise"]) == there


def test_a_change_leaves_the_rest_as_it_was(engine: Engine) -> None:
    with engine.begin() as connection:
        before = present(connection)
        after = change(connection, "flooding", {"near_m": 500, "notice": None})
        assert after == before["flooding"].model_copy(update={"near_m": 500, "notice": None})
        assert present(connection) == before | {"flooding": after}
        with pytest.raises(NotFoundError, match="flooding"):
            change(connection, "nothing", {})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"near_m": 0}, "near_m: .*greater"),
        ({"near_days": "soon"}, "near_days"),
        ({"meaning": "Two words"}, "meaning"),
        ({"colour": "red"}, "colour: Extra"),
        ({"notice": {"vi": "Gọi 114"}}, "notice.en"),
        ({"notice": {"vi": "a", "en": "a", "phone": "call us"}}, "notice.phone"),
        ({"questions": [ONE]}, "at least two options"),
        ({"questions": [ONE | {"options": CHOICES[:1] * 2}]}, "two options have the code 'x'"),
        ({"questions": [ONE | {"kind": "text", "options": CHOICES}]}, "only questions of kind"),
        ({"questions": [ONE | {"kind": "date", "max": 3}]}, "do not fit"),
        ({"questions": [ONE | {"options": CHOICES, "max": 1}]}, "do not fit"),
        ({"questions": [ONE | {"kind": "text", "max": 1.5}]}, "do not fit"),
        ({"questions": [ONE | {"kind": "text", "max": 99_999}]}, "0 to 500"),
        ({"questions": [ONE | {"kind": "many", "options": CHOICES, "min": 3}]}, "0 to 2"),
        ({"questions": [ONE | {"kind": "number", "min": 3, "max": 2}]}, "larger"),
        ({"questions": [ONE | {"options": CHOICES}] * 2}, "two questions have the code 'a'"),
        ({"questions": [ONE | {"kind": "colour"}]}, "questions.0.kind"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(
    engine: Engine, wrong: dict[str, Any], says: str
) -> None:
    with engine.begin() as connection:
        before = present(connection)
        with pytest.raises(SettingsError, match=says):
            change(connection, "garbage", wrong)
        assert present(connection) == before


def test_the_list_of_domains_tells_what_is_asked(engine: Engine) -> None:
    with engine.connect() as connection:
        domains = grouped(list(connection.execute(catalogue()).all()))
    of = {one["code"]: one for part in domains for one in part["categories"]}
    [question] = of["flooding"]["questions"]
    assert question["kind"] == "one"
    assert question["required"] is False
    assert question["public"] is True
    assert {"code", "vi", "en"} == set(question["options"][0])
    assert (of["flooding"]["near_m"], of["flooding"]["near_days"]) == (300, 14)
    assert of["flooding"]["asks_urgency"] is True
    assert of["flooding"]["notice"]["phone"] == "114"
    assert of["congestion"]["notice"] is None
    assert of["congestion"]["questions"] == []
    [pole, lamps] = of["street-lighting"]["questions"]
    assert (pole["kind"], pole["max"], lamps["min"]) == ("text", 40, 1)
    assert "options" not in pole
    assert pole["max"] <= category_settings.MOST_LETTERS
