"""The street of a place: what most of its addresses name, without house numbers."""

import re
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text

from api.studies import Studies
from geo import cells, streets
from tiles.version import Clock

NUMBER = re.compile(r"^[^\W\d_]*[0-9]+[A-Za-z]?(/[0-9]+)*[ ,]+")


def test_each_cell_tells_the_streets_of_its_own_addresses(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        rows = connection.execute(
            text("SELECT cell, address FROM complaint WHERE address <> ''")
        ).all()
        leaves = np.array([row.cell for row in rows])
        # Fine enough that no cell has more than thirty.
        parents = cells.parents(leaves, 9)
        wanted: dict[int, Counter[str]] = {}
        for parent, row in zip(parents.tolist(), rows, strict=True):
            wanted.setdefault(parent, Counter())[NUMBER.sub("", row.address)] += 1
        few = {place: named for place, named in wanted.items() if named.total() <= 30}
        assert len(few) > 300
        assert streets.tallies(connection, list(few)) == few
        assert streets.tallies(connection, []) == {}


@given(st.lists(st.dictionaries(st.sampled_from(["", "a", "b", "c"]), st.integers(1, 9))))
def test_the_street_is_the_one_named_most_and_by_a_fifth(named: list[dict[str, int]]) -> None:
    whole = Counter[str]()
    for one in named:
        whole.update(one)
    found = streets.street(named)
    true = {one: n for one, n in whole.items() if one and 5 * n >= whole.total()}
    if found is None:
        assert not true
    else:
        assert true[found] == max(true.values())
        assert found == min(one for one, n in true.items() if n == true[found])


def test_streets_that_are_known_are_not_asked_for_again(module_hanoi: Engine) -> None:
    studies = Studies(Clock())
    asked = []
    with module_hanoi.connect() as connection:
        leaves = connection.execute(text("SELECT cell FROM complaint LIMIT 50")).scalars().all()
        places = np.unique(cells.parents(np.array(leaves), 8)).tolist()
        first = studies.tallies(connection, places)
        event.listen(module_hanoi, "before_cursor_execute", lambda *a: asked.append(a[2]))
        assert studies.tallies(connection, places) == first
        assert asked == []
