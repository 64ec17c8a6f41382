"""Our top-level names are ours: no installed distribution brings one of them along."""

import importlib
import importlib.metadata
import tomllib
from pathlib import Path

import tests
from tests.house.tree import MEMBERS, ROOT

OWN = {"boucle", "boucle-labels", "boucle-server", "boucle-field"}


def test_no_installed_distribution_provides_one_of_our_packages() -> None:
    thieves = [
        f"{distribution.name}: {file}"
        for distribution in importlib.metadata.distributions()
        if distribution.name not in OWN
        for file in distribution.files or ()
        if file.parts[0].removesuffix(".py") in MEMBERS.values()
    ]
    assert thieves == []


def test_each_package_is_the_one_in_this_tree() -> None:
    for folder, package in MEMBERS.items():
        (found,) = importlib.import_module(package).__path__
        assert Path(found).resolve() == ROOT / folder / package


def test_tests_is_ours_although_a_wheel_brings_another() -> None:
    assert Path(tests.__file__).resolve() == ROOT / "tests" / "__init__.py"


def test_the_version_stands_once() -> None:
    versions = {importlib.metadata.version(name) for name in OWN}
    assert len(versions) == 1
    for folder in MEMBERS:
        told = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))
        assert told["project"]["dynamic"] == ["version"]


def test_the_commands_are_the_promised_ones() -> None:
    scripts = {
        point.name: point.value
        for distribution in OWN
        for point in importlib.metadata.distribution(distribution).entry_points.select(group="console_scripts")
    }
    assert scripts == {
        "boucle": "boucle_server.cli:main",
        "boucle-labels": "boucle_labels.cli:main",
        "boucle-field": "boucle_field.headless:main",
    }
