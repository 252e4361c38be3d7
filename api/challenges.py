"""Proof of work by ALTCHA: signed here, solved by the sender's device, good once.

The server makes and checks one with a single key derivation and two HMACs, and keeps nothing
of it until it is used.
"""

import secrets
import time
from typing import Any, Final, NamedTuple

from altcha import Payload, create_challenge, verify_solution

from api.client import keyed
from api.limiting import Limiter

ALGORITHM: Final = "PBKDF2/SHA-256"
# Iterations of a step, 1.3 ms of a server's processor. Few and long steps: what a browser adds to
# each is a tenth of that, so that programs outside a browser gain little.
COST: Final = 5000
MOST_LEVEL: Final = 4
# Steps of level 1; each level above has twice as many. docs/abuse.md has the times on a phone.
STEPS: Final = 500
# A phone on a bad connection needs some for sending photos too.
VALID_S: Final = 1200
LONGEST: Final = 4000

# A solution is good once; the limiter remembers it for longer than it is valid.
RATES: Final = {"solved": "1 per 30 minutes", "solved_by": "1 per 30 minutes"}


class Proof(NamedTuple):
    level: int
    signature: str


class Challenges:
    """Issues challenges, and tells good solutions from others."""

    def __init__(self, secret: bytes, limiter: Limiter) -> None:
        self._secret = keyed(secret, "challenge").encode()
        self._key_secret = keyed(secret, "challenge key").encode()
        self._limiter = limiter

    def issue(self, level: int) -> dict[str, Any]:
        """A challenge of a level from 1 to `MOST_LEVEL`; each takes twice the work of the last."""
        most = STEPS << (level - 1)
        challenge = create_challenge(
            ALGORITHM,
            COST,
            # Not below half: nobody is through at once, and nobody has to wait for luck.
            counter=most // 2 + secrets.randbelow(most // 2),
            expires_at=int(time.time()) + VALID_S,
            data={"level": level, "most": most},
            hmac_secret=self._secret,
            hmac_key_secret=self._key_secret,
        )
        return challenge.to_dict()

    def proof(self, payload: str) -> Proof | None:
        """What a payload proves, used before or not; None for one that is wrong or too old."""
        if len(payload) > LONGEST:
            return None
        result = verify_solution(payload, self._secret, hmac_key_secret=self._key_secret)
        if not result.verified:
            return None
        challenge = Payload.from_base64(payload).challenge
        data = challenge.parameters.data or {}
        return Proof(int(data["level"]), str(challenge.signature))

    def use(self, proof: Proof, key: str | None) -> bool:
        """Use a solution; again only for the request of the same Idempotency-Key.

        So that what was refused for another reason, or whose answer was lost, can be sent again
        without solving anew.
        """
        own = f"{proof.signature}:{key}"
        if not self._limiter.wait_s("solved", proof.signature):
            if key is not None:
                self._limiter.count("solved_by", own)
            return True
        return key is not None and self._limiter.counted("solved_by", own) > 0
