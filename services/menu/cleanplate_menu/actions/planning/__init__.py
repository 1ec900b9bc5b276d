"""Who is registered without asking: patterns, absences, units that opt out, secretaries."""
