"""Everything drawn: vector tiles, TileJSON, and self-contained reports."""
