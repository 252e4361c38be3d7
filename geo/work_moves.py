"""The states of a complaint as one table: which moves there are, who may make them, with what."""

from typing import Final, NamedTuple

from geo.asking import Need
from geo.complaint import TRANSITIONS, Status


class Move(NamedTuple):
    """An act that gives a complaint another state."""

    act: str
    before: frozenset[Status]
    to: Status
    need: Need
    reason: bool
    """Whether it needs words that say why."""


_OPEN: Final = frozenset({Status.RECEIVED, Status.ACCEPTED, Status.IN_PROGRESS})
MOVES: Final[dict[str, Move]] = {
    one.act: one
    for one in (
        Move("accept", frozenset({Status.RECEIVED}), Status.ACCEPTED, "act", False),
        Move("start", _OPEN - {Status.IN_PROGRESS}, Status.IN_PROGRESS, "act", False),
        # Only with an answer that says what was done: see `geo.handling.answer`.
        Move("resolve", _OPEN, Status.RESOLVED, "act", False),
        Move("refuse", _OPEN, Status.REJECTED, "act", True),
        Move("merge", _OPEN, Status.DUPLICATE, "act", False),
        Move("reopen", frozenset({Status.RESOLVED}), Status.IN_PROGRESS, "supervise", True),
        Move("take-up", frozenset({Status.REJECTED}), Status.RECEIVED, "supervise", True),
        Move("unmerge", frozenset({Status.DUPLICATE}), Status.RECEIVED, "act", False),
    )
}  # fmt: skip
# Acts that leave the state as it is, while a complaint is open.
ACTS: Final[dict[str, Need]] = {
    "assign": "act",
    "hand-over": "act",
    "recategorise": "act",
    "move": "act",
    "split": "act",
    "ask": "act",
    "pause": "act",
    "resume": "act",
    "answer": "act",
}
# While a closing waits for a supervisor nothing else is done: it would be another's closing.
WHILE_CHECKED: Final = frozenset({"assign"})


def allowed(
    status: Status, rights: frozenset[str], *, paused: bool = False, checking: bool = False
) -> list[str]:
    """What may be done with a complaint in this state by who has these needs met on it.

    `rights` has "own" too where the closing that waits for a check is the asker's own.

    >>> allowed(Status.RESOLVED, frozenset({"act", "inside"}))
    ['note']
    >>> allowed(Status.ACCEPTED, frozenset({"act", "supervise"}), checking=True)
    ['check', 'assign', 'note']
    """
    noting = ["note"] if "act" in rights else []
    found = [one.act for one in MOVES.values() if status in one.before and one.need in rights]
    if status.is_open:
        found += [act for act, need in ACTS.items() if need in rights]
    found = [one for one in found if one != ("pause" if paused else "resume")]
    if checking and status.is_open:
        # Who asked for the check may take that back.
        judge = ["check"] if rights & {"supervise", "own"} else []
        found = judge + [one for one in found if one in WHILE_CHECKED]
    return found + noting


# The table of states allows every move here; a test walks all of them.
assert all(  # noqa: S101
    one.to in TRANSITIONS[status] for one in MOVES.values() for status in one.before
)
