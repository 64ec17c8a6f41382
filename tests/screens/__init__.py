"""Tests of the screens, on the widgets themselves."""
