"""The menu service: dishes, meal sessions, registrations, check-ins."""
