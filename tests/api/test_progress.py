"""Progress by mail: who is told, what, once, and nothing of others."""

import email
import email.policy
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from officials import official
from sqlalchemy import Connection, Engine, text

from api import progress_round, rounds
from api.secret import instance_secret
from api.settings import Settings
from geo import answering, contacts, correcting, participants, rating, reporting, supporting
from geo.complaint import Status
from geo.errors import NotAllowedError

AT = datetime.now(UTC) - timedelta(hours=1)
AN, BINH = "an@example.org", "binh@example.org"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path, public_url="https://map.city.example/")


def reported(engine: Engine, settings: Settings, language: str = "vi") -> reporting.Taken:
    said = reporting.Report(
        105.8342, 21.0278, "pothole", "Ổ gà lớn", "12 Tràng Thi", language=language
    )
    with engine.begin() as connection:
        return reporting.take(connection, said, AT, None, instance_secret(settings))


def confirmed(
    connection: Connection, settings: Settings, participant_id: int, address: str
) -> None:
    contacts.ask(connection, participant_id, address, instance_secret(settings))
    contacts.confirm(connection, participant_id, AT)


def reader(connection: Connection, settings: Settings, link: str, address: str) -> None:
    confirmed(connection, settings, participants.holder(connection, link).id, address)


def supported(
    engine: Engine, settings: Settings, code: str, address: str, language: str = "en"
) -> str:
    with engine.begin() as connection:
        one = supporting.support(connection, code, "d" * 30, language, instance_secret(settings))
        confirmed(connection, settings, one.participant_id, address)
    return one.link


def letters(engine: Engine, settings: Settings) -> dict[str, EmailMessage]:
    """What is sent now, by recipient; nobody gets two."""
    folder = settings.var / "outbox"
    before = set(folder.glob("*.eml")) if folder.exists() else set()
    rounds.send(engine, settings, datetime.now(UTC) + timedelta(seconds=5))
    new = [path for path in folder.glob("*.eml") if path not in before] if folder.exists() else []
    found = [email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in new]
    by_recipient = {str(one["to"]): one for one in found}
    assert len(by_recipient) == len(found)
    return by_recipient  # type: ignore[return-value]


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_an_answer_is_told_to_each_in_their_language_with_their_own_way_back(
    hanoi_engine: Engine, settings: Settings
) -> None:
    taken = reported(hanoi_engine, settings)
    with hanoi_engine.begin() as connection:
        reader(connection, settings, taken.link, AN)
    other = supported(hanoi_engine, settings, taken.code, BINH)
    assert progress_round.tell(hanoi_engine, settings) == 0
    with hanoi_engine.begin() as connection:
        answering.give(
            connection, taken.code, "Đã vá xong.\nCó ảnh.", AT, "unit-7", status=Status.RESOLVED
        )
    assert progress_round.tell(hanoi_engine, settings) == 2
    assert progress_round.tell(hanoi_engine, settings) == 0
    sent = letters(hanoi_engine, settings)
    assert set(sent) == {AN, BINH}
    mine, theirs = plain(sent[AN]), plain(sent[BINH])
    assert sent[AN]["subject"] == f"Phản ánh {taken.code}: đã giải quyết"
    assert sent[BINH]["subject"] == f"Complaint {taken.code}: resolved"
    for said in (mine, theirs):
        assert "Đã vá xong." in said
        assert "12 Tràng Thi" in said
        assert f"https://map.city.example/c/{taken.code}" in said
    assert "bạn đã gửi" in mine
    assert "that you support" in theirs
    # Each has the private link of their own, and nothing of the other's.
    assert f"https://map.city.example/mine#{taken.link}" in mine
    assert f"https://map.city.example/mine#{other}" in theirs
    whole = {to: bytes(mail).decode() + plain(mail) for to, mail in sent.items()}
    for foreign in (BINH, other):
        assert foreign not in whole[AN]
    for foreign in (AN, taken.link):
        assert foreign not in whole[BINH]
    assert "unit-7" not in mine + theirs
    html = sent[AN].get_body(("html",))
    assert html is not None
    assert f"/mine#{taken.link}" in html.get_content()
    assert "<img" not in html.get_content()
    assert 'name="viewport"' in html.get_content()
    assert f'<a href="https://map.city.example/c/{taken.code}"' in html.get_content()
    # What is said of the link stands before it, in both forms.
    for form in (mine, html.get_content()):
        assert form.index("ngay dưới đây") < form.index(f"/mine#{taken.link}")
    stop = str(sent[AN]["list-unsubscribe"]).strip("<>")
    token = stop.removeprefix("https://map.city.example/contact/").removesuffix("/stop")
    with hanoi_engine.begin() as connection:
        found = contacts.by_token(connection, token)
        assert found is not None
        assert found.address == AN
        assert connection.execute(text("SELECT count(*) FROM progress")).scalar_one() == 0


