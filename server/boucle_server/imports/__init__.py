"""Imports of spreadsheets: sites, partners, types, items, lanes and people become events and rows of the register."""
