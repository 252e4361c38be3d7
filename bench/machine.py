"""What was measured on: the machine and the versions."""

import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Connection, text

ROOT = Path(__file__).resolve().parent.parent


def machine() -> dict[str, Any]:
    """The processor, its cores, and the memory."""
    model = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return {
        "cpu": model,
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "load_before": round(psutil.getloadavg()[0], 2),
    }


def _git(*arguments: str) -> str:
    """What git says; nothing on a machine without it."""
    if (git := shutil.which("git")) is None:
        return ""
    done = subprocess.run([git, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def versions(connection: Connection) -> dict[str, str]:
    """Of everything that takes part; `phananh` is the commit, with a + for local changes."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = "+" if commit and _git("status", "--porcelain", "--untracked-files=no") else ""
    found = {
        "phananh": f"{commit}{changed}" or "unknown",
        "python": platform.python_version(),
        "postgresql": connection.execute(text("SHOW server_version")).scalar_one(),
        "postgis": connection.execute(text("SELECT postgis_lib_version()")).scalar_one(),
    }
    return found | {name: metadata.version(name) for name in ("fastapi", "uvicorn", "sqlalchemy")}
