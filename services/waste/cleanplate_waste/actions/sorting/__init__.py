"""Sampled sorting: plans, drawn bins, and what sorted bins say of all."""
