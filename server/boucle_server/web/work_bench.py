"""The thing that a step of a repair is about, and the answers that its form offers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from boucle import donor_parts
from boucle.checklists import Checklist, Moment, checklist_for, find_checklist
from boucle.consent import How
from boucle.item import Item, Job
from boucle.lifecycle import WorkStage
from boucle.reference import Book
from boucle.repair import Priority
from boucle.treatment import CODE_MAPS
from boucle.words import say
from boucle.workshop_codes import Barrier, Fault
from boucle_server import reports
from boucle_server.server_device import Draft
from boucle_server.web.asking import Option
from boucle_server.web.inputs import Input, choice
from boucle_server.web.visit import Visit

ROWS: Final = 4
"""Rows for measures that no checklist asks for, and for parts of a donor of which none is expected."""
MORE_ROWS: Final = 2
"""Rows for parts of a donor beside those that are expected."""
MOST_EXPECTED: Final = 20
"""Rows for parts that are expected of a donor: a form of more is no form."""
CHECKS: Final = ("tested", "complete", "labelled")
"""What is checked before a release where no checklist says anything."""
CHECKLIST: Final = "checklist"
"""The field that says which version was shown."""


class Expected(NamedTuple):
    """One part that a donor is expected to hold: its type, which one of how many of that type."""

    type: str
    at: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a step is about: which, who asks, the item under one of its codes, its place, what opened its repair."""

    visit: Visit
    book: Book
    item: Item
    code: str
    place: str
    step: str = ""
    opening: str = ""
    reason: str = ""
    answers: str = ""
    """The version of a checklist that was answered, where a form is shown again."""
    faults_seen: tuple[str, ...] = ()
    """The faults that things of its type had, most frequent first; of a diagnosis alone."""

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.visit.lang

    @property
    def job(self) -> Job:
        """The repair."""
        return self.item.job if isinstance(self.item.job, Job) else Job()

    @property
    def is_requalified(self) -> bool:
        """Whether its quality was answered for under a certificate."""
        return self.item.work_stage == WorkStage.REQUALIFIED

    def checklist(self, moment: Moment, ref: str = "") -> Checklist | None:
        """Give the checklist that was shown, else the one that holds now."""
        shown = find_checklist(self.book, ref or self.answers) if ref or self.answers else None
        return shown or checklist_for(self.book, self.item.type, moment, at_ms=self.visit.now_ms)

    def draft(self, kind: str, body: Mapping[str, Any], **more: Any) -> Draft:
        """Make an act about the item."""
        fields = {"code": self.code, "place": self.place, "task": self.job.task, "body": dict(body), **more}
        return Draft(kind=kind, fields={name: value for name, value in fields.items() if value or name == "body"})

    def partners(self) -> list[Option]:
        """Give the partners to whom a thing may belong, by their names."""
        return partners(self.visit, self.book)

    def types(self) -> list[Option]:
        """Give the types of which parts may be, parts before all others."""
        found = []
        for key in self.book.keys("item_type"):
            is_part = self.book.item_type(key, self.visit.now_ms).nature == "part"
            name = reports.name_of(self.book, "item_type", key, self.visit.now_ms)
            found.append((not is_part, name.casefold(), key, name))
        return [(key, name) for _, _, key, name in sorted(found)]

    def expected_parts(self) -> list[Expected]:
        """Give the parts that are expected in the item as a donor, each by itself, those of one type in a row."""
        found = donor_parts.expected_of(self.book, self.item.type, at_ms=self.visit.now_ms)
        return [Expected(kind, at, n) for kind, n in found.items() for at in range(1, n + 1)][:MOST_EXPECTED]


def partners(visit: Visit, book: Book) -> list[Option]:
    """Give the partners, by their names."""
    named = [(key, reports.name_of(book, "partner", key, visit.now_ms)) for key in book.keys("partner")]
    return sorted(named, key=lambda pair: pair[1].casefold())


def ways(lang: str) -> list[Option]:
    """Give the ways by which an owner may have answered, other than the link."""
    return [(each.value, say(f"consent.how.{each}", lang)) for each in How if each is not How.LINK]


def owner_field(partners: list[Option], lang: str, owner: str = "") -> Input:
    """Give the field that asks to whom a thing belongs."""
    options = [("", say("web.work_owner_ours", lang)), *partners]
    return choice(
        "owner", say("web.work_owner", lang), options, value=owner, help=say("web.work_owner_help", lang), bare=True
    )


def faults(lang: str, first: Sequence[str] = ()) -> list[Option]:
    """Give the codes of what is wrong with a thing, some of them `first`."""
    return [(each, say(f"fault.{each}", lang)) for each in dict.fromkeys((*first, *(str(each) for each in Fault)))]


def barriers(lang: str) -> list[Option]:
    """Give the codes of why a thing is not repaired."""
    return [(each.value, say(f"barrier.{each}", lang)) for each in Barrier]


def priorities(lang: str) -> list[Option]:
    """Give how soon a repair may be wanted."""
    return [(each.value, say(f"web.priority_{each}", lang)) for each in Priority]


def origins(lang: str) -> list[Option]:
    """Give where a part comes from."""
    return [(each, say(f"web.work_origin_{each}", lang)) for each in ("reclaimed", "new")]


def treatments() -> list[Option]:
    """Give the codes under which what is scrapped is treated."""
    return [(code, code) for code in CODE_MAPS[-1].modes]
