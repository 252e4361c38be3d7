"""A street or a way as a strip along it: an outline that every filter understands."""

import math
from typing import Final

import shapely
from shapely import LineString, Polygon

from geo.errors import BadFilterError

MOST_POINTS: Final = 200
LEAST_WIDTH_M, MOST_WIDTH_M = 20.0, 2000.0
LONGEST_M: Final = 100_000.0
# Fewer than a drawn outline may have: the strip is part of an address of the web.
MOST_CORNERS: Final = 120
# Segments of a quarter of a circle.
ROUND: Final = 8


def parse_route(text: str) -> LineString:
    """A line from `lon,lat;lon,lat;...`; raises `BadFilterError` for what is no line.

    >>> parse_route("105.84,21.02;105.85,21.03").coords[0]
    (105.84, 21.02)
    """
    try:
        pairs = [tuple(map(float, pair.split(","))) for pair in text.strip("; ").split(";")]
        points = [(lon, lat) for lon, lat in pairs]
    except ValueError:
        raise BadFilterError("route", "route is a list of points: lon,lat;lon,lat") from None
    # Not a number fails here too.
    if not all(-180 <= lon <= 180 and -85 <= lat <= 85 for lon, lat in points):
        raise BadFilterError("route", "route has a point outside of the world: lon,lat")
    points = [at for n, at in enumerate(points) if n == 0 or at != points[n - 1]]
    if not 2 <= len(points) <= MOST_POINTS:
        raise BadFilterError(
            "route", f"route has {len(points)} different points, not 2 to {MOST_POINTS}"
        )
    return LineString(points)


def corridor(route: str, width_m: float) -> str:
    """The outline around a route, as the parameter `polygon` of a filter.

    It holds every point at most half of `width_m` metres from the route, and little more: it is
    simplified outwards. What a route goes around wholly is inside. Raises `BadFilterError`.
    """
    # 9 MiB that serving does without until somebody watches a route.
    from pyproj import Transformer

    line = parse_route(route)
    if not LEAST_WIDTH_M <= width_m <= MOST_WIDTH_M:
        raise BadFilterError(
            "width_m", f"width_m is from {LEAST_WIDTH_M:.0f} to {MOST_WIDTH_M:.0f} metres"
        )
    # Distances from the middle are true; over a city the others are off by less than 1 in 10,000.
    middle = shapely.box(*line.bounds).centroid if line.length else line.interpolate(0)
    there = f"+proj=aeqd +lat_0={middle.y!r} +lon_0={middle.x!r} +ellps=WGS84 +units=m"
    plane = Transformer.from_crs("EPSG:4326", there, always_xy=True)
    in_m = shapely.transform(line, plane.transform, interleaved=False)
    if not math.isfinite(in_m.length) or in_m.length > LONGEST_M:
        raise BadFilterError("route", f"route is longer than {LONGEST_M / 1000:.0f} km")
    shape = _around(in_m, width_m / 2)
    back = shapely.transform(
        shape,
        lambda x, y: plane.transform(x, y, direction="INVERSE"),
        interleaved=False,
    )
    corners = shapely.get_coordinates(back.exterior)[:-1].tolist()
    return ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in corners)


def _around(line: LineString, reach_m: float) -> Polygon:
    """A polygon in metres with few enough corners."""
    # A circle's segments lie inside of it, and simplifying moves the outline by up to `slack_m`.
    slack_m = max(0.5, reach_m / 50)
    while True:
        # Rounding to six decimals and the plane take the last half metre.
        grown = (reach_m + slack_m + 0.5) / math.cos(math.pi / (4 * ROUND))
        drawn = line.buffer(grown, quad_segs=ROUND)
        shape = Polygon(drawn.exterior).simplify(slack_m, preserve_topology=True)
        if shape.is_valid and len(shape.exterior.coords) - 1 <= MOST_CORNERS:
            return shape
        slack_m *= 2
