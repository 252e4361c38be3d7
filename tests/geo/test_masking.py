"""What names a person is hidden; places, times, amounts and services stay."""

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from geo import reporting
from geo.ingest import run_import
from geo.mapping import read_mapping
from geo.masked_columns import mask_all
from geo.masking import HIDDEN, mask

PERSONAL = {
    "phone": [
        "0912345678", "0912 345 678", "0912.345.678", "091-234-5678", "(+84) 912 345 678",
        "+84912345678", "84 912 345 678", "0084912345678", "o9l2345678", "0９12３45678",
        "0912\u200b345\u200b678", "(024) 3825 3825", "024.3825.3825", "0168 234 5678",
        "sđt0912345678", "0912,345,678", "0912    345     678", "0912*345*678", "0chín12 345 678",
        "0912-ba bốn năm-678", "không chín một 2345678", "0️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "⓪⑨①②③④⑤⑥⑦⑧",
        "không chín một hai ba bốn năm sáu bảy tám", "Không chín tám, bảy sáu năm, bốn ba hai một",
    ],
    "email": [
        "nguyen.van.a@gmail.com", "a_b+c@mail.hanoi.gov.vn", "nguyenvana (at) gmail.com",
        "nguyenvana a còng gmail chấm com", "a[at]b.vn", "an.nguyen[at]gmail[dot]com", "an@gmail",
        "an.nguyen(a)gmail.com", "an.nguyen at gmail dot com", "an a móc gờ meo",
    ],
    "plate": [
        "29A-123.45", "29A12345", "29a 123 45", "30K1-234.56", "29-B1 123.45", "29B1 12345",
        "30E-1234", "biển TM 12-34", "bks 80 NG 123-45", "29LD-123.45", "29MĐ1-123.45",
    ],
    "id": [
        "001204012345", "001 204 012 345", "cmnd 012345678", "CCCD: 001204012345", "012345678",
        "hộ chiếu C1234567", "mã số thuế 0101234567", "ho chieu B 1234567", "BHYT DN4010112345678",
    ],
    "account": ["stk 1234567890 VCB", "số tài khoản 19 0123 4567 8901",
        "tk vcb 1234 5678 9012", "@annguyen90", "t.me/annguyen90"],
}  # fmt: skip
HARMLESS = [
    "Số 12, ngõ 34/56/78, phố Bạch Mai", "ngày 12/05/2026 lúc 08:30", "phạt 100000000 đồng",
    "100.000.000đ", "gọi 1900 1234 hoặc 1800.1096", "hotline 113, 114, 115", "nhà 35B 2020",
    "tòa HH2A 1205 Linh Đàm", "quốc lộ 1A km 1234", "xe buýt 29, 32, 45, 86, 109",
    "21.0278, 105.8342",
    "từ 2019 đến 2026", "Tầng 12-15, 20-25 P1203", "0,75m3 và 12,5 tấn", "Số 29A Trần Phú",
    "diện tích 0.912345678 ha", "đếm một hai ba bốn năm sáu bảy tám chín", "08:30, 12/05/2026",
    "lúc 08:30 12/5/2026 ở ngõ 3", "từ 02/09/2026 đến 05/09/2026", "01/2026, 02/2026, 03/2026",
    "lúc 0 giờ 30 ngày 1-1-2026", "ba bốn năm nay hai bên đường", "đường 70, 72, 419 và 421B",
    "Mã QJ4P9T3KX", "rộng 3m, dài 120m, sâu 0.5m", "www.hanoi.gov.vn", "từ 22h00 đến 5h30",
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "said"), [(k, one) for k, all_ in PERSONAL.items() for one in all_]
)
def test_what_names_a_person_is_hidden_wherever_it_stands(kind: str, said: str) -> None:
    for before, after in (("", ""), ("Rác ở ngõ 12, liên hệ ", " nhé"), ("Xe (", ") đỗ sai.")):
        masked = mask(f"{before}{said}{after}")
        assert kind in masked.kinds
        assert HIDDEN in masked.text
        assert masked.text.startswith(before)
        assert masked.text.endswith(after)
        hidden = masked.text.removeprefix(before).removesuffix(after)
        assert not re.search(r"\d{3}|@", hidden)


@pytest.mark.parametrize("said", HARMLESS)
def test_places_times_amounts_and_services_stay(said: str) -> None:
    assert mask(said) == (said, frozenset())
    assert mask(f"Ở đây {said} rất lâu rồi.").text == f"Ở đây {said} rất lâu rồi."


GAPS = st.sampled_from(["", " ", ".", "-", " - ", "\u00a0", "\u2009", "\u200b"])


@given(
    st.sampled_from(["0", "+84", "84 ", "0084"]),
    st.sampled_from("35789"),
    st.lists(st.tuples(st.sampled_from("0123456789"), GAPS), min_size=8, max_size=8),
    st.text(st.characters(categories=["Lu", "Ll", "Zs"]), max_size=20),
)
def test_every_mobile_number_is_hidden_however_it_is_spaced(
    prefix: str, first: str, rest: list[tuple[str, str]], around: str
) -> None:
    number = prefix + first + "".join(gap + digit for digit, gap in rest)
    masked = mask(f"{around} , {number} , {around}")
    assert masked.kinds
    assert not any(sign.isdecimal() for sign in masked.text)


