"""How well pictures that were changed are found again, and how often others are taken for them.

    python -m bench.likeness [PICTURES] [OTHERS]

Pictures are drawn by chance: coloured ones (`tests/photo_files.py`), and two kinds that look alike
though they show different places: lamps by night, and streets under a white sky.
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
from photo_files import picture

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


def _night(seed: int) -> Image.Image:
    """One to four lamps in the dark."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:150, 0:200]
    light = np.full((150, 200), 6.0)
    for _ in range(rng.integers(1, 5)):
        cx, cy, wide = rng.uniform(0, 200), rng.uniform(0, 150), rng.uniform(2, 12)
        light += rng.uniform(80, 400) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * wide**2))
    return _drawn(light + rng.normal(0, 3, light.shape))


def _street(seed: int) -> Image.Image:
    """A white sky, a grey road, some houses and holes."""
    rng = np.random.default_rng(seed)
    light, horizon = np.full((150, 200), 255.0), int(rng.integers(50, 85))
    slope = np.linspace(0, rng.uniform(-30, 40), 150 - horizon)[:, None]
    light[horizon:] = rng.uniform(90, 150) + slope
    for _ in range(rng.integers(1, 5)):
        x, wide, top = rng.integers(0, 200), rng.integers(8, 60), rng.integers(10, horizon)
        light[top:horizon, max(0, x - wide // 2) : x + wide // 2] = rng.uniform(30, 220)
    for _ in range(rng.integers(1, 3)):
        x, y = rng.integers(20, 180), rng.integers(horizon, 145)
        wide, high = rng.integers(6, 30), rng.integers(3, 12)
        hole = slice(max(horizon, y - high), y + high), slice(max(0, x - wide), x + wide)
        light[hole] = rng.uniform(20, 90)
    return _drawn(light + rng.normal(0, 4, light.shape)).filter(ImageFilter.GaussianBlur(1))


def _drawn(light: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).convert("RGB")


def _phash(image: Image.Image) -> int:
    return _signed(int(str(imagehash.phash(image)), 16))


def _signed(bits: int) -> int:
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


KINDS: dict[str, Callable[[int], Image.Image]] = {
    "coloured": lambda seed: picture(seed, 400, 300),
    "by night": _night,
    "streets": _street,
}


def main(pictures: int = 300, others: int = 3000) -> None:
    limits = (4, ALIKE_BITS, 8)
    whole = [picture(n, 1024, 768) for n in range(pictures)]
    for name, hashed in (("dHash", likeness), ("pHash", _phash)):
        before = _bits([hashed(image) for image in whole])
        print(f"\n{name}: share found within {limits} bits; the median and largest distance")
        for change, make in CHANGES.items():
            after = _bits([hashed(make(image)) for image in whole])
            away, seen = _distances(before, after), _by_quarters(before, after)
            shares = "  ".join(f"{np.mean((away <= n) & seen):6.1%}" for n in limits)
            print(f"{change:24} {shares}   {np.median(away):3.0f} {away.max():3d}")
        for kind, drawn in KINDS.items():
            rest = _bits([hashed(drawn(10_000 + n)) for n in range(others)])
            pairs = np.concatenate([_distances(rest[n + 1 :], rest[n]) for n in range(others - 1)])
            wrong = "  ".join(f"{np.sum(pairs <= n)}" for n in limits)
            print(f"{kind}: of {pairs.size:,} pairs {wrong} within; the nearest {pairs.min()}")


if __name__ == "__main__":
    main(*(int(given) for given in sys.argv[1:]))
