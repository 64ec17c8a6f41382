"""The document of a form, and how a page leads to the one of an event."""

from collections.abc import Collection
from typing import Final, NamedTuple

from boucle.events import Event
from boucle.words import say
from boucle_server import documents
from boucle_server.documents import LARGEST
from boucle_server.web import numbers
from boucle_server.web.inputs import Input
from boucle_server.web.places import DOCUMENTS
from boucle_server.web.typed import Answers

FIELD: Final = documents.FIELD
_MEGABYTE: Final = 1024 * 1024


class PageDocument(NamedTuple):
    """A document on a page: `href` is empty for one that is not here, and `said` tells so."""

    href: str
    said: str


def document_input(lang: str) -> Input:
    """Give the field that takes a document."""
    help_words = say("web.document_help", lang, most=LARGEST // _MEGABYTE)
    again = say("web.document_again", lang)
    return Input(name=FIELD, label=say("web.document", lang), kind="document", help=help_words, again=again)


def read_document(answers: Answers) -> bytes:
    """Read the document of a form, empty where there is none; what is none is said beside its field."""
    content = answers.fields.file(FIELD)
    flaw = documents.flaw_of(content) if content else None
    if flaw is not None:
        answers.fault(FIELD, f"document.flaw.{flaw}", most=LARGEST // _MEGABYTE)
    return content


def page_document(event: Event, kept: Collection[str], lang: str) -> PageDocument | None:
    """Give the document of an event as a page leads to it, None where it has none."""
    found = documents.announced(event)
    if found is None:
        return None
    if found.sha256 not in kept:
        return PageDocument("", say("web.document_missing", lang))
    size = numbers.number(max(1, round(found.size / 1024)), 0, lang)
    return PageDocument(f"{DOCUMENTS.path}/{found.sha256}", say("web.document_open", lang, size=size))
