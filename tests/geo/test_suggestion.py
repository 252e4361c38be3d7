"""Kinds are suggested from words: rightly where they are suggested, and else not at all."""

from datetime import UTC, datetime

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo import reporting, suggestion, teaching

AT = datetime(2026, 11, 2, tzinfo=UTC)
ALL = frozenset(teaching.phrases().categories)


@pytest.fixture(scope="module")
def model() -> suggestion.Model:
    return teaching.taught(teaching.phrases())


@given(st.text(max_size=300))
def test_features_are_sorted_and_the_same_however_the_text_is_composed(said: str) -> None:
    import unicodedata

    found = suggestion.features(said)
    assert (np.diff(found.astype(np.int64)) > 0).all()
    apart = suggestion.features(unicodedata.normalize("NFD", said))
    assert (found == apart).all() or not said.isprintable() or len(found) == len(apart)


def test_every_phrase_is_learnt_with_and_without_diacritics(model: suggestion.Model) -> None:
    lesson = teaching.phrases()
    for said in (lesson.texts, [suggestion.plain(one) for one in lesson.texts]):
        first = [model.categories[int(np.argmax(model.probabilities(one)))] for one in said]
        assert np.mean([a == b for a, b in zip(first, lesson.categories, strict=True)]) > 0.98


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("o ga to duong lang", "pothole"),
        ("Đèn đường trước nhà không sáng đã một tuần", "street-lighting"),
        ("Mất nắp cống ở đầu ngõ 12", "manhole"),
        ("nước ngập vào nhà khi trời mưa", "flooding"),
    ],
)
def test_new_words_are_understood(model: suggestion.Model, said: str, kind: str) -> None:
    found = model.suggest(said, ALL)
    assert found
    assert found[0].category == kind
    assert 1 <= len(found) <= 3
    assert sum(one.probability for one in found) <= 1.01
    # A kind that is switched off is not suggested.
    assert kind not in {one.category for one in model.suggest(said, ALL - {kind})}


@pytest.mark.parametrize("said", ["", "xin chào", "hôm nay trời đẹp", "???", "123 456", "qwertz"])
def test_it_is_silent_when_unsure(model: suggestion.Model, said: str) -> None:
    assert model.suggest(said, ALL) == []


def test_cross_validation_is_of_texts_it_has_not_seen(model: suggestion.Model) -> None:
    """Labels without a meaning cannot be learnt: were folds mixed, this would look learnable."""
    rng = np.random.default_rng(3)
    lesson = teaching.phrases()
    shuffled = teaching.Lesson(lesson.texts, rng.permutation(lesson.categories).tolist())
    measured = teaching.taught(shuffled).measured
    assert measured["accuracy"] < 0.1
    assert measured["made"] < 0.05
    assert model.measured["accuracy"] > 0.4
    assert model.measured["top3"] > model.measured["accuracy"]
    assert model.measured["right"] >= teaching.PRECISION


def test_a_model_comes_back_as_it_was_kept(model: suggestion.Model) -> None:
    again = suggestion.Model.unpacked(model.packed())
    assert again.categories == model.categories
    assert again.measured == model.measured
    for said in ("ổ gà to", "rác"):
        assert (again.probabilities(said) == model.probabilities(said)).all()


def test_it_learns_from_what_citizens_wrote(hanoi_engine: Engine) -> None:
    said = "Flycam vo chủ bay trên mái nhà"
    with hanoi_engine.begin() as connection:
        before = teaching.teach(connection, AT)
        assert before.suggest(said, ALL) == []
        for number in range(12):
            words = f"Flycam vo chủ bay qua lần {'a' * (number + 1)}"
            report = reporting.Report(105.8342, 21.0278, "fire-safety", words)
            with connection.begin_nested():
                connection.execute(text("UPDATE domain SET enabled = true"))
                reporting.take(connection, report, AT, None, b"x" * 32)
        after = teaching.teach(connection, AT)
        assert after.suggest(said, ALL)[0].category == "fire-safety"
        assert after.measured["texts"] == before.measured["texts"] + 12


def test_the_service_suggests_enabled_kinds_and_nothing_before_it_was_taught(
    hanoi_engine: Engine,
) -> None:
    def ask(said: str) -> list[dict[str, object]]:
        client = TestClient(create_app(hanoi_engine, Settings()))
        answer = client.post("/api/v1/suggestions", json={"text": said})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["suggestions"]
        return found

    assert ask("ổ gà giữa đường") == []
    with hanoi_engine.begin() as connection:
        teaching.teach(connection, AT)
    [first, *_] = ask("ổ gà giữa đường")
    assert (first["category"], first["domain"]) == ("pothole", "traffic")
    # Health is switched off in a new instance.
    assert "food-safety" not in {one["category"] for one in ask("ngộ độc thực phẩm sau khi ăn")}
    assert ask("ab") == []
