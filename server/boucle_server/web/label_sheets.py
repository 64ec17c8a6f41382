"""Sheets of labels: which labels there are to print, under which address, in which cells."""

import ipaddress
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import reprinting
from boucle.codes import Code, Kind, Label, read_label
from boucle.commands import Command, command_code
from boucle.words import say
from boucle_labels import batch, pdf, png, sheet, thermal
from boucle_labels.batch import MAX_TEXT_CHARACTERS, Line
from boucle_labels.drawing import Shape
from boucle_labels.label import Face
from boucle_labels.roll import ROLLS
from boucle_labels.sheet import FORMATS, Setting, SheetFormat
from boucle_server import reports
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.settings import Settings
from boucle_server.tables import PERSON, RECORD
from boucle_server.web.forms import Fields

MOST: Final = reprinting.MOST
FORMS: Final = {**FORMATS, **ROLLS}
"""Sheets first, then rolls, each by its name."""
MOST_COPIES: Final = 50
MINTED: Final = "label.minted"
KINDS: Final = (Kind.CONTAINER, Kind.PLACE, Kind.BADGE)
"""Kinds of which blank labels are minted; the labels of commands are the same everywhere."""
PREVIEW_DPI: Final = 60
PRINT_DPI: Final = png.SHEET_DPI


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Labels that were minted together. `lines` are empty where another program kept the codes to itself."""

    id: str
    kind: Kind
    name: str
    owner: str
    count: int
    at_ms: int
    actor: str
    lines: tuple[Line, ...]
    is_reprint: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a sheet is to be printed, as the address says it; `wrong` names the fields that say nothing usable."""

    form: SheetFormat
    start: int
    spoiled: frozenset[int]
    copies: int
    bars: bool
    confirmed: bool
    wrong: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The address that labels carry, and why it should not be printed, if so: a key of words."""

    url: str
    doubt: str = ""


def base_of(settings: Settings) -> Base:
    """Give the address that was set for labels; never the one that a browser happens to use."""
    url = (settings.label_base or settings.base_url or settings.address).rstrip("/")
    host = urlsplit(url).hostname or ""
    if is_local(host):
        return Base(url=url, doubt="web.labels_local")
    return Base(url=url, doubt="" if settings.label_base else "web.labels_unset")


def is_local(host: str) -> bool:
    """Tell whether an address can be reached from one network only."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".lan", ".home", ".internal"))


def minted(kind: Kind, count: int, *, name: str, owner: str) -> Draft:
    """Draw fresh codes, and give the event that keeps them."""
    codes = batch.fresh(kind, count, randomness=os.urandom)
    body = {"count": count, "letter": kind.value, "name": name, "owner": owner, "codes": [code.chars for code in codes]}
    return Draft(kind=MINTED, fields={"body": body})


def batches(connection: Connection, org: str, *, first: int, limit: int) -> list[Batch]:
    """Give the batches, the newest first."""
    query = _batches(org).order_by(RECORD.c.teff.desc(), RECORD.c.rid.desc()).offset(first).limit(limit)
    return [_batch(row) for row in connection.execute(query)]


def find(connection: Connection, org: str, id: str) -> Batch | None:
    """Give one batch."""
    row = connection.execute(_batches(org).where(RECORD.c.id == id)).one_or_none()
    return None if row is None else _batch(row)


def commands(lang: str) -> list[Line]:
    """Give the labels that make a phone do something."""
    return [Line(code=command_code(each), name=say(f"command.{each}", lang)) for each in Command]


def places(connection: Connection, org: str, now_ms: int) -> tuple[list[Line], list[str]]:
    """Give the labels of the sites, and the keys of the sites that have none."""
    book = load_book(connection, org)
    found, without = [], []
    for key in book.keys("site"):
        name = reports.name_of(book, "site", key, now_ms)
        code = _ours(book.site(key, now_ms).code, Kind.PLACE)
        if code is None:
            without.append(key)
        else:
            found.append(Line(code=code, name=name[:MAX_TEXT_CHARACTERS]))
    return sorted(found, key=lambda line: line.name.casefold()), without


def badges(connection: Connection, org: str) -> tuple[list[Line], list[str]]:
    """Give the badges of the people who scan, and the pseudonyms of those whose badge is no label of ours."""
    columns = (PERSON.c.person, PERSON.c.name, PERSON.c.badge, PERSON.c.role)
    query = sa.select(*columns).where(PERSON.c.org == org, PERSON.c.active.is_(True), PERSON.c.pin_hash.is_not(None))
    found, without = [], []
    for row in connection.execute(query):
        code = _ours(row.badge or "", Kind.BADGE)
        if code is None:
            without.append(row.person)
        else:
            found.append(Line(code=code, name=row.name[:MAX_TEXT_CHARACTERS]))
    return sorted(found, key=lambda line: line.name.casefold()), sorted(without)


