"""Tests of the house itself: names, imports, packaging, leaks."""
