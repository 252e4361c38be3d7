"""The worker beside a serving process: started with it and ended with it.

Apart from `api.jobs`, so that serving does without the queue's modules.
"""

import os
import subprocess
import sys
from typing import Final

# The worker gives what it is at ten seconds.
WAITED_S: Final = 12


def start(url: str) -> subprocess.Popen[bytes]:
    """A process that makes the rounds of `api.jobs`, and ends when this one does."""
    # The worker is told whom to end with: asked later, it might already be another's child.
    command = [sys.executable, "-m", "api.jobs", str(os.getpid())]
    return subprocess.Popen(
        command, env=os.environ | {"DATABASE_URL": url}, stdin=subprocess.DEVNULL
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and after a while make it."""
    process.terminate()
    try:
        process.wait(WAITED_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
