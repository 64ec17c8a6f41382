"""Who may decide what: by the role of the person, else by that of the device.

Asked once, at first receipt, of the roles as they stand then (docs/decisions/0013). A physical scan is never asked.
"""

from collections.abc import Callable, Iterable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.events import Event
from boucle.roles import DECISIONS, capabilities_of, may_record
from boucle_server import rows
from boucle_server.tables import DEVICE, PERSON

_DEVICE: Final = sa.select(DEVICE.c.role).where(DEVICE.c.org == sa.bindparam("of"), DEVICE.c.dev == sa.bindparam("who"))


def permitted(connection: Connection, org: str, dev: str, events: Iterable[Event]) -> Callable[[Event], bool]:
    """Give what tells of each of these events of a device whether it may take effect; no read without a decision.

    A person whose access was taken back decides nothing any more. Whoever is no person of the organisation, and
    whoever did not sign in, may do what the device itself may.
    """
    actors = {event.actor for event in events if event.kind in DECISIONS}
    if not actors:
        return lambda event: event.kind not in DECISIONS
    roles = {
        person: role if active else ""
        for person, role, active in rows.select(
            connection, PERSON, ("person", "role", "active"), org=org, key="person", keys=actors
        )
    }
    of_device: str = connection.execute(_DEVICE, {"of": org, "who": dev}).scalar_one()

    def may(event: Event) -> bool:
        held = capabilities_of(roles.get(event.actor, of_device))
        return event.kind not in DECISIONS or may_record(held, event.kind)

    return may


def may_decide(connection: Connection, org: str, person: str, kind: str) -> bool:
    """Tell whether a person may record this kind; whoever is none here sits at the server itself, and may."""
    query = sa.select(PERSON.c.role, PERSON.c.active).where(PERSON.c.org == org, PERSON.c.person == person)
    row = connection.execute(query).one_or_none()
    return row is None or (row.active and may_record(capabilities_of(row.role), kind))
