"""Mail on its way: over SMTP, or as files where no server is set."""

import email.policy
import os
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Protocol, Self
from urllib.parse import unquote, urlsplit

from sqlalchemy import Row

from api.settings import Settings

TIMEOUT_S: Final = 30
# A long address in angle brackets cannot be folded, and an encoded word is none (RFC 2047,
# section 5): lines may have 998 characters (RFC 5322, section 2.1.1).
POLICY: Final = email.policy.SMTP.clone(max_line_length=998)
PORTS: Final = {"smtp": 25, "starttls": 587, "smtps": 465}


class MailError(Exception):
    """A letter was not taken; `for_good` when it never will be. Says nothing about persons."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Attachment(NamedTuple):
    name: str
    media_type: str
    content: bytes


class Postbox(Protocol):
    """Takes one message after another; used in a `with` statement."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def deliver(self, message: EmailMessage, number: str) -> None:
        """Hand a message on; raises `MailError`."""
        ...


def message_of(
    letter: Row[Any], sender: str, at: datetime, attachments: tuple[Attachment, ...] = ()
) -> EmailMessage:
    """A row of the outbox as a message; its Message-ID is always the same for the same row."""
    message = EmailMessage(POLICY)
    message["From"], message["To"] = sender, letter.recipient
    message["Subject"] = " ".join(str(letter.subject).split())
    message["Date"] = format_datetime(at)
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{letter.id}@{domain}>"
    # RFC 3834: no out-of-office answers, please. RFC 8058: one click stops it.
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{letter.stop_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.plain)
    message.add_alternative(letter.html, subtype="html")
    for one in attachments:
        main, _, sub = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return message


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server as `PHANANH_SMTP_URL` names it; raises ValueError for another address."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None

    @classmethod
    def of(cls, url: str) -> Self:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("write smtp://host, starttls://user:password@host or smtps://...")
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.password and parts.scheme == "smtp" and not local:
            raise ValueError("a password over smtp:// could be read on the way: use starttls://")
        user, password = (unquote(x) if x else None for x in (parts.username, parts.password))
        return cls(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], user, password)

    def connect(self) -> smtplib.SMTP:
        """An open connection, encrypted and logged in as the address says."""
        context = ssl.create_default_context()
        if self.scheme == "smtps":
            opened: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT_S, context=context
            )
        else:
            opened = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            if self.scheme == "starttls":
                opened.starttls(context=context)
            if self.user:
                opened.login(self.user, self.password or "")
        except BaseException:
            opened.close()
            raise
        return opened


class Smtp:
    """One connection for the letters of a run, opened for the first of them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._open.quit()

    def deliver(self, message: EmailMessage, number: str) -> None:
        try:
            if self._open is None:
                self._open = self._server.connect()
            self._open.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            self._again()
            # 5yz is a permanent refusal (RFC 5321, section 4.2.1), 4yz one of the moment.
            raise MailError(f"recipient refused {codes}", for_good=min(codes) >= 500) from None
        except smtplib.SMTPResponseException as error:
            self._again()
            # A server that refuses everybody is set up wrongly, which can be mended.
            for_good = error.smtp_code >= 500 and isinstance(error, smtplib.SMTPDataError)
            raise MailError(f"server says {error.smtp_code}", for_good=for_good) from None
        except (smtplib.SMTPException, OSError) as error:
            self._again()
            raise MailError(type(error).__name__, for_good=False) from None

    def _again(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class Folder:
    """Letters as files that a developer can read; those of one number replace each other."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        # Addresses and links to stop are in them.
        self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def deliver(self, message: EmailMessage, number: str) -> None:
        part = self._path / f".{os.getpid()}-{number}"
        try:
            part.write_bytes(bytes(message))
            part.replace(self._path / f"{number}.eml")
        except OSError as error:
            raise MailError(type(error).__name__, for_good=False) from None
        finally:
            part.unlink(missing_ok=True)


def postbox(settings: Settings) -> Postbox:
    """Where this instance's mail goes; raises ValueError for an address of no SMTP server."""
    if settings.smtp_url is not None:
        return Smtp(Server.of(settings.smtp_url.get_secret_value()))
    return Folder(settings.var / "outbox")
