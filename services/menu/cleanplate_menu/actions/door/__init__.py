"""The door: who came, who did not, and whom the canteen failed."""
