"""The lines of a visit as the outbox keeps them, for a visit that is taken up again."""

from typing import Final

from boucle.actions import ACTIONS
from boucle.lines import Line
from boucle.telling import Outcome
from boucle_field.outbox import as_event
from boucle_field.phone import Phone
from boucle_field.undoing import amended

SORTED: Final = ACTIONS["sort"].kind


def lines_of(phone: Phone, *, action: str, place: str, task: str) -> list[Line]:
    """Read the standing lines of a visit, in their order; a round has several visits under one task."""
    kind = ACTIONS[action].kind
    with phone.store.reading() as db:
        rows = db.execute(
            "SELECT payload, teff, tq, wall_ms FROM outbox"
            " WHERE kind IN (?, ?) AND json_extract(CAST(payload AS TEXT), '$.task') = ? ORDER BY n",
            (kind, SORTED, task),
        ).fetchall()
    gone = amended(phone.store)
    lines = []
    for payload, teff, tq, wall in rows:
        event = as_event(payload, teff or wall, tq)
        if event.id in gone or (event.text("to") or event.place) != place:
            continue
        item = phone.mirror.look(event.subject).item if event.code else None
        lines.append(
            Line(
                subject=event.code or event.item_type,
                outcome=Outcome.ACCEPTED,
                at_ms=wall,
                qty=event.qty or 1,
                item=item.id if item else "",
                item_type=item.type if item else event.item_type,
                event_id=event.id,
                photos=len(event.photos),
                verdict=event.text("verdict") if event.kind == SORTED != kind else "",
                found=event.text("verdict") if event.kind == SORTED == kind else "",
            )
        )
    return lines
