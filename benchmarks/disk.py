"""A place on the disk of the project: a temporary directory may live in memory, where a flush costs nothing."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def directory() -> Iterator[Path]:
    """Give an empty directory for the time of the block."""
    build = Path(__file__).parents[1] / "build"
    build.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=build))
    try:
        yield made
    finally:
        shutil.rmtree(made)
