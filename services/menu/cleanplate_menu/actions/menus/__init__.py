"""Menus as thousands read them: counts as they are now, dishes from memory."""
