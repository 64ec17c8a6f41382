"""The domain rests on the standard library alone; every package has its place in the one direction."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import MEMBERS, ROOT, name, python_files


def imported(path: Path) -> Iterator[str]:
    """Give the top-level name of everything a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=str(module)), *_]):
                yield module.partition(".")[0]
            case _:
                pass


def test_the_domain_imports_nothing_but_the_standard_library() -> None:
    # `cryptography` is handed in, and asked for by name in the one place that may find it missing.
    allowed = sys.stdlib_module_names | {"boucle"}
    strangers = [
        f"{name(path)}: {module}"
        for path in python_files("shared/boucle")
        for module in imported(path)
        if module not in allowed and (path.name, module) != ("signing.py", "cryptography")
    ]
    assert strangers == []


def test_every_package_stands_in_the_layers() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    named = {package.strip() for layer in layers for package in layer.split("|")}
    assert named == set(MEMBERS.values()) == set(settings["tool"]["importlinter"]["root_packages"])
    assert set(settings["tool"]["uv"]["workspace"]["members"]) == set(MEMBERS)


@pytest.mark.parametrize(("package", "others"), [
    ("field_app/boucle_field", {"boucle_server"}),
    ("server/boucle_server", {"boucle_field", "kivy"}),
    ("labels/boucle_labels", {"boucle_server", "boucle_field", "kivy", "fastapi"}),
])  # fmt: skip
def test_a_late_import_is_an_import_too(package: str, others: set[str]) -> None:
    found = [
        f"{name(path)}: {module}" for path in python_files(package) for module in imported(path) if module in others
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["tests/shared", "tests/labels", "tests/server", "tests/field_app"])
def test_a_package_s_own_tests_import_only_what_it_may(folder: str) -> None:
    allowed = {
        "tests/shared": {"boucle"},
        "tests/labels": {"boucle", "boucle_labels"},
        "tests/server": {"boucle", "boucle_labels", "boucle_server"},
        "tests/field_app": {"boucle", "boucle_labels", "boucle_field"},
    }
    strangers = [
        f"{name(path)}: {module}"
        for path in python_files(folder)
        for module in imported(path)
        if module in set(MEMBERS.values()) - allowed[folder]
    ]
    assert strangers == []
