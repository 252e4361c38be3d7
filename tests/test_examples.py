"""The examples in the docstrings are right."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import boundaries
import geo
import tiles

MODULES = [
    found.name
    for package in (geo, boundaries, tiles)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_what_a_docstring_shows_is_what_happens(name: str) -> None:
    with np.printoptions(legacy="1.25"):
        tried = doctest.testmod(importlib.import_module(name), extraglobs={"np": np})
    assert tried.failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    every = [one for name in MODULES for one in finder.find(importlib.import_module(name))]
    assert sum(len(one.examples) for one in every) >= 15
