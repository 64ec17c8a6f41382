"""What the pages point at exists: files, make targets, words."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from boucle.codes import Kind
from boucle.lifecycle import Disposition, Verdict
from boucle.roles import CAPABILITIES, NEEDED, Role
from boucle.words import say
from boucle.workshop_codes import Barrier, Fault
from boucle_server.imports.columns import COLUMNS
from boucle_server.settings import Settings
from boucle_server.web.label_sheets import MINTED, minted
from tests.house.tree import ROOT, files, name

PAGES = [path for path in files() if path.suffix == ".md"]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
MAKE = re.compile(r"(?:`|^)make ([a-z][a-z0-9-]*)", re.MULTILINE)
PATH = re.compile(r"`((?:tests|shared|labels|server|field_app|docs|requirements|benchmarks)/[\w./-]+)`")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link or link.startswith("mailto:"):
            continue
        goal = (page.parent / link).resolve()
        if not goal.exists():
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    rules = re.findall(r"^([a-z][a-z0-9-]*):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(MAKE.findall(page.read_text(encoding="utf-8"))) <= set(rules)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = PATH.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if "*" not in path and not (ROOT / path).exists()] == []


def test_the_glossary_calls_the_roles_what_the_screens_call_them() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").lower()
    for role in Role:
        french, english = (say(f"role.{role}", lang).lower() for lang in ("fr", "en"))
        assert f"| {english} | {french} |" in glossary, role


def test_the_glossary_says_of_each_role_what_it_may_do() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").lower()
    for role in Role:
        if role in (Role.MANAGER, Role.PARTNER):
            continue
        row = next(
            line for line in glossary.splitlines() if line.startswith(f"| {say(f'role.{role}', 'en').lower()} |")
        )
        told = {word.strip() for word in row.split("|")[3].split(",")}
        assert told <= set(CAPABILITIES[role]) <= told | {"read"}, role


@pytest.mark.parametrize(
    ("other", "bound"),
    [
        ("exutoire", "filière"),
        ("frein", "obstacle"),
        ("révoqu", "retirer"),
        ("mois clos", "arrêté"),
        ("intervention", "réparation"),
    ],
)
def test_nobody_reads_another_word_for_what_the_glossary_binds(other: str, bound: str) -> None:
    texts = (ROOT / "shared" / "boucle" / "words" / "fr.po").read_text(encoding="utf-8").lower()
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8").lower()
    assert not re.search(rf"\b{other}", texts + guide), f"say {bound}"


def test_the_words_of_every_list_that_people_choose_from_are_on_their_page() -> None:
    page = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    lists: dict[str, Iterable[str]] = {
        "kind": NEEDED,
        "disposition": Disposition,
        "fault": Fault,
        "barrier": Barrier,
        "verdict": Verdict,
    }
    missing = [
        value
        for family, values in lists.items()
        for value in values
        if f"| `{value}` | {say(f'{family}.{value}', 'fr')} | {say(f'{family}.{value}', 'en')} |" not in page
    ]
    assert missing == []


def test_help_lists_every_target_that_people_use() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = set(re.findall(r"^([a-z0-9-]+):.*## ", text, re.MULTILINE))
    assert shown >= {*"help setup demo serve phone test check fix e2e docs bench night lock alone".split()}  # noqa: SIM905


def test_the_readme_leads_to_every_page_of_the_docs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")}
    assert {page for page in pages if f"](docs/{page})" not in readme} == set()


def test_the_operations_page_names_the_columns_that_each_import_needs() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for kind, columns in COLUMNS.items():
        needed = ", ".join(column.header for column in columns if column.required)
        assert f"| `{kind}` | {needed}" in page, kind


def test_the_page_for_other_clients_names_every_field_of_a_minted_batch() -> None:
    page = (ROOT / "docs" / "sync.md").read_text(encoding="utf-8")
    said = next(part for part in page.split("\n\n") if f"`{MINTED}` of the server's own" in part)
    body = minted(Kind.CONTAINER, 1, name="Bac", owner="Rhin").fields["body"]
    assert {field for field in body if f"`{field}`" not in said} == set()


def test_the_operations_page_has_every_setting_that_can_be_set() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert {name for name in Settings.model_fields if f"`BOUCLE_{name.upper()}`" not in page} == set()
