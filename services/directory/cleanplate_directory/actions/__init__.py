"""What the directory can do, by noun."""
