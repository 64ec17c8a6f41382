"""The pages of labels: minting a batch, the sheets of commands, places and badges, printing any of them."""

import os
from dataclasses import dataclass
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.codes import Kind, mint
from boucle.reprinting import Why
from boucle.words import say
from boucle.words.numerals import times
from boucle_labels import errors as label_errors
from boucle_labels.batch import MAX_TEXT_CHARACTERS, Line
from boucle_labels.drawing import Shape
from boucle_labels.sheet import SheetFormat
from boucle_labels.thermal import DOTS_PER_INCH
from boucle_server import people_changes
from boucle_server.errors import NotFoundError
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.tables import PERSON
from boucle_server.web import label_sheets, once
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.item_words import moment
from boucle_server.web.label_sheets import FORMS, KINDS, MOST, Base, Wish
from boucle_server.web.places import BADGES, LABELS, PLACE_LABELS
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import MOST_ROWS, Table, format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

PAGE: Final = 20
BATCH: Final = f"{LABELS.path}/lots"
COMMANDS: Final = f"{LABELS.path}/commandes"
_LONG_NUMBER: Final = 6
_ASKED: Final = ("format", "start", "spoiled", "copies", "bars", "printer")
Reading = Annotated[Visit, Depends(visits(LABELS))]
Placing = Annotated[Visit, Depends(visits(PLACE_LABELS))]
Badging = Annotated[Visit, Depends(visits(BADGES))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Printable:
    """Labels to print: their own page, their name, and how many have no label yet (with the word for giving them).

    `none` is the key of what is said where there is none at all.
    """

    path: str
    title: str
    lines: list[Line]
    means: str = ""
    none: str = "web.labels_empty"
    missing: int = 0
    give: str = ""


@router.get(LABELS.path)
def labels_page(visit: Reading) -> Response:
    """Show what can be printed, and the batches that were minted."""
    if format_of(visit):
        return _batches_file(visit)
    return _labels_page(visit, Fields(pairs=()), {})


@router.post(LABELS.path)
def mint_batch(posted: Annotated[Posted, Depends(posts(LABELS))]) -> Response:
    """Mint a batch of labels; the codes are kept, so that they can be printed again."""
    visit, typed = posted.visit, posted.fields
    kind = next((each for each in KINDS if each.value == typed.value("kind")), None)
    count = typed.value("count")
    wrong: dict[str, str] = {}
    if kind is None:
        wrong["kind"] = say("web.labels_bad_kind", visit.lang)
    if not (count.isascii() and count.isdecimal() and len(count) < _LONG_NUMBER and 1 <= int(count) <= MOST):
        wrong["count"] = say("web.labels_bad_count", visit.lang, most=MOST)
    for field in ("name", "owner"):
        text = typed.value(field)
        if len(text) > MAX_TEXT_CHARACTERS or not text.isprintable():
            wrong[field] = say("web.labels_bad_text", visit.lang, most=MAX_TEXT_CHARACTERS)
    if wrong or kind is None:
        return _labels_page(visit, typed, wrong, status=422)
    draft = label_sheets.minted(kind, int(count), name=typed.value("name"), owner=typed.value("owner"))
    made = once.id_of(posted)
    (id_,) = visit.server.door.write(
        visit.who.org, lambda connection: once.record(connection, visit, [draft], once=made)
    )
    return redirect(f"{BATCH}/{id_}", done="web.labels_minted_done")


@router.get(BATCH + "/{id}")
def batch_page(visit: Reading, id: str) -> Response:
    """Show a batch, and how it can be printed."""
    return _sheet_page(visit, _batch(visit, id))


@router.get(BATCH + "/{id}/planche.pdf")
def batch_pdf(visit: Reading, id: str) -> Response:
    """Give a batch as a PDF."""
    return _pdf(visit, _batch(visit, id))


@router.get(BATCH + "/{id}/planche.zpl")
def batch_zpl(visit: Reading, id: str) -> Response:
    """Give a batch for a thermal printer."""
    return _zpl(visit, _batch(visit, id))


@router.get(BATCH + "/{id}/planche.png")
def batch_png(visit: Reading, id: str) -> Response:
    """Give a sheet of a batch as a picture."""
    return _png(visit, _batch(visit, id))


@router.get(COMMANDS)
def commands_page(visit: Reading) -> Response:
    """Show the labels of commands."""
    return _sheet_page(visit, _commands(visit))


@router.get(COMMANDS + "/planche.pdf")
def commands_pdf(visit: Reading) -> Response:
    """Give the labels of commands as a PDF."""
    return _pdf(visit, _commands(visit))


@router.get(COMMANDS + "/planche.zpl")
def commands_zpl(visit: Reading) -> Response:
    """Give the labels of commands for a thermal printer."""
    return _zpl(visit, _commands(visit))


@router.get(COMMANDS + "/planche.png")
def commands_png(visit: Reading) -> Response:
    """Give the labels of commands as a picture."""
    return _png(visit, _commands(visit))


@router.get(PLACE_LABELS.path)
def places_page(visit: Placing) -> Response:
    """Show the labels of the sites."""
    return _sheet_page(visit, _places(visit))


@router.post(PLACE_LABELS.path)
def give_places(posted: Annotated[Posted, Depends(posts(PLACE_LABELS))]) -> Response:
    """Give a label to every site that has none: a version of each site from now on."""
    visit = posted.visit

    def write(connection: Connection) -> None:
        # Which sites have none is read where nobody else writes: of two presses at once the second finds none.
        _, without = label_sheets.places(connection, visit.who.org, visit.now_ms)
        book = load_book(connection, visit.who.org)
        drafts = []
        for key in without:
            row = {**(book.row("site", key, visit.now_ms) or {}), "code": mint(Kind.PLACE, os.urandom).text}
            body = {"table": "site", "key": key, "valid_from": visit.now_ms, "row": row}
            drafts.append(Draft(kind="reference.set", fields={"body": body}))
        once.record(connection, visit, drafts)

    visit.server.door.write(visit.who.org, write)
    return redirect(PLACE_LABELS.path, done="web.labels_given_done")


@router.get(PLACE_LABELS.path + "/planche.pdf")
def places_pdf(visit: Placing) -> Response:
    """Give the labels of the sites as a PDF."""
    return _pdf(visit, _places(visit))


@router.get(PLACE_LABELS.path + "/planche.zpl")
def places_zpl(visit: Placing) -> Response:
    """Give the labels of the sites for a thermal printer."""
    return _zpl(visit, _places(visit))


@router.get(PLACE_LABELS.path + "/planche.png")
def places_png(visit: Placing) -> Response:
    """Give the labels of the sites as a picture."""
    return _png(visit, _places(visit))


@router.get(BADGES.path)
def badges_page(visit: Badging) -> Response:
    """Show the badges of the people who scan."""
    return _sheet_page(visit, _badges(visit))


@router.post(BADGES.path)
def give_badges(posted: Annotated[Posted, Depends(posts(BADGES))]) -> Response:
    """Give a badge that can be printed to everybody who scans and has none."""
    visit = posted.visit

    def write(connection: Connection) -> None:
        _, without = label_sheets.badges(connection, visit.who.org)
        for person in without:
            badge = mint(Kind.BADGE, os.urandom).text
            people_changes.change(connection, visit.who.org, person, {"badge": badge}, now_ms=visit.now_ms)

    visit.server.door.write(visit.who.org, write)
    return redirect(BADGES.path, done="web.labels_given_done")


@router.get(BADGES.path + "/planche.pdf")
def badges_pdf(visit: Badging) -> Response:
    """Give the badges as a PDF."""
    return _pdf(visit, _badges(visit))


@router.get(BADGES.path + "/planche.zpl")
def badges_zpl(visit: Badging) -> Response:
    """Give the badges for a thermal printer."""
    return _zpl(visit, _badges(visit))


@router.get(BADGES.path + "/planche.png")
def badges_png(visit: Badging) -> Response:
    """Give the badges as a picture."""
    return _png(visit, _badges(visit))


@router.get(LABELS.path + "/essai.pdf")
def trial(visit: Reading) -> Response:
    """Give the page that shows whether a printer is true."""
    wanted = _wish(visit)
    return _file(label_sheets.trial_page(wanted.form, visit.lang), "application/pdf", "boucle-essai.pdf")


def _labels_page(visit: Visit, typed: Fields, wrong: dict[str, str], *, status: int = 200) -> Response:
    page = visit.value("page")
    number = int(page) if page.isdecimal() and 0 < len(page) < _LONG_NUMBER and int(page) else 1
    with visit.server.database.reading() as connection:
        found = label_sheets.batches(connection, visit.who.org, first=(number - 1) * PAGE, limit=PAGE + 1)
        names = _names(connection, visit.who.org)
    held = visit.who.capabilities
    return render(
        visit,
        "labels.html",
        status=status,
        place=LABELS,
        typed=typed,
        wrong=wrong,
        kinds=[(each.value, say(f"web.labels_kind_{each.value}", visit.lang)) for each in KINDS],
        most=MOST,
        batches=[
            (each, moment(each.at_ms, visit.who.zone, visit.lang), names.get(each.actor, each.actor))
            for each in found[:PAGE]
        ],
        sheets=[place for place in (PLACE_LABELS, BADGES) if place.allows(held)],
        base=label_sheets.base_of(visit.server.settings),
        first=visit.here(page="") if number > 1 else "",
        next=visit.here(page=str(number + 1)) if len(found) > PAGE else "",
    )


def _names(connection: Connection, org: str) -> dict[str, str]:
    known = sa.select(PERSON.c.person, PERSON.c.name).where(PERSON.c.org == org)
    return {row.person: row.name for row in connection.execute(known)}


def _batches_file(visit: Visit) -> Response:
    """Give every batch as a table."""
    with visit.server.database.reading() as connection:
        found = label_sheets.batches(connection, visit.who.org, first=0, limit=MOST_ROWS)
        names = _names(connection, visit.who.org)
    rows = [
        (
            each.id,
            each.name,
            each.owner,
            say(f"web.labels_kind_{each.kind}", visit.lang),
            each.count,
            moment(each.at_ms, visit.who.zone, visit.lang),
            names.get(each.actor, each.actor),
        )
        for each in found
    ]
    keys = ("labels_batch", "labels_owner", "labels_kind", "labels_count", "when", "fact_person")
    heads = ["id", *(say(f"web.{key}", visit.lang) for key in keys)]
    table = Table(key="batches", title=say("web.labels_batches", visit.lang), heads=heads, rows=rows)
    return table_file(visit, "etiquettes", [table])


def _batch(visit: Visit, id_: str) -> Printable:
    with visit.server.database.reading() as connection:
        found = label_sheets.find(connection, visit.who.org, id_)
    if found is None:
        raise NotFoundError("web.labels_no_batch")
    kind = say(f"web.labels_kind_{found.kind}", visit.lang)
    return Printable(
        path=f"{BATCH}/{id_}",
        title=times(found.count, found.name or kind, visit.lang),
        lines=list(found.lines),
        means=_means(found, visit),
    )


def _means(found: label_sheets.Batch, visit: Visit) -> str:
    day = moment(found.at_ms, visit.who.zone, visit.lang)
    if not found.is_reprint:
        return say("web.labels_batch_means", visit.lang, day=day)
    why = f" {say(f'reprint.why.{found.why}', visit.lang)}." if found.why in set(Why) else ""
    return say("web.reprint_means", visit.lang, day=day) + why


def _commands(visit: Visit) -> Printable:
    lines = label_sheets.commands(visit.lang)
    means = say("web.labels_commands_means", visit.lang)
    return Printable(path=COMMANDS, title=say("web.labels_commands", visit.lang), lines=lines, means=means)


def _places(visit: Visit) -> Printable:
    with visit.server.database.reading() as connection:
        lines, without = label_sheets.places(connection, visit.who.org, visit.now_ms)
    return Printable(
        path=PLACE_LABELS.path,
        title=say(PLACE_LABELS.words, visit.lang),
        lines=lines,
        means=say("web.labels_places_means", visit.lang),
        none="web.labels_no_place",
        missing=len(without),
        give=say("web.labels_give_places", visit.lang, n=len(without)),
    )


def _badges(visit: Visit) -> Printable:
    with visit.server.database.reading() as connection:
        lines, without = label_sheets.badges(connection, visit.who.org)
    return Printable(
        path=BADGES.path,
        title=say(BADGES.words, visit.lang),
        lines=lines,
        means=say("web.labels_badges_means", visit.lang),
        none="web.labels_no_badge",
        missing=len(without),
        give=say("web.labels_give_badges", visit.lang, n=len(without)),
    )


def _sheet_page(
    visit: Visit, printable: Printable, *, wrong: dict[str, str] | None = None, doubt: str = "", status: int = 200
) -> Response:
    wanted = _wish(visit)
    return render(
        visit,
        "label_sheet.html",
        status=status,
        place=LABELS,
        printable=printable,
        wanted=wanted,
        asked={name: visit.value(name) for name in _ASKED},
        wrong=wrong if wrong is not None else wanted.wrong,
        formats=[(form.name, _form_name(form, visit.lang)) for form in FORMS.values()],
        printers=[(name, name.replace("dpi", " dpi")) for name in DOTS_PER_INCH],
        base=label_sheets.base_of(visit.server.settings),
        must_confirm=doubt,
        query=[(name, value) for name, value in visit.query if name in _ASKED],
    )


def _form_name(form: SheetFormat, lang: str) -> str:
    if form.is_roll:
        return say("web.labels_roll", lang, width=f"{form.label_width_mm:g}", height=f"{form.label_height_mm:g}")
    return say("web.labels_format", lang, name=_maker(form.name), n=form.cells)


def _maker(name: str) -> str:
    maker, _, model = name.partition("-")
    return f"{maker.capitalize()} {model.upper()}"


def _wish(visit: Visit) -> Wish:
    return label_sheets.wish(Fields(pairs=visit.query), visit.lang)


def _drawn(visit: Visit, printable: Printable) -> list[tuple[Shape, ...]] | Response:
    """Lay a sheet out, or give the page that says why not."""
    wanted, base = _wish(visit), label_sheets.base_of(visit.server.settings)
    if wanted.wrong or not printable.lines:
        return _sheet_page(visit, printable, status=422)
    try:
        return label_sheets.pages(printable.lines, base, wanted, visit.lang)
    except (label_errors.RefusedError, ValueError) as refused:
        return _sheet_page(visit, printable, wrong={"format": _refusal(refused, base, visit.lang)}, status=422)


def _refusal(refused: Exception, base: Base, lang: str) -> str:
    if isinstance(refused, label_errors.RefusedError):
        return refused.said(lang)
    return say("web.labels_bad_base", lang, base=base.url)


def _pdf(visit: Visit, printable: Printable) -> Response:
    """Give the PDF; under an address that may not last only to somebody who has read what that means."""
    wanted = _wish(visit)
    if label_sheets.base_of(visit.server.settings).doubt and not wanted.confirmed and not wanted.wrong:
        return _sheet_page(visit, printable, doubt="pdf", status=409)
    drawn = _drawn(visit, printable)
    if isinstance(drawn, Response):
        return drawn
    return _file(label_sheets.as_pdf(drawn, wanted.form), "application/pdf", "boucle-etiquettes.pdf")


def _zpl(visit: Visit, printable: Printable) -> Response:
    """Give the labels of a roll as ZPL; under an address that may not last as `_pdf`."""
    wanted = _wish(visit)
    if not wanted.wrong and not wanted.form.is_roll:
        return _sheet_page(visit, printable, wrong={"format": say("web.labels_zpl_roll", visit.lang)}, status=422)
    if label_sheets.base_of(visit.server.settings).doubt and not wanted.confirmed and not wanted.wrong:
        return _sheet_page(visit, printable, doubt="zpl", status=409)
    drawn = _drawn(visit, printable)
    if isinstance(drawn, Response):
        return drawn
    content = label_sheets.as_zpl(drawn, wanted.form, visit.value("printer"))
    return _file(content, "text/plain", "boucle-etiquettes.zpl")


def _png(visit: Visit, printable: Printable) -> Response:
    """Give one sheet as a picture; a small one, which nobody prints, without a question."""
    wanted, small = _wish(visit), bool(visit.value("apercu"))
    if label_sheets.base_of(visit.server.settings).doubt and not (wanted.confirmed or small or wanted.wrong):
        return _sheet_page(visit, printable, doubt="png", status=409)
    drawn = _drawn(visit, printable)
    if isinstance(drawn, Response):
        return drawn
    page = visit.value("sheet") or "1"
    number = int(page) if page.isdecimal() and 0 < len(page) < _LONG_NUMBER else 0
    if not 1 <= number <= len(drawn):
        raise NotFoundError("web.no_page")
    dpi = label_sheets.PREVIEW_DPI if small else label_sheets.PRINT_DPI
    return _file(label_sheets.as_png(drawn[number - 1], wanted.form, dpi), "image/png", f"boucle-{number}.png")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
