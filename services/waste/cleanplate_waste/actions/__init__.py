"""What the waste service can do."""
