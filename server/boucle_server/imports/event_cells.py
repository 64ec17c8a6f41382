"""Cells of a table of events: what happened, and what sorting found, in the words that people have for them."""

import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from boucle.lifecycle import Verdict
from boucle.words import LANGUAGES, say
from boucle_server.imports.cells import CellError

ACTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "item.commissioned": ("mise en service", "mettre en service", "commission"),
        "item.shipped": ("expédié", "expédition", "expédier", "ship"),
        "item.delivered": ("livré", "livraison", "livrer", "déposé", "déposer", "deliver"),
        "item.collected": ("repris", "reprendre", "reprise", "collecté", "collecte", "collecter", "collect"),
        "item.received": ("reçu", "réception", "réceptionné", "réceptionner", "receive"),
        "item.sorted": ("trié", "tri", "trier", "sort"),
        "item.cleaned": ("lavé", "lavage", "laver", "clean"),
        "item.moved": ("déplacé", "déplacement", "déplacer", "move"),
        "item.counted": ("compté", "inventaire", "comptage", "compter", "count"),
        "item.retired": ("réformé", "réforme", "réformer", "retire"),
        "item.treated": ("traité", "traitement", "traiter", "treat"),
    }
)
"""What can be said of an action, the usual word first, beside the name of its kind and the words of the app."""


def plain(words: str) -> str:
    """Give words without case, accents, hyphens or doubled blanks, as they are compared."""
    apart = unicodedata.normalize("NFKD", words.casefold())
    return " ".join("".join(char for char in apart if not unicodedata.combining(char)).replace("-", " ").split())


def _words_of(kind: str) -> Iterator[str]:
    yield from (kind, *ACTS[kind])
    yield from (say(f"kind.{kind}", lang) for lang in LANGUAGES)


def act(cell: str) -> str:
    """Read what happened: the kind of event, its English imperative or a French word for it."""
    said = plain(cell)
    for kind in ACTS:
        if said in map(plain, _words_of(kind)):
            return kind
    raise CellError("import.bad_act", acts=", ".join(words[0] for words in ACTS.values()))


def verdict(cell: str) -> str:
    """Read a sorting verdict by its key or its French or English word."""
    said = plain(cell)
    for known in Verdict:
        if said in {known.value, *(plain(say(f"verdict.{known.value}", lang)) for lang in LANGUAGES)}:
            return known.value
    raise CellError("import.bad_verdict", verdicts=", ".join(verdicts(LANGUAGES[0])))


def verdicts(lang: str) -> list[str]:
    """Give the words for every verdict in one language."""
    return [say(f"verdict.{known.value}", lang) for known in Verdict]
