"""Errors the domain raises; each message is meant for the person who asked."""


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


class OutsideCityError(PhananhError):
    """The place lies outside every city this instance serves."""


class ConflictError(PhananhError):
    """The request collides with what is stored, or with another one under way."""


class FileError(PhananhError):
    """A file cannot be read as what it is said to be."""


class MappingError(PhananhError):
    """A mapping file is wrong; the message names the key."""


class BoundaryError(PhananhError):
    """A boundary file holds a feature that cannot be repaired."""


class OverloadedError(PhananhError):
    """Too much is asked at once; the same request will do in a moment."""
