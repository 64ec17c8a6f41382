"""The fixtures of the server's tests."""

from tests.server.databases import database, empty_database, prepared_file, prepared_postgres

__all__ = ["database", "empty_database", "prepared_file", "prepared_postgres"]
