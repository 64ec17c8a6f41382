"""Tests of promises that must hold for any history."""
