"""The face for the kitchen, on a tablet."""
