"""The face for management, on a desktop."""
