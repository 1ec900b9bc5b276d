"""The face for diners, on their phones."""
