"""How well pictures that were changed are found again, and how often others are taken for them.

    python -m bench.likeness [PICTURES] [OTHERS]

Pictures are drawn by chance (`tests/photo_files.py`); photos of one street look more alike than
they do, so false matches are at best as rare as here.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from geo.photo import likeness
from geo.photos import ALIKE_BITS

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
Change = Callable[[Image.Image], Image.Image]


def _again(kind: str, quality: int) -> Change:
    def changed(image: Image.Image) -> Image.Image:
        written = io.BytesIO()
        image.save(written, kind, quality=quality)
        return Image.open(written).convert("RGB")

    return changed


def _cropped(share: float) -> Change:
    """So much of each side is cut away."""

    def changed(image: Image.Image) -> Image.Image:
        w, h = image.size
        return image.crop((int(w * share), int(h * share), w - int(w * share), h - int(h * share)))

    return changed


def _cropped_left(share: float) -> Change:
    return lambda image: image.crop((int(image.width * share), 0, *image.size))


def _captioned(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.paste("white", (0, image.height * 93 // 100, image.width, image.height))
    return image


def _grained(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image).astype(np.int16)
    noise = np.random.default_rng(1).normal(0, 15, pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


CHANGES: dict[str, Change] = {
    "JPEG of quality 60": _again("JPEG", 60),
    "JPEG of quality 20": _again("JPEG", 20),
    "WebP of quality 50": _again("WEBP", 50),
    "640 wide": lambda image: image.resize((640, 480), Image.Resampling.LANCZOS),
    "320 wide": lambda image: image.resize((320, 240), Image.Resampling.BILINEAR),
    "brighter by 20 %": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "darker by 30 %": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "more contrast, 30 %": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "soft": lambda image: image.filter(ImageFilter.GaussianBlur(3)),
    "grain": _grained,
    "a strip of 7 % below": _captioned,
    "1 % cut off each side": _cropped(0.01),
    "2 % cut off each side": _cropped(0.02),
    "5 % cut off each side": _cropped(0.05),
    "5 % cut off the left": _cropped_left(0.05),
    "turned by 1 degree": lambda image: image.rotate(1, Image.Resampling.BICUBIC),
    "turned by 3 degrees": lambda image: image.rotate(3, Image.Resampling.BICUBIC),
}


def _dhash(image: Image.Image) -> int:
    bits = int(str(imagehash.dhash(image)), 16)
    return bits - 2**64 if bits >= 2**63 else bits


def _bits(hashes: list[int]) -> np.ndarray:
    return np.array(hashes, dtype=np.int64)


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.bitwise_count((one ^ other).view(np.uint64)).astype(np.int64)


def _by_quarters(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether some quarter differs in one bit at most: those `alike.sql` looks at."""
    different = (one ^ other).view(np.uint64)
    parts = [(different >> np.uint64(16 * n)) & np.uint64(0xFFFF) for n in range(4)]
    return np.any([np.bitwise_count(part) <= 1 for part in parts], axis=0)


def main(pictures: int = 300, others: int = 3000) -> None:
    from photo_files import picture

    limits = (6, ALIKE_BITS, 10)
    whole = [picture(n, 1024, 768) for n in range(pictures)]
    for name, hashed in (("pHash", likeness), ("dHash", _dhash)):
        before = _bits([hashed(image) for image in whole])
        print(f"\n{name}: share found within {limits} bits; the median and largest distance")
        for change, make in CHANGES.items():
            after = _bits([hashed(make(image)) for image in whole])
            away, seen = _distances(before, after), _by_quarters(before, after)
            shares = "  ".join(f"{np.mean((away <= n) & seen):6.1%}" for n in limits)
            print(f"{change:24} {shares}   {np.median(away):3.0f} {away.max():3d}")
        rest = _bits([hashed(picture(10_000 + n, 400, 300)) for n in range(others)])
        pairs = np.concatenate([_distances(rest[n + 1 :], rest[n]) for n in range(others - 1)])
        wrong = "  ".join(f"{np.sum(pairs <= n)}" for n in limits)
        print(f"of {pairs.size:,} pairs of different pictures within: {wrong}; least {pairs.min()}")


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:]))
