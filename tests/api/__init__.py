"""Tests of the HTTP routes that strangers rely on."""
