"""The units of every quantity the ledger holds: integers of the smallest unit, never floats."""

from typing import NewType

Ms = NewType("Ms", int)
"""Milliseconds since 1970-01-01T00:00:00Z."""
Seconds = NewType("Seconds", int)
Grams = NewType("Grams", int)
Cents = NewType("Cents", int)
"""Euro cents."""
GramsCO2e = NewType("GramsCO2e", int)

DAY_S = 86_400
"""Seconds of one whole period of a cohort's age; a daylight-saving day does not create an hour."""
DAY_MS = DAY_S * 1000
MAX_INT = 2**53
"""Largest magnitude of an integer on the wire, so that every JSON reader agrees on it."""
