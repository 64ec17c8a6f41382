"""Unloading a round on this phone: what it brings as far as is known here, what was received of it, its validation.

A phone knows its own receipts, the items still on their way, and what was validated at each stop, wherever that was;
what another device received is on its way no more, and stands on neither side.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from boucle.events import Event
from boucle.item import Item
from boucle.receiving import KIND, VALIDATED, answers, expected_of, known_at, unloaded, validation
from boucle.rounds import Found, Gap, Round
from boucle.telling import Told
from boucle_field import driving
from boucle_field.expected import items_expected
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.undoing import amended, of_round


class Unloading(NamedTuple):
    """How the unloading of a round stands here: what was found, its last validation (None: none), how many there are.

    `added` is how many receipts came after the last validation.
    """

    found: list[Found]
    validated: Event | None
    version: int
    added: int


def unloading(phone: Phone, of: Round, place: str) -> Unloading:
    """Give what a round brings to a site beside what this phone received of it."""
    gone = amended(phone.store)
    standing = [(n, each) for n, each in of_round(phone.store, of.key, (KIND, VALIDATED)) if each.id not in gone]
    received = [(n, event) for n, event in standing if answers(event, of)]
    validations = [(n, event) for n, event in standing if event.kind == VALIDATED and event.task == of.key]
    last, validated = validations[-1] if validations else (0, None)
    moves = [event for _, event in received]
    items = {each.subject: phone.mirror.look(each.subject).item for each in moves if each.code}
    added = sum(n > last for n, _ in received) if validated else 0
    return Unloading(_compared(phone, of, place, moves, items), validated, len(validations), added)


def validate(phone: Phone, of: Round, place: str, *, reasons: Mapping[str, Gap]) -> Told:
    """Record that a round is unloaded, with why numbers differ; LoginError and `StoreError` as `Desk.record`."""
    now = unloading(phone, of, place)
    body = validation(now.found, version=now.version + 1, reasons=reasons)
    return phone.desk.record(Draft(kind=VALIDATED, task=of.key, place=place, body=body))


def _compared(phone: Phone, of: Round, place: str, received: Sequence[Event], items: Mapping[str, Item]) -> list[Found]:
    on_the_way = items_expected(phone, "receive", place, task=of.key).values()
    known = known_at(of, on_the_way, received, {subject: item.type for subject, item in items.items()})
    expected = expected_of(of, known, driving.signed(phone, of), phone.mirror.book(), phone.desk.now_ms())
    return unloaded(of, expected, known, received, items)
