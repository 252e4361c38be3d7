"""The commands of `phananh`, a module for each group; `api.cli` puts them together."""
