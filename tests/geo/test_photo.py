"""Photos made anew: upright, in sRGB, bounded; what the files said of place and time."""

import io
import struct
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import photo_files as files
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from geo.errors import PhotoRefusedError
from geo.photo import clean
from geo.photo_check import UncleanError, assert_clean
from geo.photo_kinds import HEAD, Cleaned, bounded, media_type

JPEG = clean(files.encoded(files.picture(1), "JPEG")).large


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def _corner() -> Image.Image:
    """Wide, with a red corner above on the left."""
    image = Image.new("RGB", (640, 400), "white")
    image.paste("red", (0, 0, 160, 100))
    return image


# Where the red corner is, and whether it stands upright, as EXIF's orientations mean it.
TURNS = {
    1: (0, 0, False), 2: (1, 0, False), 3: (1, 1, False), 4: (0, 1, False),
    5: (0, 0, True), 6: (1, 0, True), 7: (1, 1, True), 8: (0, 1, True),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("orientation", TURNS)
def test_a_photo_stands_as_it_was_taken(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = clean(files.encoded(_corner(), kind, exif=exif.tobytes()))
    right, below, upright = TURNS[orientation]
    size = (400, 640) if upright else (640, 400)
    assert (made.width, made.height) == size
    image = _opened(made.large).convert("RGB")
    for x in (0, 1):
        for y in (0, 1):
            at = (20 + x * (size[0] - 40), 20 + y * (size[1] - 40))
            red, green, _ = image.getpixel(at)  # type: ignore[misc]
            assert (green < 100) == ((x, y) == (right, below))
            assert red > 200


def test_large_photos_are_made_smaller_and_small_ones_are_not_made_larger() -> None:
    made = clean(files.encoded(Image.new("RGB", (5000, 2500), "green"), "JPEG"))
    assert (made.width, made.height) == (2048, 1024)
    assert _opened(made.large).size == (2048, 1024)
    assert _opened(made.small).size == (480, 240)
    tiny = clean(files.encoded(Image.new("RGB", (3, 2), "green"), "PNG"))
    assert _opened(tiny.large).size == _opened(tiny.small).size == (3, 2)


def test_colours_of_another_space_are_shown_as_they_are() -> None:
    """Its red and green are another's: a file whose profile were ignored would be wrong."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    content = files.encoded(
        Image.new("RGB", (64, 64), (200, 60, 30)), "PNG", icc_profile=srgb.tobytes()
    )
    red, green, blue = _opened(clean(content).large).getpixel((30, 30))  # type: ignore[misc]
    assert (red, green, blue) == pytest.approx((200, 60, 30), abs=4)
    # Of a kind that does not go with the picture, or nonsense: as good as none.
    for profile in (lab.tobytes(), b"nonsense", srgb.tobytes()[:200]):
        content = files.encoded(
            Image.new("RGB", (64, 64), (200, 60, 30)), "PNG", icc_profile=profile
        )
        assert _opened(clean(content).large).getpixel((30, 30))[0] > 180  # type: ignore[index]


def test_a_wide_gamut_is_converted() -> None:
    """The profile's red and blue are exchanged: so must the picture's be."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = bytearray(srgb)
    tags = {srgb[at : at + 4]: at for at in range(132, 132 + 12 * srgb[131], 12)}
    red, blue = (srgb[tags[name] + 4 : tags[name] + 12] for name in (b"rXYZ", b"bXYZ"))
    swapped[tags[b"rXYZ"] + 4 : tags[b"rXYZ"] + 12] = blue
    swapped[tags[b"bXYZ"] + 4 : tags[b"bXYZ"] + 12] = red
    image = Image.new("RGB", (64, 64), (250, 10, 10))
    made = clean(files.encoded(image, "PNG", icc_profile=bytes(swapped)))
    shown = _opened(made.large).getpixel((30, 30))
    assert shown[2] > 200 > shown[0]  # type: ignore[index, operator]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1"])
def test_what_is_transparent_becomes_white_and_grey_stays_grey(mode: str) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((40, 40, 40, 255), (0, 0, 32, 64))
    if mode in ("L", "1"):
        image = Image.alpha_composite(Image.new("RGBA", (64, 64), "white"), image)
    content = files.encoded(image.convert(mode), "PNG")
    shown = _opened(clean(content).large).convert("L")
    assert shown.getpixel((50, 30)) > 240  # type: ignore[operator]
    assert shown.getpixel((10, 30)) < 60  # type: ignore[operator]


def test_sixteen_bits_of_grey_are_not_all_white() -> None:
    pixels = np.full((64, 64), 30_000, dtype=np.uint16)
    shown = _opened(clean(files.encoded(Image.fromarray(pixels), "PNG")).large).convert("L")
    assert shown.getpixel((30, 30)) == pytest.approx(117, abs=3)


@pytest.mark.parametrize("name", files.jpeg_segments())
def test_a_segment_beside_the_picture_is_seen(name: str) -> None:
    part = files.jpeg_segments()[name]
    for at in (2, 20, len(JPEG) - 2):
        with pytest.raises(UncleanError):
            assert_clean(JPEG[:at] + part + JPEG[at:])


def test_bytes_behind_or_between_and_padded_segments_are_seen() -> None:
    assert_clean(JPEG)
    table = JPEG.index(b"\xff\xdb")
    length = struct.unpack(">H", JPEG[table + 2 : table + 4])[0]
    padded = JPEG[: table + 2] + struct.pack(">H", length + 6) + JPEG[table + 4 :]
    end = table + 2 + length
    for changed in (
        JPEG + b"x",
        JPEG + JPEG,
        JPEG[:-2],
        JPEG[:-1],
        padded[:end] + b"secret" + padded[end:],
        JPEG[:-2] + b"\xff\xff\xff\xd9",
        JPEG[:13] + b"\1" + JPEG[14:],
        JPEG.replace(b"JFIF", b"EXIF", 1),
        b"",
        JPEG[:2] + JPEG[-2:],
        JPEG[:20] + JPEG[-2:],
    ):
        with pytest.raises(UncleanError):
            assert_clean(changed)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=40), st.integers(0, len(JPEG)))
