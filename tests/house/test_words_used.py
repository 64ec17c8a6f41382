"""Every text that the code asks for exists, and no text lies about that nobody asks for."""

import ast
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from string import Formatter

import pytest

from boucle.admission import Why
from boucle.catalogue import CATALOGUE
from boucle.checklists import Asks, Moment
from boucle.commands import Command
from boucle.events import KINDS
from boucle.kpi import NoValue, Unit
from boucle.lifecycle import MACHINES, Verdict
from boucle.push import Status
from boucle.qualifications import Act
from boucle.reasons import TASKS, Outcome, Reason
from boucle.roles import Capability, Role
from boucle.shape import Flaw
from boucle.words import catalogue
from boucle.workshop_codes import Barrier, Fault
from tests.house.tree import MEMBERS, files, name, python_files

FRENCH = catalogue("fr")
FAMILIES = frozenset(key.partition(".")[0] for key in FRENCH)
# Families whose keys are made from a table of the code: the tests below hold each of them complete.
TABLES = frozenset(
    {"outcome", "reason", "role", "capability", "state", "kind", "kpi", "novalue", "measure"}
    | {"status", "why", "flaw", "verdict", "todo", "command", "fault", "barrier"}
)
# Countable things, there for any sentence that needs one.
OFFERED = frozenset({"unit"})
KEY = re.compile(rf"(?:{'|'.join(sorted(FAMILIES))})(?:\.[a-z0-9_]+)+")
NOT_A_KEY = re.compile(r".*\.(?:json|jsonl|csv|py|html|txt|png|pdf|xlsx)")


@cache
def texts() -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    """Give the whole texts of the packages with their file, and the fixed starts of those put together."""
    whole, starts = [], set()
    for folder, package in MEMBERS.items():
        for path in python_files(f"{folder}/{package}"):
            waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
            while waiting:
                match waiting.pop():
                    case ast.Constant(value=str(text)):
                        whole.append((name(path), text))
                    case ast.JoinedStr(values=values):
                        if isinstance(values[0], ast.Constant):
                            starts.add(str(values[0].value))
                        waiting += [value for value in values if not isinstance(value, ast.Constant)]
                    case node:
                        waiting += ast.iter_child_nodes(node)
    return tuple(whole), frozenset(start for start in starts if "." in start and start.partition(".")[0] in FAMILIES)


def test_every_key_that_the_code_names_exists() -> None:
    missing = [
        f"{path}: {text}"
        for path, text in texts()[0]
        if KEY.fullmatch(text) and not NOT_A_KEY.fullmatch(text) and text not in catalogue("fr")
    ]
    assert missing == []


def test_every_text_is_asked_for() -> None:
    # Pages and screens name keys too, in files that are not Python.
    elsewhere = "\n".join(
        path.read_text(encoding="utf-8")
        for path in files()
        if path.suffix in {".html", ".kv", ".js", ".txt", ".xml", ".svg"}
    )
    whole, put_together = texts()
    named, starts = {text for _, text in whole}, tuple(put_together)
    idle = [
        key
        for key in catalogue("fr")
        if key.partition(".")[0] not in TABLES | OFFERED
        and key not in named
        and not key.startswith(starts)
        and key not in elsewhere
    ]
    assert idle == []


@pytest.mark.parametrize(("family", "values"), [
    ("outcome", Outcome), ("reason", Reason), ("role", Role), ("capability", Capability),
    ("novalue", NoValue), ("measure", Unit),
    ("status", Status), ("why", Why), ("flaw", Flaw), ("verdict", Verdict), ("todo", TASKS), ("command", Command),
    ("fault", Fault), ("barrier", Barrier), ("checklist.moment", Moment), ("checklist.asks", Asks),
    ("qualification.act", Act),
])  # fmt: skip
def test_every_value_of_a_table_has_its_words_and_no_other(family: str, values: Iterable[StrEnum]) -> None:
    assert keys(family) == {f"{family}.{value}" for value in values}


def test_every_kind_has_its_words() -> None:
    assert keys("kind") == {f"kind.{kind}" for kind in KINDS}


def test_every_figure_has_its_words() -> None:
    parts = ("name", "means", "formula")
    assert keys("kpi") == {f"kpi.{each.slug}.{part}" for each in CATALOGUE.values() for part in parts}


def test_every_stage_has_its_words() -> None:
    stages = {
        f"state.{machine}.{stage}"
        for machine, rows in MACHINES.items()
        for row in rows
        for stage in (*row.sources, row.target)
        if stage
    }
    assert keys("state") >= stages


def keys(family: str) -> set[str]:
    return {key for key in catalogue("fr") if key.startswith(f"{family}.")}


def test_every_text_gets_the_values_it_has_places_for() -> None:
    """A value that is forgotten shows only when something has just gone wrong."""
    short = []
    for folder, package in MEMBERS.items():
        for path in python_files(f"{folder}/{package}"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(args=[ast.Constant(value=str(key)), *rest], keywords=keywords) if key in FRENCH:
                        given = values_given(rest, keywords)
                        wanted = places(FRENCH[key].text) | places(FRENCH[key].other)
                        if given is not None and not wanted <= given:
                            short.append(f"{name(path)}:{node.lineno} {key} {sorted(wanted - given)}")
                    case _:
                        pass
    assert short == []


def values_given(rest: list[ast.expr], keywords: list[ast.keyword]) -> set[str] | None:
    """Give the names of the values handed over with a key, None when they cannot be seen from here."""
    given = {keyword.arg for keyword in keywords if keyword.arg is not None}
    if len(given) < len(keywords):
        return None
    for argument in rest:
        match argument:
            case ast.Dict(keys=names) if all(isinstance(each, ast.Constant) for each in names):
                given |= {str(each.value) for each in names if isinstance(each, ast.Constant)}
            case ast.Constant():
                pass
            case _:
                return None
    return given


def places(text: str | None) -> set[str]:
    return {value for _, value, _, _ in Formatter().parse(text or "") if value}
