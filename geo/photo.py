"""A photo made anew from its pixels, so that nothing else of its file is kept.

Decoders are given what anybody sends: `api.darkroom` runs this in processes that may be ended.
Nothing of the serving process imports this module, nor Pillow.
"""

import io
from contextlib import suppress
from typing import Final

import imagehash
import pillow_heif
from PIL import ExifTags, Image, ImageCms

from geo.errors import PhotoRefusedError
from geo.photo_check import UncleanError, assert_clean
from geo.photo_kinds import (
    HEAD,
    LARGE_SIDE,
    MOST_BYTES,
    MOST_PIXELS,
    SMALL_SIDE,
    Cleaned,
    bounded,
    media_type,
    refuse,
)
from geo.photo_origin import origin

QUALITY: Final = 85
SMALL_QUALITY: Final = 75
_DECODERS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/heic": "HEIF",
}
# Profiles of cameras take some kilobytes; those of printers a megabyte or two.
_MOST_PROFILE: Final = 4 * 2**20
# By the value of EXIF's Orientation.
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB: Final = ImageCms.createProfile("sRGB")

# Thumbnails that a file brings are never taken for its picture: they may show another.
pillow_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def clean(content: bytes) -> Cleaned:
    """A file as a large and a small JPEG without metadata, upright and in sRGB.

    Raises `PhotoRefusedError` for what is no photo, is too large, moves or is damaged, and where
    the result is not free of metadata: then nothing of it may be kept.
    """
    if len(content) > MOST_BYTES:
        refuse("bytes")
    kind = media_type(content[:HEAD])
    try:
        with Image.open(io.BytesIO(content), formats=[_DECODERS[kind]]) as image:
            bounded(*image.size)
            # Several pictures in a JPEG or HEIC are a burst, a depth map: the first is the photo.
            if kind in ("image/png", "image/webp") and getattr(image, "n_frames", 1) > 1:
                refuse("moving")
            taken_at, position = origin(image)
            large = _developed(image)
    except PhotoRefusedError:
        raise
    except Image.DecompressionBombError:
        refuse("pixels")
    except MemoryError:
        refuse("pixels")
    except Exception:
        # Decoders raise whatever comes to them; whose fault it is makes no difference here.
        refuse("damaged")
    small = large.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    files = _encoded(large, QUALITY), _encoded(small, SMALL_QUALITY)
    try:
        for one in files:
            assert_clean(one)
    except UncleanError:
        refuse("unclean")
    return Cleaned(*files, *large.size, likeness(large), taken_at, position)


def _developed(image: Image.Image) -> Image.Image:
    """The pixels alone: shrunk, upright, opaque, in sRGB."""
    profile, turn = image.info.get("icc_profile"), _turn(image)
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits of grey; converted as they are, all but the darkest would be white.
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in ("1", "P", "PA"):
        transparent = "transparency" in image.info or image.mode == "PA"
        image = image.convert("RGBA" if transparent else "RGB")
    elif "transparency" in image.info:
        image = image.convert("RGBA")
    # The decoder of JPEG skips what is not needed; the others decode whole.
    image.thumbnail((LARGE_SIDE, LARGE_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if turn is not None:
        image = image.transpose(turn)
    if image.mode in ("RGBA", "LA", "La", "RGBa"):
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    if isinstance(profile, bytes) and 0 < len(profile) <= _MOST_PROFILE:
        image = _in_srgb(image, profile)
    image = image.convert("RGB")
    # A new image of the same pixels: whatever hung on the old one stays behind.
    return Image.frombytes("RGB", image.size, image.tobytes())


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What makes it upright; a file whose EXIF cannot be read stays as it is."""
    with suppress(Exception):
        return _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return None


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    # A profile that is broken, or of another kind than the picture, is as good as none.
    with suppress(Exception):
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, given, _SRGB, outputMode="RGB")
        if converted is not None:
            return converted
    return image


def _encoded(image: Image.Image, quality: int) -> bytes:
    written = io.BytesIO()
    # Progressive: on a slow connection the whole is seen early.
    image.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
    return written.getvalue()


def likeness(image: Image.Image) -> int:
    """64 bits by which pictures that look alike differ little, as a signed number.

    The signs of the lowest frequencies of a cosine transform (pHash; C. Zauner, "Implementation and
    benchmarking of perceptual image hash functions", 2010), as `imagehash.phash` makes them.
    """
    bits = int(str(imagehash.phash(image)), 16)
    return bits - 2**64 if bits >= 2**63 else bits