def test_bytes_put_before_the_coded_data_or_after_the_end_are_seen(added: bytes, at: int) -> None:
    begins = JPEG.index(b"\xff\xda")
    where = at if at < begins else len(JPEG)
    # A stretch that repeats what is there already makes the same file longer, seldom a right one.
    with pytest.raises(UncleanError):
        assert_clean(JPEG[:where] + added + JPEG[where:])


def test_the_type_is_told_by_content_alone() -> None:
    kinds = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic"}
    for kind, expected in kinds.items():
        assert media_type(files.encoded(files.picture(1, 64, 64), kind)[:HEAD]) == expected
    for brands in (b"avif....mif1", b"mif1....avif", b"isom....mp42", b"hevc....heic"):
        head = struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands
        with pytest.raises(PhotoRefusedError):
            media_type(head.ljust(HEAD, b"\0"))


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((12_001, 1), "pixels"),
        ((1, 12_001), "pixels"),
        ((8000, 7501), "pixels"),
        ((0, 5), "damaged"),
    ],
)
def test_sizes_have_bounds(size: tuple[int, int], reason: str) -> None:
    bounded(8000, 7500)
    with pytest.raises(PhotoRefusedError) as refused:
        bounded(*size)
    assert refused.value.reason == reason


def _with_exif(change: bytes, to: bytes) -> Cleaned:
    whole = files.exif()
    assert change in whole
    segment = files.segment(0xE1, b"Exif\0\0" + whole.replace(change, to))
    plain = files.encoded(files.picture(1, 64, 48), "JPEG")
    return clean(plain[:2] + segment + plain[2:])


def test_southern_and_western_places_are_read_and_impossible_ones_left_out() -> None:
    lat, lon = files._angle(files.LAT), files._angle(files.LON)
    assert _with_exif(b"N\0", b"S\0").position == pytest.approx((files.LON, -files.LAT))
    assert _with_exif(b"E\0", b"W\0").position == pytest.approx((-files.LON, files.LAT))
    assert _with_exif(b"N\0", b"X\0").position is None
    nowhere = struct.pack("<6I", 0, 0, 0, 0, 0, 0)
    assert _with_exif(lat, nowhere).position is None
    assert _with_exif(lat, struct.pack("<6I", 91, 1, 0, 1, 0, 1)).position is None
    assert _with_exif(lon, struct.pack("<6I", 181, 1, 0, 1, 0, 1)).position is None
    whole = files.exif().replace(lat, struct.pack("<6I", 0, 1, 0, 1, 0, 1))
    whole = whole.replace(lon, struct.pack("<6I", 0, 1, 0, 1, 0, 1))
    plain = files.encoded(files.picture(1, 64, 48), "JPEG")
    zero = plain[:2] + files.segment(0xE1, b"Exif\0\0" + whole) + plain[2:]
    assert clean(zero).position is None, "0, 0 is where telephones are that do not know"


def test_times_without_an_offset_are_the_citys() -> None:
    hanoi = ZoneInfo("Asia/Ho_Chi_Minh")
    made = _with_exif(b"+07:00", b"\0\0\0\0\0\0")
    assert made.taken_at == datetime(2026, 10, 5, 7, 30)  # noqa: DTZ001
    assert made.taken_in(hanoi) == datetime(2026, 10, 5, 0, 30, tzinfo=UTC)
    other = _with_exif(b"+07:00", b"-03:30")
    assert other.taken_in(hanoi) == datetime(
        2026, 10, 5, 7, 30, tzinfo=timezone(timedelta(hours=-3, minutes=-30))
    )
    assert _with_exif(b"2026:10:05 07:30:00", b"2026:13:45 99:99:99").taken_at is None


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_file_whose_exif_is_spoilt_is_a_photo_all_the_same(data: st.DataObject) -> None:
    whole = bytearray(files.exif())
    for _ in range(data.draw(st.integers(1, 30))):
        whole[data.draw(st.integers(0, 900))] = data.draw(st.integers(0, 255))
    plain = files.encoded(Image.new("RGB", (64, 48), "grey"), "JPEG")
    made = clean(plain[:2] + files.segment(0xE1, b"Exif\0\0" + bytes(whole)) + plain[2:])
    assert {made.width, made.height} == {64, 48}
    assert not any(trace in made.large for trace in files.TRACES)
