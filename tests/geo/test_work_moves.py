"""The table of acts, and what words of an answer are worth; no database."""

import re
from itertools import chain, combinations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from geo.answer_words import similar
from geo.ask_reporter import PAUSES
from geo.complaint import TRANSITIONS, Status
from geo.policies import STOPS
from geo.templates import Template, bag, bare, beyond, fields_of, filled
from geo.work_moves import ACTS, MOVES, WHILE_CHECKED, allowed

DOC = (Path(__file__).resolve().parents[2] / "docs" / "handling.md").read_text("utf-8")
RIGHTS = ("inside", "act", "supervise", "own")
words = st.lists(
    st.text(st.sampled_from("abcđêơu"), min_size=1, max_size=6), min_size=1, max_size=12
).map(" ".join)


def _all_rights() -> list[frozenset[str]]:
    sets = chain.from_iterable(combinations(RIGHTS, n) for n in range(len(RIGHTS) + 1))
    return [frozenset(one) for one in sets]


def test_what_is_allowed_is_in_the_table_for_every_state_and_right() -> None:
    for status in Status:
        for rights in _all_rights():
            for paused in (False, True):
                for checking in (False, True):
                    may = allowed(status, rights, paused=paused, checking=checking)
                    assert len(set(may)) == len(may)
                    for act in may:
                        if act in MOVES:
                            assert MOVES[act].to in TRANSITIONS[status]
                            assert MOVES[act].need in rights
                    assert not ({"pause", "resume"} <= set(may))
                    if "act" not in rights and "supervise" not in rights and "own" not in rights:
                        assert may == []
                    if checking and status.is_open:
                        assert set(may) <= {"check", "note"} | WHILE_CHECKED
                    else:
                        assert "check" not in may


def test_the_docs_name_every_act_and_no_other() -> None:
    table = DOC[DOC.index("| act |") : DOC.index("While a closing waits")]
    told = set(
        re.findall(r"`([a-z-]+)`", "\n".join(r.split("|")[1] for r in table.splitlines() if r))
    )
    # Resolving is done by an answer.
    assert told == (set(MOVES) - {"resolve"}) | set(ACTS) | {"check", "note"}
    assert PAUSES.keys() == STOPS.keys()


@given(words, words)
def test_a_filled_template_has_no_field_and_says_what_was_filled_in(fixed: str, own: str) -> None:
    template = Template(1, "mẫu", None, None, "vi", f"{fixed} {{việc}} {fixed}")
    assert fields_of(template.text) == ["việc"]
    said = filled(template, {"việc": own})
    assert fields_of(said) == []
    assert own in said
    assert filled(template, {}) == template.text


@given(words, words)
def test_a_template_is_bare_by_itself_and_is_not_with_words_of_ones_own(
    fixed: str, other: str
) -> None:
    template = Template(1, "mẫu", None, None, "vi", f"{fixed} {{việc}}")
    assert bare(fixed, template, 5)
    assert bare(fixed.upper() + " 12/11!", template, 5)
    own = " ".join(f"x{one}" for one in other.split())
    assert bare(f"{fixed} {own}", template, 5) == (beyond(own, fixed) < 5)


@given(words, words)
def test_likeness_of_words_is_of_both_alike(one: str, other: str) -> None:
    assert similar(one, one)
    assert similar(one, other) == similar(other, one)
    if not bag(one) & bag(other):
        assert not similar(one, other)
