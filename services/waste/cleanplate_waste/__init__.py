"""The waste service: weighings, and waste per diner-meal."""
