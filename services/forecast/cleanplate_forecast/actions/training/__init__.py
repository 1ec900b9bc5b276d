"""Training of the installation's model: when, by whom, on what, and what is kept of it."""
