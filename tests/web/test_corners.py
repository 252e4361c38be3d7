"""The outline a planner draws, against Shapely and PROJ."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod

ROOT = Path(__file__).resolve().parents[2]
# The one that builds the page: an older one of the machine reads no types.
NODE = shutil.which("node", path=str(Path(sys.executable).parent))
pytestmark = pytest.mark.skipif(NODE is None, reason="node builds the page; it is not here")


def _drawn(rings: list[list[list[float]]]) -> list[dict[str, float | bool]]:
    """What the page says of each ring: refused where a corner or the closing side is."""
    module = json.dumps((ROOT / "web/src/corners.ts").as_uri())
    script = (
        f"const {{ areaKm2, closesBadly, crosses }} = await import({module});"
        "const { readFileSync } = await import('node:fs');"
        "const rings = JSON.parse(readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(rings.map((ring) => ({"
        "  refused: ring.some((corner, i) => crosses(ring.slice(0, i), corner))"
        "    || closesBadly(ring), km2: areaKm2(ring) }))));"
    )
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--experimental-strip-types", "--input-type=module", "-e", script],
        input=json.dumps(rings),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[dict[str, float | bool]] = json.loads(done.stdout)
    return found


def _rings() -> list[list[list[float]]]:
    random = np.random.default_rng(7)
    # On a grid of eight by eight, so that corners touch sides and sides lie in one line.
    return [
        (np.array([105.8, 21.0]) + random.integers(0, 8, (n, 2)) * 0.0078125).tolist()
        for n in random.integers(3, 9, 2000)
    ]


def test_an_outline_is_refused_exactly_where_it_is_no_simple_ring() -> None:
    rings = [ring for ring in _rings() if len({tuple(one) for one in ring}) == len(ring)]
    simple = [shapely.Polygon(ring).is_valid for ring in rings]
    assert 50 < sum(simple) < len(rings) - 50
    assert [not one["refused"] for one in _drawn(rings)] == simple


def test_the_area_that_is_said_is_that_of_the_ellipsoid_within_a_hundredth() -> None:
    rings = [ring for ring in _rings() if shapely.Polygon(ring).is_valid]
    geod = Geod(ellps="WGS84")
    km2 = [abs(geod.polygon_area_perimeter(*zip(*ring, strict=True))[0]) / 1e6 for ring in rings]
    np.testing.assert_allclose([one["km2"] for one in _drawn(rings)], km2, rtol=0.01)
