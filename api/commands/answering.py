"""The city's side until its officials have accounts: answers, states, deadlines, working time."""

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.table import Table
from sqlalchemy import Connection, select, update

from api.commands.session import Var, database, out, prepared
from api.darkroom import Darkroom
from api.settings import Settings
from api.storage import PhotoStore
from geo import answering, photos, promise
from geo.answering import Answered
from geo.complaint import Status
from geo.errors import BadFilterError, FileError, MappingError, NotFoundError
from geo.photo_kinds import HEAD, MOST_BYTES, media_type, refuse
from geo.public_holidays import public_holidays
from geo.schema import category, city
from geo.working_time import WorkingTime

By = Annotated[str, typer.Option("--by", help="Who acts: a role or a unit, never a name.")]
LONGEST_ROLE = 60


def _role(by: str) -> str:
    role = by.strip()
    # These mean in the history that a citizen acted.
    if not role or len(role) > LONGEST_ROLE or role in ("reporter", "supporter"):
        raise BadFilterError("by", f"--by is a role of the city's, at most {LONGEST_ROLE} letters")
    return role


def _said(done: Answered) -> None:
    moved = "" if done.before is done.status else f", {done.before.code} -> {done.status.code}"
    what = "moved" if done.answer_id is None else f"answered (answer {done.answer_id})"
    out.print(f"{done.code} {what}{moved}")


def answer(
    code: Annotated[str, typer.Argument(help="The public code of a complaint.")],
    words: Annotated[str, typer.Option("--text", help="Public; - reads standard input.")],
    to: Annotated[
        str | None, typer.Option("--status", help="What it becomes: resolved, rejected ...")
    ] = None,
    photo: Annotated[
        list[Path] | None, typer.Option(help="JPEG, PNG, WebP or HEIC, shown with the answer.")
    ] = None,
    by: By = "city",
    var: Var = None,
) -> None:
    """Answer a complaint in public; who reported or supports it is told."""
    said = typer.get_text_stream("stdin").read() if words == "-" else words
    status = None if to is None else Status.from_code(to)
    role, now = _role(by), datetime.now(UTC)
    made = _developed(photo or [], Settings() if var is None else Settings(var=var))
    # Files are there before their rows: a crash between them leaves files that are swept.
    with database(var) as engine, engine.begin() as connection:
        for token, arrival in made:
            photos.keep(connection, token, arrival, now)
        tokens = [token for token, _ in made]
        _said(answering.give(connection, code, said, now, role, status=status, photos=tokens))


def _developed(files: list[Path], settings: Settings) -> list[tuple[str, photos.Arrival]]:
    """Photos made anew without metadata and put into the store, with a token for each."""
    if len(files) > answering.MOST_PHOTOS:
        raise BadFilterError("photo", f"at most {answering.MOST_PHOTOS} photos")
    darkroom, store, found = Darkroom(), PhotoStore(settings), []
    try:
        for path in files:
            with path.open("rb") as file:
                kind = media_type(file.read(HEAD))
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").digest()
                size = path.stat().st_size
                if size > MOST_BYTES:
                    refuse("bytes")
                cleaned = darkroom.develop(file, size)
            arrival = photos.Arrival(uuid4(), cleaned, digest, kind, None)
            store.put(arrival.id, cleaned.large, cleaned.small)
            found.append((photos.upload_token(b"", None), arrival))
    finally:
        darkroom.stop()
    return found


def status(
    code: Annotated[str, typer.Argument(help="The public code of a complaint.")],
    to: Annotated[str, typer.Argument(help="accepted, in_progress, resolved ...")],
    by: By = "city",
    var: Var = None,
) -> None:
    """Move a complaint to another state without a word; who takes part in it is told."""
    wanted = Status.from_code(to)
    with database(var) as engine, engine.begin() as connection:
        _said(answering.move(connection, code, wanted, datetime.now(UTC), _role(by)))


