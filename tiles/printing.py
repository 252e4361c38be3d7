"""An SVG as PNG, and pages as PDF; neither reads a file that the text names nor asks a network."""

from typing import Final, Literal

from geo.errors import BadFilterError

Paper = Literal["A4", "A3"]
Orientation = Literal["landscape", "portrait"]
# In millimetres, upright.
SIZES: Final[dict[Paper, tuple[float, float]]] = {"A4": (210, 297), "A3": (297, 420)}
MARGIN_MM: Final = 10
# 144 MB while it is drawn.
MOST_PIXELS: Final = 36_000_000


def pixels(width: float, height: float, scale: int) -> None:
    """Raise `BadFilterError` where a picture would have more than `MOST_PIXELS`."""
    if width * height * scale**2 > MOST_PIXELS:
        raise BadFilterError(
            "scale",
            f"{width * scale:.0f} by {height * scale:.0f} pixels are more than"
            f" {MOST_PIXELS // 10**6} million: ask for a smaller scale or width",
        )


def printed(paper: Paper, orientation: Orientation) -> tuple[float, float]:
    """Width and height of what can be printed on, in millimetres."""
    short, long = (side - 2 * MARGIN_MM for side in SIZES[paper])
    return (long, short) if orientation == "landscape" else (short, long)


def png(svg: str, scale: int) -> bytes:
    """The picture in pixels, `scale` of them for a CSS pixel; fonts are those of the machine."""
    import resvg_py

    return resvg_py.svg_to_bytes(
        svg_string=svg, zoom=scale, font_family="DejaVu Sans", sans_serif_family="DejaVu Sans"
    )


def pdf(html: str) -> bytes:
    """The pages of an HTML document in which everything stands that it shows."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    # No protocol is allowed but that of what stands in the text itself: what is named is left out.
    alone = URLFetcher(allowed_protocols=("data",))
    made: bytes = HTML(string=html, url_fetcher=alone).write_pdf()
    return made


def single(svg: str, title: str, lang: str, paper: Paper, orientation: Orientation) -> str:
    """A document of one page that is filled by a picture; title and lang are escaped already."""
    wide, high = printed(paper, orientation)
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>@page {{ size: {paper} {orientation}; margin: {MARGIN_MM}mm }}"
        f" body {{ margin: 0 }} svg {{ display: block; width: {wide}mm; height: {high - 0.2}mm }}"
        f"</style></head><body>{svg}</body></html>"
    )
