"""What devices are told of the stops of rounds: each event of a stop as it stands, whoever recorded it.

A phone joins them with its own by their ids, so that nothing is counted twice and nothing of its own is lost. They say
what was done and on which side of the desk it was recorded; they name nobody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from boucle.amend import REVIEWED, Edge, edges_of, effective
from boucle.events import Event, Order
from boucle.projection import Store, joined_ids
from boucle.rounds import MOVES, VALIDATED, stop_of_task
from boucle.wire import subject_of

TABLE: Final = "stop"
"""The table under which devices are told of them; the key of a row is the id of its event."""
KINDS: Final = (*MOVES, VALIDATED)
_SAID: Final[Mapping[str, tuple[str, ...]]] = {VALIDATED: ("ending", "version", "counts", "reasons")}
"""What is told of the body of a validation; of a movement whether it was only declared."""
_MOVED: Final = ("evidence",)


class StopEvent(NamedTuple):
    """An event of a stop: recorded in the office or on a device; `gone` is what took it away, in the order."""

    event: Event
    office: bool
    gone: Order | None = None


def is_of_stop(event: Event) -> bool:
    """Tell whether an event belongs to a stop, so that devices are told of it."""
    return event.kind in KINDS and stop_of_task(event.task) is not None


def touched(fresh: Sequence[Event], store: Store) -> list[str]:
    """Give the events of stops that stand otherwise once `fresh` ones are accepted, those among them included."""
    drawn = [edge for event in fresh for edge in edges_of(event)]
    found = {event.id for event in fresh if is_of_stop(event)}
    if drawn:
        amended = joined_ids({end for edge in drawn for end in edge}, drawn, store) - found
        found |= {event.id for event in store.events(amended) if is_of_stop(event)}
    return sorted(found)


def rows_of(wanted: Collection[str], store: Store, *, office: str) -> dict[str, dict[str, Any]]:
    """Give the row of each event, where it is one of a stop; `office` is the device of the server."""
    known = {event.id: event for event in store.events(joined_ids(set(wanted), (), store))}
    placed = {event.id: event for event in effective(known)[0]}
    edges = [edge for event in known.values() if event.kind != REVIEWED for edge in edges_of(event)]
    return {
        key: _row(placed.get(key, event), event.dev == office, _gone(event, placed, edges, known))
        for key, event in known.items()
        if key in wanted and is_of_stop(event)
    }


def _gone(event: Event, placed: Mapping[str, Event], edges: Iterable[Edge], known: Mapping[str, Event]) -> Order | None:
    if event.id in placed:
        return None
    return max((known[edge.amender].order for edge in edges if edge.target == event.id), default=event.order)


def _row(event: Event, is_office: bool, gone: Order | None) -> dict[str, Any]:  # noqa: FBT001 - told by name above
    told = {"code": event.code, "item_type": event.item_type, "qty": event.qty}
    body = {name: event.body[name] for name in _SAID.get(event.kind, _MOVED) if name in event.body}
    return {
        "task": event.task,
        "kind": event.kind,
        "order": list(event.order[:-1]),
        **{name: value for name, value in told.items() if value},
        **({"body": body} if body else {}),
        **({"office": True} if is_office else {}),
        **({"gone": list(gone)} if gone is not None else {}),
    }


def read_row(key: str, row: Mapping[str, Any]) -> StopEvent:
    """Read a row; TypeError, KeyError or ValueError for what is none."""
    teff, dev, epoch, seq = row["order"]
    code, item_type = _text(row.get("code", "")), _text(row.get("item_type", ""))
    body = row.get("body", {})
    if not isinstance(body, Mapping) or not stop_of_task(_text(row["task"])):
        raise TypeError("no event of a stop")
    event = Event(
        id=key,
        org="",
        dev=_text(dev),
        epoch=_text(epoch),
        seq=int(seq),
        kind=_text(row["kind"]),
        major=1,
        teff=int(teff),
        tq=0,
        subject=subject_of(code, key, item_type),
        code=code,
        item_type=item_type,
        qty=int(row.get("qty", 0)),
        task=row["task"],
        body=dict(body),
        wall=int(teff),
    )
    return StopEvent(event, row.get("office") is True, _order(row["gone"]) if row.get("gone") else None)


def _order(told: Sequence[Any]) -> Order:
    teff, dev, epoch, seq, key = told
    return int(teff), _text(dev), _text(epoch), int(seq), _text(key)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
