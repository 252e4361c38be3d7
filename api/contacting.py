"""Asking for news of one's own complaint by mail: the address, how often, and the letter."""

from datetime import UTC, datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email
from fastapi import Request
from sqlalchemy import Connection

from api import contact_letters
from api.contact_letters import ContactLinks
from api.settings import Settings
from geo import contacts, outbox
from geo.errors import BadFilterError


def normalised(address: str) -> str:
    """The address as mail programs write it; raises `BadFilterError`."""
    try:
        return validate_email(address, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError as error:
        raise BadFilterError("email", f"{error} / địa chỉ thư không đúng") from None


def ask(
    request: Request, connection: Connection, participant_id: int, address: str, link: str
) -> None:
    """Keep an address and put the letter that asks its owner into the outbox.

    Nothing is mailed where it is confirmed already. `link` is the person's own. Raises
    `LimitedError` after many letters, having done nothing. Part of the caller's transaction.
    """
    request.app.state.guard.mail(request, address, link)
    settings: Settings = request.app.state.settings
    token = contacts.ask(connection, participant_id, address, request.app.state.secret)
    if token is None:
        return
    about = contacts.by_token(connection, token)
    if about is not None:
        links = ContactLinks(settings.base_url, token)
        outbox.put(connection, contact_letters.confirmation(about, links, datetime.now(UTC)))


def state_of(person: Any) -> dict[str, str | None]:
    """What the holder of a link is told of the address: a row of `participant`."""
    if person.address is None:
        return {"state": "none", "address": None}
    state = "unconfirmed" if person.confirmed_at is None else "confirmed"
    return {"state": state, "address": contacts.hint(person.address)}