def wish(typed: Fields, lang: str) -> Wish:
    """Read how a sheet is to be printed; what says nothing usable is named, and the usual taken instead."""
    wrong: dict[str, str] = {}
    form = FORMS.get(typed.value("format") or next(iter(FORMS)))
    if form is None:
        wrong["format"] = say("web.labels_bad_format", lang)
        form = next(iter(FORMS.values()))
    # A roll has one label a page: which cells of a sheet were used before says nothing of it.
    used = Fields(pairs=()) if form.is_roll else typed
    start = _number(used.value("start") or "1", form.cells)
    copies = _number(typed.value("copies") or "1", MOST_COPIES)
    if start is None:
        wrong["start"] = say("web.labels_bad_cell", lang, last=form.cells)
    if copies is None:
        wrong["copies"] = say("web.labels_bad_copies", lang, most=MOST_COPIES)
    cells = [_number(part.strip(), form.cells) for part in used.value("spoiled").replace(";", ",").split(",") if part]
    spoiled = frozenset(cell for cell in cells if cell is not None)
    if len(spoiled) != len(set(cells)):
        wrong["spoiled"] = say("web.labels_bad_cells", lang, last=form.cells)
    elif not set(range(start or 1, form.cells + 1)) - spoiled:
        wrong["spoiled"] = say("web.labels_no_cell", lang)
    return Wish(
        form=form,
        start=start or 1,
        spoiled=spoiled,
        copies=copies or 1,
        bars=bool(typed.value("bars")),
        confirmed=bool(typed.value("confirmed")),
        wrong=wrong,
    )


def pages(lines: Sequence[Line], base: Base, wanted: Wish, lang: str) -> list[tuple[Shape, ...]]:
    """Lay the labels out; RefusedError of the labels when they cannot be."""
    faces = [Face(code=line.code, base=base.url, name=line.name, owner=line.owner) for line in lines]
    several = (face for face in faces for _ in range(wanted.copies))
    setting = Setting(form=wanted.form, start_cell=wanted.start, spoiled=wanted.spoiled, bars=wanted.bars, lang=lang)
    return list(sheet.pages(several, setting))


def as_pdf(drawn: Iterable[tuple[Shape, ...]], form: SheetFormat) -> bytes:
    """Give the sheets as a PDF that is printed without scaling."""
    return pdf.render(drawn, width_mm=form.page_width_mm, height_mm=form.page_height_mm)


def as_png(page: tuple[Shape, ...], form: SheetFormat, dpi: int = PRINT_DPI) -> bytes:
    """Give one sheet as a picture."""
    return png.encoded(png.render(page, width_mm=form.page_width_mm, height_mm=form.page_height_mm, dpi=dpi))


def as_zpl(drawn: Iterable[tuple[Shape, ...]], form: SheetFormat, printer: str) -> bytes:
    """Give the labels of a roll as a thermal printer takes them; an unknown printer is one of 203 dots an inch."""
    dpi = thermal.DOTS_PER_INCH.get(printer, min(thermal.DOTS_PER_INCH.values()))
    return thermal.zpl(drawn, width_mm=form.page_width_mm, height_mm=form.page_height_mm, dpi=dpi)


def trial_page(form: SheetFormat, lang: str) -> bytes:
    """Give the page that is held against a sheet of labels before the first print."""
    return as_pdf([sheet.calibration_page(form, (0.0, 0.0), lang)], form)


def _batches(org: str) -> sa.Select[Any]:
    columns = (RECORD.c.id, RECORD.c.teff, RECORD.c.payload)
    return sa.select(*columns).where(RECORD.c.org == org, RECORD.c.kind == f"{MINTED}/1", RECORD.c.status == "accepted")


def _batch(row: Any) -> Batch:
    said = json.loads(bytes(row.payload))
    body = said.get("body", {})
    kind = next((each for each in Kind if each.value == body.get("letter")), Kind.CONTAINER)
    name, owner = (str(body.get(field, "")) for field in ("name", "owner"))
    codes = (_ours(f"{kind}/{chars}", kind) for chars in body.get("codes", ()))
    lines = tuple(Line(code=code, name=name, owner=owner) for code in codes if code is not None)
    return Batch(
        id=row.id,
        kind=kind,
        name=name or str(body.get("batch", "")),
        owner=owner,
        count=int(body.get("count", len(lines))),
        at_ms=row.teff,
        actor=str(said.get("actor", "")),
        lines=lines,
        is_reprint=body.get("reason") == reprinting.REPRINT,
        why=str(body.get("why", "")),
    )


def _ours(text: str, kind: Kind) -> Code | None:
    label = read_label(text) if text else None
    code = label.code if isinstance(label, Label) else None
    return code if code is not None and code.kind is kind else None


def _number(text: str, most: int) -> int | None:
    """Read a whole number from 1 to `most`."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= most else None  # noqa: PLR2004
