"""Blank labels: labels of ours that no item carries yet."""

from typing import Final

from boucle.reprinting import printable
from boucle.wire import subject_of
from boucle_field.phone import Phone

ARRIVALS: Final = frozenset({"collect", "receive"})
"""The visits that meet things labelled elsewhere: a blank label is asked about there alone."""


def is_blank(phone: Phone, code: str) -> bool:
    """Whether a code is a label of ours that nobody has given to an item, as far as this phone knows."""
    return printable(code) and not phone.mirror.look(subject_of(code, "", "")).claimed
