"""Exports: what leaves the server as a file, each kind in a module of its own."""
