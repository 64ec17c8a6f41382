"""The exchange slip of a stop as a text to send: what was validated, as the partner signed it where this phone knows.

It has no link: a link is made by the server, which may not have heard of the stop yet.
"""

import json
from typing import Any

from boucle.agreeing import Agreed, agreed_by, agreed_words
from boucle.events import Event
from boucle.rounds import Ending, Round, Stop, counts_of, ending_of
from boucle.visiting import DIRECTIONS
from boucle.words import say
from boucle.words.numerals import times
from boucle_field.names import name_of_place, name_of_type
from boucle_field.phone import Phone


def slip_text(phone: Phone, of: Round, stop: Stop, validated: Event, *, version: int, when: str, lang: str) -> str:
    """Write a validation of a stop as the text of a message; `when` is its day and time in words."""
    number = of.task(stop).replace("#", "/")
    book, now = phone.mirror.book(), phone.desk.now_ms()
    place = name_of_place(book, stop.place, now)
    ending, note = ending_of(validated), validated.text("note")
    lines = [
        f"{say('web.slip_title', lang)} – {say('web.slip_number', lang, number=number, version=version)}",
        f"{' / '.join(each for each in (organisation(phone), place) if each)}, {when}",
        say("web.slip_replaces", lang, version=version, before=version - 1) if version > 1 else "",
        say(f"round.ending.{ending}", lang) if ending is not Ending.DONE else "",
        note,
    ]
    for way in DIRECTIONS:
        rows = [row for row in counts_of(validated) if row.direction == way]
        pieces = [
            times(row.total, name_of_type(book, row.item_type, now), lang)
            if row.item_type
            else say("screen.stop_unknown_labels", lang, n=row.total)
            for row in rows
            if row.total
        ]
        if rows:
            pieces = pieces or [say("screen.stop_slip_nothing", lang)]
            lines.append(say("page.named", lang, name=say(f"web.round_{way}", lang), value=", ".join(pieces)))
    lines.append(agreed(phone, validated, lang))
    return "\n".join(line for line in lines if line)


def organisation(phone: Phone) -> str:
    """Give the name of the organisation, as far as the server has told it."""
    told: Any = json.loads(phone.store.get("org_row") or "{}")
    return str(told.get("name") or "") if isinstance(told, dict) else ""


def agreed(phone: Phone, validated: Event, lang: str) -> str:
    """Say who signed, or that nobody did; nothing where what is personal of the validation is on another device."""
    with phone.store.reading() as db:
        row = db.execute("SELECT priv FROM outbox WHERE id = ?", (validated.id,)).fetchone()
    told: Any = json.loads(row[0]) if row and row[0] else None
    personal = told if isinstance(told, dict) else None
    of = agreed_by(validated, personal)
    if row is None or of is Agreed.ERASED:
        return ""
    return agreed_words(of, signer=str((personal or {}).get("signer") or ""), on_phone=True, lang=lang)
