"""The demonstration: a year of a fictional company, simulated person by person and phone by phone."""
