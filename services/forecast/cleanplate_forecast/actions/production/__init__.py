"""What to cook: suggested, decided by the cook, refilled, and looked back at."""
