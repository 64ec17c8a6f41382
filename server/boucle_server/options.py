"""The options that commands share, and the database that a command opens."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from boucle.clock import SystemClock
from boucle_labels.messages import language
from boucle_server.db import Database
from boucle_server.errors import OperatorError, Words
from boucle_server.opening import make_ready
from boucle_server.schema import revision
from boucle_server.settings import Settings
from boucle_server.web.item_words import moment


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add `--data DIR`."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=told("cli.help.data"),
    )


def add_org(parser: argparse.ArgumentParser) -> None:
    """Add `--org ID`, needed only where a server holds several organisations."""
    parser.add_argument("--org", metavar="ID", help=told("cli.help.org"))


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help=told("cli.help.json"))


def whole(least: int, most: int) -> Callable[[str], int]:
    """Give what reads a whole number of an option; what it refuses is told with the bounds."""

    def read(text: str) -> int:
        # A number of a thousand digits is refused by its length, before it is made.
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{least}..{most}")
        return int(text)

    return read


def settings_of(args: argparse.Namespace, **over: Any) -> Settings:
    """Give the settings: the environment, with the options of the command line over it.

    OperatorError names the setting that does not do, never its value.
    """
    given = {"data": getattr(args, "data", None), **over}
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        names = sorted({f"BOUCLE_{str(part).upper()}" for each in error.errors() for part in each["loc"][:1]})
        raise OperatorError("cli.bad_setting", names=", ".join(names)) from None


@contextmanager
def opened(settings: Settings, *, create: bool = False) -> Iterator[Database]:
    """Open the database of a command, prepared, and close it after.

    OperatorError where there is none, unless the command is one that makes it: a directory whose name was mistyped
    never becomes an empty installation.
    """
    if not create and not is_there(settings):
        raise OperatorError("cli.no_database", where=where_of(settings))
    database = Database.open(settings)
    try:
        make_ready(database, now_ms=SystemClock().now_ms())
        yield database
    finally:
        database.close()


def is_there(settings: Settings) -> bool:
    """Tell whether there is a database of Boucle, of whatever version, where the settings say."""
    if settings.embedded and not os.path.exists(settings.database_file):  # noqa: PTH110 - never an exception
        return False
    database = Database.open(settings)
    try:
        with database.reading() as connection:
            return revision(connection) is not None
    finally:
        database.close()


def where_of(settings: Settings) -> str:
    """Say where the database of these settings is, without any secret of its address."""
    return str(settings.data.absolute()) if settings.embedded else "BOUCLE_DATABASE_URL"


def show(values: Mapping[str, Any] | list[Any], *, as_json: bool, text: str) -> None:
    """Print the result of a command for whoever asked: a program or a person."""
    print(json.dumps(values, ensure_ascii=False, indent=2) if as_json else text)  # noqa: T201


def told(key: str, /, **values: object) -> str:
    """Give a text in the language of the person at the command line."""
    return Words(key, values).said(language())


def local(at_ms: int, zone: str) -> str:
    """Write an instant for a person: in the zone of the organisation, which is named."""
    return f"{moment(at_ms, zone, language())} ({zone})"


def tell(key: str, /, **values: object) -> None:
    """Print a line of the result."""
    print(told(key, **values))  # noqa: T201


def warn(key: str, /, **values: object) -> None:
    """Print a line on stderr that changes nothing of the result."""
    print(told(key, **values), file=sys.stderr)  # noqa: T201


def read_secret() -> str:
    """Read one line from stdin, without its end; OperatorError when there is none."""
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise OperatorError("cli.no_stdin")
    return line


def environment_of(settings: Settings) -> dict[str, str]:
    """Give the environment in which another process finds the same settings."""
    values = {
        "BOUCLE_DATA": str(settings.data.absolute()),
        "BOUCLE_BASE_URL": settings.base_url,
        "BOUCLE_ORIGIN_HOST": settings.origin_host,
        "BOUCLE_HOST": settings.host,
        "BOUCLE_PORT": str(settings.port),
        "BOUCLE_BUSY_MS": str(settings.busy_ms),
        "BOUCLE_JOBS": str(settings.jobs),
    }
    if settings.database_url is not None:
        values["BOUCLE_DATABASE_URL"] = settings.database_url.get_secret_value()
    return {**os.environ, **values}
