"""Masking whole columns of words, as they arrive in bulk."""

from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.masking import SUSPECT, mask
from geo.text_fields import Texts, strings


def mask_all(texts: Texts) -> tuple[Any, int]:
    """The texts of a pyarrow string array masked, nulls kept, and how many were changed."""
    array = strings(texts)
    suspects = reduce(pc.or_, (pc.match_substring_regex(array, one) for one in SUSPECT))
    suspects = suspects.fill_null(False)
    where = np.flatnonzero(suspects.to_numpy(zero_copy_only=False))
    if not len(where):
        return array, 0
    before = array.take(pa.array(where)).to_pylist()
    masked = [mask(one) for one in before]
    after = pa.array([one.text for one in masked], pa.large_string())
    return pc.replace_with_mask(array, suspects, after), sum(bool(one.kinds) for one in masked)
