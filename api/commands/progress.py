"""A progress bar for long work that Ctrl-C ends after its next step."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from api.commands.session import out


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )


@contextmanager
def steps(title: str) -> Iterator[Callable[[int, int], None]]:
    """Gives `progress`, told how many are done, of how many."""
    with Progress(*_columns(), console=out) as bar:
        task = bar.add_task(title, total=None, rate="")

        def progress(done: int, of: int) -> None:
            speed = bar.tasks[0].speed
            rate = f"{speed:,.0f} a second" if speed else ""
            bar.update(task, completed=done, total=of, rate=rate)

        yield progress


@contextmanager
def stoppable(
    title: str, total: int | None
) -> Iterator[tuple[Callable[[int], None], Callable[[], bool]]]:
    """Gives `progress`, told how many rows are done, and `stopping`, True after Ctrl-C."""
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        asked = True
        out.print("  stopping after this batch; run the same command to go on")

    with Progress(*_columns(), console=out) as bar:
        task = bar.add_task(title, total=total, rate="")

        def progress(rows: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=rows, rate=f"{speed:,.0f} rows/s" if speed else "")

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield progress, lambda: asked
        finally:
            signal.signal(signal.SIGINT, before)
