"""Registering (报餐): seats taken, freed, waited for and given away."""
