"""What is missing or wrong on this machine and in the database, and how to mend it."""

import os
import shutil
import smtplib
import socket
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

import psutil
from sqlalchemy import Connection, Engine, text

from api.cluster import ClusterError, PrivateCluster, binaries
from api.mail import Server
from api.settings import Settings
from api.web_app import STATIC
from geo.database import SERVICE_ROLE, current_revision, head_revision
from geo.recount import has_layout
from geo.row_security import PROTECTED, slow_functions

LEAST_FREE_GIB: Final = 2
LEAST_MEMORY_GIB: Final = 2
MANY_PENDING: Final = 1_000_000


class Verdict(Enum):
    FINE = "ok"
    ODD = "note"
    WRONG = "wrong"


class Finding(NamedTuple):
    """One thing that was looked at; `remedy` is empty where nothing is to be done."""

    verdict: Verdict
    what: str
    remedy: str = ""


def _fine(what: str) -> Finding:
    return Finding(Verdict.FINE, what)


def machine(var: Path, host: str, port: int, *, private: bool) -> Iterator[Finding]:
    """Python, memory, room, rights, the web app, the port and, for a private cluster, PostGIS."""
    yield _fine(f"Python {sys.version.split()[0]}")
    memory = psutil.virtual_memory().total / 2**30
    few = memory < LEAST_MEMORY_GIB
    yield Finding(
        Verdict.ODD if few else Verdict.FINE,
        f"{memory:.1f} GiB of memory",
        f"{LEAST_MEMORY_GIB} GiB or more are better" if few else "",
    )
    yield _room(var)
    yield _rights(var)
    if (STATIC / "index.html").exists():
        yield _fine("the web app is built")
    else:
        yield Finding(Verdict.WRONG, "the web app is not built", "run script/server, or in web/:"
                      " npm ci && npm run build")  # fmt: skip
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((host, port)) == 0
    yield Finding(
        Verdict.ODD if taken else Verdict.FINE,
        f"port {port} of {host} is {'taken' if taken else 'free'}",
        "fine if that is phananh; otherwise choose another with --port" if taken else "",
    )
    if private:
        try:
            yield _fine(f"PostgreSQL with PostGIS in {binaries()}")
        except ClusterError as error:
            yield Finding(Verdict.WRONG, str(error), error.remedy)


def mail(settings: Settings) -> Iterator[Finding]:
    """Whether mail can go out, and whether its links lead here; nothing is sent."""
    if settings.smtp_url is None:
        yield Finding(
            Verdict.ODD,
            f"mail is written to {settings.var / 'outbox'}, not sent",
            "set PHANANH_SMTP_URL, PHANANH_MAIL_FROM and PHANANH_PUBLIC_URL to send it",
        )
        return
    try:
        server = Server.of(settings.smtp_url.get_secret_value())
        server.connect().quit()
    except ValueError as error:
        yield Finding(Verdict.WRONG, "PHANANH_SMTP_URL is no address of a mail server", str(error))
    except (smtplib.SMTPException, OSError) as error:
        yield Finding(
            Verdict.WRONG,
            f"the mail server does not let us in: {type(error).__name__}",
            "check PHANANH_SMTP_URL: host, port, user, password, and smtp, starttls or smtps",
        )
    else:
        yield _fine(f"the mail server {server.host}:{server.port} answers")
    if "@" not in settings.mail_from or settings.mail_from.endswith("@localhost"):
        remedy = "set PHANANH_MAIL_FROM to an address of yours that this server may send for"
        yield Finding(Verdict.WRONG, f"mail would come from {settings.mail_from}", remedy)
    if not (settings.public_url or "").startswith("https://"):
        yield Finding(
            Verdict.WRONG,
            f"links in mail lead to {settings.base_url}",
            "set PHANANH_PUBLIC_URL to the https:// address people use",
        )


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _room(var: Path) -> Finding:
    free = shutil.disk_usage(_existing(var)).free / 2**30
    short = free < LEAST_FREE_GIB
    return Finding(
        Verdict.WRONG if short else Verdict.FINE,
        f"{free:.1f} GiB free for {var}",
        f"make room, at least {LEAST_FREE_GIB} GiB, or choose another folder with --var"
        if short
        else "",
    )


def _rights(var: Path) -> Finding:
    if os.access(_existing(var), os.W_OK | os.X_OK):
        return _fine(f"{var} can be written")
    return Finding(
        Verdict.WRONG, f"{var} cannot be written", "give yourself the right, or use --var"
    )


