"""What is taken from others, apart from what reads it: knowing a bound needs no GeoPandas."""

from typing import Final

MOST_BYTES: Final = 64 * 2**20
"""Of a file of areas that is sent."""
