"""The command `phananh`."""

import sys

import typer
from sqlalchemy.exc import InterfaceError, OperationalError

from api.cluster import ClusterError
from api.commands import (
    accounts,
    answering,
    auditing,
    deadlines,
    drafting,
    exporting,
    filing,
    following,
    going,
    health,
    importing,
    kind_changes,
    kinds,
    maps,
    personal,
    photos,
    reporting,
    sampling,
    serving,
    setting,
    teaching,
    wording,
)
from api.commands.session import out
from geo.errors import PhananhError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(serving.serve)
app.command()(serving.migrate)
app.command("load-boundaries")(maps.load_boundaries)
app.command("load-population")(maps.load_population)
app.command("load-landmarks")(maps.load_landmarks)
app.command("add-city")(maps.add_city)
app.command()(kinds.categories)
app.command()(kind_changes.domain)
app.command()(kind_changes.category)
app.command()(answering.answer)
app.command()(answering.status)
app.command()(answering.deadline)
app.command("working-time")(answering.working_time)
app.command()(deadlines.policy)
app.command()(deadlines.calendar)
app.command()(photos.photos)
app.command("import")(importing.import_file)
app.command()(sampling.sample)
app.command()(serving.refresh)
app.command("export")(exporting.export_file)
app.command("figures")(filing.write_figures)
app.command("archive")(filing.write_archive)
app.command()(reporting.report)
app.command()(going.performance)
app.command()(exporting.openapi)
app.command()(health.doctor)
app.command()(following.work)
app.command()(teaching.train)
app.command()(personal.look)
app.command()(personal.unmask)
app.command()(personal.hide)
app.command()(personal.erase)
app.command()(personal.looks)
app.add_typer(following.app, name="follows")
app.add_typer(accounts.app, name="account")
app.add_typer(auditing.app, name="audit")
app.add_typer(drafting.app, name="boundaries")
app.add_typer(setting.app, name="settings")
app.add_typer(wording.app, name="templates")
app.add_typer(wording.grounds_app, name="grounds")


def main() -> None:
    """Errors a person can mend end as one sentence, not as a traceback."""
    try:
        app()
    except ClusterError as error:
        out.print(f"phananh: {error}\n  How to mend it: {error.remedy}", style="red", markup=False)
        sys.exit(1)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        out.print(f"phananh: {error.strerror or error}{where}", style="red", markup=False)
        sys.exit(1)
    except (OperationalError, InterfaceError) as error:
        out.print(f"phananh: the database does not answer: {error.orig}", style="red", markup=False)
        sys.exit(1)
    except PhananhError as error:
        out.print(f"phananh: {error}", style="red", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
