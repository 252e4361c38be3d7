"""How often one client, and one address, may order mail.

Counted in this process: several of them allow that many times as much, which still is little.
"""

import hashlib
import math
import time
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

PER_CLIENT: Final = parse("20 per hour")
PER_ADDRESS: Final = parse("6 per day")
# Of web push: ordering again after it was stopped is no nuisance to anybody.
PER_BROWSER: Final = parse("30 per day")


class Quotas:
    def __init__(self, per_address: RateLimitItem = PER_ADDRESS) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_address = per_address

    def wait_s(self, client: str, address: str) -> int:
        """Count one order; above 0 it is one too many, for so many seconds.

        Whether the address is known plays no part in it.
        """
        hashed = hashlib.sha256(address.casefold().encode()).hexdigest()
        for item, key in ((PER_CLIENT, client), (self._per_address, hashed)):
            if not self._limiter.hit(item, key):
                return self._left_s(item, key)
        return 0

    def _left_s(self, item: RateLimitItem, key: str) -> int:
        reset = self._limiter.get_window_stats(item, key).reset_time
        return max(1, math.ceil(reset - time.time()))
