"""HTTP over loopback with as little of our own time in the figures as Python allows."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

HOST = "127.0.0.1"


class Answer(NamedTuple):
    """What came back, and how long it took from the first byte sent to the last received."""

    status: int
    headers: dict[str, str]
    body: bytes
    ms: float


def request(
    method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Accept-Encoding: gzip"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """The status and the headers, their names in lower case."""
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(first.split()[1]), headers


class Wire:
    """One connection that is kept open; requests go one after another."""

    def __init__(self, port: int, timeout_s: float = 120) -> None:
        self._port, self._timeout_s = port, timeout_s
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection((HOST, self._port), timeout=self._timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """One GET; a connection the server has closed meanwhile is opened again."""
        return self._sent(request("GET", path, headers))

    def post(self, path: str, body: bytes) -> Answer:
        """One POST of JSON that may be sent twice."""
        return self._sent(request("POST", path, None, body))

    def _sent(self, sent: bytes) -> Answer:
        try:
            return self._once(sent)
        except (ConnectionError, EOFError):
            self._connect()
            return self._once(sent)

    def _once(self, sent: bytes) -> Answer:
        begun = time.perf_counter()
        self._socket.sendall(sent)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._reader.readline()
            if not line:
                raise EOFError
            head += line
        status, headers = parse_head(head[:-4])
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._reader.readline(), 16):
                body += self._reader.read(size)
                self._reader.readline()
            self._reader.readline()
        else:
            body = self._reader.read(int(headers.get("content-length", 0)))
        return Answer(status, headers, body, (time.perf_counter() - begun) * 1000)


class _Hammer(asyncio.Protocol):
    """Sends the same request again as soon as its answer is whole."""

    def __init__(self, sent: bytes, counts: Counter[int]) -> None:
        self._sent, self._counts, self._buffer = sent, counts, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._transport.write(self._sent)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) >= end + 4 + length:
            self._counts[int(head[9:12])] += 1
            self._buffer = b""
            self._transport.write(self._sent)


async def _hammer(port: int, sent: bytes, connections: int, seconds: float) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    counts: Counter[int] = Counter()
    begun = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: _Hammer(sent, counts), HOST, port)
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    taken = time.perf_counter() - begun
    found = {str(status): n for status, n in counts.items()}
    for transport, _ in opened:
        transport.close()
    return {"per_s": sum(found.values()) / taken, "statuses": found, "seconds": taken}


def hammer(
    port: int, path: str, headers: dict[str, str], seconds: float, connections: int = 16
) -> dict[str, Any]:
    """Answers a second for one path, from a process of its own."""
    command = [sys.executable, "-m", "bench.wire", str(port), str(connections), str(seconds), path]
    command.append(json.dumps(headers))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class _Lane:
    """A kept-open connection for the open loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, sent: bytes) -> int:
        self.writer.write(sent)
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, headers = parse_head(head[:-4])
        await self.reader.readexactly(int(headers.get("content-length", 0)))
        return status


async def open_loop(
    port: int, requests: Sequence[bytes], per_s: float
) -> tuple[list[float], Counter[str]]:
    """Send at fixed times, whether or not earlier answers are there.

    Returns the latencies in ms from the time a request was due, and how often each status came.
    """
    idle: asyncio.Queue[_Lane] = asyncio.Queue()
    taken: list[float] = []
    statuses: Counter[str] = Counter()

    async def one(due: float, sent: bytes) -> None:
        lane = None
        try:
            if idle.empty():
                lane = _Lane(*await asyncio.open_connection(HOST, port))
            else:
                lane = idle.get_nowait()
            statuses[str(await lane.send(sent))] += 1
            idle.put_nowait(lane)
        except (OSError, asyncio.IncompleteReadError) as error:
            statuses[type(error).__name__] += 1
        taken.append((time.perf_counter() - due) * 1000)

    begun = time.perf_counter() + 0.1
    tasks = []
    for number, sent in enumerate(requests):
        due = begun + number / per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due, sent)))
    await asyncio.gather(*tasks)
    while not idle.empty():
        idle.get_nowait().writer.close()
    return taken, statuses


if __name__ == "__main__":
    import uvloop

    port_, connections_, seconds_, path_, headers_ = sys.argv[1:]
    sent_ = request("GET", path_, json.loads(headers_))
    print(json.dumps(uvloop.run(_hammer(int(port_), sent_, int(connections_), float(seconds_)))))