def cluster(var: Path) -> Iterator[Finding]:
    """The state of the private cluster; it is not started and nothing is made."""
    try:
        private = PrivateCluster(var)
    except ClusterError as error:
        yield Finding(Verdict.WRONG, str(error), error.remedy)
        return
    version = private.data / "PG_VERSION"
    if not version.exists():
        yield Finding(Verdict.ODD, "there is no database yet", "script/server makes one")
    elif version.read_text().strip() != private.bin.parent.name:
        made = version.read_text().strip()
        yield Finding(
            Verdict.WRONG,
            f"the database was made by PostgreSQL {made}, this machine has"
            f" {private.bin.parent.name}",
            f"install postgresql-{made}-postgis-3, or run pg_upgrade",
        )
    else:
        state = "runs" if private.running() else "is stopped; it is started for the next questions"
        yield _fine(f"the private PostgreSQL {state}")


def database(engine: Engine) -> Iterator[Finding]:
    """Versions, migrations, boundaries and counts of the database that is served."""
    with engine.connect() as connection:
        yield from _server(connection)
        there, wanted = current_revision(connection), head_revision()
        if there != wanted:
            yield Finding(
                Verdict.WRONG,
                f"the schema is at {there or 'nothing'}, not at {wanted}",
                "phananh migrate",
            )
            return
        yield _fine(f"the schema is the newest ({there})")
        if not has_layout(connection):
            yield Finding(
                Verdict.WRONG, "the stored counts are those of another version", "phananh migrate"
            )
        yield from _rows(connection)
        yield from _content(connection)
        yield from _counts(connection)
        yield from _follows(connection)


def _server(connection: Connection) -> Iterator[Finding]:
    def setting(name: str) -> str:
        return str(connection.execute(text("SELECT current_setting(:n)"), {"n": name}).scalar_one())

    number = int(setting("server_version_num")) // 10000
    old = number < 15
    yield Finding(
        Verdict.WRONG if old else Verdict.FINE,
        f"PostgreSQL {setting('server_version')}",
        "PostgreSQL 15 or newer is needed" if old else "",
    )
    postgis = connection.execute(
        text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
    ).scalar()
    known = tuple(int(part) for part in str(postgis).split(".")[:2]) if postgis else (0, 0)
    yield Finding(
        Verdict.FINE if known >= (3, 3) else Verdict.WRONG,
        f"PostGIS {postgis or 'is not there'}",
        "" if known >= (3, 3) else "install PostGIS 3.3 or newer; phananh migrate turns it on",
    )
    checks: list[tuple[str, Callable[[str], bool], Verdict, str]] = [
        ("server_encoding", lambda v: v == "UTF8", Verdict.WRONG, "createdb -E UTF8"),
        ("fsync", lambda v: v == "on", Verdict.WRONG, "turn it on: rows can be lost without"),
        ("full_page_writes", lambda v: v == "on", Verdict.WRONG, "turn it on"),
        ("autovacuum", lambda v: v == "on", Verdict.ODD, "turn it on: tables grow without"),
    ]
    for name, good, verdict, remedy in checks:
        value = setting(name)
        yield (
            _fine(f"{name} = {value}")
            if good(value)
            else Finding(verdict, f"{name} = {value}", remedy)
        )


def _rows(connection: Connection) -> Iterator[Finding]:
    """Whether row-level security is on, binds the service, and costs little."""
    off = connection.execute(
        text(
            "SELECT string_agg(one, ', ') FROM unnest(CAST(:names AS text[])) AS one"
            " JOIN pg_class c ON c.oid = to_regclass(one) WHERE NOT c.relrowsecurity"
        ),
        {"names": list(PROTECTED)},
    ).scalar()
    bound = connection.execute(
        text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :name"),
        {"name": SERVICE_ROLE},
    ).scalar()
    if off:
        yield Finding(
            Verdict.WRONG, f"row-level security is off for {off}",
            "ALTER TABLE ... ENABLE ROW LEVEL SECURITY: someone turned it off",
        )  # fmt: skip
    elif bound is None or bound:
        yield Finding(
            Verdict.WRONG, f"row-level security does not bind {SERVICE_ROLE}",
            f"ALTER ROLE {SERVICE_ROLE} NOSUPERUSER NOBYPASSRLS",
        )  # fmt: skip
    else:
        yield _fine("row-level security is on and binds the service")
    if missing := slow_functions(connection):
        yield Finding(
            Verdict.ODD, "row-level security keeps some indexes from being used",
            "as a superuser, once, and again after a restore: "
            + " ".join(f"ALTER FUNCTION {one} LEAKPROOF;" for one in missing),
        )  # fmt: skip