def test_moves_between_two_rounds_come_in_one_letter_in_order(
    hanoi_engine: Engine, settings: Settings
) -> None:
    taken = reported(hanoi_engine, settings, "en")
    with hanoi_engine.begin() as connection:
        reader(connection, settings, taken.link, AN)
    for status in (Status.ACCEPTED, Status.IN_PROGRESS):
        with hanoi_engine.begin() as connection:
            answering.move(connection, taken.code, status, AT, "unit-7")
    with hanoi_engine.begin() as connection:
        answering.give(connection, taken.code, "We are at it.", AT, "unit-7")
    assert progress_round.tell(hanoi_engine, settings) == 1
    sent = letters(hanoi_engine, settings)
    said = plain(sent[AN])
    order = [said.index(x) for x in ("New state: Accepted", "New state: In progress", "at it.")]
    assert order == sorted(order)
    assert "Judge" not in said
    with hanoi_engine.begin() as connection:
        answering.give(connection, taken.code, "Mended.", AT, "unit-7", status=Status.RESOLVED)
    progress_round.tell(hanoi_engine, settings)
    said = plain(letters(hanoi_engine, settings)[AN])
    assert "Answer of those who handle it: Resolved" in said
    # The move is told by the answer that brought it.
    assert "New state" not in said
    assert "Judge the answer: https://map.city.example/mine#" in said


def test_a_question_is_told_to_the_reporter_alone(hanoi_engine: Engine, settings: Settings) -> None:
    taken = reported(hanoi_engine, settings)
    with hanoi_engine.begin() as connection:
        reader(connection, settings, taken.link, AN)
    supported(hanoi_engine, settings, taken.code, BINH)
    who = official(hanoi_engine, "officer")
    with hanoi_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO work_question (complaint_id, account_id, text)"
                " SELECT id, :who, 'Ở chiều đường nào?' FROM complaint WHERE code = :code"
            ),
            {"who": who.id, "code": taken.code},
        )
    assert progress_round.tell(hanoi_engine, settings) == 1
    sent = letters(hanoi_engine, settings)
    assert set(sent) == {AN}
    assert sent[AN]["subject"] == f"Phản ánh {taken.code}: có câu hỏi cho bạn"
    said = plain(sent[AN])
    assert "Ở chiều đường nào?" in said
    assert f"/mine#{taken.link}" in said


def test_who_is_not_confirmed_or_has_stopped_hears_nothing(
    hanoi_engine: Engine, settings: Settings
) -> None:
    taken = reported(hanoi_engine, settings)
    with hanoi_engine.begin() as connection:
        person = participants.holder(connection, taken.link)
        contacts.ask(connection, person.id, AN, instance_secret(settings))
        answering.move(connection, taken.code, Status.ACCEPTED, AT, "unit-7")
    # Confirmed afterwards: the past is on the page.
    with hanoi_engine.begin() as connection:
        contacts.confirm(connection, person.id, AT)
    assert progress_round.tell(hanoi_engine, settings) == 0
    with hanoi_engine.begin() as connection:
        answering.move(connection, taken.code, Status.IN_PROGRESS, AT, "unit-7")
        contacts.remove(connection, person.id)
    assert progress_round.tell(hanoi_engine, settings) == 0
    with hanoi_engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM progress")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM mail")).scalar_one() == 0


def test_a_reporter_who_reopens_it_knows_and_the_supporters_are_told(
    hanoi_engine: Engine, settings: Settings
) -> None:
    taken = reported(hanoi_engine, settings)
    with hanoi_engine.begin() as connection:
        reader(connection, settings, taken.link, AN)
    supported(hanoi_engine, settings, taken.code, BINH)
    with hanoi_engine.begin() as connection:
        answering.move(connection, taken.code, Status.RESOLVED, AT, "unit-7")
        connection.execute(text("DELETE FROM progress"))
        person = participants.holder(connection, taken.link)
        rating.rate(connection, person, "dissatisfied", "Bí mật của An", AT + timedelta(hours=1))
    assert progress_round.tell(hanoi_engine, settings) == 1
    sent = letters(hanoi_engine, settings)
    assert set(sent) == {BINH}
    assert "Reopened" in plain(sent[BINH])
    assert "Bí mật" not in bytes(sent[BINH]).decode() + plain(sent[BINH])


