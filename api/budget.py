"""What a client's questions cost the server, and the ASGI layer that keeps it within bounds.

Cost is counted in seconds of work: the time of an answer, divided among those that are worked on at
the same moment where these are more than the machine has processors. So nobody pays for the crowd
he waits in, and all that is charged together is what the machine did. Time in which the client
itself is waited for (a phone that reads slowly, a photo on its way) costs nothing.

A client's account drains at `cost_per_minute_s`; one that holds `cost_burst_s` or more gets 429
before any work begins. Of one client's questions `cost_at_once` are worked on, the rest wait their
turn, so that others find the machine free whatever it asks. Kept tiles leave before this layer.
"""

import asyncio
import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.client import CURRENT, Clients
from api.limit_settings import LimitSettings
from api.problems import document
from api.refusals import REFUSED, LimitedError

# Accounts that are empty are forgotten; beyond this many, the ones longest unused too.
MOST_ACCOUNTS: Final = 20_000
# More of one client's questions than this do not wait: their asker will be gone.
MOST_WAITING: Final = 200
# Who was refused may come again when there is room for this share of a burst.
ROOM: Final = 0.1
# A refusal is held back as long: who comes again at once, with however many connections, would keep
# the process busy with refusing. Of one client only so many, since each holds some memory.
HELD_S: Final = 1.0
MOST_HELD: Final = 500
# Who has used this share of a burst has half as many questions worked on at once.
USED: Final = 0.25
# What a reporter needs goes on while the rest of an address is refused.
NEEDED_CEILING: Final = 1.5


class Lane(Enum):
    """Questions of one client that wait for each other: a download does not hold up its map."""

    READ = 1
    STUDY = 2
    """Statistics that take seconds; most are worked out one at a time in any case."""
    FILE = 3
    """Files that are sent as they are made: a slow reader holds a connection all the while."""
    NEEDED = 4
    """What writing a report takes; uploads are slow where phones are."""


AT_ONCE: Final = {Lane.STUDY: 2, Lane.FILE: 3, Lane.NEEDED: 64}
CHARGED: Final = ("/api/", "/tiles/", "/open311/")
# They last for hours and hardly work: once begun, they cost nothing and hold nobody up. Each has
# limits of its own.
STREAMS: Final = frozenset({"/api/v1/work/live", "/api/v1/audit/live"})
LOOKUPS: Final = ("/api/v1/complaints/near", "/api/v1/suggestions")
NEEDED: Final = ("/api/v1/domains", "/api/v1/challenge", "/api/v1/mine", "/api/v1/photos")
FILES: Final = tuple(
    f"/api/v1/{name}." for name in ("export", "figures", "layer", "map", "report", "work/export")
)
STUDIES: Final = tuple(
    f"/api/v1/{name}"
    for name in (
        "hotspots", "trends", "outliers", "density", "clusters", "compare",
        "reporting", "history", "rhythm", "series", "story",
    )
)  # fmt: skip


def lane_of(scope: Scope) -> Lane | None:
    """Where a request waits; None for what costs nobody much."""
    path: str = scope["path"]
    if scope["type"] != "http" or not path.startswith(CHARGED) or scope["method"] == "OPTIONS":
        return None
    reads = scope["method"] in ("GET", "HEAD") or path in LOOKUPS
    if not reads or path.startswith(NEEDED):
        return Lane.NEEDED
    if path.startswith(FILES):
        return Lane.FILE
    return Lane.STUDY if path.startswith(STUDIES) else Lane.READ


class WorkClock:
    """Runs as fast as one of those who are being answered gets on. For the event loop alone."""

    def __init__(self, processors: int, now: Callable[[], float]) -> None:
        self._processors, self._now = processors, now
        self._read, self._at, self._running = 0.0, now(), 0

    def read(self) -> float:
        """Seconds; only differences mean something."""
        now = self._now()
        if self._running:
            self._read += (now - self._at) * min(1.0, self._processors / self._running)
        self._at = now
        return self._read

    def enter(self) -> float:
        """One more is worked on; what the clock reads."""
        read = self.read()
        self._running += 1
        return read

    def leave(self) -> float:
        """One less; what the clock reads."""
        read = self.read()
        self._running -= 1
        return read


class Account:
    """What one client has caused lately, and what it has under way."""

    __slots__ = ("_at", "_drains", "_owed", "held", "running", "since", "waiting")

    def __init__(self, drains: float, now: float) -> None:
        self._drains, self._owed, self._at = drains, 0.0, now
        self.held = 0
        self.running = dict.fromkeys(Lane, 0)
        self.waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}
        self.since: dict[object, float] = {}
        """When each piece under way began, by the work clock; not while a client is waited for."""

    def owed(self, now: float) -> float:
        """Seconds of finished work that have not drained."""
        self._owed = max(0.0, self._owed - (now - self._at) * self._drains)
        self._at = now
        return self._owed

    def charge(self, seconds: float, now: float) -> None:
        self._owed = self.owed(now) + seconds

    def idle(self, now: float) -> bool:
        return not any(self.running.values()) and self.owed(now) == 0


