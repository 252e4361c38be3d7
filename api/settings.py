"""Settings, from the environment."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from api.limit_settings import LimitSettings
from geo.asking import ROLES


def _roles(said: str) -> str:
    named = [one.strip() for one in said.split(",") if one.strip()]
    for one in named:
        if one not in ROLES:
            raise ValueError(f"{one!r} is no role; there are {', '.join(ROLES)}")
    return ",".join(named)


def _safe(address: str | None) -> str | None:
    at = urlsplit(address or "https://")
    if at.scheme != "https" and at.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("who signs people on is asked over https:// alone")
    return address.rstrip("/") if address else None


class Settings(LimitSettings):
    """PHANANH_PORT, PHANANH_VAR ...; DATABASE_URL without a prefix, as everywhere."""

    model_config = SettingsConfigDict(
        env_prefix="PHANANH_", populate_by_name=True, env_ignore_empty=True
    )

    port: int = 8000
    host: str = "127.0.0.1"
    var: Path = Path(__file__).resolve().parent.parent / "var"
    boundary_dir: Path | None = None
    service_url: SecretStr | None = None
    """What `phananh serve` connects to for requests: the same database as a login role that owns
    nothing (`phananh_app`). Without it, connections take that role by SET ROLE."""
    statement_timeout_ms: int = 15_000
    tile_queries: int = 4
    """Tile queries that run at once; more wait."""
    tile_waiting: int = 400
    """Different tiles that may wait to be drawn; more are told to come again."""
    tile_cache_mb: int = 64
    connections: int = 16
    """Connections to the database, at most, of one server process."""
    secret: SecretStr | None = None
    """At least 32 characters; without it one is made and kept in `var/secret`. Several servers
    need the same."""
    sensitive_least: int = 10
    """Counts of sensitive categories below this are not told to the public."""
    personal_days: int = Field(default=365, ge=0)
    """What is personal of a complaint is erased so many days after its closing; 0 keeps it."""
    open311_keys: SecretStr | None = None
    """Keys of programs that report over Open311 without limits, with commas between."""
    basemap_url: str | None = None
    basemap_attribution: str = ""
    photo_store: str | None = None
    """s3://bucket/prefix with keys in AWS_ACCESS_KEY_ID and its like; without it `var/photos`."""
    public_url: str | None = None
    """Where people reach the service, for links in mail and feeds: https://map.example.org"""
    smtp_url: SecretStr | None = None
    """smtp://host, starttls://user:password@host or smtps://...; without it mail becomes files."""
    mail_from: str = "phananh@localhost"
    vapid_key: SecretStr | None = None
    """The private key of web push (P-256, PEM), or the path of its file; without it one is made and
    kept in `var/vapid.pem`. Several servers need the same."""
    push_private: bool = False
    """Whether push services may be at plain http and in private networks: for tests, and for a
    network without the internet."""
    second_factor: Annotated[str, AfterValidator(_roles)] = ""
    """Roles that need a second factor, with commas between: supervisor,admin. Others may have
    one."""
    oidc_issuer: Annotated[str | None, AfterValidator(_safe)] = None
    """https://sso.example.org: officials may sign on there (OpenID Connect)."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = ""
    """What the button on the sign-in page calls it."""
    work: bool = True
    """Whether `phananh serve` starts a worker for mail and nightly looks beside it."""

    @property
    def strong_roles(self) -> frozenset[str]:
        """Roles that need a second factor."""
        return frozenset(filter(None, self.second_factor.split(",")))

    @property
    def base_url(self) -> str:
        """The address of the service as others write it, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
