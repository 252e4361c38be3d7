"""Signing on elsewhere: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).

What a flow has to remember goes to the browser and back, sealed: no server keeps it, so that any of
several may answer the return.
"""

import base64
import json
import time
from threading import Lock
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx
import structlog
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.refusals import SignOnError
from api.settings import Settings
from geo import sealing

log = structlog.get_logger()
LASTS_S: Final = 600
KEPT_S: Final = 3600
LEEWAY_S: Final = 60
# Signatures by a key of the issuer: never "none", nor a secret that both know.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "RS512", "EdDSA")


class Flow(NamedTuple):
    """What is remembered between leaving and coming back."""

    state: str
    nonce: str
    verifier: str
    next: str
    begun: int


class Person(NamedTuple):
    """Who the issuer says this is."""

    issuer: str
    subject: str
    email: str
    """Empty unless the issuer has seen that it is the person's."""
    strong: bool
    """A second factor was given there (RFC 8176)."""


class SignOn:
    """One issuer, whose addresses and keys are kept for an hour."""

    lasts_s: Final = LASTS_S

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self._settings, self._secret = settings, secret
        self._client = httpx.Client(timeout=10, follow_redirects=False)
        self._lock = Lock()
        self._found: dict[str, Any] = {}
        self._keys: Any = None
        self._asked = 0.0

    @property
    def _back(self) -> str:
        return f"{self._settings.base_url}/api/v1/account/oidc/return"

    def begin(self, to: str) -> tuple[str, str]:
        """The address to go to, and what the browser keeps meanwhile. Raises `SignOnError`."""
        verifier = generate_token(64)
        flow = Flow(generate_token(43), generate_token(43), verifier, to, int(time.time()))
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._back,
            "scope": "openid email profile",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = add_params_to_uri(self._of("authorization_endpoint"), list(asked.items()))
        kept = sealing.sealed(self._secret, "sign-on", json.dumps(flow).encode())
        return address, base64.urlsafe_b64encode(kept).decode()

    def flow(self, kept: str, state: str) -> Flow:
        """The flow that this browser began, if the answer is to it. Raises `SignOnError`."""
        try:
            packed = base64.urlsafe_b64decode(kept.encode())
        except ValueError:
            packed = b""
        plain = sealing.opened(self._secret, "sign-on", packed)
        flow = Flow(*json.loads(plain)) if plain is not None else None
        if flow is None or flow.state != state or time.time() - flow.begun > LASTS_S:
            raise SignOnError(
                "old", "this sign-on was not begun here, or too long ago: begin again"
            )
        return flow

    def finish(self, flow: Flow, code: str) -> Person:
        """Who the code is for. Raises `SignOnError`."""
        try:
            return self._finished(flow, code)
        except SignOnError:
            raise
        except (httpx.HTTPError, ValueError):
            raise SignOnError("away", "the sign-on service does not answer as it should") from None

    def _finished(self, flow: Flow, code: str) -> Person:
        tokens = self._tokens(flow, code)
        claims = self._claims(str(tokens.get("id_token", "")), flow.nonce)
        email, confirmed = claims.get("email"), claims.get("email_verified")
        if not email and "userinfo_endpoint" in self._metadata():
            more = self._told(
                self._client.get(
                    self._of("userinfo_endpoint"),
                    headers={"Authorization": f"Bearer {tokens.get('access_token', '')}"},
                )
            )
            # Core 1.0, section 5.3.2: of the same person, or not used at all.
            if more.get("sub") == claims["sub"]:
                email, confirmed = more.get("email"), more.get("email_verified")
        amr = claims.get("amr")
        return Person(
            str(claims["iss"]),
            str(claims["sub"]),
            str(email) if email and confirmed is True else "",
            isinstance(amr, list) and "mfa" in amr,
        )

    def _tokens(self, flow: Flow, code: str) -> dict[str, Any]:
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": flow.verifier,
        }
        own, secret = self._settings.oidc_client_id, self._settings.oidc_client_secret
        if secret is None:
            return self._told(
                self._client.post(self._of("token_endpoint"), data=said | {"client_id": own})
            )
        # RFC 6749, section 2.3.1: encoded before they are joined.
        auth = (quote(own, safe=""), quote(secret.get_secret_value(), safe=""))
        return self._told(self._client.post(self._of("token_endpoint"), data=said, auth=auth))

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            try:
                decoded = jwt.decode(token, self._key_set(), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError):
                # Keys are changed from time to time: it may be a new one.
                decoded = jwt.decode(token, self._key_set(anew=True), algorithms=list(ALGORITHMS))
            wanted = {
                "iss": {"essential": True, "value": self._of("issuer")},
                "aud": {"essential": True, "value": self._settings.oidc_client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
            }
            claims = CodeIDToken(
                decoded.claims, decoded.header, wanted,
                {"nonce": nonce, "client_id": self._settings.oidc_client_id},
            )  # fmt: skip
            claims.validate(leeway=LEEWAY_S)
        except Exception as error:
            # Of several libraries, each with errors of its own; none of them is let in.
            log.warning("sign_on_refused", error=type(error).__name__)
            raise SignOnError("wrong", "the answer of the sign-on service is not right") from None
        return dict(claims)

    def _told(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code != 200:
            log.warning("sign_on_refused", status=answer.status_code)
            raise SignOnError("wrong", "the sign-on service refused this")
        found = answer.json()
        return found if isinstance(found, dict) else {}

    def _of(self, name: str) -> str:
        found = self._metadata().get(name)
        if not isinstance(found, str):
            raise SignOnError("away", f"the sign-on service does not say its {name}")
        return found

    def _metadata(self) -> dict[str, Any]:
        with self._lock:
            if not self._found or time.monotonic() - self._asked > KEPT_S:
                issuer = str(self._settings.oidc_issuer)
                found = self._get(f"{issuer}/.well-known/openid-configuration")
                # Discovery 1.0, section 4.3: else somebody speaks for another.
                if str(found.get("issuer", "")).rstrip("/") != issuer:
                    raise SignOnError("away", "the sign-on service calls itself something else")
                self._found, self._keys, self._asked = found, None, time.monotonic()
            return self._found

    def _key_set(self, anew: bool = False) -> Any:
        address = self._of("jwks_uri")
        with self._lock:
            if self._keys is None or anew:
                self._keys = KeySet.import_key_set(self._get(address))  # type: ignore[arg-type]
            return self._keys

    def _get(self, address: str) -> dict[str, Any]:
        try:
            return self._told(self._client.get(address))
        except (httpx.HTTPError, ValueError) as error:
            log.warning("sign_on_away", error=type(error).__name__)
            raise SignOnError("away", "the sign-on service does not answer") from None
