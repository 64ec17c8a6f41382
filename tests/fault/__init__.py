"""Tests that break something on purpose: kills, full disks, lost answers."""
