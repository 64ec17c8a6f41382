"""A return that is announced on the phone: what was said of it so far, kept until it is recorded or left.

It is recorded as a whole: one event for each product and one for each type, under a number of its own.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Final

from boucle.telling import Told
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.return_acts import acts_of
from boucle_field.return_receipt import new_number
from boucle_field.store import put

_KEPT: Final = "announcement"
WHY: Final = ("broken", "wrong", "surplus", "end", "other")
"""Why something is sent back; the words are `screen.return.because.<value>`."""


@dataclass(slots=True)
class Announcement:
    """Who sends back what, and why."""

    place: str
    codes: list[str] = field(default_factory=list)
    pieces: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    rma: str = ""
    """The number under which it is recorded, once that began."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is announced yet."""
        return not self.codes and not self.pieces


def begun(phone: Phone) -> Announcement | None:
    """Give the announcement that was left when the app ended, None where there is none."""
    try:
        said = json.loads(phone.store.get(_KEPT) or "null")
        return None if said is None else Announcement(**said)
    except (ValueError, TypeError):
        return None


def keep(phone: Phone, of: Announcement | None) -> None:
    """Keep what was said so far; None forgets it."""
    said = None if of is None else asdict(of)
    with phone.store.writing() as db:
        put(db, _KEPT, json.dumps(said, ensure_ascii=False))


def types(phone: Phone) -> list[str]:
    """Give the types that may be announced by number: products first, then parts, then all else."""
    book, now = phone.mirror.book(), phone.desk.now_ms()
    order = ("product", "part", "")
    kinds = [book.item_type(key, now) for key in book.keys("item_type")]
    return [kind.key for kind in sorted(kinds, key=lambda kind: (order.index(kind.nature), kind.name.casefold()))]


def record(phone: Phone, of: Announcement) -> tuple[str, list[Told]]:
    """Announce it; give its number, and what was told of each event.

    Its number is kept first: where the app ends in between, what is recorded already is not recorded again.
    """
    of.rma = of.rma or new_number(phone)
    keep(phone, of)
    done = {event.code or event.item_type for event in acts_of(phone, of.rma)}
    told = [phone.desk.record(draft) for draft in _drafts(of) if (draft.code or draft.item_type) not in done]
    keep(phone, None)
    return of.rma, told


def _drafts(of: Announcement) -> Iterable[Draft]:
    body = {"reason": of.reason} if of.reason else {}
    about = {"kind": "return.announced", "place": of.place, "task": of.rma, "body": body}
    for code in of.codes:
        yield Draft(code=code, **about)  # type: ignore[arg-type]
    for item_type, n in of.pieces.items():
        yield Draft(item_type=item_type, qty=n, **about)  # type: ignore[arg-type]
