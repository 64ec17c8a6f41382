"""The fixtures of the fault tests."""

from tests.server.databases import database, empty_database

__all__ = ["database", "empty_database"]
