"""Tests of the server, run with nothing but `boucle_server` installed."""
