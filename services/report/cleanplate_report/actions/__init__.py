"""What the report service can do: learn from events, and tell a month."""
