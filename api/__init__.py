"""The edges: HTTP, the command line, settings and the private database."""
