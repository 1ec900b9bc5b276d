"""What the forecast service can do."""
