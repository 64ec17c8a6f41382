"""The state label of a thing as a file of this device: what stands on it, and where it is kept."""

from pathlib import Path
from typing import Final

from boucle.codes import Code, Kind
from boucle.state_words import state_lines, state_of
from boucle.words import say
from boucle_field.bench import Ticket
from boucle_field.errors import UsageError
from boucle_field.names import name_of_type
from boucle_field.phone import Phone
from boucle_labels.state_label import StateLabel, pdf_of

FOLDER: Final = "labels"


def label_of(phone: Phone, ticket: Ticket, *, until: str, printed: str, lang: str) -> StateLabel:
    """Say how a thing stands now; `until` and `printed` are a day and an instant as they are read."""
    item = ticket.item
    name = name_of_type(phone.mirror.book(), item.type, phone.desk.now_ms()) if item.type else ""
    code = _code(ticket.code)
    return StateLabel(
        organisation=phone.identity.org_name or phone.identity.org,
        name=name or say("screen.unknown_type", lang),
        code=code.grouped if code else ticket.code,
        symbol=code.url(phone.identity.server) if code and phone.identity.server else ticket.code,
        state=state_of(item, lang).upper(),
        lines=tuple(state_lines(item, until=until, lang=lang)),
        foot=say("web.state_printed", lang, when=printed),
    )


def write(phone: Phone, label: StateLabel, *, font: Path, lang: str) -> Path:
    """Write a label beside the store, in place of an earlier one of the same thing; UsageError says why not."""
    assert phone.store.directory is not None
    title = f"{say('web.state_label', lang)} {label.code}"
    content = pdf_of(label, font, title=title, at_ms=phone.desk.now_ms())
    file = phone.store.directory / FOLDER / f"{say('web.state_file', lang)}-{_safe(label.code)}.pdf"
    try:
        file.parent.mkdir(exist_ok=True, mode=0o700)
        file.write_bytes(content)
    except OSError as error:
        raise UsageError("phone.file_unwritten", path=str(file), why=error.strerror or "") from error
    return file


def _code(subject: str) -> Code | None:
    letter, _, chars = subject.partition("/")
    try:
        return Code(kind=Kind(letter), chars=chars)
    except ValueError:
        return None


def _safe(name: str) -> str:
    return "".join(each if each.isalnum() or each == "-" else "_" for each in name)
