"""Me too: who supports a complaint, once, and when it cannot be."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from geo import participants, reporting, supporting
from geo.complaint import Status
from geo.errors import NotFoundError, NotSupportableError

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)
SECRET = b"s" * 32
DEVICE = "d" * 22


def _take(engine: Engine, device: str | None = None) -> reporting.Taken:
    said = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà lớn", device=device)
    with engine.begin() as connection:
        return reporting.take(connection, said, AT, None, SECRET)


def _support(engine: Engine, code: str, device: str | None, secret: bytes = SECRET):  # type: ignore[no-untyped-def]
    with engine.begin() as connection:
        return supporting.support(connection, code, device, "vi", secret)


def test_a_device_supports_once_and_gets_the_same_link(module_hanoi: Engine) -> None:
    taken, elsewhere = _take(module_hanoi), _take(module_hanoi)
    first, again = (_support(module_hanoi, taken.code, DEVICE) for _ in range(2))
    assert (first.again, again.again) == (False, True)
    assert first.link == again.link
    assert (first.supporters, again.supporters) == (1, 1)
    assert _support(module_hanoi, taken.code, "e" * 22).supporters == 2
    # Another complaint: another link. Without a device each time somebody else.
    assert _support(module_hanoi, elsewhere.code, DEVICE).link != first.link
    two = {_support(module_hanoi, elsewhere.code, None).link for _ in range(2)}
    assert len(two) == 2
    with module_hanoi.begin() as connection:
        person = participants.holder(connection, first.link)
        assert (person.role, person.language) == ("supporter", "vi")
        stored = connection.execute(
            text("SELECT jsonb_agg(p)::text FROM participant p")
        ).scalar_one()
    assert first.link not in stored
    assert DEVICE not in stored


def test_a_new_secret_gives_the_device_a_new_link_and_counts_it_once(module_hanoi: Engine) -> None:
    taken = _take(module_hanoi)
    first = _support(module_hanoi, taken.code, DEVICE)
    other = _support(module_hanoi, taken.code, DEVICE, b"t" * 32)
    assert first.link != other.link
    assert (other.again, other.supporters) == (True, 1)
    with module_hanoi.begin() as connection:
        assert participants.holder(connection, other.link).id == first.participant_id


@pytest.mark.parametrize("device", [DEVICE, None])
def test_many_at_once_are_counted_as_many_devices_as_there_are(
    module_hanoi: Engine, device: str | None
) -> None:
    taken = _take(module_hanoi)
    start = threading.Barrier(10)

    def send(_: int) -> str:
        start.wait()
        return str(_support(module_hanoi, taken.code, device).link)

    with ThreadPoolExecutor(10) as pool:
        links = set(pool.map(send, range(10)))
    assert len(links) == (1 if device else 10)
    assert _support(module_hanoi, taken.code, "z" * 22).supporters == len(links) + 1


@pytest.mark.parametrize("status", list(Status))
def test_only_what_is_open_is_supported_and_each_refusal_says_why(
    module_hanoi: Engine, status: Status
) -> None:
    taken = _take(module_hanoi)
    with module_hanoi.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET status = :status WHERE code = :code"),
            {"status": int(status), "code": taken.code},
        )
    if status.is_open:
        assert _support(module_hanoi, taken.code, DEVICE).supporters == 1
        return
    with pytest.raises(NotSupportableError) as found:
        _support(module_hanoi, taken.code, DEVICE)
    english, vietnamese = str(found.value).split(" / ")
    assert "anew" in english
    assert "phản ánh mới" in vietnamese
    whys = {supporting.why_not(one, sensitive=False) for one in Status}
    assert len(whys) == 5


def test_neither_ones_own_nor_a_sensitive_nor_an_unknown_complaint(hanoi_engine: Engine) -> None:
    taken = _take(hanoi_engine, DEVICE)
    with pytest.raises(NotSupportableError, match="this device reported it"):
        _support(hanoi_engine, taken.code, DEVICE)
    with pytest.raises(NotFoundError):
        _support(hanoi_engine, "AAAAAAAAA", DEVICE)
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'pothole'"))
    with pytest.raises(NotSupportableError, match="not public"):
        _support(hanoi_engine, taken.code, "e" * 22)
    with hanoi_engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM participant")).scalar_one() == 1
