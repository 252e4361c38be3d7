"""Where photos are kept: files under `var/photos`, or any store that speaks S3.

A photo is two files, named by its id. They are written before its row is committed and taken away
after the row is gone, so that a crash leaves files without rows and never the other way round.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from api.settings import Settings
from geo.errors import NotFoundError, OverloadedError, PhananhError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

log = structlog.get_logger()
MEMORY: Final = "memory://"
"""Forgotten with the process: for tests."""
PREFIXES: Final = 256


class StoreSettingError(PhananhError):
    """PHANANH_PHOTO_STORE is not understood, or its folder cannot be made."""


def _opened(settings: Settings) -> "ObjectStore":
    from obstore.exceptions import BaseError
    from obstore.store import LocalStore, MemoryStore, S3Store

    where = settings.photo_store
    if where == MEMORY:
        return MemoryStore()
    if where is None:
        folder = settings.var / "photos"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made by hand, or by a backup that was brought back, it may be open to others.
            folder.chmod(0o700)
        except OSError as error:
            raise StoreSettingError(
                f"{folder} cannot be made ({error.strerror}): mend it, or set PHANANH_PHOTO_STORE"
            ) from None
        return LocalStore(folder)
    if not where.startswith("s3://"):
        raise StoreSettingError(
            "PHANANH_PHOTO_STORE is s3://bucket/prefix, or not set for var/photos"
        )
    try:
        # Keys, region and endpoint are read from AWS_ACCESS_KEY_ID and its like.
        return S3Store.from_url(
            where,
            client_options={
                "timeout": "20s",
                "connect_timeout": "5s",
                # Options given here are instead of those in the environment.
                "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true"),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
        )
    except (BaseError, ValueError) as error:
        raise StoreSettingError(f"PHANANH_PHOTO_STORE: {error}") from None


def _name(photo: UUID, *, small: bool) -> str:
    number = str(photo)
    return f"{number[:2]}/{number}{'-small' if small else ''}.jpg"


class PhotoStore:
    """The files of photos; opened when it is first needed.

    Raises `OverloadedError` where the store does not answer: nothing was lost, and the same will do
    later.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store: ObjectStore | None = None

    def _there(self) -> "ObjectStore":
        if self._store is None:
            self._store = _opened(self._settings)
        return self._store

    def put(self, photo: UUID, large: bytes, small: bytes) -> None:
        """Keep both files of a photo."""
        import obstore

        store = self._there()
        with _answering():
            obstore.put(store, _name(photo, small=False), large, use_multipart=False)
            obstore.put(store, _name(photo, small=True), small, use_multipart=False)

    def get(self, photo: UUID, *, small: bool) -> bytes:
        """One of the files; raises `NotFoundError` where it is gone."""
        import obstore

        store = self._there()
        try:
            with _answering():
                return bytes(obstore.get(store, _name(photo, small=small)).bytes())
        except FileNotFoundError:
            raise NotFoundError("no such photo") from None

    def delete(self, photos: Iterable[UUID]) -> None:
        """Take the files of photos away; those that are gone already are no error."""
        import obstore

        store = self._there()
        with _answering():
            for photo in photos:
                for small in (False, True):
                    with suppress(FileNotFoundError):
                        obstore.delete(store, _name(photo, small=small))

    def kept(self, prefix: int, before: datetime) -> Iterator[set[UUID]]:
        """The photos with a file written before an instant, some at a time.

        `prefix` is the first byte of their ids, 0 to 255: a store is looked through in parts.
        """
        import obstore

        store = self._there()
        with _answering():
            for part in obstore.list(store, f"{prefix:02x}/", chunk_size=1000):
                found = {_photo_of(one["path"]) for one in part if one["last_modified"] < before}
                yield {photo for photo in found if photo is not None}


def _photo_of(path: str) -> UUID | None:
    name = path.rpartition("/")[2].removesuffix(".jpg").removesuffix("-small")
    # What others put there is theirs.
    with suppress(ValueError):
        return UUID(name)
    return None


@contextmanager
def _answering() -> Iterator[None]:
    """Failures of the store become an answer to the asker; what is not there stays as it is."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        # Its message may name a path, or the address of the store with a key.
        log.error("photo_store_fails", error=type(error).__name__)
        raise OverloadedError(
            "ảnh tạm thời không lưu được, xin thử lại sau"
            " / the store of photos does not answer: please try again in a moment"
        ) from None
