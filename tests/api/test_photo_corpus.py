"""Nothing of what a photo's file holds beside its pixels is kept, and hostile files harm nobody."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import photo_files as files
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo.photo_check import assert_clean

CORPUS = files.corpus()


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="module")
def client(module_hanoi: Engine, var: Path) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings(var=var))
    yield TestClient(app, raise_server_exceptions=False)
    app.state.darkroom.stop()


def _stored(var: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (var / "photos").rglob("*") if path.is_file()}


def _marked(content: bytes) -> bool:
    return any(trace in content for trace in files.TRACES)


@pytest.mark.parametrize("name", CORPUS)
def test_no_byte_of_what_is_hidden_is_kept(
    client: TestClient, module_hanoi: Engine, var: Path, name: str
) -> None:
    content = CORPUS[name]
    # What is packed, and a moment, are no traces; all else the file does hold.
    packed = name in ("PNG zTXt", "PNG zTXt late", "PNG iTXt packed", "PNG iTXt packed late")
    if not packed and "tIME" not in name and "raw EXIF" not in name and "PNG iCCP" not in name:
        assert _marked(content), "the file is to hold what shall not be found"
    before = set(_stored(var)) if (var / "photos").exists() else set()
    answer = client.post("/api/v1/photos", content=content)
    assert answer.status_code == 201, answer.text
    kept = {path: found for path, found in _stored(var).items() if path not in before}
    assert len(kept) == 2
    for path, found in kept.items():
        assert not _marked(found), path
        assert_clean(found)
        # Without its pixels' own, no longer stretch of the file is in what is kept.
        for part in (files.exif(), files.XMP, files.profile(), zlib.compress(files.SECRET)):
            assert part[20:52] not in found
    with module_hanoi.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT to_jsonb(p)::text || coalesce(to_jsonb(o)::text, '') FROM photo p"
                " LEFT JOIN photo_origin o ON o.photo_id = p.id"
            )
        ).scalars()
        for row in rows:
            assert not _marked(row.encode())
            assert files.SECRET.hex() not in row


@pytest.mark.parametrize(
    "name",
    ["JPEG EXIF", "JPEG XMP", "PNG eXIf", "PNG XMP", "WebP exif", "WebP xmp", "HEIC EXIF",
     "HEIC XMP", "JPEG everywhere", "PNG everywhere", "WebP everywhere", "HEIC everywhere"],
)  # fmt: skip
def test_place_and_time_are_told_to_the_sender_and_kept_apart(
    client: TestClient, module_hanoi: Engine, name: str
) -> None:
    told = client.post("/api/v1/photos", content=CORPUS[name]).json()
    assert told["position"] == pytest.approx([files.LON, files.LAT], abs=1e-5)
    assert told["taken_at"].startswith("2026-10-05T00:30:00")
    with module_hanoi.connect() as connection:
        row = connection.execute(
            text(
                "SELECT ST_X(o.geom) AS lon, ST_Y(o.geom) AS lat FROM photo p JOIN photo_origin o"
                " ON o.photo_id = p.id ORDER BY p.created_at DESC LIMIT 1"
            )
        ).one()
    assert (row.lon, row.lat) == pytest.approx((files.LON, files.LAT), abs=1e-5)


def _head(width: int, height: int, kind: int = 2) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + files.chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    )


def _empty_png(width: int, height: int) -> bytes:
    """All zeros, a thousandth of its pixels long."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return _head(width, height, 0) + files.chunk(b"IDAT", packed) + files.chunk(b"IEND", b"")


def _animated_png() -> bytes:
    plain = files.encoded(files.picture(6, 64, 64), "PNG")
    return plain[:33] + files.chunk(b"acTL", struct.pack(">II", 10_000, 0)) + plain[33:]


def _animated_webp() -> bytes:
    frames = [files.picture(n, 32, 32) for n in (6, 7)]
    two = files.encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    at = two.index(b"ANMF")
    length = 8 + struct.unpack("<I", two[at + 4 : at + 8])[0]
    chunks = two[12:at] + two[at : at + length] * 10_000
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _wide_jpeg(width: int, height: int) -> bytes:
    plain = files.encoded(files.picture(6, 64, 64), "JPEG")
    at = plain.index(b"\xff\xc0") + 5
    return plain[:at] + struct.pack(">HH", height, width) + plain[at + 4 :]