def deadline(
    code: Annotated[str | None, typer.Argument(help="A category, to change its limits.")] = None,
    accept: Annotated[float | None, typer.Option(help="Accepted within working hours.")] = None,
    urgent: Annotated[float | None, typer.Option(help="Urgent ones handled, hours.")] = None,
    handle: Annotated[float | None, typer.Option(help="Handled within working hours.")] = None,
    days: Annotated[int | None, typer.Option(help="Handled within working days.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Back to the city's rule first.")] = False,
    var: Var = None,
) -> None:
    """List what is promised of each category, or set its limits; 0 takes a limit away."""
    given = dict(zip(promise.LIMITS, (accept, urgent, handle, days), strict=True))
    wanted = {name: value or None for name, value in given.items() if value is not None}
    with prepared(var) as engine, engine.begin() as connection:
        if code is not None and (wanted or reset):
            _set_deadline(connection, code, wanted, reset)
        table = Table("category", *(name.replace("_", " ") for name in promise.LIMITS))
        rows = connection.execute(select(category.c.code, category.c.deadline).order_by("id"))
        for row in rows:
            if code in (None, row.code):
                limits = {**promise.DEFAULT, **row.deadline}
                table.add_row(row.code, *(str(limits.get(one) or "–") for one in promise.LIMITS))
    out.print(table)


def _set_deadline(
    connection: Connection, code: str, wanted: dict[str, float | None], reset: bool
) -> None:
    stored = connection.execute(
        select(category.c.deadline).where(category.c.code == code).with_for_update()
    ).scalar()
    if stored is None:
        raise NotFoundError(f"no category {code!r}; phananh categories lists them")
    checked = promise.checked(wanted if reset else {**stored, **wanted})
    connection.execute(update(category).where(category.c.code == code).values(deadline=checked))


def working_time(
    code: Annotated[str, typer.Argument(metavar="CITY")] = "hanoi",
    file: Annotated[
        Path | None, typer.Option(help="JSON with hours, holidays, extra and less.")
    ] = None,
    extra: Annotated[
        list[datetime] | None, typer.Option(formats=["%Y-%m-%d"], help="A day worked besides.")
    ] = None,
    less: Annotated[
        list[datetime] | None, typer.Option(formats=["%Y-%m-%d"], help="A day not worked.")
    ] = None,
    var: Var = None,
) -> None:
    """Show or change the hours and days in which a city's deadlines are counted."""
    with prepared(var) as engine, engine.begin() as connection:
        row = connection.execute(
            select(city.c.timezone, city.c.working_time)
            .where(city.c.code == code)
            .with_for_update()
        ).one_or_none()
        if row is None:
            raise NotFoundError(f"no city {code!r}")
        wanted: dict[str, Any] = read_object(file) if file is not None else dict(row.working_time)
        for key, other, days in (("extra", "less", extra), ("less", "extra", less)):
            named = {day.date().isoformat() for day in days or []}
            if named:
                wanted[key] = sorted({*wanted.get(key, []), *named})
                wanted[other] = sorted({*wanted.get(other, [])} - named)
        hours = WorkingTime.parse(wanted, row.timezone)
        _check_country(hours)
        if wanted != row.working_time:
            connection.execute(update(city).where(city.c.code == code).values(working_time=wanted))
    out.print_json(json.dumps(wanted))
    _show_days(hours)


def read_object(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError:
        raise FileError(f"{file.name} is not JSON") from None
    if not isinstance(found, dict):
        raise FileError(f"{file.name}: an object with hours, holidays, extra and less")
    return found


def _check_country(hours: WorkingTime) -> None:
    if hours.holidays is not None:
        try:
            public_holidays(hours.holidays, datetime.now(UTC).year)
        except KeyError:
            raise MappingError(f"holidays: nobody knows those of {hours.holidays!r}") from None


def _show_days(hours: WorkingTime) -> None:
    """The days of this year that differ from its weeks."""
    year = datetime.now(UTC).year
    free, worked = set(hours.less), set(hours.extra)
    if hours.holidays is not None:
        of = public_holidays(hours.holidays, year)
        free, worked = free | of.holidays - worked, worked | of.made_up - free

    def listed(days: set[date]) -> str:
        return ", ".join(day.isoformat() for day in sorted(days) if day.year == year) or "none"

    out.print(f"{year}, free: {listed(free)}")
    out.print(f"{year}, worked besides: {listed(worked)}")
