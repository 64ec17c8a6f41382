"""The repair bench (R1) and the ticket of one thing (R2): what waits, how it stands, what may be done next."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget

from boucle.commands import Command
from boucle.consent import is_owed
from boucle.holds import said_after as held_why
from boucle.item import Job
from boucle.lasting import lasted
from boucle.lifecycle import Stage, WorkStage
from boucle.meaning import Meaning, Task, Thing
from boucle.words.sentences import uncapital
from boucle.workshop_codes import barrier_words, fault_words
from boucle_field import bench, bench_acts, bench_site
from boucle_field.bench import Next, Ticket
from boucle_field.names import name_of_place, name_of_type
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.cards import Card
from boucle_field.screens.controls import Chip, Text, chips
from boucle_field.screens.pads import tiles
from boucle_field.screens.screen import Screen
from boucle_field.screens.top_bar import local_day
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_CONSENTS: Final = frozenset({"asked", "given", "missed"})
"""Of how the owner's consent stands, what somebody at the bench has to know."""
_SEVERAL: Final = 2
MOST_SHOWN: Final = 60
"""More buttons than this make a pile slow; the oldest come first."""


def stage_words(screen: Screen, ticket: Ticket) -> str:
    """Say how far a repair has come, and for how long it has been waiting."""
    if not ticket.is_open:
        stage = screen.say(f"state.work.{ticket.stage}") if ticket.stage else screen.say("screen.bench.no_ticket")
        return stage[:1].upper() + stage[1:]
    stage = screen.say(f"state.work.{ticket.stage}")
    time = lasted(bench.age_ms(screen.face.at, ticket), screen.face.lang)
    told = [stage[:1].upper() + stage[1:], screen.say("screen.bench.age", time=time)]
    if ticket.job.hold:
        told.insert(0, screen.say("screen.bench.on_hold"))
    if ticket.job.priority == bench.URGENT:
        told.insert(0, screen.say("screen.bench.urgent"))
    if bench.is_late(screen.face.at, ticket):
        told.append(screen.say("screen.bench.late"))
    return " · ".join(told)


def wait_words(screen: Screen, ticket: Ticket) -> Iterable[str]:
    """Say what an open repair waits for beside hands: the end of a hold, the owner's answer, parts."""
    job, phone = ticket.job, screen.face.at
    if not ticket.is_open:
        return
    if job.hold:
        yield screen.say("screen.bench.held_why", reason=held_why(job.hold, screen.face.lang))
    if job.consent in _CONSENTS:
        yield screen.say(f"screen.bench.consent_{job.consent}")
    elif is_owed(job):
        yield screen.say("screen.bench.consent_owed")
    if ticket.stage == WorkStage.WAITING and job.wants:
        book, now = phone.mirror.book(), phone.desk.now_ms()
        parts = ", ".join(name_of_type(book, each, now) or each for each in job.wants)
        yield screen.say("screen.bench.wants", parts=parts)


def type_words(screen: Screen, ticket: Ticket) -> str:
    """Say what type a thing is of."""
    phone = screen.face.at
    name = name_of_type(phone.mirror.book(), ticket.item.type, phone.desk.now_ms())
    return name or screen.say("screen.unknown_type")


