"""What goes wrong in a real city: kills, a database that leaves and returns, many writers."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from api.cluster import PrivateCluster
from geo.database import engine as make_engine


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Service:
    """`phananh serve` as a user runs it."""

    def __init__(self, var: Path) -> None:
        self.var, self.port, self.log = var, _free_port(), var.parent / "serve.log"

    def ask(self, path: str, body: Any = None) -> tuple[int, dict[str, str], Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, _lower(answer.headers), json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, _lower(error.headers), json.loads(error.read() or b"null")

    def until(self, path: str, status: int, seconds: float = 240) -> None:
        end = time.monotonic() + seconds
        last: object = None
        while time.monotonic() < end:
            try:
                last = self.ask(path)[0]
            except OSError as error:
                last = error
            if last == status:
                return
            time.sleep(0.2)
        raise AssertionError(f"{path} answers {last}, not {status}: {self.log.read_text()[-800:]}")

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "api.cli", "serve", "--var", str(self.var)]
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*command, "--port", str(self.port), "--sample", "300"],
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        try:
            self.until("/readyz", 200)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(60)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    made = Service(tmp_path / "var")
    yield made
    PrivateCluster(made.var).stop()


REPORT = {"lon": 105.8412, "lat": 21.0245, "category": "pothole", "text": "Ổ gà trước số 5"}


def test_a_kill_loses_no_report_and_the_next_start_recovers(service: Service) -> None:
    with service.running() as process:
        status, _, made = service.ask("/api/v1/complaints", REPORT)
        assert status == 201
        postmaster = int((service.var / "postgres/data/postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        psutil.wait_procs([psutil.Process(postmaster)] if psutil.pid_exists(postmaster) else [], 10)
    with service.running():
        assert service.ask(f"/api/v1/complaints/{made['id']}")[0] == 200
        assert service.ask("/api/v1/counts?by=status")[2]["total"] == 301


def test_the_mark_of_a_dead_server_with_the_number_of_another_process_is_no_hindrance(
    tmp_path: Path,
) -> None:
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    cluster = PrivateCluster(tmp_path / "var")
    cluster.start()
    mark = cluster.data / "postmaster.pid"
    written = mark.read_text()
    cluster.stop()
    # As after a reboot: this very process has the number now.
    mark.write_text(written.replace(written.split()[0], str(os.getpid()), 1))
    assert not cluster.running()
    again = PrivateCluster(tmp_path / "var")
    again.start()
    assert again.running()
    again.stop()


def test_a_start_waits_for_what_a_kill_left_behind(tmp_path: Path) -> None:
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    cluster = PrivateCluster(tmp_path / "var")
    address = make_engine(cluster.start()).url
    busy = psycopg.connect(
        host=str(address.query["host"]), user=address.username, dbname=address.database
    )
    postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
    # A backend at work does not notice at once that its parent is gone.
    backend = busy.info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    os.kill(postmaster, signal.SIGKILL)
    threading.Timer(2, os.kill, (backend, signal.SIGKILL)).start()
    begun = time.monotonic()
    again = PrivateCluster(tmp_path / "var")
    again.start()
    assert again.running()
    assert time.monotonic() - begun > 1
    busy.close()
    again.stop()


def test_a_database_that_leaves_and_returns_needs_no_restart(service: Service) -> None:
    with service.running():
        counts = "/api/v1/counts?by=status"
        assert service.ask(counts)[0] == 200
        cluster = PrivateCluster(service.var)
        cluster.stop()
        status, headers, problem = service.ask(counts)
        assert status == 503
        assert int(headers["retry-after"]) > 0
        assert "Traceback" not in json.dumps(problem)
        assert service.ask("/api/v1/complaints", REPORT)[0] == 503
        assert service.ask("/tiles/cells/9/406/225.mvt?domain=traffic")[0] == 503
        assert service.ask("/healthz")[0] == 200
        cluster.start()
        service.until(counts, 200)
        assert service.ask("/api/v1/complaints", REPORT)[0] == 201
        assert service.ask(counts)[2]["total"] == 301


def test_a_clean_stop_leaves_no_process_behind(service: Service) -> None:
    with service.running() as process:
        assert (service.var / "postgres/data/postmaster.pid").exists()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130, -signal.SIGINT)
    assert not (service.var / "postgres/data/postmaster.pid").exists()
    assert "Traceback" not in service.log.read_text("utf-8")
