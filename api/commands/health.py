"""`phananh doctor`."""

import os
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from api import doctor as doctors
from api.cluster import ClusterError
from api.commands.session import Var, database, out
from api.doctor import Finding, Verdict
from api.settings import Settings

COLOUR = {Verdict.FINE: "green", Verdict.ODD: "yellow", Verdict.WRONG: "red"}


def doctor(
    port: Annotated[int, typer.Option(envvar="PHANANH_PORT")] = 8000,
    host: Annotated[str, typer.Option(envvar="PHANANH_HOST")] = "127.0.0.1",
    var: Var = None,
) -> None:
    """Name everything missing or wrong, and how to mend it; exit 1 if something is wrong."""
    folder = (var or Settings().var).resolve()
    private = not os.environ.get("DATABASE_URL")
    wrong = 0

    def say(finding: Finding) -> bool:
        nonlocal wrong
        wrong += finding.verdict is Verdict.WRONG
        out.print(f"{finding.verdict.value:>6}", style=COLOUR[finding.verdict], end="  ")
        out.print(finding.what, markup=False, soft_wrap=True)
        if finding.remedy:
            out.print(f"        {finding.remedy}", markup=False, soft_wrap=True)
        return finding.verdict is Verdict.FINE

    for finding in doctors.machine(folder, host, port, private=private):
        say(finding)
    for finding in doctors.mail(Settings(var=folder)):
        say(finding)
    # A database that is not there is not made, one that cannot run is not asked.
    looked = [say(finding) for finding in doctors.cluster(folder)] if private else []
    usable = all(looked)
    if usable:
        try:
            with database(var) as engine:
                for finding in doctors.database(engine):
                    say(finding)
        except ClusterError as error:
            say(Finding(Verdict.WRONG, str(error), error.remedy))
        except DBAPIError as error:
            remedy = "start it" if private else "check DATABASE_URL, the server and its password"
            # Only the first line: the address of the server, never the password.
            reason = str(error.orig).strip().splitlines()[0]
            say(Finding(Verdict.WRONG, f"the database does not answer: {reason}", remedy))
    out.print("nothing is wrong" if not wrong else f"{wrong} to mend")
    if wrong:
        raise typer.Exit(1)