class BenchScreen(Screen):
    """What waits at the bench: first what can be done now, the oldest before the younger."""

    def build(self) -> None:
        """Lay the screen out."""
        piles = bench.bench(self.face.at)
        content: list[Widget] = [self.title("screen.bench.title"), *self._site(), self.text("screen.bench.how")]
        for key, pile in (
            ("screen.bench.mine", piles.mine),
            ("screen.bench.waiting", piles.waiting),
            ("screen.bench.others", piles.others),
            ("screen.bench.unopened", piles.unopened),
        ):
            content += self._pile(key, pile)
        if not any(piles[:-1]):
            content.append(self.text("screen.bench.empty"))
        if piles.elsewhere:
            content.append(self.text("screen.bench.elsewhere", n=len(piles.elsewhere)))
        self.fill(*content, bottom=(*self.face.camera_button(), self.other("screen.bench.other_work", self.face.home)))

    def _site(self) -> list[Widget]:
        """Say whose bench this is, and let another be chosen where we have several sites."""
        phone = self.face.at
        if len(phone.mirror.own_sites()) < _SEVERAL:
            return []
        here = bench_site.site(phone)
        name = (
            name_of_place(phone.mirror.book(), here, phone.desk.now_ms())
            if here
            else self.say("screen.bench.all_sites")
        )
        words = self.say("screen.bench.site", site=name)
        return [self.plain(words, partial(self.face.open, BenchSiteScreen))]

    def _pile(self, key: str, pile: list[Ticket]) -> Iterable[Widget]:
        if not pile:
            return
        yield Text(self.say(key, n=len(pile)), self.look.page, size=theme.TITLE, bold=True)
        for ticket in pile[:MOST_SHOWN]:
            lines = (named(ticket.code), stage_words(self, ticket), *wait_words(self, ticket))
            yield Card(self.look, type_words(self, ticket), lines, act=partial(self.face.open_ticket, ticket.code))
        if len(pile) > MOST_SHOWN:
            yield self.text("screen.bench.more", n=len(pile) - MOST_SHOWN)

    def take(self, meant: Meaning) -> bool:
        """Take a thing: its ticket opens."""
        match meant:
            case Thing(code=code):
                self.face.open_ticket(code)
            case _:
                return False
        return True


class BenchSiteScreen(Screen):
    """Whose bench this phone shows and records at: one of our sites, or all of them."""

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        sites = [(site.key, name_of_place(book, site.key, now)) for site in phone.mirror.own_sites()]
        sites.sort(key=lambda pair: pair[1].casefold())
        everywhere = self.say("screen.bench.all_sites")
        self.fill(
            self.title("screen.bench.which_site"),
            self.text("screen.bench.which_site_how"),
            *tiles(self.look, [*sites, ("", everywhere[:1].upper() + everywhere[1:])], self._chosen),
            bottom=(self.other("screen.bench.back", self.face.open_bench),),
        )

    def _chosen(self, site: str) -> None:
        bench_site.choose(self.face.at, site)
        self.face.open_bench()


