"""Tests of the field app, run with nothing but `boucle_field` installed."""
