"""Expected parts of a donor: the rows that hold, what was taken beside them, masses that contradict each other."""

import pytest

from boucle.donor_parts import TABLE, Compared, compared, expected_key, expected_of, gap_g, is_off
from boucle.reference import Book, Version
from tests.builders import DAY, START_MS


def row(part: str, n: object, *, start: int = 0, donor: str = "moteur") -> Version:
    said = {"donor": donor, "part": part, "expected_n": n}
    order = (START_MS, "d", "0" * 16, start, f"{donor} {part} {start}")
    return Version(table=TABLE, key=expected_key(donor, part), valid_from=start, order=order, row=said)


def test_a_harvest_is_held_beside_the_rows_of_its_day() -> None:
    book = Book(
        [row("stator", 1), row("roulement", 2), row("roulement", 3, start=START_MS), row("x", 4, donor="pompe")]
    )
    assert expected_of(book, "moteur", at_ms=START_MS - 1) == {"roulement": 2, "stator": 1}
    assert expected_of(book, "moteur", at_ms=START_MS + DAY) == {"roulement": 3, "stator": 1}
    assert expected_of(book, "scie", at_ms=START_MS) == {}


@pytest.mark.parametrize("n", [0, -1, True, "2", None, 2**60])
def test_what_is_no_number_of_parts_expects_none(n: object) -> None:
    assert expected_of(Book([row("stator", n), row("roulement", 2)]), "moteur", at_ms=START_MS) == {"roulement": 2}


def test_what_was_taken_stands_beside_what_was_expected_and_each_type_once() -> None:
    assert compared({"roulement": 2, "stator": 1}, ["roulement", "vis", "", "roulement", "roulement"]) == [
        Compared(type="roulement", expected=2, taken=3),
        Compared(type="stator", expected=1, taken=0),
        Compared(type="", expected=0, taken=1),
        Compared(type="vis", expected=0, taken=1),
    ]


@pytest.mark.parametrize(
    ("whole_g", "masses_g", "rest_g", "off"),
    [
        (2_000, [900, 300], 700, False),
        (2_000, [900, 300], 699, True),
        (2_000, [900, 300], 900, False),
        (2_000, [900, 300], 901, True),
        (2_000, [900, 300], 0, False),
        (2_000, [1_500, 600], 0, False),
        (2_000, [1_500, 601], 0, True),
        (0, [1_500], 700, False),
        (2_000, [], 700, False),
    ],
)
def test_masses_may_differ_by_a_twentieth_and_without_the_rest_only_too_much_contradicts(
    whole_g: int, masses_g: list[int], rest_g: int, *, off: bool
) -> None:
    assert is_off(whole_g, masses_g, rest_g) is off
    assert gap_g(whole_g, masses_g, rest_g) == whole_g - sum(masses_g) - rest_g
