"""Repeatable measurements, each beside a baseline of the same run; never a test with a stopwatch."""
