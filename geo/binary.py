"""Rows for PostgreSQL's binary COPY, made from columns without a loop over the rows.

https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": each field is its length
in four bytes and its bytes, big-endian; a null is the length -1.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER: Final = b"\xff\xff"
# Instants are microseconds since 2000-01-01.
PG_EPOCH: Final = np.datetime64("2000-01-01", "us")


class Field(NamedTuple):
    """One column: all values in a row, where each begins and how long it is; -1 is null."""

    data: NDArray[np.uint8]
    start: NDArray[np.int64]
    length: NDArray[np.int64]


def fixed(values: NDArray[np.generic], kind: str, null: NDArray[np.bool_] | None = None) -> Field:
    """Numbers as a big-endian `kind` such as '>i8'."""
    data = np.ascontiguousarray(values.astype(kind)).view(np.uint8)
    width = np.dtype(kind).itemsize
    length = np.full(len(values), width, dtype=np.int64)
    if null is not None:
        length[null] = -1
    return Field(data, np.arange(len(values), dtype=np.int64) * width, length)


def instants(values: NDArray[np.datetime64]) -> Field:
    """datetime64[us] in UTC; NaT is null."""
    null = np.isnat(values)
    since = (np.where(null, PG_EPOCH, values) - PG_EPOCH).astype(np.int64)
    return fixed(since, ">i8", null)


def blobs(rows: NDArray[np.uint8]) -> Field:
    """Values of one width, shape (n, width)."""
    n, width = rows.shape
    start = np.arange(n, dtype=np.int64) * width
    return Field(np.ascontiguousarray(rows).ravel(), start, np.full(n, width, dtype=np.int64))


def lists(values: NDArray[Any], bounds: NDArray[np.int64], size: int = 4) -> Field:
    """integer[] (size 4) or bigint[] (8): row i is values[bounds[i]:bounds[i + 1]]."""
    counts = np.diff(bounds)
    width = np.where(counts > 0, 20 + (4 + size) * counts, 12)
    end = np.cumsum(width)
    start = end - width
    words = np.zeros(int(end[-1]) // 4 if len(end) else 0, dtype=">i4")
    at = start // 4
    words[at] = counts > 0  # dimensions
    words[at + 2] = {4: 23, 8: 20}[size]  # the type of the elements
    some = counts > 0
    words[at[some] + 3] = counts[some]
    words[at[some] + 4] = 1  # the lower bound
    row = np.repeat(np.arange(len(counts)), counts)
    place = at[row] + 5 + (1 + size // 4) * (np.arange(len(values)) - bounds[row])
    words[place] = size
    wide = values.astype(np.int64)
    if size == 8:
        words[place + 1] = wide >> 32
        words[place + 2] = (wide & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
    else:
        words[place + 1] = wide
    return Field(words.view(np.uint8), start.astype(np.int64), width.astype(np.int64))


def payload(fields: Sequence[Field]) -> bytes:
    """The rows of the columns as one COPY stream."""
    n = len(fields[0].start)
    if n == 0:
        return HEADER + TRAILER
    sizes = np.stack([np.maximum(field.length, 0) + 4 for field in fields], axis=1)
    row_size = sizes.sum(axis=1) + 2
    row_start = np.cumsum(row_size) - row_size
    out = np.zeros(int(row_size.sum()), dtype=np.uint8)
    out[row_start] = len(fields) >> 8
    out[row_start + 1] = len(fields) & 0xFF
    at = row_start + 2
    for field, size in zip(fields, sizes.T, strict=True):
        head = field.length.astype(">i4").view(np.uint8).reshape(n, 4)
        for byte in range(4):
            out[at + byte] = head[:, byte]
        length = size - 4
        if length.min() == length.max():
            width = int(length[0])
            for byte in range(width):
                out[at + 4 + byte] = field.data[field.start + byte]
        else:
            # Every byte of every value: where it comes from and where it goes.
            total = int(length.sum())
            before = np.cumsum(length) - length
            step = np.arange(total, dtype=np.int64)
            out[np.repeat(at + 4 - before, length) + step] = field.data[
                np.repeat(field.start - before, length) + step
            ]
        at += size
    return HEADER + out.tobytes() + TRAILER
