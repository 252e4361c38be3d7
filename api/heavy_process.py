"""What the process for long work runs: it loads the work it is given and little else."""

import inspect
from collections.abc import Callable
from multiprocessing.sharedctypes import Synchronized
from typing import Any, TypeVar

T = TypeVar("T")
_share: "Synchronized[float] | None" = None


def begin(share: "Synchronized[float]") -> None:
    """What the process keeps of its parent: where it writes how far it is."""
    global _share  # noqa: PLW0603 - a process of its own has one
    _share = share


def _tell(share: float) -> None:
    if _share is not None:
        _share.value = share


def work(of: Callable[..., T], given: tuple[Any, ...], options: dict[str, Any]) -> T:
    """The result of a function, which may take `progress` to tell how far it is, from 0 to 1."""
    _tell(0.0)
    if "progress" in inspect.signature(of).parameters:
        options = {**options, "progress": _tell}
    return of(*given, **options)
