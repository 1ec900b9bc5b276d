"""The directory service: who exists, where, and what they may do."""
