"""What who stands at this phone lacks for an act on a thing, and who of those who work here may do it instead."""

from boucle import lacking
from boucle.item import Item, Job
from boucle.qualifications import Lack, lacks, who_may
from boucle.roles import may_record
from boucle_field import people
from boucle_field.phone import Phone


def lacks_of(phone: Phone, item: Item, kind: str) -> list[Lack]:
    """Give what who is here lacks now for an act on a thing; nobody in particular holds nothing."""
    who = people.present(phone.store)
    person = who.person if who else ""
    now = phone.desk.now_ms()
    return lacks(phone.mirror.book(), kind, item.type, person, at_ms=now, zone=_zone(phone))


def sentences(phone: Phone, item: Item, kind: str, lang: str) -> list[str]:
    """Say what who is here lacks for an act on a thing, and who may do it; nothing when they lack nothing."""
    found = lacks_of(phone, item, kind)
    if not found:
        return []
    hands = {item.repaired_by, *(item.job.hands if isinstance(item.job, Job) and not item.job.back_ms else ())}
    may = who_may(phone.mirror.book(), kind, item.type, at_ms=phone.desk.now_ms(), zone=_zone(phone))
    names = [
        each.name
        for each in people.operators(phone.store)
        if each.person in may and each.person not in hands and may_record(each.capabilities, kind)
    ]
    is_known = people.present(phone.store) is not None
    return lacking.said(found, names, lang, day=lambda day: "/".join(reversed(day.split("-"))), known=is_known)


def _zone(phone: Phone) -> str:
    """Give the zone of the place where this phone records, as the fold will read it."""
    return phone.mirror.book().site(phone.desk.context().home, phone.desk.now_ms()).zone
