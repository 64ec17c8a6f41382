"""Tests of the domain, run with nothing but `boucle` installed."""
