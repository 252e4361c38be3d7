"""Built-in sources of boundaries, chosen by name."""
