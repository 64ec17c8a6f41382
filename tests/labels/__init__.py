"""Tests of the labels, run with nothing but `boucle_labels` installed."""
