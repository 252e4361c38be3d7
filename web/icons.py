"""The app's pictures, from web/public/icon.svg: `python web/icons.py` writes them anew."""

from pathlib import Path
from typing import Final

import resvg_py

PUBLIC: Final = Path(__file__).resolve().parent / "public"
SIZES: Final = {"icon-192.png": 192, "icon-512.png": 512}
# A launcher cuts a maskable picture to its own shape: all that matters lies in the middle 80 %.
MASKABLE: Final = ("maskable-512.png", 512)


def pictures() -> dict[str, bytes]:
    """The files by name."""
    drawn = (PUBLIC / "icon.svg").read_text("utf-8")
    begin, end = drawn.index("<g "), drawn.rindex("</svg>")
    inner = drawn[begin:end]
    masked = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">'
        '<rect width="512" height="512" fill="#12324a"/>'
        f'<g transform="translate(256 256) scale(0.72) translate(-256 -262)">{inner}</g></svg>'
    )
    made = {
        name: bytes(resvg_py.svg_to_bytes(svg_string=drawn, width=size, height=size))
        for name, size in SIZES.items()
    }
    name, size = MASKABLE
    return made | {name: bytes(resvg_py.svg_to_bytes(svg_string=masked, width=size, height=size))}


if __name__ == "__main__":
    for file, content in pictures().items():
        (PUBLIC / "icons" / file).write_bytes(content)
