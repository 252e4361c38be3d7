"""A file that ends, stops or misuses the process that opens it harms no other."""

import io
import sys
from collections.abc import Iterator

import photo_files as files
import pytest

from api.darkroom import Darkroom
from geo.errors import PhotoRefusedError
from geo.photo_kinds import Cleaned

PHOTO = files.encoded(files.picture(1), "JPEG")
EVIL = PHOTO + b"EVIL"
# The process as it is, but for what happens when it decodes the evil file.
STANDS_IN = """
import ctypes, os, socket, time
import api.darkroom_process as process
real = process.clean
process.MOST_CPU_S, process.MOST_WALL_S = 2, 4
def clean(content):
    if content.endswith(b"EVIL"):
        {does}
    return real(content)
process.clean = clean
process.main()
"""


def _asked(darkroom: Darkroom, content: bytes) -> Cleaned:
    return darkroom.develop(io.BytesIO(content), len(content))


@pytest.fixture
def darkroom(request: pytest.FixtureRequest) -> Iterator[Darkroom]:
    made = Darkroom((sys.executable, "-c", STANDS_IN.format(does=request.param)))
    yield made
    made.stop()


@pytest.mark.parametrize(
    "darkroom",
    [
        "ctypes.string_at(0)",
        "os._exit(0)",
        "os.kill(os.getpid(), 9)",
        "bytearray(3 << 30)",
        "[bytes(50 << 20) for _ in iter(int, 1)]",
        "exec('while True: pass')",
        "time.sleep(600)",
        "open('/etc/hostname')",
        "socket.socket()",
        "os.write(1, b'nonsense')",
        """os.write(1, b'{"large": 5, "small": 5}')""",
        """os.write(1, b'{"large": 99999999999, "small": 5}\\n')""",
    ],
    indirect=True,
)
def test_a_file_that_breaks_out_or_breaks_down_is_refused_and_the_next_is_opened(
    darkroom: Darkroom,
) -> None:
    assert _asked(darkroom, PHOTO).width == 640
    with pytest.raises(PhotoRefusedError) as refused:
        _asked(darkroom, EVIL)
    assert refused.value.reason == "damaged"
    assert _asked(darkroom, PHOTO).width == 640


@pytest.mark.parametrize(
    "darkroom",
    [
        "return type(real(content))(content, content, 640, 480, 0)",
        "one = real(content); return type(one)(one.large + b'x', one.small, 640, 480, 0)",
        "one = real(content); return type(one)(one.large, content, 640, 480, 0)",
    ],
    indirect=True,
)
def test_files_that_come_back_with_something_in_them_are_not_kept(darkroom: Darkroom) -> None:
    with pytest.raises(PhotoRefusedError) as refused:
        _asked(darkroom, EVIL)
    assert refused.value.reason == "unclean"
    assert _asked(darkroom, PHOTO).width == 640


def test_what_opens_files_knows_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://of:the@service/database")
    program = (
        "import os; from pathlib import Path\n"
        "found = {k for k in os.environ if k not in ('LC_CTYPE',)}\n"
        "assert found <= {'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS'}, found\n"
        "import api.darkroom_process as process; process.main()"
    )
    made = Darkroom((sys.executable, "-c", program))
    assert _asked(made, PHOTO).height == 480
    made.stop()
    # And it is started again when it is needed.
    assert _asked(made, PHOTO).height == 480
    made.stop()
