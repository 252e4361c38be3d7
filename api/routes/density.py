"""A smooth surface of complaints per km²; everyone may read."""

import base64
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request

from api.dependencies import EVERYONE, Database
from api.query import Question
from api.studies import Studies
from geo.density import Correction, Kernel
from geo.study import one_city
from geo.surface import Crs

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
METHOD = (
    "kernel density (Silverman 1986), each complaint in the middle of its H3 cell, spread by"
    " bandwidth_m and corrected at the region's edge: mass (Jones 1993), uniform (Diggle 1985) or"
    " none; breaks: each class holds a sixth of all complaints"
)
ROWS = {
    "3857": "equal steps in Web Mercator: a picture between the bounds' corners lies right",
    "4326": "equal steps in degrees of latitude",
}


@router.get("/density")
def density(
    request: Request,
    question: Question,
    db: Database,
    bandwidth_m: Annotated[float, Query(ge=100, le=10_000, allow_inf_nan=False)] = 500,
    cell_m: Annotated[float | None, Query(ge=10, le=5_000, allow_inf_nan=False)] = None,
    kernel: Kernel = Kernel.GAUSSIAN,
    correction: Correction = Correction.MASS,
    crs: Annotated[Crs, Query(description="what rows are equal steps of")] = "3857",
) -> dict[str, Any]:
    """Complaints per km² around each place of the region, as a grid of at most 600 x 600 cells.

    `values` is base64 of little-endian 32-bit floats, row after row from the north, each row from
    the west; NaN outside of the region. `bounds` are the outer edges in degrees. The bandwidth is
    the Gaussian's standard deviation, or the radius of the quartic kernel.
    """
    studies: Studies = request.app.state.studies
    one_city(question)
    found = studies.surface(db, question, bandwidth_m, cell_m, kernel, correction, crs)
    rows, columns = found.per_km2.shape
    values = np.ascontiguousarray(found.per_km2, dtype="<f4")
    return {
        "bounds": [round(edge, 7) for edge in found.bounds],
        "rows": rows,
        "columns": columns,
        "crs": f"EPSG:{found.crs}",
        "order": f"row-major, the north first; rows are {ROWS[found.crs]}",
        "bandwidth_m": bandwidth_m,
        "cell_m": round(found.cell_m, 3),
        "kernel": kernel.value,
        "correction": correction.value,
        "resolution": found.resolution,
        "total": found.total,
        "outside": round(found.outside),
        "max": float(f"{np.nanmax(found.per_km2):.4g}"),
        "breaks": list(found.breaks),
        "unit": "complaints per km2",
        "encoding": "base64 of little-endian float32",
        "values": base64.b64encode(values.tobytes()).decode("ascii"),
        "method": METHOD,
    }
