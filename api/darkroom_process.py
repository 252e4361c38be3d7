"""The process that opens photos: `python -m api.darkroom_process`, asked through its pipes.

An order is a line with a number of bytes, and so many bytes. The answer is a line of JSON, and the
bytes of the two files it tells of. Each order is done in a child of its own, a copy of this process
before it has seen any photo: no file meets what another left behind. A child can open no file and
no connection, and the kernel ends it where it takes too much memory or time.
"""

import io
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

from geo.errors import PhotoRefusedError
from geo.photo import clean

# The largest photo that is taken, as HEIC, needs about half of each.
MOST_MEMORY_BYTES: Final = 1280 * 2**20
MOST_CPU_S: Final = 20
MOST_WALL_S: Final = 45
# Of a child that has said all: a library that ends its process does not end it with this.
_DONE: Final = 42
PRACTICE: Final = ("JPEG", "PNG", "WEBP")


def _confine() -> None:
    """From here on no file can be opened, and memory and time are counted."""
    signal.alarm(MOST_WALL_S)
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    try:
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        mapped = 2**30
    most = mapped + MOST_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _answer(content: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        photo = clean(content)
    except PhotoRefusedError as error:
        return {"refused": error.reason}, b""
    told = {
        "large": len(photo.large),
        "small": len(photo.small),
        "width": photo.width,
        "height": photo.height,
        "likeness": photo.likeness,
        "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
        "position": photo.position,
    }
    return told, photo.large + photo.small


def _practise() -> None:
    """Open one of each kind, so that what decoders load later is loaded."""
    import scipy.fftpack  # noqa: F401 - of the perceptual hash
    from PIL import Image, ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in PRACTICE:
        written = io.BytesIO()
        exif = Image.Exif()
        exif[274] = 6
        exif.get_ifd(0x8825)[1] = "N"
        with_all = {"exif": exif, "icc_profile": profile}
        Image.new("RGB", (64, 48), "grey").save(written, kind, **with_all)
        clean(written.getvalue())


def _work(content: bytes, out: BinaryIO) -> None:
    """In the child: say what comes of a photo."""
    told, files = _answer(content)
    out.write(json.dumps(told).encode() + b"\n" + files)
    out.flush()


def _read(orders: io.FileIO, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        part = orders.read(size - len(content))
        if not part:
            raise EOFError
        content += part
    return bytes(content)


def main() -> None:
    """Do orders until the pipe is closed; end as a child ended that did not say anything."""
    # Without a buffer: what this process read ahead of a photo, its child would read again.
    orders, out = io.FileIO(0), sys.stdout.buffer
    _practise()
    # Ready, so that the time one order takes is not that of the start.
    out.write(b"\n")
    out.flush()
    while line := orders.readline():
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _confine()
                _work(_read(orders, int(line)), out)
                code = _DONE
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != _DONE:
            # Part of the order may be unread, or of an answer written: there is no going on.
            sys.exit(1)


if __name__ == "__main__":
    main()
