"""Under which version of a checklist a test was made, in words: its name and its day, never a code."""

import pytest

from boucle.checklists import Checklist, find_checklist, read_checklist
from boucle.reference import Book, Version
from boucle_server.web.measured import checklist_name, checklist_version
from tests.builders import DAY, START_MS, Device, code

STEPS = [{"id": "son", "asks": "yes_no", "words": {"fr": "Bruit normal"}}]


def a_book(*starts: int) -> Book:
    """Give a book with a version of one checklist from each instant on, each asking something of its own."""
    return Book(
        Version(
            table="checklist",
            key="moteurs",
            valid_from=start,
            order=(START_MS, "server", "a", number, f"e-{number}"),
            row={
                "moment": "test",
                "words": {"fr": "Test des moteurs", "en": "Motor test"},
                "steps": [{**step, "id": f"{step['id']}-{number}"} for step in STEPS],
            },
        )
        for number, start in enumerate(starts, 1)
    )


def version(book: Book, number: int) -> Checklist:
    found = read_checklist(book.versions_of("checklist", "moteurs")[number])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("starts", "number", "said"),
    [
        ((0,), 0, "Test des moteurs"),
        ((0, START_MS), 0, "Test des moteurs (première version)"),
        ((0, START_MS), 1, "Test des moteurs (version du 01/01/2026)"),
        ((START_MS, START_MS + 3_600_000), 1, "Test des moteurs (version du 01/01/2026 à 08:00)"),
        ((START_MS, START_MS + DAY), 0, "Test des moteurs (version du 01/01/2026)"),
    ],
)
def test_a_test_says_by_name_and_day_which_version_it_answers(starts: tuple[int, ...], number: int, said: str) -> None:
    book = a_book(*starts)
    ref = version(book, number).ref
    assert find_checklist(book, ref) is not None
    event = Device().event("work.tested", code(1), at=2, body={"checklist": ref, "passed": True})
    assert checklist_name(event, book, "fr") == said
    # A document is read when there are more versions than now: it says of the only one too that it is the first.
    on_paper = said if len(starts) > 1 else f"{said} (première version)"
    assert checklist_version(event, book, "fr") == f"{on_paper}, code {ref.rpartition('@')[2]}"


def test_a_version_that_is_not_known_here_any_more_is_named_by_its_key_and_none_by_nothing() -> None:
    tested = Device().event("work.tested", code(1), at=2, body={"checklist": "pompes@0123456789ab", "passed": True})
    assert checklist_name(tested, a_book(0), "fr") == "pompes (liste qui n’est plus connue ici)"
    without = Device().event("work.tested", code(1), at=2, body={"passed": True})
    assert checklist_name(without, a_book(0), "fr") == checklist_version(without, a_book(0), "fr") == ""
