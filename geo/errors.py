"""Errors the domain raises; each message is meant for the person who asked."""

from collections.abc import Mapping, Sequence
from typing import Any


class PhananhError(Exception):
    """Something the asker can mend; the message says what and how."""


class BadFilterError(PhananhError):
    """A filter parameter cannot be understood; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    def __reduce__(self) -> tuple[type["BadFilterError"], tuple[str, str]]:
        # Raised in a process of heavy work, it is carried to the one that asked.
        return type(self), (self.field, str(self))


class WordsRefusedError(BadFilterError):
    """Words that tell a reader nothing, or are meant for a machine."""


class NotFoundError(PhananhError):
    """No such complaint, set, city or layer."""


class NotYoursError(NotFoundError):
    """What an official asked for is not theirs to see, or does not exist: which, is not told."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"no complaint of yours has the code {code!r}"
            f" / không có phản ánh {code!r} trong địa bàn, lĩnh vực của bạn"
        )


class OutsideCityError(PhananhError):
    """The place lies outside every city this instance serves."""


class ConflictError(PhananhError):
    """The request collides with what is stored, or with another one under way."""


class NotTakenHereError(PhananhError):
    """Reports of this category go elsewhere; `notice` says where: vi, en and perhaps a phone."""

    def __init__(self, notice: Mapping[str, Any]) -> None:
        words = (notice.get("en") or "not taken here", notice.get("vi") or "không nhận ở đây")
        phone = f" ({notice['phone']})" if notice.get("phone") else ""
        super().__init__(" / ".join(f"{said}{phone}" for said in words))
        self.notice = dict(notice)


class BadAnswersError(PhananhError):
    """Answers do not fit the questions of a category; `errors` names each field.

    Messages are English and Vietnamese, with " / " between.
    """

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        both = [
            "; ".join(f"{field}: {message.split(' / ')[n]}" for field, message in errors)
            for n in (0, -1)
        ]
        super().__init__(" / ".join(both))
        self.errors = tuple(errors)


class UnknownLinkError(PhananhError):
    """No private link was given, or one that is not known."""


class NotAllowedError(PhananhError):
    """Who asks is known, but it is not theirs: a supporter what only the reporter may, an official
    what another area handles."""


class NotSignedInError(PhananhError):
    """No session was shown, or one that has ended."""


class PasswordChangeError(PhananhError):
    """Signed in with a password that was given by somebody else: only changing it is open."""


class NotEditableError(PhananhError):
    """A report can no longer be corrected or withdrawn; the message says why."""


class ChangedMeanwhileError(PhananhError):
    """Somebody changed the row since the caller read it."""


class NotSupportableError(PhananhError):
    """Nobody can support this complaint, or not this device; the message says why."""


class PhotoRefusedError(PhananhError):
    """A file is not taken as a photo; `reason` is a word for programs, the message for persons."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FileError(PhananhError):
    """A file cannot be read as what it is said to be."""


class MappingError(PhananhError):
    """A mapping file is wrong; the message names the key."""


class SettingsError(PhananhError):
    """Settings of a category are wrong; the message names the key."""


class BoundaryError(PhananhError):
    """A boundary file holds a feature that cannot be repaired."""


class OverloadedError(PhananhError):
    """Too much is asked at once; the same request will do in a moment."""


class BadMoveError(PhananhError):
    """A complaint cannot become what is asked; the message says what it can become."""


class NotAnsweredError(PhananhError):
    """The complaint is open: there is no answer to judge."""
