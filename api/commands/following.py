"""The worker, and what an operator may see and do about follows."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import func, select

from api.commands.session import Var, database, locate, out
from api.settings import Settings
from geo import outbox
from geo.schema import follow, follower, news

app = typer.Typer(no_args_is_help=True, help="Who follows what; addresses are masked.")


def _settings(var: Path | None) -> Settings:
    return Settings() if var is None else Settings(var=var)


def work(var: Var = None) -> None:
    """Look nightly for those who follow, and send mail; Ctrl-C ends it.

    `phananh serve` starts one beside itself; with several servers one of these is enough.
    """
    from api import jobs

    url, cluster = locate(var)
    out.print("[bold]phananh works[/bold]  (Ctrl-C ends it)")
    try:
        jobs.run(url, _settings(var))
    finally:
        if cluster is not None and cluster.started:
            cluster.stop()


def masked(address: str | None) -> str:
    """An address as an operator may see it.

    >>> masked("nguyen.an@example.org"), masked(None)
    ('n***@e***.org', '(public)')
    """
    if address is None:
        return "(public)"
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain[:1]}***.{domain.rpartition('.')[2]}"


@app.command("list")
def list_follows(
    public: Annotated[bool, typer.Option(help="The city's own too.")] = False, var: Var = None
) -> None:
    """Every follow: what it asks, for whom, since when, and how much news it had."""
    with database(var) as engine, engine.connect() as connection:
        number = select(func.count()).where(news.c.follow_id == follow.c.id).scalar_subquery()
        rows = connection.execute(
            select(follow, follower.c.address, number.label("n"))
            .outerjoin(follower, follower.c.id == follow.c.follower_id)
            .where(follow.c.follower_id.is_not(None) | follow.c.push_id.is_not(None) | public)
            .order_by(follow.c.id)
        ).all()
        waiting = outbox.waiting(connection)
    table = Table("id", "whom", "kind", "question", "schedule", "confirmed", "observed", "news")
    for row in rows:
        confirmed = f"{row.confirmed_at:%Y-%m-%d}" if row.confirmed_at else "no"
        table.add_row(
            str(row.id), "(push)" if row.push_id else masked(row.address), row.kind,
            row.question, row.schedule, confirmed, str(row.observed_on or "not yet"), str(row.n),
        )  # fmt: skip
    out.print(table)
    out.print(f"{len(rows)} follows, {waiting} letters wait to be sent")


@app.command("observe")
def observe_now(
    send: Annotated[bool, typer.Option(help="Send what waits, too.")] = False, var: Var = None
) -> None:
    """Look now for everybody whose look is due; nobody is looked for twice on a day."""
    from api import rounds

    settings = _settings(var)
    with database(var) as engine:
        now = datetime.now(UTC)
        out.print(f"{rounds.observe(engine, settings, now)} follows observed")
        if send:
            out.print(f"{rounds.send(engine, settings, now)} letters sent")
