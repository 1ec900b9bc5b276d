"""Tables that people bring: all rows or none, and the same file twice changes nothing."""
