"""How a repair ends: not repairable and why, called off, taken apart for its parts, or out of the workshop (R6)."""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle import donor_parts
from boucle.checklists import Asks, Step
from boucle.gauges import write_measure
from boucle.holds import Hold
from boucle.holds import said as held_why
from boucle.meaning import Meaning, Thing
from boucle.workshop_codes import Barrier, barrier_words
from boucle_field import bench, bench_acts
from boucle_field.names import name_of_place, name_of_type
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.bench_screens import type_words
from boucle_field.screens.checklist_form import MeasureScreen
from boucle_field.screens.controls import Box, Text, ground
from boucle_field.screens.pads import tiles
from boucle_field.screens.part_screens import OfTicket, part_types
from boucle_field.screens.top_bar import local_day
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

CANCELLED: Final = ("mistake", "owner", "other")
"""Why a repair is called off; the words are `screen.bench.cancel_why.<value>`."""


class BarrierScreen(OfTicket):
    """Why a thing is not repaired."""

    def build(self) -> None:
        """Lay the screen out."""
        offered = [(str(each), barrier_words(each, self.face.lang)) for each in Barrier]
        self.fill(
            self.title("screen.bench.barrier_why"),
            self.about,
            *tiles(self.look, offered, self._chosen),
            bottom=(self.back(),),
        )

    def _chosen(self, barrier: str) -> None:
        self.face.bench_done(self.code, partial(bench_acts.give_up, self.face.at, self.code, barrier))


class CancelScreen(OfTicket):
    """Why a repair is called off."""

    def build(self) -> None:
        """Lay the screen out."""
        offered = [(each, self.say(f"screen.bench.cancel_why.{each}")) for each in CANCELLED]
        self.fill(
            self.title("screen.bench.cancel_title"),
            self.about,
            self.text("screen.bench.cancel_how"),
            *tiles(self.look, offered, self._chosen),
            bottom=(self.back(),),
        )

    def _chosen(self, reason: str) -> None:
        self.face.bench_done(self.code, partial(bench_acts.cancel, self.face.at, self.code, reason))


class HoldRepairScreen(OfTicket):
    """Why a repair is put on hold."""

    def build(self) -> None:
        """Lay the screen out."""
        offered = [(str(each), held_why(each, self.face.lang)) for each in Hold if each is not Hold.SCRAP]
        self.fill(
            self.title("screen.bench.hold_title"),
            self.about,
            self.text("screen.bench.hold_how"),
            *tiles(self.look, offered, self._chosen),
            bottom=(self.back(),),
        )

    def _chosen(self, reason: str) -> None:
        self.face.bench_done(self.code, partial(bench_acts.hold, self.face.at, self.code, reason))


@dataclass(slots=True)
class Taken:
    """What was taken out of a donor so far: label, type and grams of each part; the grams that are left, if said."""

    parts: list[tuple[str, str, int]] = field(default_factory=list)
    rest_g: int | None = None