def _wide_heic() -> bytes:
    plain = files.encoded(files.picture(6, 64, 64), "HEIF")
    at = plain.index(b"ispe") + 8
    return plain[:at] + struct.pack(">II", 60_000, 60_000) + plain[at + 8 :]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
JPEG = files.encoded(files.picture(6), "JPEG")
HEIC = files.encoded(files.picture(6), "HEIF")
HOSTILE: dict[str, tuple[bytes, set[str]]] = {
    "nothing": (b"", {"type"}),
    "words": (b"x" * 100, {"type"}),
    "SVG": (SVG.ljust(100), {"type"}),
    "HTML": (b"<!doctype html><script>alert(1)</script>".ljust(100), {"type"}),
    "GIF": (files.encoded(files.picture(6), "GIF"), {"type"}),
    "BMP": (files.encoded(files.picture(6), "BMP"), {"type"}),
    "TIFF": (files.encoded(files.picture(6), "TIFF"), {"type"}),
    "AVIF": (files.encoded(files.picture(6, 64, 64), "AVIF"), {"type"}),
    "film": (b"\0\0\0\x20ftypisom".ljust(100, b"\0"), {"type"}),
    "HTML before a JPEG": (b"<script>alert(1)</script>" + JPEG, {"type"}),
    "GIF before a JPEG": (b"GIF89a/*" + JPEG, {"type"}),
    "PNG claims 60,000 x 60,000": (
        _head(60_000, 60_000) + files.chunk(b"IDAT", zlib.compress(bytes(10))), {"pixels"}
    ),
    "PNG of 12,000 x 12,000 zeros": (_empty_png(12_000, 12_000), {"pixels"}),
    "PNG 1 x 2,000,000,000": (_head(1, 2_000_000_000), {"pixels", "damaged"}),
    "PNG without a pixel": (_head(0, 0) + files.chunk(b"IDAT", b""), {"damaged"}),
    "JPEG claims 65,000 x 65,000": (_wide_jpeg(65_000, 65_000), {"pixels"}),
    "HEIC claims 60,000 x 60,000": (_wide_heic(), {"pixels", "damaged"}),
    "PNG of 10,000 frames": (_animated_png(), {"moving"}),
    "WebP of 10,000 frames": (_animated_webp(), {"moving", "pixels"}),
    "JPEG of its first bytes": (JPEG[:200], {"damaged"}),
    "half a JPEG": (JPEG[: len(JPEG) // 2], {"damaged"}),
    "half a PNG": (CORPUS["PNG tEXt"][:100_000], {"damaged"}),
    "half a WebP": (CORPUS["WebP exif"][:9_000], {"damaged"}),
    "half a HEIC": (HEIC[: len(HEIC) // 2], {"damaged"}),
    "more than 20 MiB": (JPEG + bytes(20 * 2**20), {"bytes"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_photo_or_too_much_is_refused_in_words(
    client: TestClient, var: Path, name: str
) -> None:
    content, reasons = HOSTILE[name]
    before = len(_stored(var)) if (var / "photos").exists() else 0
    # What it is said to be makes no difference.
    answer = client.post("/api/v1/photos", content=content, headers={"Content-Type": "image/jpeg"})
    said = answer.json()
    assert (said["title"], said["reason"] in reasons) == ("PhotoRefused", True), said
    assert answer.status_code == {"type": 415, "bytes": 413}.get(said["reason"], 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert " / " in said["detail"], "in both languages"
    assert (len(_stored(var)) if (var / "photos").exists() else 0) == before
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "part",
    [
        files.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)),
        files.chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(200_000_000), 9)),
    ],
    ids=["text", "profile"],
)
def test_words_that_are_packed_a_thousandfold_fill_no_memory(
    client: TestClient, part: bytes
) -> None:
    plain = files.encoded(files.picture(3), "PNG")
    answer = client.post("/api/v1/photos", content=plain[:33] + part + plain[33:])
    assert answer.status_code in (201, 422)
    assert client.post("/api/v1/photos", content=JPEG).status_code == 201
