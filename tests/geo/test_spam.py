"""Words that are no report are told from words that are."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import spam
from geo.errors import WordsRefusedError

HONEST = [
    "Ổ gà to trước số 12 ngõ 34 Hàng Bạc, xe máy ngã 3 lần rồi.",
    "HỎNG RỒIIIIII!!!!!!!!!! SỬA ĐI!!!!!",
    "Rác... rác... rác khắp nơi",
    "Ngập.Xe không đi được.Trẻ con ngã",
    "Biển số 29A-123.45, TP.HCM, Q.1, lúc 7h30.",
    "Xem ảnh tại https://example.org/anh/1 : đèn đường hỏng từ tuần trước",
    "-----------------\nĐường hỏng\n-----------------"[9:],
    "con me.em be di qua day rat nguy hiem",
    "Kính gửi UBND phường. " * 3,
]


@pytest.mark.parametrize("text", HONEST)
def test_what_people_write_passes(text: str) -> None:
    spam.check(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://example.com/buy", "a link alone"),
        ("Xem: example.shop/vay-tien", "a link alone"),
        ("vay tiền nhanh lãi thấp " + " ".join(f"http://x{n}.example" for n in range(6)), "6"),
        ("a" * 61, "longer than 60"),
        ("Ổ gà " + "!" * 40, "again and again"),
        ("h a" + " a" * 40, "again and again"),
        ("mua ngay " * 40, "again and again"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason_in_both_languages(
    text: str, said: str
) -> None:
    with pytest.raises(WordsRefusedError) as refused:
        spam.check(text)
    assert said in str(refused.value)
    assert " / " in str(refused.value)
    assert refused.value.field == "text"


def test_links_are_counted_in_whatever_form_they_come() -> None:
    assert spam.links("http://a.example www.b.example c.com/x ftp://d.example") == 4
    assert spam.links("Đường số 5.Nhà số 7. Tổ 3.2, ngõ 1.5") == 0


@given(st.text(max_size=400))
def test_the_gist_is_the_same_whatever_stands_between_letters(text: str) -> None:
    assert spam.gist(text) == spam.gist(f"  {text}!!  ") == spam.gist(text.replace(" ", " , "))


def test_other_words_have_another_gist() -> None:
    assert spam.gist("ngập 20 cm") != spam.gist("ngập 30 cm")
    assert spam.gist("Mạ vàng") != spam.gist("Má vàng")


@pytest.mark.parametrize("part", ["a.", "a-", "-.", "www.", "http", "a b ", "aa!", "x.com"])
def test_no_text_takes_long(part: str) -> None:
    """Ends at all: a pattern that tries everything would not within the suite's patience."""
    text = (part * 4000)[:4000]
    spam.links(text)
    with contextlib.suppress(WordsRefusedError):
        spam.check(text)
