"""Answers to the extra questions of a category."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from geo.errors import BadAnswersError, BadFilterError, NotTakenHereError
from geo.questions import LONGEST_TEXT, Question, asked, cleaned, public_answers

POLE = Question("pole", "text", required=True, most=12)
DEPTH = Question("depth", "number", least=0, most=200)
WHEN = Question("when", "one", options=("day", "night", "always"))
WHAT = Question("what", "many", options=("car", "bike", "lorry"), least=1, most=2)
SINCE = Question("since", "date", least="2026-01-01", most="2026-12-31")
ALL = [POLE, DEPTH, WHEN, WHAT, SINCE]
RIGHT: dict[str, Any] = {
    "pole": "Cột 12/A",
    "depth": 30.5,
    "when": "night",
    "what": ["bike", "car"],
    "since": "2026-05-01",
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def test_right_answers_are_kept_in_the_order_of_the_questions() -> None:
    kept = cleaned(ALL, dict(reversed(RIGHT.items())))
    assert list(kept) == ["pole", "depth", "when", "what", "since"]
    # Those of many in the order they are asked, each once.
    assert kept == RIGHT | {"what": ["car", "bike"]}
    assert cleaned(ALL, RIGHT | {"what": ["car", "bike", "car"]})["what"] == ["car", "bike"]


@pytest.mark.parametrize("empty", [{}, {"when": None}, {"when": "", "what": [], "since": ""}])
def test_what_is_empty_is_not_stored(empty: dict[str, Any]) -> None:
    assert cleaned(ALL, {"pole": " x "} | empty) == {"pole": "x"}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("pole", None),
        ("pole", "   "),
        ("pole", "x" * 13),
        ("pole", "a\x00b"),
        ("pole", "a\x1bb"),
        ("pole", 12),
        ("depth", -1),
        ("depth", 201),
        ("depth", "30"),
        ("depth", True),
        ("depth", math.nan),
        ("depth", math.inf),
        pytest.param("depth", 10**400, id="depth-huge"),
        ("depth", [30]),
        ("when", "noon"),
        ("when", ["day"]),
        ("when", {}),
        ("what", "car"),
        ("what", ["car", "plane"]),
        ("what", ["car", "bike", "lorry"]),
        ("what", [["car"]]),
        ("since", "yesterday"),
        ("since", "2026-02-30"),
        ("since", 20260101),
        ("since", "2025-12-31"),
        ("since", "2027-01-01"),
    ],
)
def test_a_wrong_answer_names_its_field_in_both_languages(field: str, said: Any) -> None:
    with pytest.raises(BadAnswersError) as found:
        cleaned(ALL, RIGHT | {field: said})
    [(name, message)] = found.value.errors
    assert name == f"answers.{field}"
    english, vietnamese = message.split(" / ")
    assert english != vietnamese


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(BadAnswersError) as found:
        cleaned(ALL, {"depth": "deep", "colour": "red", "x\x00" * 30: 1})
    fields = [field for field, _ in found.value.errors]
    assert fields[:1] == ["answers.colour"]
    assert set(fields[2:]) == {"answers.pole", "answers.depth"}
    assert len(fields[1]) < 60
    assert fields[1].isprintable()


@given(st.dictionaries(st.sampled_from([one.code for one in ALL]) | st.text(), ANYTHING))
def test_anything_is_either_refused_with_fields_or_can_be_stored(said: dict[str, Any]) -> None:
    try:
        kept = cleaned(ALL, said)
    except BadAnswersError as error:
        if {field.partition(".")[0] for field, _ in error.errors} == {"answers"}:
            return
        raise
    # Cleaning again changes nothing, also after a way through the database.
    assert cleaned(ALL, json.loads(json.dumps(kept, allow_nan=False))) == kept
    assert set(kept) <= set(said)
    assert "pole" in kept
    assert "\0" not in json.dumps(kept)


@given(st.text())
def test_a_text_is_never_longer_than_what_is_allowed(said: str) -> None:
    free = Question("more", "text")
    try:
        kept = cleaned([free], {"more": said})
    except BadAnswersError:
        return
    assert len(kept.get("more", "x")) in range(1, LONGEST_TEXT + 1)


@given(st.lists(st.sampled_from(WHAT.options)), st.integers(0, 3), st.integers(0, 3))
def test_of_many_are_chosen_as_many_as_are_asked(said: list[str], least: int, most: int) -> None:
    question = Question("what", "many", options=WHAT.options, least=least, most=most)
    try:
        kept = cleaned([question], {"what": said}).get("what", [])
    except BadAnswersError:
        assert not least <= len(set(said)) <= most
        return
    assert not said or least <= len(kept) <= most
    assert set(kept) == set(said)


def test_a_category_says_what_it_asks_and_whether_it_is_taken(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                """
                UPDATE category SET asks_urgency = true, questions =
                  '[{"code": "pole", "kind": "text", "vi": "Số cột", "en": "Pole", "max": 12,
                     "required": true, "public": true},
                    {"code": "when", "kind": "one", "vi": "Khi nào", "en": "When",
                     "options": [{"code": "day", "vi": "Ngày", "en": "Day"}]}]'
                 WHERE code = 'street-lighting'
                """
            )
        )
        notice = '{"vi": "Hãy gọi", "en": "Please call", "phone": "114", "stops": true}'
        connection.execute(
            text("UPDATE category SET notice = :notice WHERE code = 'dangerous-building'"),
            {"notice": notice},
        )
        connection.execute(text("UPDATE category SET enabled = false WHERE code = 'noise'"))
        light = asked(connection, "street-lighting")
        assert light.asks_urgency
        assert light.questions == (
            Question("pole", "text", required=True, most=12, public=True),
            Question("when", "one", options=("day",)),
        )
        light.check_taken()
        with pytest.raises(NotTakenHereError, match="114") as found:
            asked(connection, "dangerous-building").check_taken()
        assert found.value.notice == {"vi": "Hãy gọi", "en": "Please call", "phone": "114"}
        for code in ("noise", "none"):
            with pytest.raises(BadFilterError, match="unknown category"):
                asked(connection, code)


def test_of_public_answers_what_names_a_person_is_hidden() -> None:
    said = {"pole": "Cột 12, gọi 0912 345 678", "depth": 30, "when": "day"}
    shown = [Question("pole", "text", public=True), Question("depth", "number", public=True), WHEN]
    public = public_answers(shown, said)
    assert set(public) == {"pole", "depth"}
    assert public["depth"] == 30
    assert "Cột 12" in public["pole"]
    assert "345" not in public["pole"]
