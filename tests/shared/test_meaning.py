"""What a scan means where it is nothing of ours: what is shown of it can be compared with what is printed."""

import pytest

from boucle.meaning import Nothing, meaning
from boucle.reference import Book
from tests.builders import code


def nothing(text: str) -> Nothing:
    found = meaning(text, book=Book(), is_linked=lambda _: False)
    assert isinstance(found, Nothing)
    return found


@pytest.mark.parametrize(
    ("read", "shown"),
    [
        ("https://shop.example/p/x", "https://shop.example/p/x"),
        ("https://elsewhere.example/articles/00417/x", "https://else…cles/00417/x"),
        ("PALETTE 12/7", "PALETTE 12/7"),
    ],
)
def test_a_foreign_code_is_shown_as_it_was_read_cut_in_the_middle(read: str, shown: str) -> None:
    assert (nothing(read).code, nothing(read).raw) == (shown, read)


def test_a_misread_code_of_ours_is_shown_by_what_is_printed_under_it() -> None:
    misread = f"HTTPS://BOUCLE.EXAMPLE/{code(1)[:-1]}{'A' if code(1)[-1] != 'A' else 'B'}"
    assert nothing(misread).code == misread.rpartition("/")[2]
