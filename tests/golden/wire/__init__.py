"""Recorded pushes of each released version, with the answers they got."""
