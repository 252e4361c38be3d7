"""Settings of what one client may do in a time; docs/abuse.md says how they were chosen."""

from ipaddress import ip_network
from typing import Annotated

from limits import parse_many
from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings


def _rates(said: str) -> str:
    try:
        parse_many(said)
    except ValueError:
        raise ValueError(f"{said!r} is no rate, like '60 per hour; 400 per day'") from None
    return said


def _networks(said: str) -> str:
    found = []
    for one in filter(None, (part.strip() for part in said.split(","))):
        try:
            found.append(str(ip_network(one, strict=False)))
        except ValueError:
            raise ValueError(
                f"{one!r} is no address or network: name the proxies, like '127.0.0.1,10.1.0.0/16'"
            ) from None
    return ",".join(found)


Rates = Annotated[str, AfterValidator(_rates)]


class LimitSettings(BaseSettings):
    """Rates are written as '60 per hour' or '30 per hour; 200 per day'.

    The first of a pair is for a network address, which many honest phones may share; the second
    for one device, known by a random token.
    """

    proxies: Annotated[str, AfterValidator(_networks)] = ""
    """Addresses or networks of the proxies in front, with commas: of these alone is
    X-Forwarded-For believed. Without any, whoever connects is the client."""
    limit_store: str = "memory://"
    """Where limits are counted: in this process, or for all of them in redis://host:6379."""

    limit_reports: Rates = "300 per hour; 1500 per day"
    limit_reports_device: Rates = "30 per hour; 100 per day"
    limit_photos: Rates = "1500 per hour"
    limit_photos_device: Rates = "150 per hour"
    limit_photo_mb: Rates = "6000 per hour"
    limit_photo_mb_device: Rates = "600 per hour"
    limit_support: Rates = "600 per hour"
    limit_support_device: Rates = "60 per hour"
    limit_sign_in: Rates = "120 per hour"
    limit_sign_in_device: Rates = "20 per 10 minutes"
    """For one name, whoever tries it."""
    limit_mine: Rates = "3000 per hour"
    limit_mine_device: Rates = "300 per hour"
    """For one private link."""
    limit_ratings: Rates = "300 per hour"
    limit_ratings_device: Rates = "20 per hour"
    """For one private link."""
    limit_near: Rates = "600 per minute"
    limit_near_device: Rates = "60 per minute"
    limit_suggestions: Rates = "1200 per minute"
    limit_suggestions_device: Rates = "120 per minute"
    limit_mail: Rates = "60 per hour"
    """Orders of mail by one network address."""
    limit_mail_device: Rates = "10 per hour"
    limit_mail_to: Rates = "6 per day"
    """Orders of mail to one mailbox."""
    limit_pushes: Rates = "120 per hour"
    limit_pushes_device: Rates = "30 per day"
    """Orders of notifications by one browser."""
    limit_challenges: Rates = "600 per hour"

    challenge_reports: Rates = "60 per hour"
    """Reports and supports from one network address after which a proof of work is asked for."""
    challenge_no_device: Rates = "5 per hour"
    """The same for those without a device's token."""
    challenge_links: int = Field(default=2, ge=1)
    """Links in one report from which a proof of work is asked for."""
    challenge_same_words: Rates = "3 per hour"
    """Reports of the same words at different places, from one network address."""
    challenge_supports: Rates = "5 per day"
    """Supports of one complaint from one network address before a proof is asked for."""
    repeats_s: int = Field(default=3600, ge=0)
    """How long the same words at the same place are refused as sent before; 0 never."""
    flood_floor: int = Field(default=20, ge=1)
    """Reports within ten minutes in a cell of 5 km² that are always believed."""

    cost_per_minute_s: float = Field(default=30, gt=0)
    """Seconds of the server's work in a minute that one network address may cause for long."""
    cost_burst_s: float = Field(default=60, gt=0)
    """Seconds of work that it may cause at once."""
    cost_at_once: int = Field(default=4, ge=1)
    """Its tiles, lists and counts that are worked on at the same time; further ones wait."""
