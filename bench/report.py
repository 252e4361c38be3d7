"""The report: figures, what they were to reach, and whether they did."""

from typing import Any

Run = dict[str, Any]


def _target(what: str, reach: str, value: float | None, met: bool | None) -> dict[str, Any]:
    return {"what": what, "reach": reach, "value": value, "pass": met}


def _most(what: str, limit: float, value: float | None, unit: str) -> dict[str, Any]:
    met = None if value is None else value <= limit
    return _target(what, f"≤ {limit:g} {unit}".strip(), value, met)


def _least(what: str, limit: float, value: float | None, unit: str) -> dict[str, Any]:
    met = None if value is None else value >= limit
    return _target(what, f"≥ {limit:,.0f} {unit}", value, met)


def targets(run: Run, smallest: Run | None) -> list[dict[str, Any]]:
    """The issue's table for one run; figures that could not be taken have neither pass nor fail."""
    found = _citizens_targets(run, smallest) if "tiles" in run else []
    found += officials_targets(run)
    found.append(_most("memory of a worker", 300, run["memory_mib"]["largest"], "MiB"))
    return found


def officials_targets(run: Run) -> list[dict[str, Any]]:
    """What officials wait at most, and what row-level security may cost everyone."""
    ms, found = run["officials"]["ms"], []
    for kind, limit in (("queue", 100), ("one complaint", 50), ("a change", 50)):
        what = f"officials at work, {kind}: p95"
        found.append(_most(what, limit, ms[kind]["p95"] if kind in ms else None, "ms"))
    for what, figures in run["row_security"]["answers"].items():
        found.append(_most(f"row-level security, {what}", 20, figures["more_percent"], "% more"))
    return found


def _citizens_targets(run: Run, smallest: Run | None) -> list[dict[str, Any]]:
    found = []
    for layer in ("cells", "areas"):
        tiles = run["tiles"][layer]
        found.append(_most(f"{layer} tiles, cold: p95", 60, tiles["http_ms"]["p95"], "ms"))
        ratio = tiles["p95_over_sql"]
        found.append(_most(f"{layer} tiles, cold: p95 over bare SQL", 1.5, ratio, "times"))
        if smallest is not None and smallest is not run:
            base = smallest["tiles"][layer]["http_ms"]["p50"]
            times = round(tiles["http_ms"]["p50"] / base, 3)
            what = f"{layer} tiles: median over that at {smallest['filled']['rows']:,} rows"
            found.append(_most(what, 1.5, times, "times"))
    for name, kind in (("whole", "warm tile"), ("not_modified", "warm tile, 304")):
        found.append(_least(kind, 5000, run["warm"][name]["per_s"], "a second"))
    for by in ("area", "cell"):
        value = run["counts"][by]["http_ms"]["p95"]
        found.append(_most(f"whole-city counts by {by}: p95", 80, value, "ms"))
    imported = run["import"]
    rate = imported["rows_per_s"] if imported["available"] else None
    found.append(_least("import of CSV", 50_000, rate, "rows/s"))
    posted = run["reports"]
    good = set(posted["statuses"]) == {"201"}
    found.append(
        _target("one report at 100/s: p99", "≤ 50 ms, all 201", posted["ms"]["p99"],
                good and posted["ms"]["p99"] <= 50)
    )  # fmt: skip
    for what, figures in run["near"]["answers"].items():
        found.append(_most(f"what is near, {what}: p95", 20, figures["ms"]["p95"], "ms"))
    for what, limit in (
        ("hotspots, resolution 8", 150), ("hotspots, resolution 9", 600),
        ("trends, resolution 8, months", 2000), ("scan statistic, 126 areas", 5000),
        ("area table with rates", 150),
    ):  # fmt: skip
        value = run["statistics"]["answers"][what]["ms"]["p95"]
        found.append(_most(f"{what}: p95", limit, value, "ms"))
    return found


def _row(*values: object) -> str:
    return "| " + " | ".join("–" if value is None else str(value) for value in values) + " |"


def _table(*rows: tuple[object, ...]) -> list[str]:
    head, *rest = rows
    return [_row(*head), "|" + "---|" * len(head), *(_row(*row) for row in rest), ""]


def _number(value: float | None) -> str:
    if value is None:
        return "not available"
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def _spread_row(name: str, figures: dict[str, Any]) -> tuple[object, ...]:
    return (name, figures["n"], figures["p50"], figures["p95"], figures["p99"], figures["max"])


def markdown(report: dict[str, Any]) -> str:
    """The whole report for people."""
    machine, versions = report["machine"], report["versions"]
    lines = ["# Speed, measured", ""]
    lines.append(
        f"{report['at']} on {machine['cpu']}, {machine['cores']} cores,"
        f" {machine['memory_gib']} GiB, {machine['system']};"
        f" load before the start {machine['load_before']}."
    )
    lines += ["", ", ".join(f"{name} {version}" for name, version in versions.items()) + ".", ""]
    for run in report["runs"]:
        lines += _run(run)
    lines += [
        "Cold: no tile was asked for with that filter before; the indexes and"
        " stored counts are in PostgreSQL's memory (pg_prewarm), as after a day of service."
        " Bare SQL: the service's own statement with all values written in, through psycopg;"
        " which of the two goes first alternates. All times over loopback, in milliseconds.",
        "",
    ]
    return "\n".join(lines)