def test_the_supporters_of_what_its_reporter_withdraws_are_told_how_it_goes_on(
    hanoi_engine: Engine, settings: Settings
) -> None:
    taken = reported(hanoi_engine, settings)
    with hanoi_engine.begin() as connection:
        reader(connection, settings, taken.link, AN)
    supported(hanoi_engine, settings, taken.code, BINH)
    with hanoi_engine.begin() as connection:
        correcting.withdraw(connection, participants.holder(connection, taken.link), AT)
    assert progress_round.tell(hanoi_engine, settings) == 0
    with hanoi_engine.begin() as connection:
        answering.move(connection, taken.code, Status.RESOLVED, AT, "unit-7")
        person = participants.holder(connection, taken.link)
        with pytest.raises(NotAllowedError, match="withdrawn"):
            rating.rate(connection, person, "satisfied", None, AT + timedelta(hours=1))
    assert progress_round.tell(hanoi_engine, settings) == 1
    assert set(letters(hanoi_engine, settings)) == {BINH}


def test_of_a_sensitive_complaint_the_mail_says_how_it_stands_and_no_more(
    hanoi_engine: Engine, settings: Settings
) -> None:
    taken = reported(hanoi_engine, settings, "en")
    with hanoi_engine.begin() as connection:
        reader(connection, settings, taken.link, AN)
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'pothole'"))
        answering.give(
            connection, taken.code, "Words for the reporter", AT, "unit-7", status=Status.RESOLVED
        )
    progress_round.tell(hanoi_engine, settings)
    mail = letters(hanoi_engine, settings)[AN]
    for hidden in ("Words for", "Tràng Thi", "Pothole"):
        assert hidden not in plain(mail) + bytes(mail).decode()
    assert "Resolved" in plain(mail)


def test_a_change_by_any_hand_is_told_and_many_by_an_import_cost_those_alone(
    hanoi_engine: Engine, settings: Settings
) -> None:
    taken = reported(hanoi_engine, settings)
    with hanoi_engine.begin() as connection:
        reader(connection, settings, taken.link, AN)
        changed = connection.execute(text("UPDATE complaint SET status = 3 WHERE status <> 3"))
        assert changed.rowcount > 100
        assert connection.execute(text("SELECT count(*) FROM progress")).scalar_one() == 1
    assert progress_round.tell(hanoi_engine, settings) == 1


def test_the_link_that_cannot_be_made_again_is_left_out(
    hanoi_engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    taken = reported(hanoi_engine, settings)
    with hanoi_engine.begin() as connection:
        reader(connection, settings, taken.link, AN)
        answering.move(connection, taken.code, Status.RESOLVED, AT, "unit-7")
    (settings.var / "secret").write_text("another secret " * 4)
    progress_round.tell(hanoi_engine, settings)
    said = plain(letters(hanoi_engine, settings)[AN])
    assert "/mine#" not in said
    assert f"Xem phản ánh: https://map.city.example/c/{taken.code}" in said
    # The link that stops is one of the new secret, and works.
    token = re.search(r"/contact/([\w-]+)", said)
    assert token is not None
    with hanoi_engine.begin() as connection:
        assert contacts.by_token(connection, token.group(1)) is not None


def test_a_worker_that_is_killed_tells_everybody_once(
    hanoi_engine: Engine, settings: Settings
) -> None:
    taken = [reported(hanoi_engine, settings) for _ in range(40)]
    with hanoi_engine.begin() as connection:
        for n, one in enumerate(taken):
            reader(connection, settings, one.link, f"an{n}@example.org")
        for one in taken:
            answering.move(connection, one.code, Status.ACCEPTED, AT, "unit-7")
        # A letter takes its time, so that the worker is killed among them.
        connection.execute(
            text(
                "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " PERFORM pg_sleep(0.1); RETURN NEW; END $$;"
                "CREATE TRIGGER slow BEFORE INSERT ON mail FOR EACH ROW"
                " WHEN (NEW.key LIKE 'progress:%') EXECUTE FUNCTION slow()"
            )
        )
    code = (
        "import sys; from pathlib import Path; from api import progress_round;"
        " from api.settings import Settings; from geo.database import engine;"
        " progress_round.tell(engine(sys.argv[1]),"
        " Settings(var=Path(sys.argv[2]), public_url='https://map.city.example'))"
    )
    url = hanoi_engine.url.render_as_string(hide_password=False)
    worker = subprocess.Popen([sys.executable, "-c", code, url, str(settings.var)])
    written = text("SELECT count(*) FROM mail WHERE key LIKE 'progress:%'")
    end = time.monotonic() + 60
    while True:
        with hanoi_engine.connect() as connection:
            if connection.execute(written).scalar_one() >= 5:
                break
        assert worker.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(10)
    with hanoi_engine.begin() as connection:
        first = connection.execute(written).scalar_one()
        connection.execute(text("DROP FUNCTION slow CASCADE"))
    assert 5 <= first < 40
    end = time.monotonic() + 20
    more = 0
    while first + more < 40:
        # The server sees only now that the worker is gone.
        assert time.monotonic() < end
        more += progress_round.tell(hanoi_engine, settings)
        time.sleep(0.1)
    assert len(letters(hanoi_engine, settings)) == 40