class Budget:
    """The ASGI layer."""

    def __init__(
        self,
        app: ASGIApp,
        clients: Clients,
        settings: LimitSettings,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.app, self._clients, self._now = app, clients, now
        self._burst = settings.cost_burst_s
        self._drains = settings.cost_per_minute_s / 60
        self._at_once = AT_ONCE | {Lane.READ: settings.cost_at_once}
        self._clock = WorkClock(len(os.sched_getaffinity(0)), now)
        self._accounts: OrderedDict[str, Account] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = lane_of(scope) if scope["type"] == "http" else None
        if lane is None:
            await self.app(scope, receive, send)
            return
        client = self._clients.of(scope)
        account = self._account(client)
        if (wait_s := self._too_much(account, lane)) or not await self._turn(account, lane):
            await self._refuse(account, wait_s or 2, scope, receive, send)
            return
        token = CURRENT.set(client)
        wait_s = self._too_much(account, lane)  # It may have waited for its turn.
        handed_on = False

        def hand_on() -> None:
            nonlocal handed_on
            if not handed_on:
                handed_on = True
                self._next(account, lane)

        try:
            if not wait_s:
                await self._answer(account, scope, receive, send, hand_on)
        finally:
            CURRENT.reset(token)
            hand_on()
        if wait_s:
            await self._refuse(account, wait_s, scope, receive, send)

    def owed(self, client: str) -> float:
        """Seconds of work of a client that have not drained yet."""
        account = self._accounts.get(client)
        return 0.0 if account is None else account.owed(self._now())

    def _account(self, client: str) -> Account:
        now = self._now()
        account = self._accounts.get(client)
        if account is None:
            account = self._accounts[client] = Account(self._drains, now)
            # Two looked at for each one that is added: it does not grow while most are idle.
            for _ in range(2):
                oldest, other = next(iter(self._accounts.items()))
                full = len(self._accounts) > MOST_ACCOUNTS and not any(other.running.values())
                if other is not account and (full or other.idle(now)):
                    del self._accounts[oldest]
        self._accounts.move_to_end(client)
        return account

    def _too_much(self, account: Account, lane: Lane) -> float:
        """0, or seconds until there is room again."""
        read = self._clock.read()
        owed = account.owed(self._now()) + sum(read - at for at in account.since.values())
        ceiling = self._burst * (NEEDED_CEILING if lane is Lane.NEEDED else 1)
        if owed < ceiling:
            return 0
        return max(1.0, (owed - ceiling + ROOM * self._burst) / self._drains)

    def _places(self, account: Account, lane: Lane) -> int:
        """How many of a client's questions may be worked on at once: 1 or more."""
        most = self._at_once[lane]
        used = lane is not Lane.NEEDED and account.owed(self._now()) > USED * self._burst
        return max(1, most // 2) if used else most

    async def _turn(self, account: Account, lane: Lane) -> bool:
        """Wait until one more of the client's may be worked on; False where too many wait."""
        if account.running[lane] < self._places(account, lane):
            account.running[lane] += 1
            return True
        waiting = account.waiting[lane]
        if len(waiting) >= MOST_WAITING:
            return False
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._next(account, lane)
            else:
                with suppress(ValueError):
                    waiting.remove(mine)
            raise
        return True

    def _next(self, account: Account, lane: Lane) -> None:
        """Hand the turn on, or give it back."""
        # Where there are fewer places by now, the others that run hand theirs on.
        while account.waiting[lane] and account.running[lane] <= self._places(account, lane):
            other = account.waiting[lane].popleft()
            if not other.done():
                other.set_result(None)
                return
        account.running[lane] -= 1

    async def _answer(
        self, account: Account, scope: Scope, receive: Receive, send: Send,
        hand_on: Callable[[], None],
    ) -> None:  # fmt: skip
        piece, lasts = object(), scope["path"] in STREAMS
        # Without a body, only the end of the connection is waited for, beside the work.
        whole = scope["method"] == "GET"

        def work() -> None:
            if piece not in account.since:
                account.since[piece] = self._clock.enter()

        def rest() -> None:
            begun = account.since.pop(piece, None)
            if begun is not None:
                account.charge(self._clock.leave() - begun, self._now())

        async def received() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            rest()
            try:
                message = await receive()
            finally:
                work()
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def sent(message: Message) -> None:
            rest()
            if lasts:
                hand_on()
            try:
                await send(message)
            finally:
                if not lasts:
                    work()

        work()
        try:
            await self.app(scope, received, sent)
        finally:
            rest()

    async def _refuse(
        self, account: Account, wait_s: float, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if account.held < MOST_HELD:
            account.held += 1
            try:
                await asyncio.sleep(HELD_S)
            finally:
                account.held -= 1
        REFUSED.labels("cost").inc()
        error = LimitedError(
            "your network asks more of the map than it can do for one",
            "mạng của bạn đang hỏi bản đồ quá nhiều so với phần của một nơi",
            wait_s,
        )
        await document(error)(scope, receive, send)
