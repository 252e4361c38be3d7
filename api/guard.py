"""Who may do what how often, and who is asked to prove that no program sends it.

`guarded("photos")` on a route counts its requests by network address and by device. Reports and
supports are looked at more closely: `Guard.report` before storing, and `taken` on what it returns
after. Nothing here is stored; a restart forgets all of it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final, Literal, Protocol

import numpy as np
import structlog
from cachetools import TTLCache
from fastapi import Depends, Request
from sqlalchemy import Engine

from api import challenges
from api.challenges import MOST_LEVEL, Challenges
from api.client import Clients, keyed
from api.limit_settings import LimitSettings
from api.limiting import Limiter
from api.refusals import ChallengeWantedError, LimitedError, NotTakenError, refuse
from api.repeats import Repeats, Sender
from geo import spam, surge
from geo.cells import leaf_cells, parent, to_hex
from geo.errors import WordsRefusedError

log = structlog.get_logger()
Kind = Literal[
    "reports", "photos", "support", "mine", "ratings", "near", "suggestions", "challenges"
]
WHAT: Final[dict[str, tuple[str, str]]] = {
    "sign_in": ("too many tries to sign in", "đăng nhập quá nhiều lần"),
    "reports": ("too many reports", "quá nhiều phản ánh"),
    "photos": ("too many photos", "quá nhiều ảnh"),
    "photo_mb": ("too many large photos", "quá nhiều ảnh lớn"),
    "support": ("too many supports", "quá nhiều lượt ủng hộ"),
    "mine": ("too many requests about one report", "quá nhiều yêu cầu về một phản ánh"),
    "ratings": ("too many ratings", "quá nhiều lượt đánh giá"),
    "near": ("too many searches nearby", "quá nhiều lượt tìm phản ánh lân cận"),
    "suggestions": ("too many suggestions asked for", "quá nhiều lượt hỏi gợi ý"),
    "challenges": ("too many checks asked for", "quá nhiều lượt xin kiểm tra"),
    "mail": ("too many orders of mail", "quá nhiều lượt đăng ký thư"),
    "pushes": ("too many orders of notifications", "quá nhiều lượt đăng ký thông báo"),
}
SOURCES: Final = {
    "": ("from your network", "từ mạng của bạn"),
    "_device": ("from this device", "từ thiết bị này"),
    "_to": ("for this mailbox", "cho hộp thư này"),
}
# Larger than any photo that is taken.
UNKNOWN_MB: Final = 20
REMEMBERED: Final = 50_000


class Said(Protocol):
    """What the bodies of reports and supports have in common."""

    @property
    def device(self) -> str | None: ...
    @property
    def challenge(self) -> str | None: ...
    @property
    def website(self) -> str: ...


class SaidReport(Said, Protocol):
    @property
    def text(self) -> str: ...
    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let through; `taken` is to be called when it was stored."""

    taken: Callable[[str, bool], None]
    """Called with the code, and whether it had been taken before."""


