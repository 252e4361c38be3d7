"""The time of `phananh import` for a CSV file, and the memory it takes."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine, text

from bench.filled import cluster, fill
from bench.machine import ROOT
from geo.complaint import Status

MAPPING = """
id = "id"
lon = "lon"
lat = "lat"
text = ["text"]
address = ["address"]
[source]
code = "bench"
name = "Measured import"
[city]
code = "hanoi"
name_vi = "Hà Nội"
name_en = "Hanoi"
timezone = "Asia/Ho_Chi_Minh"
[reported]
column = "reported"
[closed]
column = "closed"
"""


def write_csv(engine: Engine, rows: int, path: Path) -> int:
    """Complaints as another system would hand them over, in the order they came."""
    statement = (
        "COPY (SELECT c.code AS id, to_char(c.reported_at, :f) AS reported,"
        " to_char(c.closed_at, :f) AS closed, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,"
        " k.code AS category, c.status, c.text, c.address FROM complaint c"
        f" JOIN category k ON k.id = c.category_id ORDER BY c.reported_at LIMIT {rows})"
        " TO STDOUT (FORMAT csv, HEADER)"
    ).replace(":f", '\'YYYY-MM-DD"T"HH24:MI:SS"Z"\'')
    with engine.connect() as connection, path.open("wb") as file:
        cursor = connection.connection.cursor()
        with cursor.copy(statement) as copy:
            for part in copy:
                file.write(part)
        return int(cursor.rowcount)


def importing(engine: Engine, var: Path, rows: int) -> dict[str, Any]:
    """CSV to complaints, areas, cells, counts and indexes of an empty database."""
    file, folder = var / "import.csv", var / "import"
    rows = write_csv(engine, rows, file)
    shutil.rmtree((folder / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with cluster(folder) as empty:
        fill(empty, 0)
        try:
            return _measured(empty, folder, file, rows)
        finally:
            file.unlink()


def _measured(engine: Engine, var: Path, file: Path, rows: int) -> dict[str, Any]:
    size = file.stat().st_size
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    mapping = var / "mapping.toml"
    with engine.connect() as connection:
        codes = connection.execute(text("SELECT code FROM category")).scalars().all()
    parts = [MAPPING, '[category]\ncolumn = "category"', "[category.values]"]
    parts += [f'"{code}" = "{code}"' for code in codes]
    parts += ['[status]\ncolumn = "status"', "[status.values]"]
    parts += [f'"{int(status)}" = "{status.code}"' for status in Status]
    mapping.write_text("\n".join(parts), "utf-8")
    command = [sys.executable, "-m", "api.cli", "import", str(file), "--mapping", str(mapping)]
    log = var / "import.log"
    begun = time.perf_counter()
    memory: list[float] = []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--var", str(var)], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                memory.append(watched.memory_info().rss / 2**20)
            except psutil.Error:
                break
            time.sleep(0.2)
        code = process.wait()
    seconds = time.perf_counter() - begun
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT count(*) FROM complaint")).scalar_one()
    tail = log.read_text("utf-8", "replace").strip().splitlines()[-3:]
    if code or stored != rows:
        return {"available": False, "why": f"it ended with {code}: {' / '.join(tail)}"}
    half = memory[len(memory) // 2 :]
    return {
        "available": True,
        "rows": rows,
        "stored": stored,
        "csv_mib": round(size / 2**20, 1),
        "seconds": round(seconds, 2),
        "rows_per_s": round(rows / seconds),
        "memory_mib": {
            "largest": round(max(memory, default=0)),
            "second_half_growth": round(half[-1] - half[0]) if half else 0,
        },
    }
