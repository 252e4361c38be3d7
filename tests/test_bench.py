"""The measurements run from end to end; what they measure is not asserted here."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_benchmark_fills_measures_and_reports(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    done = subprocess.run(
        ["bench/run", "--rows", "2000", "--quick", "--no-peer", "--out", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PHANANH_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    run = report["runs"][0]
    assert run["filled"]["rows"] == 2000
    assert run["tiles"]["cells"]["statuses"].keys() <= {"200", "204"}
    assert run["reports"]["statuses"] == {"201": 40}
    assert run["import"]["stored"] == run["import"]["rows"]
    assert "| warm tile, 304 |" in (tmp_path / "report.md").read_text("utf-8")
