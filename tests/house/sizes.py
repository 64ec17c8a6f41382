"""A reminder, never a failure: which files have outgrown the size at which one still reads them in one go."""

from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import MEMBERS, files, name

LINES_OF_A_FILE = 300
LINES_OF_A_SCREEN = 120
SHOWN = 8


def outgrown() -> list[tuple[int, str]]:
    """Give the files above their budget with their number of lines, the longest first."""
    return sorted(((lines, name(path)) for path, lines in _counted() if lines > _budget(path)), reverse=True)


def report() -> str:
    """Give one line on the files above their budget, nothing when there are none."""
    found = outgrown()
    if not found:
        return ""
    shown = ", ".join(f"{path} {lines}" for lines, path in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"above {LINES_OF_A_FILE} lines, to be split when they are next touched: {shown}{more}"


def _counted() -> Iterator[tuple[Path, int]]:
    for path in files():
        if path.suffix in {".py", ".kv"} and _is_code(path):
            yield path, path.read_text(encoding="utf-8").count("\n")


def _is_code(path: Path) -> bool:
    return name(path).split("/", 1)[0] in MEMBERS and "migrations/versions" not in name(path)


def _budget(path: Path) -> int:
    return LINES_OF_A_SCREEN if path.suffix == ".kv" else LINES_OF_A_FILE
