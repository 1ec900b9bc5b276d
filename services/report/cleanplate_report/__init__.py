"""The report service: the monthly waste-rate report."""
