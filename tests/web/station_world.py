"""A served organisation whose crates stand at home and at a partner's, and somebody at the scan station."""

import httpx

from boucle.item import Item
from boucle.roles import Role
from boucle_server import histories
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.builders import code
from tests.server.figures_world import draft, events_in, record
from tests.server.people import an_org
from tests.server.workshop_world import NOW, network
from tests.web.browser import Page, opened, signed_in

AWAY = range(1, 21)
"""Twenty crates at Mulhouse, which is the partner Rhin's."""
HOME = range(30, 33)
"""Three crates at Strasbourg, which is ours."""
ELSEWHERE = 40
"""A crate at Nancy, which is another partner's."""
SCRAPPED = 41


async def a_station(served: Served, role: Role = Role.MANAGER) -> None:
    """Make the organisation, and sign somebody in."""
    an_org(served.database)
    network(served.database)
    moves: list[Draft] = [
        draft("item.commissioned", code(number), at=0, place="strasbourg", body={"type": "bac"})
        for number in (*AWAY, *HOME, ELSEWHERE, SCRAPPED)
    ]
    for number in AWAY:
        moves.append(draft("item.shipped", code(number), at=1, place="strasbourg", body={"to": "mulhouse"}))
        moves.append(draft("item.delivered", code(number), at=2, place="mulhouse"))
    moves.append(draft("item.shipped", code(ELSEWHERE), at=1, place="strasbourg", body={"to": "nancy"}))
    moves.append(draft("item.delivered", code(ELSEWHERE), at=2, place="nancy"))
    moves.append(draft("item.retired", code(SCRAPPED), at=3, place="strasbourg", body={"code": "R4"}))
    record(served.database, "acme", moves, now_ms=NOW)
    served.clock.ms = NOW
    await signed_in(served, role)


async def at(served: Served, href: str) -> Page:
    """Open a page of the station, and follow where it leads."""
    answer = await served.client.get(href, headers={"Accept": "text/html"}, follow_redirects=True)
    return Page(answer)


async def scan(served: Served, page: Page, *texts: str, **typed: str) -> Page:
    """Scan into the field of a page, or press one of its buttons; give the page that comes."""
    served.clock.ms += 1_000
    form = next(each for each in page.forms if any(name == "codes" for name, _ in each.values))
    values = {"jeton": dict(form.values)["jeton"], **({"codes": "\n".join(texts)} if texts else {}), **typed}
    answer: httpx.Response = await served.client.post(form.action, data=values)
    assert answer.status_code == 303, Page(answer).text
    return await at(served, answer.headers["location"])


def item(served: Served, number: int) -> Item:
    """Give an item as it is now."""
    with served.database.reading() as connection:
        return histories.find(connection, "acme", code(number)).item


def kinds(served: Served, since: int = NOW) -> list[str]:
    """Give the kinds of what was recorded at the station, in the order of time."""
    with served.database.reading() as connection:
        events = [event for event in events_in(connection, "acme") if event.teff >= since]
    return [event.kind for event in sorted(events, key=lambda event: event.order)]


__all__ = ["AWAY", "ELSEWHERE", "HOME", "NOW", "SCRAPPED", "a_station", "at", "item", "kinds", "opened", "scan"]
