"""Registering for others: in batches, from sheets, for guests and official meals."""
