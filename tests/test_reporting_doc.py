"""The examples of docs/reporting-api.md do what the page says."""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import Engine

from api.app import create_app
from api.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "reporting-api.md"
# What the blocks print, one after another; None: something that is new each time.
PRINTED: list[list[str | None]] = [
    [None, "received", None],
    ["true"],
    ["reporter", "Ổ gà lớn giữa đường", "correct withdraw contact erase"],
    ["Ổ gà sâu 20 cm giữa đường"],
    ["412", "ChangedMeanwhile"],
    ["1"],
    ["unconfirmed", "a…@example.org"],
    ["received", "erase"],
    ["true", "0", "401", "UnknownLink"],
]


@pytest.fixture
def address(module_hanoi: Engine) -> Iterator[str]:
    config = uvicorn.Config(create_app(module_hanoi, Settings()), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.mark.skipif(not shutil.which("jq") or not shutil.which("curl"), reason="needs curl and jq")
def test_what_the_page_shows_is_what_happens(address: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == len(PRINTED)
    # Variables of one block are used in the next: they are one script, with marks between them.
    script = "set -eu -o pipefail\n" + "echo ----\n".join(blocks)
    ran = subprocess.run(
        ["bash", "-c", script.replace("http://localhost:8000", address)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    printed = [part.splitlines() for part in ran.stdout.split("----\n")]
    for block, lines, expected in zip(blocks, printed, PRINTED, strict=True):
        assert len(lines) == len(expected), (block, lines)
        for line, wanted in zip(lines, expected, strict=True):
            assert wanted is None or line == wanted, (block, lines)
