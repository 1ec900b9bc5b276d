"""Notices: where they go, what they say, and their way out."""
