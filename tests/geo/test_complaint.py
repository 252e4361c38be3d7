import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.complaint import CODE_ALPHABET, TRANSITIONS, Status, is_code, new_code, new_codes


@given(st.integers(0, 8), st.sampled_from(CODE_ALPHABET))
def test_a_code_with_one_wrong_symbol_is_not_a_code(place: int, symbol: str) -> None:
    code = new_code()
    wrong = code[:place] + symbol + code[place + 1 :]
    assert is_code(code)
    assert is_code(wrong) == (wrong == code)


def test_codes_made_in_bulk_pass_the_same_check() -> None:
    codes = new_codes(2000, np.random.default_rng(7))
    assert all(is_code(code) for code in codes)
    assert is_code(f" {codes[0][:3]}-{codes[0][3:6]}-{codes[0][6:]} ".lower())


def test_no_symbol_of_a_code_looks_like_another() -> None:
    assert not set(CODE_ALPHABET) & set("0O1IL2Z5S8BU")


def test_every_status_has_its_moves() -> None:
    assert set(TRANSITIONS) == set(Status)