@given(st.text(max_size=200))
@example("0" * 4000)
@example("một " * 1000)
def test_any_text_can_be_masked_and_a_masked_one_is_left_alone(said: str) -> None:
    once = mask(said)
    assert mask(once.text).text == once.text
    assert (once.text != said) or not once.kinds


def test_words_of_the_sample_are_not_touched(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        said = connection.execute(
            text("SELECT text FROM complaint UNION SELECT address FROM complaint")
        ).scalars()
        assert [one for one in said if one and mask(one).kinds] == []


@pytest.mark.real_data
def test_addresses_of_a_real_city_are_not_touched(shared: Path) -> None:
    """New York's house numbers are the hardest: 169-12 144 ROAD."""
    rows = pd.read_csv(shared / "complaints" / "nyc-311-animals.csv.gz", dtype=str)
    for column in ("Incident Address", "Street Name", "Descriptor"):
        said = rows[column].dropna().unique()
        assert len(said) > 3
        assert sum(bool(mask(one).kinds) for one in said) <= len(said) / 1000


SAID = [one for said in PERSONAL.values() for one in said]
# Pieces of what is hidden and of what is not, put together at random.
PIECES = st.sampled_from(
    [*"0123456789oOlIxX .,-/()@٣９²\n\t", "không", "chín", "năm", "ba", "an", "gmail", " at ",
     " a còng ", ".com/", "t.me/", "29A", "30-K1", "biển ", "bks ", "stk ", "cccd ", "\u200b",
     "ngõ ", "đồng"]
)  # fmt: skip
WORDS = (
    st.text(max_size=30)
    | st.lists(PIECES, max_size=24).map("".join)
    | st.tuples(st.text(max_size=8), st.sampled_from(SAID), st.text(max_size=8)).map("".join)
)


@settings(max_examples=300)
@example([*SAID, *HARMLESS, *(unicodedata.normalize("NFD", one) for one in SAID)])
@given(st.lists(st.none() | WORDS, max_size=40))
def test_a_column_is_masked_as_its_texts_are(said: list[str | None]) -> None:
    masked, n = mask_all(pa.array(said, pa.large_string()))
    alone = [mask(one) if one is not None else None for one in said]
    assert [one and unicodedata.normalize("NFC", one) for one in masked.to_pylist()] == [
        one and one.text for one in alone
    ]
    assert n == sum(bool(one.kinds) for one in alone if one)


def test_a_report_keeps_its_own_words_in_private(hanoi_engine: Engine) -> None:
    said = reporting.Report(
        105.8342, 21.0278, "garbage", "Rác của 29A-123.45, gọi 0912345678", "Nhà ông A, 0912345678"
    )
    with hanoi_engine.begin() as connection:
        at = datetime(2026, 11, 2, tzinfo=UTC)
        taken = reporting.take(connection, said, at, "a key of mine", b"x" * 32)
        again = reporting.take(connection, said, at, "a key of mine", b"x" * 32)
        row = connection.execute(
            text(
                "SELECT c.text, c.address, s.words, s.address AS private FROM complaint c"
                " JOIN submission s ON s.complaint_id = c.id WHERE c.code = :code"
            ),
            {"code": taken.code},
        ).one()
    assert (taken.masked, again.masked, again.code) == (True, True, taken.code)
    assert (row.text, row.address) == ("Rác của •••, gọi •••", "Nhà ông A, •••")
    assert (row.words, row.private) == (said.text, said.address)


def test_an_import_hides_them_and_says_how_many(hanoi_engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text(
        "id,lon,lat,at,what,words\n"
        "1,105.83,21.02,2026-05-01,x,Gọi 0912345678\n2,105.83,21.02,2026-05-01,x,Rác\n"
    )
    for mask_them, shown in (("true", "Gọi •••"), ("false", "Gọi 0912345678")):
        mapping = tmp_path / f"{mask_them}.toml"
        mapping.write_text(
            f"""
            mask = {mask_them}
            id = "id"
            lon = "lon"
            lat = "lat"
            text = ["words"]
            source = {{code = "s-{mask_them}", name = "Some"}}
            category = {{default = "garbage"}}
            reported = {{column = "at", formats = ["iso"]}}
            [city]
            code = "hanoi"
            name_vi = "Hà Nội"
            name_en = "Hanoi"
            timezone = "Asia/Ho_Chi_Minh"
            """
        )
        done = run_import(
            hanoi_engine, file, read_mapping(str(mapping)), rejects=tmp_path / "rejects.csv"
        )
        assert (done.added, done.masked) == (2, 1 if mask_them == "true" else 0)
        with hanoi_engine.connect() as connection:
            stored = connection.execute(
                text("SELECT text FROM complaint WHERE source_key = '1' ORDER BY id DESC LIMIT 1")
            ).scalar_one()
        assert stored == shown
