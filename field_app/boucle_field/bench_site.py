"""Whose bench a phone shows and records at: one of our sites, that can be seen and chosen, or all of them."""

from typing import Final

from boucle.wire import subject_of
from boucle_field.phone import Phone
from boucle_field.store import put

_SITE: Final = "bench_site"
_EVERYWHERE: Final = "*"


def site(phone: Phone) -> str:
    """Give the site whose bench this is: the one chosen here, else the device's or the person's own; `""` is all."""
    chosen = phone.store.get(_SITE) or ""
    if chosen == _EVERYWHERE:
        return ""
    ours = {each.key for each in phone.mirror.own_sites()}
    return chosen if chosen in ours else phone.desk.context().home


def choose(phone: Phone, chosen: str) -> None:
    """Let the bench be that of a site from now on, `""`: of all of them."""
    with phone.store.writing() as db:
        put(db, _SITE, chosen or _EVERYWHERE)


def place_of(phone: Phone, code: str) -> str:
    """Give where an act at this bench happens: at its site; at the bench of all sites, where the thing stands."""
    stands = phone.mirror.look(subject_of(code, "", "")).item.site if not site(phone) else ""
    ours = {each.key for each in phone.mirror.own_sites()}
    return site(phone) or (stands if stands in ours else phone.desk.context().home)
