"""Measurements of speed; `bench/run` is the command."""
