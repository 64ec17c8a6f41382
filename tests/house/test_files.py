"""Whoever opens a file knows at once what it is."""

import ast

from tests.house.tree import MEMBERS, ROOT, files, name, python_files

# Rooms where everything is thrown, so that nothing is found.
FORBIDDEN = frozenset(
    {"utils", "util", "helpers", "helper", "common", "core", "base", "service", "services"}
    | {"manager", "managers", "misc", "tools", "lib"}
)


def test_each_python_file_says_in_its_first_line_what_it_is() -> None:
    silent = [
        name(path)
        for path in python_files()
        if not (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").strip()
    ]
    assert silent == []


def test_the_first_line_of_a_file_is_a_whole_sentence() -> None:
    cut = [
        f"{name(path)}: {first}"
        for path in python_files()
        for first in [(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ".").splitlines()[0]]
        if not first.endswith((".", "?", "!"))
    ]
    assert cut == []


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = [
        name(path)
        for path in python_files()
        if FORBIDDEN & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]
    assert drawers == []


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in python_files("tests")}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_every_package_is_typed_and_is_a_package() -> None:
    for folder, package in MEMBERS.items():
        home = ROOT / folder / package
        assert (home / "py.typed").exists(), home
        folders = {path.parent for path in python_files(f"{folder}/{package}")}
        assert [name(each) for each in sorted(folders) if not (each / "__init__.py").exists()] == []


def test_nothing_is_committed_that_a_machine_makes_again() -> None:
    made = (".pyc", ".mo", ".egg-info", ".sqlite", ".sqlite3", ".db", ".log")
    assert [name(path) for path in files() if path.suffix in made or path.name == "uv.lock"] == []
