"""What stands at the head of a round's page: where it begins, whose it is, who validated its stops, how far it is."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.reference import Book
from boucle.words import say
from boucle_server.driven import DrivenRound
from boucle_server.tables import DEVICE
from boucle_server.web.rounds_list import driver_of, people_of
from boucle_server.web.visit import Visit


def pairs(connection: Connection, visit: Visit, book: Book, found: DrivenRound) -> tuple[tuple[str, str], ...]:
    """Say where a round begins, who drives it with which phone, and how far it has come."""
    of, lang = found.round, visit.lang
    validators = [each.event.actor for stop in found.stops for each in stop.validations if each.event.actor]
    people = people_of(connection, visit, {of.person, *validators})
    by = [people.get(each, "") for each in dict.fromkeys(validators)]
    device = sa.select(DEVICE.c.name).where(DEVICE.c.org == visit.who.org, DEVICE.c.dev == of.device)
    given = {
        "web.round_home": book.site(of.home, visit.now_ms).name or of.home,
        "web.round_driver": people.get(of.person, "") if of.person else say("web.round_unassigned", lang),
        "web.round_validated_by": ", ".join(name for name in by if name) if {*validators} != {of.person} else "",
        "web.round_phone": connection.execute(device).scalar() or "" if of.device else "",
        "web.round_stops": f"{found.done}/{len(of.stops)}",
    }
    return tuple((say(key, lang), value) for key, value in given.items() if value)


def pairs_beside(connection: Connection, visit: Visit, found: DrivenRound) -> tuple[tuple[str, str], ...]:
    """Say who made a stop that no round plans, to who has to know."""
    who = driver_of(found)
    name = people_of(connection, visit, {who}).get(who, "")
    return ((say("web.round_driver", visit.lang), name),) if name else ()