def _run(run: Run) -> list[str]:
    filled = run["filled"]
    lines = [f"## {filled['rows']:,} complaints", ""]
    rate = f", {filled['rows_per_s']:,} rows/s" if filled["rows_per_s"] else " (kept from before)"
    kind = "true" if filled["true_boundaries"] else "approximate"
    lines += [f"Filled by `sample`{rate}; {filled['database_mib']:,} MiB; {kind} boundaries.", ""]
    verdict = {True: "yes", False: "**no**", None: "not measured"}
    lines += _table(
        ("what", "to reach", "measured", "reached"),
        *((t["what"], t["reach"], _number(t["value"]), verdict[t["pass"]]) for t in run["targets"]),
    )
    if "tiles" in run:
        lines += _citizens(run)
    lines += _officials(run)
    memory = run["memory_mib"]
    steps = ", ".join(f"{name} {value}" for name, value in memory.items() if name != "largest")
    # Reports of earlier runs counted both as one.
    beside = run.get("beside_mib")
    said = (
        ""
        if beside is None
        else (
            f" The process beside it that works out what takes seconds: {beside}; it ends after a"
            " minute without work."
        )
    )
    lines += [f"Memory of the worker, MiB: {steps}.{said}", ""]
    if "tiles" in run:
        lines += [*_imported(run["import"]), *_esda(run["statistics"]["esda"]), *_peer(run["peer"])]
    return lines


def _officials(run: Run) -> list[str]:
    there, security = run["officials"], run["row_security"]["answers"]
    lines = [
        f"{there['officials']} officials of as many wards, {there['open']:,} open complaints in"
        f" {there['areas']} wards: each does something, waits {there['pause_s']:g} s in the mean,"
        f" and goes on; {there['per_s']:g} answers a second for {there['seconds']:g} s.",
        "",
    ]
    lines += _table(
        ("officials at work, ms", "n", "p50", "p95", "p99", "max"),
        *(_spread_row(kind, figures) for kind, figures in there["ms"].items()),
    )
    return lines + _table(
        ("row-level security", "n", "bound p50", "p95", "owner p50", "p95", "more in all"),
        *(
            (
                what, one["bound_ms"]["n"], one["bound_ms"]["p50"], one["bound_ms"]["p95"],
                one["owner_ms"]["p50"], one["owner_ms"]["p95"], f"{one['more_percent']} %",
            )
            for what, one in security.items()
        ),
    )  # fmt: skip


def _citizens(run: Run) -> list[str]:
    lines: list[str] = []
    rows: list[tuple[object, ...]] = [("ms", "n", "p50", "p95", "p99", "max")]
    for layer, figures in run["tiles"].items():
        rows.append(_spread_row(f"{layer} tile", figures["http_ms"]))
        rows.append(_spread_row(f"{layer} tile, bare SQL", figures["sql_ms"]))
    for by, figures in run["counts"].items():
        rows.append(_spread_row(f"counts by {by}", figures["http_ms"]))
        rows.append(_spread_row(f"counts by {by}, bare SQL", figures["sql_ms"]))
    rows.append(_spread_row("complaints tile", run["pins"]["http_ms"]))
    rows.append(_spread_row("one report", run["reports"]["ms"]))
    for what, figures in run["near"]["answers"].items():
        rows.append(_spread_row(f"what is near, {what}", figures["ms"]))
    for what, figures in run["statistics"]["answers"].items():
        rows.append(_spread_row(what, figures["ms"]))
    lines += _table(*rows)
    by_zoom = {layer: figures["by_zoom_ms"] for layer, figures in run["tiles"].items()}
    lines += _table(
        ("zoom", *(f"{layer} {part}" for layer in by_zoom for part in ("p50", "p95"))),
        *(
            (zoom, *(by_zoom[layer][zoom][part] for layer in by_zoom for part in ("p50", "p95")))
            for zoom in by_zoom["cells"]
        ),
    )
    return lines


def _imported(imported: dict[str, Any]) -> list[str]:
    if imported["available"]:
        said = (
            f"Import: {imported['rows']:,} rows in {imported['seconds']} s, memory at most"
            f" {imported['memory_mib']['largest']} MiB, growing by"
            f" {imported['memory_mib']['second_half_growth']} MiB in the second half."
        )
    else:
        said = f"Import: not available: {imported['why']}."
    return [said, ""]


def _esda(found: dict[str, Any]) -> list[str]:
    if not found["available"]:
        return [f"Peer esda: not available: {found['why']}.", ""]
    return _table(
        ("Gi* of cells, resolution", "cells", "ours ms", "esda ms", "largest difference of z"),
        *(
            (
                row["resolution"], f"{row['cells']:,}", row["ours_ms"], row["esda_ms"],
                f"{row['largest_difference_of_z']:.1e}",
            )
            for row in found["rows"]
        ),
    )  # fmt: skip


def _peer(peer: dict[str, Any]) -> list[str]:
    if not peer["available"]:
        return [f"Peer tipg: not available: {peer['why']}.", ""]
    lines = [
        f"Peer tipg on the same table, at most {peer['limit']:,} features a tile: of"
        f" {peer['complaints']:,} complaints in these tiles it leaves out {peer['left_out']:,};"
        " a `cells` tile counts them all.",
        "",
    ]
    return lines + _table(
        ("tile", "complaints", "tipg ms", "bytes", "left out", "cells ms", "bytes"),
        *(
            (
                row["tile"], f"{row['complaints']:,}", row["tipg_ms"], f"{row['tipg_bytes']:,}",
                f"{row['tipg_left_out']:,}", row["cells_ms"], f"{row['cells_bytes']:,}",
            )
            for row in peer["tiles"]
        ),
    )  # fmt: skip
