"""The page that prints labels again: a basket that is fed by scanning, typing or pasting, then becomes one batch.

The basket stands in the form itself: a page that is left is a basket that is left, and two windows have two of them.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.codes import Label, read_label
from boucle.reprinting import MOST, Why, batch_of, printable
from boucle.words import say
from boucle_labels.batch import MAX_TEXT_CHARACTERS
from boucle_server import reports
from boucle_server.projections import SqlStore
from boucle_server.server_device import Draft
from boucle_server.web import once
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.inputs import Input, choice, filled
from boucle_server.web.item_words import href_of, printed
from boucle_server.web.label_sheets import MINTED
from boucle_server.web.places import LABELS
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.station import texts_in
from boucle_server.web.station_desks import desk_of
from boucle_server.web.station_places import home_of
from boucle_server.web.typed import Answers
from boucle_server.web.visit import LONGEST_SHOWN, Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(LABELS))]
Sending = Annotated[Posted, Depends(posts(LABELS))]
PATH: Final = f"{LABELS.path}/reimprimer"
PILE, CODES, DROP, PRINT = "pile", "codes", "retirer", "imprimer"
MOST_TOLD: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """The labels in the basket, in the order in which they came, and what was not taken, each with the reason."""

    subjects: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    again: int = 0


@router.get(PATH)
def basket_page(visit: Reading) -> Response:
    """Show an empty basket, or one with the label that another page leads here with."""
    return _page(
        visit, _taken(Basket(), [visit.value("code")] if visit.value("code") else [], visit.lang), _no_answers(visit)
    )


@router.post(PATH)
def fill(posted: Sending) -> Response:
    """Put labels into the basket, take one out, or have the whole basket printed as one batch."""
    visit, fields = posted.visit, posted.fields
    kept = tuple(each for each in fields.value(PILE).split() if printable(each))[:MOST]
    if dropped := fields.value(DROP):
        kept = tuple(each for each in kept if each != dropped)
    basket = _taken(Basket(subjects=kept), texts_in(fields.value(CODES)), visit.lang)
    typed = Answers(fields, visit.lang)
    if not fields.value(PRINT):
        return _page(visit, basket, typed)
    name = typed.text("name")[:MAX_TEXT_CHARACTERS]
    why = typed.chosen("why", [(str(each), "") for each in Why], required=True)
    if not basket.subjects:
        typed.fault("", "web.reprint_empty_why")
    if typed.wrong or basket.refused:
        return _page(visit, basket, typed, status=422)
    id_ = _record(visit, basket, name, why, made=once.id_of(posted))
    return redirect(f"{LABELS.path}/lots/{id_}", done="web.reprint_done")


def _no_answers(visit: Visit) -> Answers:
    return Answers(Fields(pairs=()), visit.lang)


def _taken(basket: Basket, texts: list[str], lang: str) -> Basket:
    """Put what can be printed again into the basket; say why of the rest."""
    subjects, refused, again = list(basket.subjects), [], 0
    for text in texts:
        label = read_label(text)
        shown = text[:LONGEST_SHOWN]
        if not isinstance(label, Label):
            known = label.reason.value if label.reason.value in ("misread", "type_only") else "foreign"
            refused.append((shown, say(f"web.code_{known}", lang, asked=shown)))
        elif not printable(label.key):
            refused.append((shown, say("web.reprint_other_kind", lang)))
        elif label.key in subjects:
            again += 1
        elif len(subjects) >= MOST:
            refused.append((shown, say("web.reprint_full", lang, most=MOST)))
        else:
            subjects.append(label.key)
    return Basket(subjects=tuple(subjects), refused=tuple(refused), again=again)


def _record(visit: Visit, basket: Basket, name: str, why: str, *, made: str) -> str:
    def write(connection: Connection) -> str:
        home = home_of(desk_of(connection, visit))
        fields = {"place": home} if home else {}
        draft = Draft(kind=MINTED, fields={**fields, "body": batch_of(basket.subjects, name=name, why=why)})
        (id_,) = once.record(connection, visit, [draft], once=made)
        return id_

    return visit.server.door.write(visit.who.org, write)


def _page(visit: Visit, basket: Basket, typed: Answers, *, status: int = 200) -> Response:
    lang = visit.lang
    fields = [
        choice(
            "why",
            say("web.reprint_why", lang),
            [(str(each), say(f"reprint.why.{each}", lang)) for each in Why],
            required=True,
        ),
        Input(name="name", label=say("web.reprint_name", lang), help=say("web.reprint_name_help", lang)),
    ]
    with visit.server.database.reading() as connection:
        listed = _listed(connection, visit, basket)
    return render(
        visit,
        "reprint.html",
        status=status,
        place=LABELS,
        action=PATH,
        pile=" ".join(basket.subjects),
        listed=listed,
        refused=basket.refused[:MOST_TOLD],
        more=max(0, len(basket.refused) - MOST_TOLD),
        again=basket.again,
        left=" ".join(text for text, _ in basket.refused) if status != 200 else "",  # noqa: PLR2004
        empty=typed.wrong.get("", ""),
        inputs=filled(fields, typed.fields, typed.wrong),
    )


def _listed(connection: Connection, visit: Visit, basket: Basket) -> list[tuple[str, str, str, str]]:
    """Give each label of the basket, the last first: its key, its code, the page of its item, its type."""
    store = SqlStore(connection, visit.who.org)
    bound = store.bindings(basket.subjects)
    items = store.items({binding.item for binding in bound.values()})
    book = store.book()
    found = []
    for subject in reversed(basket.subjects):
        item = items.get(bound[subject].item) if subject in bound else None
        kind = reports.name_of(book, "item_type", item.type, visit.now_ms) if item and item.type else ""
        found.append(
            (subject, printed(subject), href_of(subject) if item else "", kind or say("web.reprint_blank", visit.lang))
        )
    return found
