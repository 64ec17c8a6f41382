"""The pictures of the README: each is there, is small, and is one that `make pictures` makes."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_BYTES = 3_000_000
MOST_OF_FILM = 1_500_000


def made_by_the_script() -> set[str]:
    """Give the names of pictures that the script states, read without opening a window."""
    tree = ast.parse((ROOT / "tests" / "pictures.py").read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"[a-z-]+\.webp", text)}


def test_the_pictures_of_the_readme_are_those_that_the_script_makes() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\(docs/pictures/([^)]+)\)", readme))
    kept = {file.name for file in (ROOT / "docs" / "pictures").iterdir()}
    assert shown == kept == made_by_the_script()


def test_the_pictures_are_small() -> None:
    sizes = {file.name: file.stat().st_size for file in (ROOT / "docs" / "pictures").iterdir()}
    assert min(sizes.values()) > 1_000
    assert sizes["scan-hors-ligne.webp"] < MOST_OF_FILM
    assert sum(sizes.values()) < MOST_BYTES


def test_every_picture_says_in_words_what_it_shows() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [words for words in re.findall(r"!\[([^]]*)\]", readme) if len(words) < 8] == []
