"""Scales that send their readings through an MQTT broker."""
