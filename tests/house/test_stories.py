"""Every story that the documents call proven has a test that says so, and no test proves a story nobody told."""

import ast
import re
from collections import defaultdict

from tests.house.tree import ROOT, name, python_files

ROW = re.compile(r"^\| (\d+) \| (.+) \| (proven|in part|not yet) \|$", re.MULTILINE)
TOLD = {int(row[1]): row[3] for row in ROW.finditer((ROOT / "docs/stories.md").read_text(encoding="utf-8"))}


def marked() -> dict[int, list[str]]:
    """Give the tests that are marked with each story."""
    found = defaultdict(list)
    for path in python_files("tests"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for number in stories_of(node):
                    found[number].append(f"{name(path)}::{node.name}")
    return dict(found)


def stories_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[int]:
    """Give the stories that a function is marked with."""
    numbers = []
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(attr="story"), args=[ast.Constant(value=int(number))]):
                numbers.append(number)
            case _:
                pass
    return numbers


def test_the_stories_are_counted_without_a_gap() -> None:
    assert list(TOLD) == list(range(1, len(TOLD) + 1))
    assert len(TOLD) > 20


def test_a_story_that_is_proven_has_its_tests_and_one_that_is_not_yet_has_none() -> None:
    tests = marked()
    assert {number for number, state in TOLD.items() if state != "not yet"} == set(tests), tests.keys()


def test_a_mark_names_its_story_and_marks_a_test() -> None:
    for found in marked().values():
        assert all(each.rpartition("::")[2].startswith("test_") for each in found), found
