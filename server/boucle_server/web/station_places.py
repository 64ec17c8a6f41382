"""Where a job of the scan station is done: the places that fit, the one that somebody scanned, typed or works at."""

import sqlalchemy as sa

from boucle.actions import ACTIONS, Where
from boucle.fields import place_key
from boucle.finding import is_found, plain
from boucle_server import reports
from boucle_server.scan_desk import Desk
from boucle_server.tables import PERSON
from boucle_server.web.asking import Option
from boucle_server.web.station_jobs import Job


def fitting(desk: Desk, job: Job) -> list[Option]:
    """Give the places where a job can be done, by name: partners' for what happens there, else our own."""
    sites = [desk.book.site(key, desk.now_ms) for key in desk.book.keys("site")]
    if job.action not in ("ship", "count"):
        away = ACTIONS[job.action].where is Where.AWAY
        sites = [site for site in sites if bool(site.partner) is away]
    named = [(site.key, reports.name_of(desk.book, "site", site.key, desk.now_ms)) for site in sites]
    return sorted(named, key=lambda each: plain(each[1]))


def own(desk: Desk) -> list[Option]:
    """Give our own sites, by name."""
    sites = desk.context().own_sites
    return sorted(((site.key, site.name or site.key) for site in sites), key=lambda each: plain(each[1]))


def partners(desk: Desk) -> list[Option]:
    """Give the sites of partners, by name."""
    sites = [desk.book.site(key, desk.now_ms) for key in desk.book.keys("site")]
    return sorted(
        ((site.key, site.name or site.key) for site in sites if site.partner), key=lambda each: plain(each[1])
    )


def home_of(desk: Desk) -> str:
    """Give the site of ours where somebody works, else the only one there is."""
    query = sa.select(PERSON.c.site).where(PERSON.c.org == desk.org, PERSON.c.person == desk.who.id)
    site = desk.connection.execute(query).scalar() or ""
    known = desk.book.site(site, desk.now_ms) if site else None
    return site if known and known.known and not known.partner else desk.context().home


def meant(desk: Desk, places: list[Option], typed: str) -> str:
    """Give the place that somebody scanned or typed: by its label, its key or its name; `""` where it is not clear."""
    key = place_key(typed, desk.book)
    keys = [each for each, _ in places]
    if key in keys:
        return key
    found = [each for each, name in places if plain(typed).strip() and is_found(name, typed)]
    return found[0] if len(found) == 1 else ""