def _content(connection: Connection) -> Iterator[Finding]:
    cities = connection.execute(text("SELECT count(*) FROM city")).scalar_one()
    if not cities:
        yield Finding(Verdict.WRONG, "no city is set up", "phananh serve, or phananh add-city")
    for row in connection.execute(
        text(
            "SELECT s.code, s.approximate, s.ready, count(a.id) AS areas FROM area_set s"
            " LEFT JOIN area a ON a.set_id = s.id GROUP BY s.id ORDER BY s.code"
        )
    ):
        what = f"boundaries {row.code}: {row.areas} areas"
        if not row.ready:
            remedy = "if no load runs now, load the set again: that clears it up"
            yield Finding(Verdict.ODD, f"{what}, loaded or taken away only in part", remedy)
            continue
        if row.approximate:
            remedy = f"the true ones: phananh load-boundaries FILE --set {row.code}"
            yield Finding(Verdict.ODD, f"{what}, approximate", remedy)
        else:
            yield _fine(what)
    samples = connection.execute(
        text("SELECT string_agg(code, ', ') FROM source WHERE kind = 'sample'"
             " AND EXISTS (SELECT FROM complaint WHERE source_id = source.id)")
    ).scalar()  # fmt: skip
    if samples:
        yield Finding(
            Verdict.ODD, f"there are sample complaints ({samples})", "phananh sample --remove"
        )


def _counts(connection: Connection) -> Iterator[Finding]:
    """The stored counts against the rows, city by city and status by status."""
    pending = int(connection.execute(text("SELECT count(*) FROM pending")).scalar_one())
    much = pending > MANY_PENDING
    yield Finding(
        Verdict.ODD if much else Verdict.FINE,
        f"{pending:,} changes wait to be folded",
        "a running server folds them, or phananh refresh" if much else "",
    )
    wrong = connection.execute(
        text(
            """
            SELECT count(*) FROM (
              SELECT city_id, status, sum(n) AS n FROM (
                SELECT city_id, status, count(*) AS n FROM complaint GROUP BY city_id, status
                UNION ALL SELECT city_id, status, -sum(n) FROM pending GROUP BY city_id, status
                UNION ALL SELECT city_id, status, -sum(c) FROM rollup, unnest(counts) AS c
                 WHERE grid = 0 AND span = 256 AND kind = 0 AND status <> 0
                 GROUP BY city_id, status) AS sides
               GROUP BY city_id, status) AS compared
             WHERE n <> 0
            """
        )
    ).scalar_one()
    if wrong:
        yield Finding(
            Verdict.WRONG, "the stored counts differ from the complaints",
            "phananh refresh --rebuild, and please report it",
        )  # fmt: skip
    else:
        yield _fine("the stored counts are those of the complaints")


def _follows(connection: Connection) -> Iterator[Finding]:
    """Whether somebody makes the rounds, and whether mail gets through."""
    late, failed = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE failed_at IS NULL AND sent_at IS NULL"
            "                          AND created_at < now() - interval '1 hour'),"
            " count(*) FILTER (WHERE failed_at > now() - interval '7 days') FROM mail"
        )
    ).one()
    remedy = "look for mail_refused in the log; without a worker: phananh work"
    if late:
        yield Finding(Verdict.WRONG, f"{late} letters have waited for an hour or longer", remedy)
    if failed:
        yield Finding(Verdict.ODD, f"{failed} letters were given up in the last week", remedy)
    behind = connection.execute(
        text(
            "SELECT count(*) FROM follow WHERE confirmed_at < now() - interval '2 days'"
            " AND kind <> 'complaints'"
            " AND coalesce(observed_on, DATE '1970-01-01') < current_date - 2"
        )
    ).scalar_one()
    if behind:
        what = f"{behind} follows were not looked at for two days"
        yield Finding(Verdict.WRONG, what, "start a worker: phananh work")
    unseen, unpushed = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM happening WHERE at < now() - interval '1 hour'),"
            " (SELECT count(*) FROM push_message WHERE failed_at IS NULL AND sent_at IS NULL"
            "     AND created_at < now() - interval '1 hour')"
        )
    ).one()
    if unseen:
        what = f"{unseen} changes of complaints have waited for an hour for those who watch"
        yield Finding(Verdict.WRONG, what, "start a worker: phananh work")
    if unpushed:
        what = f"{unpushed} push messages have waited for an hour or longer"
        yield Finding(Verdict.ODD, what, "look for push_refused in the log")
