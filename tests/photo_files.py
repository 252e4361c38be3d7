"""Photos for the tests: pictures drawn by chance, and files with words hidden in every place."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageFilter

MARK = b"GIAU-KIN-7f3a"
SECRET = MARK * 3
# However it may be written.
TRACES = (MARK, MARK.decode().encode("utf-16-le"), MARK.decode().encode("utf-16-be"))
LON, LAT = 105.8342, 21.0278


def picture(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """Soft ground, some blocks and grain: as different from another seed's as photos are."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    ground = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    for _ in range(int(rng.integers(4, 9))):
        w, h = (int(side * rng.uniform(0.08, 0.4)) for side in (width, height))
        x, y = int(rng.integers(0, width - w)), int(rng.integers(0, height - h))
        colour = tuple(int(one) for one in rng.integers(0, 256, 3))
        ground.paste(colour, (x, y, x + w, y + h))
    soft = np.asarray(ground.filter(ImageFilter.GaussianBlur(1.5)), dtype=np.int16)
    grain = rng.normal(0, 6, soft.shape)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(written, **options)
    else:
        image.save(written, kind, **options)
    return written.getvalue()


def profile() -> bytes:
    """An sRGB profile whose description holds the mark."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    name = "sRGB built-in".encode("utf-16-be")
    assert name in made
    return made.replace(name, TRACES[2])


def _ifd(entries: list[tuple[int, int, int, bytes]], at: int, following: int = 0) -> bytes:
    """A TIFF directory at an offset with its values behind it: tag, type, count, bytes."""
    table, values = struct.pack("<H", len(entries)), b""
    behind = at + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in sorted(entries):
        if len(value) <= 4:
            field = value.ljust(4, b"\0")
        else:
            field = struct.pack("<I", behind + len(values))
            values += value + b"\0" * (len(value) % 2)
        table += struct.pack("<HHI", tag, kind, count) + field
    return table + struct.pack("<I", following) + values


def _ascii(tag: int, value: bytes = SECRET) -> tuple[int, int, int, bytes]:
    return tag, 2, len(value) + 1, value + b"\0"


def _opaque(tag: int, value: bytes) -> tuple[int, int, int, bytes]:
    return tag, 7, len(value), value


def _angle(value: float) -> bytes:
    seconds = round(value * 3600 * 10_000)
    parts = (seconds // 36_000_000, seconds // 600_000 % 60, seconds % 600_000)
    return struct.pack("<6I", parts[0], 1, parts[1], 1, parts[2], 10_000)


def exif(orientation: int = 1) -> bytes:
    """TIFF of EXIF with the mark in five directories, a thumbnail, and a place and time."""
    thumbnail = encoded(picture(99, 64, 48), "JPEG", comment=SECRET)
    utf16 = SECRET.decode().encode("utf-16-le")
    details = [
        _ascii(0x9003, b"2026:10:05 07:30:00"),
        _ascii(0x9011, b"+07:00"),
        _opaque(0x927C, b"Nikon\0" + SECRET),
        _opaque(0x9286, b"UNICODE\0" + utf16),
        _ascii(0xA420),
        _ascii(0xA430),
        _ascii(0xA431),
    ]
    gps = [
        _ascii(1, b"N"),
        (2, 5, 3, _angle(LAT)),
        _ascii(3, b"E"),
        (4, 5, 3, _angle(LON)),
        _opaque(0x1B, b"ASCII\0\0\0" + SECRET),
        _opaque(0x1C, b"ASCII\0\0\0" + SECRET),
    ]
    interoperability = [_ascii(1, b"R98"), _ascii(0x1000)]

    def laid(offsets: tuple[int, int, int, int, int]) -> list[bytes]:
        first, second, third, fourth, fifth = offsets
        main = [
            *(_ascii(tag) for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298)),
            (0x0112, 3, 1, struct.pack("<H", orientation)),
            (0x9C9C, 1, len(utf16), utf16),
            (0x8769, 4, 1, struct.pack("<I", second)),
            (0x8825, 4, 1, struct.pack("<I", third)),
        ]
        small = [
            _ascii(0x010E),
            (0x0103, 3, 1, struct.pack("<H", 6)),
            (0x0201, 4, 1, struct.pack("<I", fifth + 600)),
            (0x0202, 4, 1, struct.pack("<I", len(thumbnail))),
        ]
        return [
            _ifd(main, first, fifth),
            _ifd([*details, (0xA005, 4, 1, struct.pack("<I", fourth))], second),
            _ifd(gps, third),
            _ifd(interoperability, fourth),
            _ifd(small, fifth),
        ]

    offsets, parts = (8, 8, 8, 8, 8), laid((8, 8, 8, 8, 8))
    places, at = [], 8
    for part in parts:
        places.append(at)
        at += len(part)
    offsets = tuple(places)  # type: ignore[assignment]
    parts = laid(offsets)
    whole = b"II*\0\x08\0\0\0" + b"".join(parts)
    return whole.ljust(offsets[4] + 600, b"\0") + thumbnail


XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
    b' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' exif:GPSLatitude="21,1.668N" exif:GPSLongitude="105,50.052E"'
    b' exif:DateTimeOriginal="2026-10-05T07:30:00+07:00" dc:creator="' + SECRET + b'"/>'
    b"</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)


def segment(kind: int, payload: bytes) -> bytes:
    return b"\xff" + bytes([kind]) + struct.pack(">H", len(payload) + 2) + payload


def _iptc() -> bytes:
    caption = b"\x1c\x02\x78" + struct.pack(">H", len(SECRET)) + SECRET
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(caption)) + caption
    return b"Photoshop 3.0\0" + resource + b"\0" * (len(caption) % 2)


def jpeg_segments() -> dict[str, bytes]:
    thumb = SECRET.ljust(48, b"-")
    extended = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32
    packet = XMP.replace(b"exif:", b"more:")
    found = {
        "JFIF thumbnail": segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01" + bytes([4, 4]) + thumb),
        "JFXX": segment(0xE0, b"JFXX\0\x10" + SECRET),
        "EXIF": segment(0xE1, b"Exif\0\0" + exif()),
        "XMP": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        "extended XMP": segment(0xE1, extended + struct.pack(">II", len(packet), 0) + packet),
        "ICC": segment(0xE2, b"ICC_PROFILE\0\x01\x01" + profile()),
        "MPF": segment(0xE2, b"MPF\0" + SECRET),
        "IPTC": segment(0xED, _iptc()),
        "comment": segment(0xFE, SECRET),
    }
    for n in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15):
        found[f"APP{n}"] = segment(0xE0 + n, b"Own\0" + SECRET)
    return found


def jpegs() -> Iterator[tuple[str, bytes]]:
    plain = encoded(picture(1), "JPEG", quality=92)
    parts = jpeg_segments()
    for name, part in parts.items():
        yield f"JPEG {name}", plain[:2] + part + plain[2:]
        yield f"JPEG {name} late", plain[:-2] + part + plain[-2:]
    yield "JPEG after the end", plain + SECRET
    yield "JPEG with a film", plain + b"\0\0\0\x18ftypmp42" + SECRET
    yield "JPEG with a program", plain + b"PK\x03\x04<?php echo 1 ?><script>" + SECRET
    second = encoded(picture(2), "JPEG", comment=SECRET)
    written = io.BytesIO()
    picture(1).save(written, "MPO", save_all=True, append_images=[picture(2)])
    several = written.getvalue()
    at = several.rindex(b"\xff\xd8\xff")
    yield "JPEG several pictures", several[: at + 2] + segment(0xFE, SECRET) + several[at + 2 :]
    yield "JPEG two pictures", plain + second
    everything = b"".join(parts.values())
    yield "JPEG everywhere", plain[:2] + everything + plain[2:] + SECRET + second
    cmyk = encoded(picture(1).convert("CMYK"), "JPEG", comment=SECRET)
    yield "JPEG for printing", cmyk
    grey = encoded(picture(1).convert("L"), "JPEG", progressive=True, comment=SECRET)
    yield "JPEG grey, progressive", grey


def chunk(kind: bytes, payload: bytes) -> bytes:
    check = zlib.crc32(kind + payload)
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", check)


def png_chunks() -> dict[str, bytes]:
    packed = zlib.compress(SECRET)
    raw = zlib.compress(b"\nexif\n%8d\n" % len(exif()) + exif().hex().encode())
    return {
        "tEXt": chunk(b"tEXt", b"Comment\0" + SECRET),
        "zTXt": chunk(b"zTXt", b"Comment\0\0" + packed),
        "iTXt": chunk(b"iTXt", b"Comment\0\0\0vi\0\0" + SECRET),
        "iTXt packed": chunk(b"iTXt", b"Comment\0\x01\0vi\0\0" + packed),
        "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        "eXIf": chunk(b"eXIf", exif()),
        "raw EXIF": chunk(b"zTXt", b"Raw profile type exif\0\0" + raw),
        "iCCP": chunk(b"iCCP", SECRET[:60] + b"\0\0" + zlib.compress(profile())),
        "private": chunk(b"prVt", SECRET),
        "tIME": chunk(b"tIME", struct.pack(">HBBBBB", 2026, 10, 5, 7, 30, 0)),
    }


def pngs() -> Iterator[tuple[str, bytes]]:
    plain = encoded(picture(3), "PNG")
    parts, begin = png_chunks(), 8 + 25
    for name, part in parts.items():
        yield f"PNG {name}", plain[:begin] + part + plain[begin:]
        if name not in ("iCCP", "raw EXIF"):
            yield f"PNG {name} late", plain[:-12] + part + plain[-12:]
    yield "PNG after the end", plain + SECRET
    yield "PNG everywhere", plain[:begin] + b"".join(parts.values()) + plain[begin:] + SECRET
    text = chunk(b"tEXt", b"Comment\0" + SECRET)
    for mode in ("RGBA", "LA", "L", "P", "1"):
        other = encoded(picture(3).convert(mode), "PNG")
        yield f"PNG {mode}", other[:begin] + text + other[begin:]
    deep = Image.fromarray(np.asarray(picture(3).convert("L")).astype(np.uint16) * 257)
    other = encoded(deep, "PNG")
    yield "PNG 16 bits", other[:begin] + text + other[begin:]


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def riff_chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def webps() -> Iterator[tuple[str, bytes]]:
    image = picture(4)
    with_all = {"exif": b"Exif\0\0" + exif(), "xmp": XMP, "icc_profile": profile()}
    for name, value in with_all.items():
        yield f"WebP {name}", encoded(image, "WEBP", **{name: value})
    whole = encoded(image, "WEBP", lossless=True, **with_all)
    yield "WebP everywhere", _riff(whole[12:] + riff_chunk(b"ABCD", SECRET)) + SECRET
    yield "WebP alpha", encoded(image.convert("RGBA"), "WEBP", **with_all)
    plain = encoded(image, "WEBP")
    yield "WebP after the end", plain + SECRET


def heics() -> Iterator[tuple[str, bytes]]:
    image = picture(5)
    with_profile = image.copy()
    with_profile.info["icc_profile"] = profile()
    yield "HEIC EXIF", encoded(image, "HEIF", exif=b"Exif\0\0" + exif())
    yield "HEIC XMP", encoded(image, "HEIF", xmp=XMP)
    yield "HEIC ICC", encoded(with_profile, "HEIF")
    whole = encoded(with_profile, "HEIF", exif=b"Exif\0\0" + exif(), xmp=XMP)
    box = struct.pack(">I", 24 + len(SECRET)) + b"uuid" + b"0123456789abcdef" + SECRET
    free = struct.pack(">I", 8 + len(SECRET)) + b"free" + SECRET
    yield "HEIC everywhere", whole + box + free
    yield "HEIC alpha", encoded(image.convert("RGBA"), "HEIF", exif=b"Exif\0\0" + exif())


def corpus() -> dict[str, bytes]:
    """Every file by what is hidden in it, and where."""
    return {name: made for kind in (jpegs, pngs, webps, heics) for name, made in kind()}