class TicketScreen(Screen):
    """One thing at the bench: what is known of it, and the steps that are allowed now."""

    def __init__(self, face: "Face", code: str) -> None:
        super().__init__(face)
        self.code = code

    def build(self) -> None:
        """Lay the screen out."""
        self.ticket = bench.ticket_of(self.face.at, self.code)
        steps = bench.steps(self.face.at, self.ticket)
        first = bench.first_step(self.face.at, self.ticket)
        aside = [step for step in steps if step is not first]
        undo = bench_acts.last_act(self.face.at, self.ticket) if self.ticket.job.task else []
        self.fill(
            Text(type_words(self, self.ticket), self.look.page, size=theme.TITLE, bold=True),
            Text(named(self.code), self.look.page),
            Text(stage_words(self, self.ticket), self.look.page, bold=True),
            *(Text(line, self.look.page) for line in self._known()),
            *self._note(steps),
            *(self.other(self._words(step), partial(self._do, step)) for step in aside),
            *self._urgent(first),
            *([self.other("screen.bench.undo", self.face.undo_at_bench)] if undo else []),
            bottom=(
                beside(
                    self.other("screen.bench.back", self.face.open_bench),
                    *([self.main(self._words(first), partial(self._do, first))] if first else []),
                ),
            ),
        )

    def _known(self) -> Iterable[str]:
        """Say what is known: where it stands, its cycles, the repair before, what was found and done."""
        item, job, phone = self.ticket.item, self.ticket.job, self.face.at
        if not item.known:
            yield self.say("reason.unknown_item")
            return
        place = name_of_place(phone.mirror.book(), item.place or item.site, phone.desk.now_ms())
        if place:
            yield self.say("screen.bench.place", place=place)
        if item.stage == Stage.IN_REPAIR and not self.ticket.is_open and item.seen_ms:
            day = local_day(item.seen_ms, phone.mirror.book().site(item.site, phone.desk.now_ms()).zone)
            yield self.say("screen.bench.sorted", day=day)
        if item.grade:
            yield self.say("screen.bench.grade", grade=item.grade)
        here = bench_site.site(phone)
        if here and item.site and here != item.site:
            bench_at = name_of_place(phone.mirror.book(), here, phone.desk.now_ms())
            yield self.say("screen.bench.acts_at", site=bench_at)
        if not item.nature:
            yield self.say("screen.bench.cycles", n=item.uses + item.opening_uses)
        if self.ticket.part.donor:
            yield self.say("screen.bench.donor", code=named(self.ticket.part.donor))
        if self.ticket.part.host:
            yield self.say("screen.bench.host", code=named(self.ticket.part.host))
        if job.owner:
            owner = phone.mirror.book().row("partner", job.owner, phone.desk.now_ms()) or {}
            yield self.say("screen.bench.owner", name=str(owner.get("name") or job.owner))
        yield from wait_words(self, self.ticket)
        if self.ticket.is_open and job.dear and not job.explained:
            yield self.say("screen.bench.too_dear")
        yield from self._repair(job)

    def _repair(self, job: Job) -> Iterable[str]:
        lang = self.face.lang
        if job.earlier:
            yield self.say("screen.bench.earlier")
        if job.due and self.ticket.is_open:
            yield self.say("screen.bench.due", day="/".join(reversed(job.due.split("-"))))
        if job.fault:
            yield self.say("screen.bench.fault", fault=uncapital(fault_words(job.fault, lang)))
        if job.faultless:
            yield self.say("screen.bench.no_fault_found")
        if job.parts:
            yield self.say("screen.bench.parts_used", n=job.parts)
        if job.tests:
            yield self.say("screen.bench.tests", n=job.tests)
        if job.reworks:
            yield self.say("screen.bench.reworks", n=job.reworks)
        if job.barrier:
            yield self.say("screen.bench.barrier", barrier=uncapital(barrier_words(job.barrier, lang)))
        if job.certificate:
            yield self.say("screen.bench.certificate", number=job.certificate)

    def _note(self, steps: list[Next]) -> list[Widget]:
        controlled = self.ticket.stage == WorkStage.QUALITY_CONTROL
        if controlled and bench.own_work(self.face.at, self.ticket):
            return [self.text("screen.bench.own_work")]
        lacking = bench.unqualified(self.face.at, self.ticket, self.face.lang)
        if lacking:
            return [Text(f"⚠ {line}" if at == 0 else line, self.look.page) for at, line in enumerate(lacking)]
        if controlled and Next.CONTROL not in steps:
            return [self.text("screen.bench.other_person")]
        if not steps:
            return [self.text("screen.bench.nothing_to_do")]
        return []

    def _urgent(self, first: Next | None) -> list[Widget]:
        if first is not Next.OPEN:
            return []
        act = partial(self.face.open_repair, self.code, priority=bench.URGENT)
        return [chips(Chip(self.say("screen.bench.open_urgent"), self.look.tile, act=act, line=self.look.line))]

    def _words(self, step: Next) -> str:
        """Give the words of a step; work that began is gone on with."""
        again = step is Next.START and self.ticket.stage == WorkStage.IN_REPAIR
        return "screen.bench.start_again" if again else f"screen.bench.{step}"

    def _do(self, step: Next) -> None:
        self.face.bench_step(self.code, step)

    def take(self, meant: Meaning) -> bool:
        """Take this ticket or its thing once more, another thing, the word to undo, the word to go on."""
        match meant:
            case Task(key=key) if key == self.ticket.job.task:
                self.face.toggle_work(self.code)
            case Thing(code=code) if code == self.code:
                self.face.toggle_work(self.code)
            case Thing(code=code):
                self.face.open_ticket(code)
            case Command.UNDO:
                self.face.undo_at_bench()
            case Command.VALIDATE | Command.FINISH:
                first = bench.first_step(self.face.at, self.ticket)
                if first is not None:
                    self._do(first)
            case _:
                return False
        return True
