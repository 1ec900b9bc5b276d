"""The one door: sign-in, the three faces, and the way to every service."""
