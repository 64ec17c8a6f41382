"""The HTTP interface for phones and programs: JSON in, JSON out, and an explicit permission on every route."""
