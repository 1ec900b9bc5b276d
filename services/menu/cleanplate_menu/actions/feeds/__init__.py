"""Menus and calendars for other programs."""
