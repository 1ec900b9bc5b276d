"""Scales on a serial line: what they send, what it means, and which weights may be taken."""
