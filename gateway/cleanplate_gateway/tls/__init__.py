"""A canteen's own certificate authority, so that HTTPS works on a network without names."""
