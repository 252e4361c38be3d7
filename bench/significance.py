"""Hot spots and trends: end to end, and Gi* alone beside esda's G_Local on the same input."""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from bench.machine import ROOT
from bench.measures import spread
from bench.questions import Asker
from bench.wire import Wire
from boundaries.hanoi import WARDS
from geo.hotspots import getis_ord
from geo.significance import hot_cells
from geo.study import cell_study

PYTHON = ROOT / "bench" / ".venv" / "bin" / "python"
# In an environment of its own: the service does not need esda. z is compared, and one run timed.
ESDA = """
import json, sys, time, warnings
import numpy as np
from esda import G_Local
from libpysal.weights import WSP
from scipy.sparse import csr_matrix
warnings.simplefilter("ignore")
given = np.load(sys.argv[1])
n = len(given["values"])
near = csr_matrix((np.ones(len(given["rows"])), (given["rows"], given["columns"])), shape=(n, n))
near.setdiag(0)
near.eliminate_zeros()
weights = WSP(near).to_W(silence_warnings=True)
begun = time.perf_counter()
found = G_Local(given["values"], weights, transform="B", star=True, permutations=0)
seconds = time.perf_counter() - begun
print(json.dumps({"ms": seconds * 1000, "apart": float(np.abs(found.Zs - given["z"]).max())}))
"""


def significance(
    engine: Engine, wire: Wire, asker: Asker, n: int, with_peer: bool
) -> dict[str, Any]:
    """Times of answers under filters never asked before, with the region known (as after one)."""
    found: dict[str, Any] = {}
    for resolution in (8, 9):
        path = f"/api/v1/hotspots?resolution={resolution}&"
        # The first question at a resolution finds the region and its neighbours.
        first = wire.get(path + asker.question().query)
        times = [wire.get(path + asker.question().query).ms for _ in range(n)]
        found[f"hotspots, resolution {resolution}"] = {"ms": spread(times), "first_ms": first.ms}
    kinds = [asker.category() for _ in range(max(2, n // 4))]
    months = [
        wire.get(f"/api/v1/trends?resolution=8&category={kind}&category={other}").ms
        for kind, other in zip(kinds, [*kinds[1:], kinds[0]], strict=True)
    ]
    found["trends, resolution 8, months"] = {"ms": spread(months), "first_ms": months[0]}
    path = f"/api/v1/counts?by=area&set={WARDS.code}&"
    times = [wire.get(path + asker.question().query).ms for _ in range(n)]
    found["area table with rates"] = {"ms": spread(times), "first_ms": times[0]}
    # As the page of unusual groups asks: all weeks there may be, and every replication.
    path = f"/api/v1/clusters?set={WARDS.code}&replications=999&category="
    groups = [wire.get(f"{path}{kind}").ms for kind in kinds]
    found["scan statistic, 126 areas"] = {"ms": spread(groups), "first_ms": groups[0]}
    return {"answers": found, "esda": _beside_esda(engine, asker, with_peer)}


def _beside_esda(engine: Engine, asker: Asker, with_peer: bool) -> dict[str, Any]:
    if not with_peer or not PYTHON.exists():
        return {"available": False, "why": "bench/.venv is missing or not asked for"}
    rows = []
    for resolution in (8, 9):
        with engine.connect() as connection:
            question = asker.question().filter
            study = cell_study(connection, question, resolution, 1)
            hot = hot_cells(connection, question, study, resolution)
        ours = []
        for _ in range(5):
            begun = time.perf_counter()
            getis_ord(hot.value, study.weights)
            ours.append((time.perf_counter() - begun) * 1000)
        pairs = study.weights.tocoo()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "given.npz"
            np.savez(file, values=hot.value, z=hot.z, rows=pairs.row, columns=pairs.col)
            done = subprocess.run(
                [str(PYTHON), "-c", ESDA, str(file)], capture_output=True, text=True, check=False
            )
        if done.returncode:
            return {"available": False, "why": (done.stderr.strip().splitlines() or ["?"])[-1]}
        theirs = json.loads(done.stdout)
        rows.append(
            {
                "resolution": resolution,
                "cells": len(hot.places),
                "ours_ms": round(float(np.median(ours)), 2),
                "esda_ms": round(theirs["ms"], 1),
                "largest_difference_of_z": theirs["apart"],
            }
        )
    return {"available": True, "rows": rows}
