"""The three faces: phone for diners, tablet for the kitchen, desk for management."""
