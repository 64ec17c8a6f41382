"""The page of administration: what can be set up here, and what each role may do."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from boucle.checklists import TABLE as CHECKLIST
from boucle.qualifications import HOLDERS
from boucle.roles import CAPABILITIES, Capability, Role
from boucle.words import say
from boucle_server.imports.planned import TABLES
from boucle_server.projections import load_book
from boucle_server.web import people_list, register
from boucle_server.web.places import ADMIN, CHECKLISTS, IMPORT, PEOPLE, QUALIFIED, REGISTER, TOKENS
from boucle_server.web.rendering import render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import Table, format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(ADMIN))]


@router.get(ADMIN.path)
def admin_page(visit: Reading) -> Response:
    """Lead to what this person may change, with how many rows there are."""
    held = visit.who.capabilities
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
        people = len(people_list.everybody(connection, visit.who.org)) if PEOPLE.allows(held) else 0
    ways: list[tuple[str, str, str, int | None]] = []
    if PEOPLE.allows(held):
        ways.append((PEOPLE.path, say(PEOPLE.words, visit.lang), say("web.admin_people", visit.lang), people))
    if REGISTER.allows(held):
        for kind in register.KINDS:
            words = register.title(kind, visit.lang), register.meaning(kind, visit.lang)
            ways.append((f"{REGISTER.path}/{kind}", *words, len(book.keys(TABLES[kind]))))
    if CHECKLISTS.allows(held):
        words = say(CHECKLISTS.words, visit.lang), say("web.admin_checklists", visit.lang)
        ways.append((CHECKLISTS.path, *words, len(book.keys(CHECKLIST))))
    if QUALIFIED.allows(held):
        words = say(QUALIFIED.words, visit.lang), say("web.admin_qualified", visit.lang)
        ways.append((QUALIFIED.path, *words, len(book.keys(HOLDERS))))
    if IMPORT.allows(held):
        ways.append((IMPORT.path, say(IMPORT.words, visit.lang), say("web.admin_import", visit.lang), None))
    if TOKENS.allows(held):
        ways.append((TOKENS.path, say(TOKENS.words, visit.lang), say("web.admin_tokens", visit.lang), None))
    return render(visit, "admin.html", place=ADMIN, ways=ways)


@router.get(ADMIN.path + "/roles")
def roles_page(visit: Reading) -> Response:
    """Say what each role may do, from the very table that decides it."""
    rows = [
        (say(f"role.{role.value}", visit.lang), [each in CAPABILITIES[role] for each in Capability]) for role in Role
    ]
    heads = [say(f"web.can_{each.value}", visit.lang) for each in Capability]
    if format_of(visit):
        said = [(name, *(say("web.yes" if each else "web.no", visit.lang) for each in may)) for name, may in rows]
        title = say("web.roles_title", visit.lang)
        whole = Table(key="roles", title=title, heads=[say("web.role", visit.lang), *heads], rows=said)
        return table_file(visit, "roles", [whole])
    return render(visit, "roles.html", place=ADMIN, rows=rows, heads=heads)
