"""Counting in time: how often something happened lately, and whether once more is too often."""

import math
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog
from limits import RateLimitItem, parse_many
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from geo.errors import PhananhError

log = structlog.get_logger()
# Beyond any limit: such an item counts and never refuses.
ENDLESS: Final = 10**12
# Forgetting walks over all keys.
FORGETS_EVERY_S: Final = 20


class StoreError(PhananhError):
    """PHANANH_LIMIT_STORE cannot be used."""


class _Memory(MemoryStorage):
    """As the library's, which forgets after every hit: with many clients that would be its work."""

    _forgot = 0.0

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - the library's private name
        now = time.monotonic()
        if now - self._forgot > FORGETS_EVERY_S:
            self._forgot = now
            super()._MemoryStorage__schedule_expiry()  # type: ignore[misc]


class Limiter:
    """Limits by name, each of one or more rates, kept by subject.

    Sliding windows of two counters: a subject costs the same whether its limit is ten or a million.
    """

    def __init__(self, rates: Mapping[str, str], store: str) -> None:
        self._items: dict[str, list[RateLimitItem]] = {
            name: parse_many(said) for name, said in rates.items()
        }
        self._strategy = SlidingWindowCounterRateLimiter(_opened(store))

    def has(self, name: str) -> bool:
        """Whether there is such a limit."""
        return name in self._items

    def wait_s(self, name: str, subject: str, cost: int = 1) -> int:
        """Count; above 0 it is too much, for so many seconds, and was not counted in full."""
        try:
            for item in self._items[name]:
                if not self._strategy.hit(item, name, subject, cost=min(cost, item.amount)):
                    reset = self._strategy.get_window_stats(item, name, subject).reset_time
                    return max(1, math.ceil(reset - time.time()))
        except StorageError as error:
            # Whoever reports is not to suffer from a store that is away.
            log.error("limit_store_away", error=type(error.storage_error).__name__)
        return 0

    def count(self, name: str, subject: str) -> None:
        """Count without refusing; `share` tells."""
        self._safely(lambda: self._strategy.hit(self._endless(name), name, subject))

    def counted(self, name: str, subject: str) -> int:
        """How many were counted in the first rate's time."""
        item = self._endless(name)
        return self._safely(
            lambda: ENDLESS - self._strategy.get_window_stats(item, name, subject).remaining
        )

    def share(self, name: str, subject: str) -> float:
        """What was counted by `count`, as a share of the first rate: from 1 on it is reached."""
        return self.counted(name, subject) / self._items[name][0].amount

    def _endless(self, name: str) -> RateLimitItem:
        first = self._items[name][0]
        return type(first)(ENDLESS, first.multiples)

    def _safely(self, asked: Any) -> int:
        try:
            return int(asked())
        except StorageError as error:
            log.error("limit_store_away", error=type(error.storage_error).__name__)
            return 0


def _opened(store: str) -> Any:
    if store == "memory://":
        return _Memory()
    try:
        return storage_from_string(store, wrap_exceptions=True)
    except (ConfigurationError, ValueError) as error:
        raise StoreError(f"PHANANH_LIMIT_STORE={store!r} cannot be used: {error}") from None
