"""What the menu service can do."""
