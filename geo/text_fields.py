"""Columns of text, as pyarrow keeps them: for storing in bulk, not for serving."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from geo.binary import Field

# A sequence of str or None, or a pyarrow string array (pyarrow has no types to check against).
Texts: TypeAlias = Any


def strings(values: Texts) -> pa.Array:
    """The texts as one pyarrow array."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values.cast(pa.large_string())
    return pa.array(values, pa.large_string())


def texts(values: Sequence[str | None] | pa.Array) -> Field:
    """Text in UTF-8; None is null. Raises ValueError for a NUL, which PostgreSQL cannot hold."""
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.large_string())
    array = array.cast(pa.large_string())
    if array.offset:
        array = pa.concat_arrays([array])
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    raw = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, np.uint8)
    if not raw[ends[0] : ends[-1]].all():
        raise ValueError("a text holds a NUL character")
    length = np.diff(ends)
    if array.null_count:
        length = np.where(array.is_null().to_numpy(zero_copy_only=False), -1, length)
    return Field(raw, ends[:-1], length)
