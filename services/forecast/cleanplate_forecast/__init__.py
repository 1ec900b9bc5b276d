"""The forecast service: how many will come, and how sure that is."""