class Guard:
    def __init__(self, settings: LimitSettings, engine: Engine, secret: bytes) -> None:
        rates = {
            name.removeprefix("limit_"): getattr(settings, name)
            for name in LimitSettings.model_fields
            if name.startswith("limit_") and name != "limit_store"
        }
        soft = {
            name: getattr(settings, name)
            for name in (
                "challenge_reports",
                "challenge_no_device",
                "challenge_same_words",
                "challenge_supports",
            )
        }
        own = {"here": f"{settings.flood_floor} per 10 minutes", "noticed": "1 per minute"}
        self.limiter = Limiter(rates | soft | own | challenges.RATES, settings.limit_store)
        self.clients = Clients(secret)
        self.challenges = Challenges(secret, self.limiter)
        self._settings, self._engine, self._secret = settings, engine, secret
        self._lock = Lock()
        self._repeats = Repeats(self.limiter, settings.repeats_s)
        self._keys: TTLCache[str, bool] = TTLCache(REMEMBERED, 86_400)
        self._believed: TTLCache[int, int] = TTLCache(2000, 3600)

    def admit(self, request: Request, kind: str, device: str | None = None, cost: int = 1) -> None:
        """Count one request of a kind. Raises `LimitedError`."""
        self._count(kind, "", self.clients.of(request.scope), cost)
        if device and self.limiter.has(f"{kind}_device"):
            self._count(kind, "_device", self._keyed(device), cost)

    def mail(self, request: Request, address: str, device: str | None = None) -> None:
        """Count one order of mail to an address, known or not. Raises `LimitedError`."""
        self.admit(request, "mail", device)
        self._count("mail", "_to", self._keyed(address.casefold()))

    def report(self, request: Request, said: SaidReport, key: str | None) -> Visit:
        """Look at a report before it is stored; `key` is its Idempotency-Key.

        Raises `LimitedError`, `NotTakenError`, `WordsRefusedError`, `SaidBeforeError`, or
        `ChallengeWantedError` where something is suspicious and no good solution came with it.
        What was taken before under its key passes.
        """
        client = self.clients.of(request.scope)
        hashed = self._keyed(key) if key else None
        with self._lock:
            if hashed in self._keys:
                return Visit(lambda code, again: None)
        device = self._keyed(said.device) if said.device else None
        if device:
            self._count("reports", "_device", device)
        self._honeypot(said)
        try:
            spam.check(said.text)
        except WordsRefusedError as error:
            refuse("words", error)
        sender = Sender(client, device)
        self._repeats.check(sender, said)
        cell = parent(int(leaf_cells(np.array([said.lon]), np.array([said.lat]))[0]), 7)
        level = max(
            self._busy(client, device),
            1 if spam.links(said.text) >= self._settings.challenge_links else 0,
            2 if self._repeats.many(sender, said) else 0,
            self._surge(cell),
        )
        self._prove(said, level, hashed)

        def taken(code: str, again: bool) -> None:
            if hashed is not None:
                with self._lock:
                    self._keys[hashed] = True
            if not again:
                self._accepted(client, device)
                self.limiter.count("here", str(cell))
                self._repeats.remember(sender, said, code)

        return Visit(taken)

    def support(
        self, request: Request, said: Said, key: str | None = None, code: str = ""
    ) -> Visit:
        """Look at a support of a complaint, or at anything else with a honeypot, as `report` does.

        Many for the same complaint from one address are asked for a proof: supporters judge, too.
        """
        client = self.clients.of(request.scope)
        device = self._keyed(said.device) if said.device else None
        if device:
            self._count("support", "_device", device)
        self._honeypot(said)
        same = f"{client} {code}"
        many = bool(code) and self.limiter.share("challenge_supports", same) >= 1
        level = max(self._busy(client, device), 2 if many else 0)
        self._prove(said, level, self._keyed(key) if key else None)

        def taken(code: str, again: bool) -> None:
            if not again:
                self._accepted(client, device)
                self.limiter.count("challenge_supports", same)

        return Visit(taken)

    def level_of(self, request: Request) -> int:
        """The level of challenge a client is to be given that names none."""
        return max(1, self._busy(self.clients.of(request.scope), "some device"))

    def _keyed(self, said: str) -> str:
        return keyed(self._secret, said)

    def _count(self, kind: str, source: str, subject: str, cost: int = 1) -> None:
        name = kind + source
        if wait_s := self.limiter.wait_s(name, subject, cost):
            (what_en, what_vi), (from_en, from_vi) = WHAT[kind], SOURCES[source]
            error = LimitedError(f"{what_en} {from_en}", f"{what_vi} {from_vi}", wait_s)
            refuse(f"limit_{name}", error)

    def _honeypot(self, said: Said) -> None:
        if said.website:
            refuse("honeypot", NotTakenError())

    def _busy(self, client: str, device: str | None) -> int:
        """0, or from 1 on how far above the soft limits a client is: each doubling is one more."""
        shares = [self.limiter.share("challenge_reports", client)]
        if device is None:
            shares.append(self.limiter.share("challenge_no_device", client))
        share = max(shares)
        return 0 if share < 1 else 1 + int(math.log2(share))

    def _accepted(self, client: str, device: str | None) -> None:
        self.limiter.count("challenge_reports", client)
        if device is None:
            self.limiter.count("challenge_no_device", client)

    def _surge(self, cell: int) -> int:
        """0, or from 1 on how far the reports about a place are above what is believed of it."""
        n = self.limiter.counted("here", str(cell))
        if n < self._settings.flood_floor:
            return 0
        with self._lock:
            believed = self._believed.get(cell)
        if believed is None:
            with self._engine.connect() as connection:
                floor = self._settings.flood_floor
                believed = surge.believed(connection, cell, datetime.now(UTC), floor)
            with self._lock:
                self._believed[cell] = believed
        if n < believed:
            return 0
        # Not for each report: that would be a flood of its own.
        if not self.limiter.wait_s("noticed", str(cell)):
            log.warning("area_flood", cell=to_hex(cell), reports=n, believed=believed)
        return 1 + int(math.log2(n / believed))

    def _prove(self, said: Said, level: int, key: str | None) -> None:
        if level < 1:
            return
        level = min(level, MOST_LEVEL)
        proof = self.challenges.proof(said.challenge) if said.challenge else None
        if proof is None or proof.level < level or not self.challenges.use(proof, key):
            refuse("challenge", ChallengeWantedError(level))


def guarded(kind: Kind) -> Any:
    """For a route's `dependencies`: counts its requests, by address and by device.

    A device is known by the header X-Device, or by the private link in Authorization.
    """

    def admit(request: Request) -> None:
        guard: Guard = request.app.state.guard
        device = request.headers.get("X-Device") or request.headers.get("Authorization")
        if kind == "photos":
            guard.admit(request, "photo_mb", device, _megabytes(request))
        # A report's device stands in its body: `Guard.report` counts it.
        guard.admit(request, kind, None if kind in ("reports", "support") else device)

    return Depends(admit)


def _megabytes(request: Request) -> int:
    said = request.headers.get("Content-Length", "")
    return min(UNKNOWN_MB, 1 + int(said) // 2**20) if said.isdecimal() else UNKNOWN_MB
