"""What is installed is what is written down: every need is pinned, by hash, at one version everywhere."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import MEMBERS, ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(\S+)( ;.*)? \\$", re.MULTILINE)
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)")
# The libraries that Boucle was asked to be built on.
ASKED_FOR = {"fastapi", "sqlmodel", "qrcode", "python-barcode", "pillow", "kivy", "apscheduler", "pytest-asyncio"}


def pins(lock: Path) -> dict[str, str]:
    return {found[1]: found[2] for found in PIN.finditer(lock.read_text(encoding="utf-8"))}


def needs(folder: str) -> set[str]:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in project.get("optional-dependencies", {}).values():
        lines += extra
    found = {REQUIREMENT.match(line)[1].lower() for line in lines}  # type: ignore[index]
    return {need for need in found if not need.startswith("boucle")}


def tools() -> set[str]:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    lines = [line for group in groups.values() for line in group if isinstance(line, str)]
    return {REQUIREMENT.match(line)[1].lower() for line in lines}  # type: ignore[index]


def test_there_are_locks() -> None:
    assert len(LOCKS) > len(MEMBERS)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_line_of_a_lock_is_a_pin_with_hashes(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    names = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(names) == len(PIN.findall(text)) > 0
    for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block.partition("\n")[0]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_version_is_the_same_in_every_lock(lock: Path) -> None:
    every = pins(ROOT / "requirements" / "dev.lock")
    if lock.stem != "bootstrap":
        assert pins(lock).items() <= every.items()


def test_every_need_of_a_package_is_in_the_locks() -> None:
    requirements = ROOT / "requirements"
    for folder in MEMBERS:
        assert needs(folder) <= set(pins(requirements / "dev.lock"))
    assert needs("labels") <= set(pins(requirements / "labels.lock"))
    assert needs("server") <= set(pins(requirements / "server.lock"))
    assert needs("field_app") - {"kivy"} <= set(pins(requirements / "field_app.lock"))
    assert needs("field_app") <= set(pins(requirements / "phone.lock"))
    assert needs("server") | needs("labels") <= set(pins(requirements / "run.lock"))
    assert tools() - {"uv"} <= set(pins(requirements / "dev.lock"))


def test_what_the_demo_installs_holds_no_tool_of_ours() -> None:
    assert not set(pins(ROOT / "requirements" / "run.lock")) & {"pytest", "mypy", "ruff", "hypothesis", "kivy"}


def test_the_libraries_asked_for_are_named() -> None:
    named = tools().union(*(needs(folder) for folder in MEMBERS))
    assert named >= ASKED_FOR
