"""`python -m bench.abuse`: what a bot does to others, with the guard and without.

The bot asks for random filters, never one twice, over many connections from an address of its own,
and comes again at once when it is refused. Somebody else looks at the map meanwhile: filters of his
own, one question after another with a moment between them.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.filled import UNLIMITED, cluster, fill, free_port, say, service
from bench.machine import ROOT
from bench.measures import spread
from bench.questions import Asker
from bench.wire import HOST, Wire, parse_head, request
from boundaries.hanoi import WARDS

BOT = "127.0.0.2"
CONNECTIONS = 48
# Looking at what came, before the next question.
PAUSE_S = 0.25


def paths(asker: Asker, n: int) -> list[str]:
    """What a map with filters asks for, and what is dear."""
    found = []
    for number in range(n):
        query, tile = asker.question().query, asker.tile(9 + number % 6)
        at = f"{tile.z}/{tile.x}/{tile.y}.mvt"
        found += [
            f"/tiles/cells/{at}?{query}",
            f"/tiles/areas/{at}?set={WARDS.code}&{query}",
            f"/tiles/complaints/{at}?{query}",
            f"/api/v1/complaints?limit=200&{query}",
            f"/api/v1/counts?by=area&set={WARDS.code}&{query}",
            f"/api/v1/hotspots?resolution=9&{query}",
        ]
    return found


KINDS = 6


def look(port: int, asker: Asker, seconds: float) -> dict[str, Any]:
    """How long tiles and lists take somebody who looks at the map, in ms."""
    wire, taken = Wire(port), {"tiles": list[float](), "lists": list[float]()}
    statuses: Counter[int] = Counter()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        query, tile = asker.question().query, asker.tile(11)
        for kind, path in (
            ("tiles", f"/tiles/cells/{tile.z}/{tile.x}/{tile.y}.mvt?{query}"),
            ("lists", f"/api/v1/complaints?limit=50&{query}"),
        ):
            answer = wire.get(path)
            statuses[answer.status] += 1
            taken[kind].append(answer.ms)
            time.sleep(PAUSE_S)
    return {kind: spread(values) for kind, values in taken.items()} | {"statuses": dict(statuses)}


async def _bot(port: int, seconds: float) -> Counter[int]:
    asked = sys.stdin.read().split()
    statuses: Counter[int] = Counter()
    end = time.perf_counter() + seconds

    async def one(own: Iterator[str]) -> None:
        while time.perf_counter() < end:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(HOST, port, local_addr=(BOT, 0))
                for path in own:
                    writer.write(request("GET", path))
                    head = await reader.readuntil(b"\r\n\r\n")
                    status, headers = parse_head(head[:-4])
                    if headers.get("transfer-encoding") == "chunked":
                        await reader.readuntil(b"0\r\n\r\n")
                    else:
                        await reader.readexactly(int(headers.get("content-length", 0)))
                    statuses[status] += 1
                writer.close()

    # Each connection keeps to one kind: those that wait for statistics do not hold up the others.
    own = [iter(asked[kind::KINDS] * 50) for kind in range(KINDS)]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(one(own[n % KINDS]) for n in range(CONNECTIONS)))
    return statuses


@contextlib.contextmanager
def bot(port: int, asked: list[str], seconds: float) -> Iterator[dict[str, int]]:
    """The bot, in a process of its own; what it was answered is told afterwards."""
    statuses: dict[str, int] = {}
    command = [sys.executable, "-m", "bench.abuse", "--bot", str(port), "--seconds", str(seconds)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    process.stdin.write("\n".join(asked))
    process.stdin.close()
    process.stdin = None
    yield statuses
    told, _ = process.communicate(timeout=seconds + 60)
    statuses |= json.loads(told or "{}")


def run(var: Path, rows: int, seconds: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with cluster(var) as engine:
        say(f"{rows:,} complaints in {var}")
        fill(engine, rows)
        for name, environment in (("guarded", {}), ("without", UNLIMITED)):
            port = free_port()
            with engine.connect() as connection:
                asker, other = Asker(connection, 1), Asker(connection, 2)
                asked = paths(other, 3000)
            with service(var, port, var / "service.log", environment):
                look(port, asker, 3)
                say(f"{name}: alone")
                alone = look(port, asker, seconds)
                say(f"{name}: with a bot")
                with bot(port, asked, 2 * seconds + 25) as statuses:
                    time.sleep(2)
                    first = look(port, asker, seconds)
                    time.sleep(20)
                    say(f"{name}: when the bot has used what it may")
                    later = look(port, asker, seconds)
            found[name] = {"alone": alone, "first": first, "later": later, "bot": statuses}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.abuse", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--var", type=Path, default=ROOT / "bench" / "out" / "var")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--bot", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bot:
        print(json.dumps(asyncio.run(_bot(given.bot, given.seconds))))
    else:
        given.var.mkdir(parents=True, exist_ok=True)
        print(json.dumps(run(given.var, given.rows, given.seconds), indent=2))


if __name__ == "__main__":
    main()
