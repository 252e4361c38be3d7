"""Mail end to end: a real SMTP server, rounds of a worker, and a worker that is killed."""

import asyncio
import email
import email.policy
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import numpy as np
import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from api import report_files, rounds
from api.mail import Server
from api.settings import Settings
from geo import follows, outbox, reporting
from geo.cells import leaf_cells, parent
from geo.follows import Order
from geo.outbox import Letter

# In Hanoi the night after the last sample complaint; the look of 1 November is due.
NOW = datetime(2026, 10, 31, 20, tzinfo=UTC)
PLACE = (105.70, 20.95)
AN = "an@example.org"


class PostOffice:
    """Letters that were taken, the port, and what is refused: `RCPT` answers by address."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuses: dict[str, str] = {}
        self.port = 0
        self.asked = threading.Event()
        """Set when a letter has arrived as a whole and waits for the answer."""
        self.answers = threading.Event()
        self.answers.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 post office")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].upper()
            if verb == "RCPT TO":
                address = line.split("<")[1].split(">")[0]
                await say(self.refuses.get(address, "250 ok"))
            elif verb == "DATA":
                await say("354 go on")
                body = b""
                while (got := await reader.readline()) != b".\r\n":
                    body += got[1:] if got.startswith(b"..") else got
                self.asked.set()
                while not self.answers.is_set():
                    await asyncio.sleep(0.02)
                if writer.is_closing() or reader.at_eof():
                    break
                self.letters.append(
                    email.message_from_bytes(body, policy=email.policy.default)  # type: ignore[arg-type]
                )
                await say("250 taken")
            elif verb == "QUIT":
                await say("221 bye")
                break
            else:
                await say("250 ok")
        writer.close()


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    office, loop = PostOffice(), asyncio.new_event_loop()
    started = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(office._talk, "127.0.0.1", 0)
        office.port = server.sockets[0].getsockname()[1]
        started.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    yield office
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_post_office() as made:
        yield made


def settings_for(office: PostOffice) -> Settings:
    return Settings(
        smtp_url=SecretStr(f"smtp://127.0.0.1:{office.port}"),
        mail_from="Phản ánh <map@city.example>",
        public_url="https://map.city.example/",
    )


def ordered(engine: Engine, order: Order, address: str = AN) -> int:
    """A confirmed follow."""
    with engine.begin() as connection:
        number = follows.take(connection, address, order)
        assert number is not None
        follows.confirm(connection, number, NOW)
    return number


def complain(engine: Engine, n: int, first: datetime, days: int, seed: int = 1) -> None:
    """Complaints within some hundred metres of the place, over some days."""
    rng = np.random.default_rng(seed)
    with engine.begin() as connection:
        for number in range(n):
            lon, lat = PLACE + rng.uniform(-0.004, 0.004, 2)
            said = reporting.Report(float(lon), float(lat), "pothole", f"Ổ gà {number}")
            at = first + timedelta(days=float(rng.uniform(0, days)))
            reporting.take(connection, said, at, None, b"x" * 32)


def waiting_letter(engine: Engine, key: str = "a", address: str = AN) -> None:
    number = ordered(engine, Order("report", 1, "", "vi", "weekly"), address)
    with engine.begin() as connection:
        stop = f"https://map.city.example/follow/{key}/stop"
        outbox.put(connection, Letter(key, number, address, "Thử", "chữ", "<p>chữ</p>", stop))


def later() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=5)


def test_growth_of_a_followed_spot_comes_as_one_mail_with_its_figures(
    hanoi_engine: Engine, office: PostOffice
) -> None:
    settings = settings_for(office)
    complain(hanoi_engine, 150, NOW - timedelta(days=60), 60)
    cell = parent(int(leaf_cells(*np.array(PLACE).reshape(2, 1))[0]), 8)
    ordered(hanoi_engine, Order("hotspot", 1, "domain=traffic", "en", "daily", 8, spot=(cell,)))
    ordered(hanoi_engine, Order("hotspot", 1, "domain=traffic", "vi", "daily", 8))
    assert rounds.observe(hanoi_engine, settings, NOW) > 2
    assert rounds.observe(hanoi_engine, settings, NOW) == 0
    assert rounds.send(hanoi_engine, settings, later()) == 0
    # Four weeks and a day later there are four times as many.
    then = NOW + timedelta(days=29)
    complain(hanoi_engine, 300, NOW, 28, seed=2)
    rounds.observe(hanoi_engine, settings, then)
    assert rounds.send(hanoi_engine, settings, later()) == 2
    assert rounds.send(hanoi_engine, settings, later()) == 0
    mail = next(one for one in office.letters if "grown" in str(one["subject"]))
    plain = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    found = re.search(r"(\d+) complaints in the 28 days to .*, (\d+) in the 28 before", plain)
    assert found
    with hanoi_engine.connect() as connection:
        figures = connection.execute(
            text("SELECT figures FROM news n JOIN follow f ON f.id = n.follow_id"
                 " WHERE n.kind = 'grew' AND f.spot IS NOT NULL")
        ).scalar_one()  # fmt: skip
    assert [figures["after"], figures["before"]] == [int(x) for x in found.groups()]
    assert figures["after"] > 3 * figures["before"]
    assert "https://map.city.example/?domain=traffic&layer=hotspots&size=8&view=14/105." in plain
    assert "Điểm nóng lớn lên" in str(office.letters[0]["subject"]) + str(
        office.letters[1]["subject"]
    )


def test_a_mail_can_be_stopped_with_one_click_and_tracks_nobody(
    hanoi_engine: Engine, office: PostOffice
) -> None:
    waiting_letter(hanoi_engine)
    rounds.send(hanoi_engine, settings_for(office), later())
    (mail,) = office.letters
    assert mail["to"] == AN
    assert "Phản ánh" in str(mail["from"])
    assert mail["list-unsubscribe"] == "<https://map.city.example/follow/a/stop>"
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mail["auto-submitted"] == "auto-generated"
    with hanoi_engine.connect() as connection:
        number = connection.execute(text("SELECT id FROM mail")).scalar_one()
    assert mail["message-id"] == f"<{number}@city.example>"
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<img" not in html


def test_who_is_refused_for_good_is_not_asked_again_who_is_refused_now_is(
    hanoi_engine: Engine, office: PostOffice
) -> None:
    waiting_letter(hanoi_engine, "gone", "gone@example.org")
    waiting_letter(hanoi_engine, "full", "full@example.org")
    waiting_letter(hanoi_engine, "well", "well@example.org")
    office.refuses |= {"gone@example.org": "550 unknown", "full@example.org": "452 full"}
    settings = settings_for(office)
    assert rounds.send(hanoi_engine, settings, later()) == 1
    office.refuses.clear()
    assert rounds.send(hanoi_engine, settings, later()) == 0
    assert rounds.send(hanoi_engine, settings, later() + timedelta(minutes=3)) == 1
    assert [str(one["to"]) for one in office.letters] == ["well@example.org", "full@example.org"]


def test_without_its_server_mail_waits(hanoi_engine: Engine, office: PostOffice) -> None:
    waiting_letter(hanoi_engine)
    away = Settings(smtp_url=SecretStr("smtp://127.0.0.1:1"))
    assert rounds.send(hanoi_engine, away, later()) == 0
    assert rounds.send(hanoi_engine, settings_for(office), later() + timedelta(minutes=3)) == 1


def test_without_a_server_mail_is_a_file(hanoi_engine: Engine, tmp_path: Path) -> None:
    waiting_letter(hanoi_engine)
    rounds.send(hanoi_engine, Settings(var=tmp_path), later())
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.suffix == ".eml"
    assert (tmp_path / "outbox").stat().st_mode & 0o077 == 0
    assert email.message_from_bytes(path.read_bytes())["To"] == AN


@pytest.mark.parametrize("url", ["https://host", "host:25", "smtp://u:secret@mail.example"])
def test_an_address_of_no_safe_mail_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp|starttls") as caught:
        Server.of(url)
    assert "secret" not in str(caught.value)


def test_a_report_comes_once_the_week_is_over_with_its_file(
    hanoi_engine: Engine, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (report_files.LIBRARIES / "leaflet.js").exists():
        pytest.skip("the web app is not built")
    settings = settings_for(office)
    number = ordered(hanoi_engine, Order("report", 1, "domain=traffic", "en", "weekly", 8))
    rounds.observe(hanoi_engine, settings, NOW)  # a Sunday
    assert rounds.send(hanoi_engine, settings, later()) == 0
    rounds.observe(hanoi_engine, settings, NOW + timedelta(days=1))
    rounds.observe(hanoi_engine, settings, NOW + timedelta(days=2))
    assert rounds.send(hanoi_engine, settings, later()) == 1
    (mail,) = office.letters
    pages, file = mail.iter_attachments()
    assert pages.get_filename() == "phananh-2026-10-26.pdf"
    assert pages.get_content().startswith(b"%PDF")
    assert file.get_filename() == "phananh-2026-10-26.html"
    assert "leaflet" in file.get_content()
    plain = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "report.html?domain=traffic&since=2026-10-26&until=2026-11-02" in plain
    # The next one is too large for mail: the link in it does.
    monkeypatch.setattr(report_files, "MOST_BYTES", 1000)
    rounds.observe(hanoi_engine, settings, NOW + timedelta(days=8))
    assert rounds.send(hanoi_engine, settings, later()) == 1
    assert list(office.letters[1].iter_attachments()) == []
    with hanoi_engine.connect() as connection:
        keys = connection.execute(text("SELECT key FROM mail ORDER BY key")).scalars().all()
    assert keys == [f"report:{number}:2026-11-02", f"report:{number}:2026-11-09"]


def test_an_unusual_group_is_told_in_the_morning_and_not_again(
    hanoi_engine: Engine, office: PostOffice
) -> None:
    settings = settings_for(office)
    ordered(hanoi_engine, Order("scan", 1, "", "vi", "daily", set_code="hanoi-ward-2025"))
    rounds.observe(hanoi_engine, settings, NOW)
    complain(hanoi_engine, 60, NOW - timedelta(days=1), 2)
    for night in (2, 3):
        rounds.observe(hanoi_engine, settings, NOW + timedelta(days=night))
    assert rounds.send(hanoi_engine, settings, later()) == 1
    (mail,) = office.letters
    assert "Nhóm phản ánh bất thường" in str(mail["subject"])


def test_the_look_is_due_at_two_in_the_city(hanoi_engine: Engine) -> None:
    from api.query import read_vocabulary

    with hanoi_engine.connect() as connection:
        city = read_vocabulary(connection).cities["hanoi"]
    assert rounds.night_of(city, datetime(2026, 10, 31, 18, 59, tzinfo=UTC)) == date(2026, 10, 31)
    assert rounds.night_of(city, datetime(2026, 10, 31, 19, 0, tzinfo=UTC)) == date(2026, 11, 1)


def _until(true: threading.Event, seconds: float, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + seconds
    while not true.wait(0.2):
        assert process.poll() is None, "the worker has ended"
        assert time.monotonic() < end, "the worker does nothing"


def test_a_worker_that_is_killed_while_it_sends_loses_nothing_and_sends_nothing_twice(
    hanoi_engine: Engine, office: PostOffice
) -> None:
    waiting_letter(hanoi_engine)
    office.answers.clear()
    url = hanoi_engine.url.render_as_string(hide_password=False)
    environment = os.environ | {
        "DATABASE_URL": url,
        "PHANANH_SMTP_URL": f"smtp://127.0.0.1:{office.port}",
    }
    worker = subprocess.Popen([sys.executable, "-m", "api.jobs"], env=environment)
    try:
        _until(office.asked, 90, worker)
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(10)
    time.sleep(0.3)
    office.answers.set()
    time.sleep(0.3)
    assert office.letters == []
    end = time.monotonic() + 20
    while not (taken := rounds.send(hanoi_engine, settings_for(office), later())):
        # The server sees only now that the worker is gone.
        assert time.monotonic() < end
        time.sleep(0.2)
    assert taken == 1
    assert rounds.send(hanoi_engine, settings_for(office), later()) == 0
    assert len(office.letters) == 1


def test_a_worker_ends_with_the_server_beside_which_it_was_started(hanoi_engine: Engine) -> None:
    url = hanoi_engine.url.render_as_string(hide_password=False)
    parent_code = (
        "import sys, time; from api import beside;"
        " print(beside.start(sys.argv[1]).pid, flush=True); time.sleep(300)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", parent_code, url], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    worker = psutil.Process(int(server.stdout.readline()))
    time.sleep(4)
    assert worker.is_running()
    server.kill()
    server.wait(10)
    gone, _ = psutil.wait_procs([worker], timeout=25)
    assert gone
