"""The files of the project as the house tests see them: all that is, or is about to be, committed."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = {
    "shared": "boucle",
    "labels": "boucle_labels",
    "server": "boucle_server",
    "field_app": "boucle_field",
}


@cache
def files() -> tuple[Path, ...]:
    """Give every file that Git tracks or would add, as paths from the root, sorted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    # A file may be listed and just removed.
    return tuple(path for name in sorted(set(listed.split("\0"))) if name and (path := ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    """Give the Python files, all of them or those under some folders."""
    wanted = [ROOT / folder for folder in folders] or [ROOT]
    return [path for path in files() if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in wanted)]


def name(path: Path) -> str:
    """Give a path as people write it."""
    return path.relative_to(ROOT).as_posix()
