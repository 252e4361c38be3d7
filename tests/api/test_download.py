"""One piece of long work at a time: a few wait for it, more are sent away at once."""

import threading
import time
from pathlib import Path

import pytest

from api import download
from api.download import MOST_WAITING, Turn, as_file
from geo.errors import OverloadedError


def test_work_is_done_one_at_a_time_and_only_a_few_wait() -> None:
    turn, at_work, most = Turn("a file"), 0, 0
    begun, may_end = threading.Event(), threading.Event()
    refused: list[Exception] = []

    def work() -> None:
        nonlocal at_work, most
        try:
            with turn.taken():
                at_work += 1
                most = max(most, at_work)
                begun.set()
                may_end.wait(10)
                at_work -= 1
        except OverloadedError as error:
            refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(MOST_WAITING)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    # All places are taken: the next is told so without waiting.
    for _ in range(1000):
        if not turn._waiting.acquire(blocking=False):
            break
        turn._waiting.release()
        time.sleep(0.01)
    with pytest.raises(OverloadedError, match="a file"), turn.taken():
        pass
    may_end.set()
    for thread in threads:
        thread.join(10)
    assert (most, refused) == (1, [])
    with turn.taken():
        pass


def test_who_has_waited_long_enough_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "PATIENCE_S", 0.01)
    turn = Turn("a file")
    with turn.taken(), pytest.raises(OverloadedError), turn.taken():
        pass
    with turn.taken():
        pass


def test_a_file_that_fails_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fails(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        as_file("a.csv", "text/csv", fails)
    assert list(tmp_path.iterdir()) == []
