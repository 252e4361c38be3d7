"""Reports, their private links, and replays."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from geo import participants, reporting
from geo.errors import BadFilterError, ConflictError

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)
SECRET = b"s" * 32
SAID = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà lớn")


def test_ten_replays_make_one_complaint_and_give_the_same_link(hanoi_engine: Engine) -> None:
    before = _count(hanoi_engine)
    taken = []
    for _ in range(10):
        with hanoi_engine.begin() as connection:
            taken.append(reporting.take(connection, SAID, AT, "one and the same", SECRET))
    assert len({(one.code, one.link, one.editable_until) for one in taken}) == 1
    assert [one.again for one in taken] == [False] + [True] * 9
    assert _count(hanoi_engine) == before + 1
    with hanoi_engine.begin() as connection:
        reporter = participants.by_link(connection, taken[0].link)
        assert reporter is not None
        assert (reporter.role, reporter.device, reporter.address) == ("reporter", None, None)
        # A new secret gives other links; those that were given stay valid.
        assert participants.reporter_link(b"t" * 32, reporter.complaint_id) != taken[0].link
        assert participants.by_link(connection, taken[0].link + "x") is None
        stored = connection.execute(
            text("SELECT to_jsonb(p)::text FROM participant p WHERE id = :id"), {"id": reporter.id}
        ).scalar_one()
    assert taken[0].link not in stored


def test_a_key_is_for_one_report_and_an_unknown_upload_stores_nothing(hanoi_engine: Engine) -> None:
    before = _count(hanoi_engine)
    with hanoi_engine.begin() as connection:
        reporting.take(connection, SAID, AT, "some key", SECRET)
    other = reporting.Report(105.8342, 21.0278, "pothole", "Khác", answers={"depth": 3})
    with pytest.raises(ConflictError), hanoi_engine.begin() as connection:
        reporting.take(connection, other, AT, "some key", SECRET)
    wrong = reporting.Report(105.8342, 21.0278, "pothole", "Ảnh", photos=("never uploaded",))
    with pytest.raises(BadFilterError, match="photo"), hanoi_engine.begin() as connection:
        reporting.take(connection, wrong, AT, None, SECRET)
    assert _count(hanoi_engine) == before + 1


@given(st.binary(min_size=32, max_size=64), st.uuids(), st.uuids())
def test_links_differ_by_complaint_and_go_into_an_address(
    secret: bytes, one: UUID, other: UUID
) -> None:
    link = participants.reporter_link(secret, one)
    assert len(link) == 43
    assert link.replace("-", "").replace("_", "").isalnum()
    assert (link == participants.reporter_link(secret, other)) == (one == other)


def _count(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(text("SELECT count(*) FROM complaint")).scalar_one())
