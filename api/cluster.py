"""A private PostGIS cluster under `var/`, on a unix socket that only its owner can reach."""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import psutil

DATABASE = "phananh"


class ClusterError(Exception):
    """The private database cannot run; `remedy` says what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def binaries() -> Path:
    """The newest PostgreSQL (15 or later) on this machine that has PostGIS."""
    found = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if (path / "postgres").exists()
        and int(path.parent.name) >= 15
        and Path(f"/usr/share/postgresql/{path.parent.name}/extension/postgis.control").exists()
    ]
    if not found:
        raise ClusterError(
            "no PostgreSQL 15 or later with PostGIS on this machine",
            "apt-get install postgresql-15-postgis-3, or set DATABASE_URL to another server",
        )
    return max(found, key=lambda path: int(path.parent.name))


def _traversable(path: Path, uid: int, gid: int) -> bool:
    """Whether a user who owns nothing on the way may walk down to the path."""
    for folder in (path, *path.parents):
        if not folder.exists():
            continue
        facts = folder.stat()
        bit = 0o100 if facts.st_uid == uid else 0o010 if facts.st_gid == gid else 0o001
        if not facts.st_mode & bit:
            return False
    return True


class PrivateCluster:
    """Starts, adopts and stops the cluster of one `var` folder.

    PostgreSQL refuses to run as root: called by root, everything here runs as `postgres`. Where
    that user cannot reach `var` (a checkout under /root), the files go to /var/lib/phananh/<hash>
    and `var/postgres` is a link to them.
    """

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.var = var.resolve()
        self.durable = durable
        self.bin = binaries()
        self.home = self.var / "postgres"
        self.owner: pwd.struct_passwd | None = None
        if os.geteuid() == 0:
            try:
                self.owner = pwd.getpwnam("postgres")
            except KeyError:
                raise ClusterError(
                    "root cannot run PostgreSQL and there is no user 'postgres'",
                    "adduser --system --group postgres",
                ) from None
        self.started = False

    def _run(self, command: Sequence[object]) -> subprocess.CompletedProcess[str]:
        identity: dict[str, object] = {}
        if self.owner:
            identity = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [str(part) for part in command],
            check=False,
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **identity,
        )

    def _make_home(self) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        uid = self.owner.pw_uid if self.owner else os.geteuid()
        gid = self.owner.pw_gid if self.owner else os.getegid()
        if not self.home.exists() and not self.home.is_symlink():
            if self.owner and not _traversable(self.var, uid, gid):
                name = hashlib.sha256(str(self.var).encode()).hexdigest()[:12]
                elsewhere = Path("/var/lib/phananh") / name
                elsewhere.mkdir(parents=True, exist_ok=True)
                self.home.symlink_to(elsewhere)
            else:
                self.home.mkdir()
        real = self.home.resolve()
        real.mkdir(parents=True, exist_ok=True)
        if self.owner and real.stat().st_uid != uid:
            os.chown(real, uid, gid)
        if real.stat().st_uid == os.geteuid() or self.owner:
            real.chmod(0o700)

    @property
    def data(self) -> Path:
        return self.home.resolve() / "data"

    @property
    def socket_dir(self) -> Path:
        """Short: a unix socket's whole path is limited to 107 bytes."""
        near = self.home.resolve() / "run"
        if len(str(near)) < 80:
            return near
        name = hashlib.sha256(str(near).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"phananh-{name}"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://phananh@/{DATABASE}?host={quote(str(self.socket_dir))}"

    def _settings(self) -> dict[str, str]:
        memory_mb = psutil.virtual_memory().total // 2**20
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.socket_dir}'",
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            "jit": "off",
            "max_connections": "100",
            "shared_buffers": f"{max(128, min(8192, memory_mb // 4))}MB",
            "effective_cache_size": f"{memory_mb // 2}MB",
            "work_mem": "64MB",
            "maintenance_work_mem": f"{max(64, min(512, memory_mb // 16))}MB",
            "max_wal_size": "8GB",
            "checkpoint_completion_target": "0.9",
            "wal_compression": "on",
            "random_page_cost": "1.1",
            "max_parallel_workers_per_gather": "1",
        }
        if self._has_prewarm():
            # After a restart the pages that were in memory are read again, not at the first view.
            settings["shared_preload_libraries"] = "pg_prewarm"
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "shared_buffers": "256MB",
            }
        return settings

    def _has_prewarm(self) -> bool:
        # Where distributions put a server's libraries, beside its programs.
        near = (self.bin.parent / "lib", self.bin.parent / "lib" / "postgresql")
        return any((folder / "pg_prewarm.so").exists() for folder in near)

    def _init(self) -> None:
        command = [self.bin / "initdb", "-D", self.data, "-U", "phananh", "-A", "trust"]
        made = self._run([*command, "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"])
        if made.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ClusterError(
                f"initdb failed: {made.stderr.strip()}",
                f"free space or rights under {self.home}, then start again",
            )

    def running(self) -> bool:
        """Whether a postmaster already serves this folder."""
        return self._postmaster() is not None

    def _postmaster(self) -> psutil.Process | None:
        """The process that `postmaster.pid` names, if it is alive and a PostgreSQL.

        After a kill, and more so after a reboot of a container, the number may be another's.
        """
        try:
            number = int((self.data / "postmaster.pid").read_text().split()[0])
            process = psutil.Process(number)
            alive = process.status() != psutil.STATUS_ZOMBIE
            return process if alive and process.name().startswith("postgres") else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def _clear_leftovers(self) -> None:
        """Take away the marks of a postmaster that is gone, once its children are gone too."""
        # The socket has a mark of its own, which names the same process.
        socket = self.socket_dir / ".s.PGSQL.5432"
        marks = (self.data / "postmaster.pid", socket.with_name(f"{socket.name}.lock"), socket)
        if self.running() or not any(mark.exists() for mark in marks):
            return
        for _ in range(300):
            if not self._orphans():
                for mark in marks:
                    mark.unlink(missing_ok=True)
                return
            time.sleep(0.1)

    def _orphans(self) -> list[psutil.Process]:
        """Servers' processes that still work in this folder."""
        found = []
        for process in psutil.process_iter(["name"]):
            if (process.info["name"] or "").startswith("postgres"):
                with contextlib.suppress(psutil.Error, OSError):
                    # Their working directory is the data folder; a zombie has none.
                    if Path(process.cwd()) == self.data:
                        found.append(process)
        return found

    def start(self) -> str:
        """Start, or adopt what a kill left running; waits for crash recovery. Returns the URL."""
        self._make_home()
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._init()
        elif version.read_text().strip() != self.bin.parent.name:
            raise ClusterError(
                f"{self.data} was made by PostgreSQL {version.read_text().strip()},"
                f" this machine has {self.bin.parent.name}",
                f"install postgresql-{version.read_text().strip()}-postgis-3, or run pg_upgrade",
            )
        # A postmaster that is just dying looks alive: then it is started after all.
        for attempt in range(3):
            if not self.running():
                self._clear_leftovers()
                try:
                    self._start()
                except ClusterError:
                    # What a kill left may go only now: the next try finds it gone.
                    if attempt == 2:
                        raise
                    time.sleep(1 + attempt)
                    continue
            if self._answers():
                self._make_database()
                return self.url
        raise ClusterError("PostgreSQL starts but does not answer", f"read {self._log}")

    @property
    def _log(self) -> Path:
        return self.home.resolve() / "postgres.log"

    def _start(self) -> None:
        sockets = self.socket_dir
        sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = [f"{name} = {value}" for name, value in self._settings().items()]
        configuration = self.data / "postgresql.auto.conf"
        configuration.write_text("\n".join(lines) + "\n", "utf-8")
        if self.owner:
            os.chown(sockets, self.owner.pw_uid, self.owner.pw_gid)
            os.chown(configuration, self.owner.pw_uid, self.owner.pw_gid)
        command = [
            self.bin / "pg_ctl",
            "start",
            "-w",
            "-t",
            "600",
            "-D",
            self.data,
            "-l",
            self._log,
        ]
        done = self._run(command)
        if done.returncode:
            tail = self._log.read_text("utf-8", "replace") if self._log.exists() else ""
            said = [*done.stderr.splitlines()[-3:], *tail.splitlines()[-5:]]
            raise ClusterError(
                "PostgreSQL did not start:\n" + "\n".join(said),
                f"read {self._log}; often the disk is full",
            )
        self.started = True

    def _psql(self, query: str) -> subprocess.CompletedProcess[str]:
        who = ["-h", self.socket_dir, "-U", "phananh", "-d", "postgres"]
        return self._run([self.bin / "psql", *who, "-Atc", query])

    def _answers(self) -> bool:
        """Whether it takes questions; recovery may take minutes, a server that ends never will."""
        for _ in range(3000):
            if self._psql("SELECT 1").returncode == 0:
                return True
            if not self.running():
                return False
            time.sleep(0.2)
        return False

    def _make_database(self) -> None:
        there = self._psql("SELECT datname FROM pg_database").stdout.split()
        if DATABASE not in there:
            who = ["-h", self.socket_dir, "-U", "phananh"]
            self._run([self.bin / "createdb", *who, DATABASE])

    def stop(self) -> None:
        """A fast, clean shutdown; does nothing when it is not running."""
        with contextlib.suppress(OSError):
            self._run([self.bin / "pg_ctl", "stop", "-m", "fast", "-w", "-D", self.data])