class HarvestScreen(OfTicket):
    """Take a donor apart: its parts with their masses and labels, and what is left of it."""

    def __init__(self, face: "Face", code: str, taken: Taken | None = None, *, is_sure: bool = False) -> None:
        super().__init__(face, code)
        self.taken, self.is_sure = taken or Taken(), is_sure

    def build(self) -> None:
        """Lay the screen out."""
        item = bench.ticket_of(self.face.at, self.code).item
        if bench_acts.in_service(item) and not self.is_sure:
            self.fill(
                self.title("screen.harvest.title"),
                self.about,
                Text(f"⚠ {self.say('screen.harvest.in_service')}", self.look.page, bold=True),
                self.other("screen.harvest.anyway", partial(self._again, is_sure=True)),
                bottom=(self.back(),),
            )
            return
        rest = "" if self.taken.rest_g is None else self._kg(self.taken.rest_g)
        rest_words = self.say("screen.harvest.rest_is", mass=rest) if rest else self.say("screen.harvest.rest")
        self.fill(
            self.title("screen.harvest.title"),
            self.about,
            *self._expected(item.type),
            *self._balance(item.tare_g),
            *(Text(f"{at}. {self._part(*each)}", self.look.page) for at, each in enumerate(self.taken.parts, 1)),
            *([self.text("screen.harvest.label_how")] if self._unlabelled() is not None else []),
            self.other("screen.harvest.add", partial(self.face.open, HarvestTypeScreen, self.code, self.taken)),
            *(
                [self.other("screen.harvest.drop_last", self._drop)]
                if self.taken.parts
                else [self.text("screen.harvest.how")]
            ),
            self.plain(rest_words, self._weigh_rest),
            bottom=(beside(self.back(), self.main("screen.harvest.keep", self._keep)),),
        )

    def _again(self, *, is_sure: bool = True) -> None:
        self.face.open(partial(HarvestScreen, is_sure=is_sure), self.code, self.taken)

    def _kg(self, mass_g: int) -> str:
        return write_measure(mass_g, "g", self.face.lang)

    def _part(self, label: str, kind: str, mass_g: int) -> str:
        book, now = self.face.at.mirror.book(), self.face.at.desk.now_ms()
        told = [name_of_type(book, kind, now), self._kg(mass_g)]
        return " · ".join([*told, named(label) if label else self.say("screen.harvest.no_label")])

    def _expected(self, donor: str) -> list[Widget]:
        """Say how many parts of each type are taken of those that such a donor should hold."""
        book, now = self.face.at.mirror.book(), self.face.at.desk.now_ms()
        expected = donor_parts.expected_of(book, donor, at_ms=now)
        held = donor_parts.compared(expected, [kind for _, kind, _ in self.taken.parts])
        told = [
            self.say("screen.harvest.of", name=name_of_type(book, each.type, now), taken=each.taken, n=each.expected)
            for each in held
            if each.expected
        ]
        return [self.text("screen.harvest.expected", parts=" · ".join(told))] if told else []

    def _balance(self, whole_g: int) -> list[Widget]:
        if not whole_g:
            return []
        parts_g = sum(mass_g for *_, mass_g in self.taken.parts)
        told: list[Widget] = [
            self.text("screen.harvest.masses", whole=self._kg(whole_g), parts=self._kg(parts_g)),
        ]
        masses_g = [mass_g for *_, mass_g in self.taken.parts]
        if donor_parts.is_off(whole_g, masses_g, self.taken.rest_g or 0):
            gap = self._kg(abs(donor_parts.gap_g(whole_g, masses_g, self.taken.rest_g or 0)))
            told.append(Text(f"⚠ {self.say('screen.harvest.gap', gap=gap)}", self.look.page, bold=True))
        return told

    def _unlabelled(self) -> int | None:
        return next((at for at, (label, *_) in enumerate(self.taken.parts) if not label), None)

    def _drop(self) -> None:
        self.taken.parts.pop()
        self._again()

    def _weigh_rest(self) -> None:
        step = Step(
            id="rest", asks=Asks.MEASURE, words={self.face.lang: self.say("screen.harvest.rest")}, unit="g", low=0
        )
        self.face.open(MeasureScreen, step, self._rest)

    def _rest(self, mass_g: int | None) -> None:
        if mass_g is not None and mass_g >= 0:
            self.taken.rest_g = mass_g
        self._again()

    def _keep(self) -> None:
        if not self.taken.parts:
            self.face.told(None, self.say("screen.harvest.none"))
            return
        phone, rest_g = self.face.at, self.taken.rest_g or 0
        self.face.bench_done(self.code, partial(bench_acts.harvest, phone, self.code, self.taken.parts, rest_g))

    def take(self, meant: Meaning) -> bool:
        """Take a fresh label for the first part that has none."""
        match meant:
            case Thing(code=code):
                self._labelled(code)
            case _:
                return False
        return True

    def _labelled(self, label: str) -> None:
        at = self._unlabelled()
        known = self.face.at.mirror.look(label).known or any(label == each for each, *_ in self.taken.parts)
        if known or label == self.code:
            self.face.told(None, self.say("screen.part.label_taken", code=named(label)))
        elif at is None:
            self.face.told(None, self.say("screen.harvest.add_first"))
        else:
            _, kind, mass_g = self.taken.parts[at]
            self.taken.parts[at] = (label, kind, mass_g)
            self._again()


