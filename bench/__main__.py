"""`bench/run`: fill, serve, measure, report."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psutil import Process
from sqlalchemy import Engine

from bench import importing, measures, peer, significance
from bench.filled import clean, cluster, fill, free_port, say, service
from bench.machine import ROOT, machine, versions
from bench.measures import QUICK, Bare, Effort, beside_mib, memory_mib
from bench.nearness import nearness
from bench.officials import officials
from bench.questions import Asker
from bench.report import markdown, targets
from bench.row_security import row_security
from bench.wire import Wire


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description="Measure phananh's speed.")
    parser.add_argument(
        "--rows", type=int, action="append", help="complaints; may be given again (1 million)"
    )
    out = ROOT / "bench" / "out"
    parser.add_argument("--out", type=Path, default=out, help="folder for report.md, report.json")
    parser.add_argument(
        "--var", type=Path, default=None, help="folder for the databases, kept (OUT/var)"
    )
    parser.add_argument("--seed", type=int, default=None, help="of the random filters (the time)")
    parser.add_argument("--quick", action="store_true", help="few and short measurements")
    parser.add_argument(
        "--only", choices=["officials"], help="measure this alone: officials and row-level security"
    )
    parser.add_argument("--no-peer", action="store_true", help="without tipg")
    return parser.parse_args()


def run(
    rows: int, var: Path, effort: Effort, seed: int, with_peer: bool, only: str | None = None
) -> dict[str, Any]:
    """All measurements at one number of complaints, or those of officials alone."""
    var.mkdir(parents=True, exist_ok=True)
    port, memory, found = free_port(), {}, dict[str, Any]()
    with cluster(var) as engine:
        say(f"{rows:,} complaints in {var}")
        found["filled"] = fill(engine, rows)
        with engine.connect() as connection:
            asker = Asker(connection, seed)
            found["versions"] = versions(connection)
        with service(var, port, var / "service.log") as worker:
            memory["start"] = memory_mib(worker)
            if only is None:
                found |= _citizens(engine, port, worker, asker, var, effort, with_peer, memory)
            say("officials at work")
            found["officials"] = officials(
                engine, port, effort.officials, effort.officials_s, effort.pause_s, effort.open_work
            )
            memory["officials"] = memory_mib(worker)
            say("row-level security")
            each = max(1, effort.tiles_per_zoom // 2)
            found["row_security"] = row_security(engine, asker, each, measures.ward_ids(engine))
        clean(engine)
        if only is None:
            say("import")
            found["import"] = importing.importing(engine, var, effort.import_rows)
    return found | {"memory_mib": memory | {"largest": max(memory.values())}}


def _citizens(
    engine: Engine, port: int, worker: Process, asker: Asker, var: Path, effort: Effort,
    with_peer: bool, memory: dict[str, float],
) -> dict[str, Any]:  # fmt: skip
    """What everyone asks for."""
    bare, wire = Bare(engine), Wire(port)
    say("cold tiles")
    tiles = measures.cold_tiles(engine, wire, bare, asker, effort.tiles_per_zoom)
    pins = measures.complaint_tiles(wire, asker, max(1, effort.tiles_per_zoom // 3))
    memory["tiles"] = memory_mib(worker)
    say("whole-city counts")
    counted = measures.whole_city(wire, bare, asker, effort.counts)
    say("a warm tile")
    warm = measures.warm_tile(port, wire, effort.warm_s)
    memory["warm"] = memory_mib(worker)
    compared: dict[str, Any] = {"available": False, "why": "not asked for"}
    if with_peer:
        say("the peer")
        compared = peer.peer(engine, wire, asker, effort.peer_tiles, var)
    say("reports")
    reported = measures.reports(port, asker, effort.reports, effort.report_rate)
    memory["reports"] = memory_mib(worker)
    say("what is near")
    found_near = nearness(engine, wire, asker, effort.counts)
    say("statistics")
    studied = significance.significance(engine, wire, asker, max(2, effort.counts // 4), with_peer)
    memory["statistics"] = memory_mib(worker)
    beside = beside_mib(worker)
    bare.close()
    return {
        "tiles": tiles,
        "pins": pins,
        "statistics": studied,
        "beside_mib": beside,
        "counts": counted,
        "warm": warm,
        "reports": reported,
        "near": found_near,
        "peer": compared,
    }


def main() -> int:
    """Zero when every target that was measured is reached."""
    given = _arguments()
    effort = QUICK if given.quick else Effort()
    sizes = sorted(set(given.rows or [1_000_000]))
    seed = given.seed if given.seed is not None else int(datetime.now(UTC).timestamp())
    out = given.out.resolve()
    var = (given.var or out / "var").resolve()
    out.mkdir(parents=True, exist_ok=True)
    report: dict[str, Any] = {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "seed": seed,
        "quick": given.quick,
        "machine": machine(),
        "runs": [],
    }
    for rows in sizes:
        measured = run(rows, var / str(rows), effort, seed, not given.no_peer, given.only)
        report["versions"] = measured.pop("versions")
        report["runs"].append(measured)
        first = report["runs"][0]
        measured["targets"] = targets(measured, first)
        # After each size, so that a long run that is stopped has not measured for nothing.
        (out / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False), "utf-8")
        (out / "report.md").write_text(markdown(report), "utf-8")
    say(f"{out / 'report.md'}")
    failed = [t for measured in report["runs"] for t in measured["targets"] if t["pass"] is False]
    for target in failed:
        say(f"not reached: {target['what']}: {target['value']} ({target['reach']})")
    return 1 if failed and not given.quick else 0


if __name__ == "__main__":
    sys.exit(main())
