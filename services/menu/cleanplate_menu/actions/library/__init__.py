"""A canteen's library: recipe cards and photos of its dishes."""
