"""A believable, synthetic year of two canteens: pure numbers, and their way into the services."""