class HarvestTypeScreen(OfTicket):
    """Which type a harvested part is of, then what it weighs."""

    def __init__(self, face: "Face", code: str, taken: Taken) -> None:
        super().__init__(face, code)
        self.taken = taken

    def build(self) -> None:
        """Lay the screen out."""
        types = part_types(self)
        back = partial(self.face.open, partial(HarvestScreen, is_sure=True), self.code, self.taken)
        self.fill(
            self.title("screen.part.which_type"),
            *([] if types else [self.text("screen.part.no_types")]),
            *tiles(self.look, types, self._chosen),
            bottom=(self.other("screen.back", back),),
        )

    def _chosen(self, key: str) -> None:
        phone = self.face.at
        kind = phone.mirror.book().item_type(key, phone.desk.now_ms())
        words = {self.face.lang: self.say("screen.harvest.mass_of", name=kind.name or key)}
        step = Step(id=key, asks=Asks.MEASURE, words=words, unit="g", low=0)
        self.face.open(MeasureScreen, step, partial(self._weighed, key, kind.tare_g))

    def _weighed(self, key: str, usual_g: int, mass_g: int | None) -> None:
        self.taken.parts.append(("", key, usual_g if mass_g is None or mass_g < 0 else mass_g))
        self.face.open(partial(HarvestScreen, is_sure=True), self.code, self.taken)


class ExitScreen(OfTicket):
    """Out of the workshop: what to write on the thing, and where it goes."""

    def build(self) -> None:
        """Lay the screen out."""
        ticket = bench.ticket_of(self.face.at, self.code)
        is_released = bench.Next.RELEASE in bench.steps(self.face.at, ticket)
        self.fill(
            self.title("screen.exit.title"),
            self.text("screen.exit.how"),
            self._label(ticket),
            self.other("screen.exit.print", partial(self.face.print_state, self.code)),
            *([self.text("screen.exit.release_how")] if is_released else self._places(ticket)),
            bottom=(beside(self.back(), *([self.main("screen.bench.release", self._release)] if is_released else [])),),
        )

    def _label(self, ticket: bench.Ticket) -> Box:
        job, zone = ticket.job, self.face.at.identity.zone
        told = [self.say("screen.exit.requalified"), type_words(self, ticket), named(self.code)]
        if job.certificate:
            told.append(self.say("screen.bench.certificate", number=job.certificate))
        if job.closed_ms:
            told.append(local_day(job.closed_ms, zone))
        if job.valid_until_ms:
            told.append(self.say("screen.exit.valid_until", day=local_day(job.valid_until_ms, zone)))
        plate = Box(*(Text(line, self.look.tile, bold=at == 0, size=theme.TITLE if at == 0 else theme.TEXT)
                      for at, line in enumerate(told)), padding=dp(theme.MARGIN))  # fmt: skip
        ground(plate, self.look.tile.ground, radius=theme.ROUND, line=self.look.line)
        return plate

    def _places(self, ticket: bench.Ticket) -> list[Widget]:
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        sites = [(site.key, name_of_place(book, site.key, now)) for site in phone.mirror.own_sites()]
        sites.sort(key=lambda pair: (pair[0] != ticket.item.site, pair[1].casefold()))
        return [self.title("screen.exit.where"), *tiles(self.look, sites, self._store)]

    def _store(self, place: str) -> None:
        self.face.bench_done(self.code, partial(bench_acts.store_away, self.face.at, self.code, place))

    def _release(self) -> None:
        self.face.bench_done(self.code, partial(bench_acts.release, self.face.at, self.code))
