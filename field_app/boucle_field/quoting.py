"""What a repair costs, said at the bench: an estimate with the diagnosis, a quote that its owner answers."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from boucle.lifecycle import WorkStage
from boucle.telling import Told
from boucle_field.bench import ticket_of, today
from boucle_field.bench_site import place_of
from boucle_field.outbox import Draft
from boucle_field.phone import Phone

DAYS: Final = (7, 14, 30, 60)
"""For how long a quote may be open."""
MAX_CENTS: Final = 100_000_000
_AMOUNT: Final = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?", re.ASCII)


def read_cents(text: str) -> int | None:
    """Read an amount as it is typed in euros, `86` or `86,5`; None for what is none."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    cents = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return cents if cents <= MAX_CENTS else None


def owners(phone: Phone) -> list[tuple[str, str]]:
    """Give the partners to whom a thing may belong, by name."""
    book, now = phone.mirror.book(), phone.desk.now_ms()
    named = ((key, _name(book.row("partner", key, now)) or key) for key in book.keys("partner"))
    return sorted(named, key=lambda pair: pair[1].casefold())


def last_day(phone: Phone, days: int) -> str:
    """Give the day through which a quote of today is open for so many days, `2026-12-30`."""
    return (date.fromisoformat(today(phone)) + timedelta(days=days)).isoformat()


def quote(phone: Phone, code: str, *, cents: int, owner: str, until: str, covers: str = "") -> Told:
    """Make a quote; hands rest until the owner answers, unless it is ours or within what was agreed for its type."""
    body: dict[str, Any] = {"cents": cents, "until": until, **({"owner": owner} if owner else {})}
    if covers:
        body["covers"] = covers
    ticket = ticket_of(phone, code)
    draft = Draft(kind="work.quoted", code=code, task=ticket.job.task, place=place_of(phone, code), body=body)
    return phone.desk.record(draft)


def waits_for_owner(phone: Phone, code: str) -> bool:
    """Tell whether a repair waits for its owner's answer now."""
    return ticket_of(phone, code).stage == WorkStage.AWAITING_APPROVAL


def _name(row: Mapping[str, Any] | None) -> str:
    said = (row or {}).get("name", "")
    return said if isinstance(said, str) else ""
