"""Returned products: what comes and what waits, one return with its lines, one product with what comes next."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget

from boucle.clock import day_of
from boucle.commands import Command
from boucle.lifecycle import Disposition, ReturnStage
from boucle.meaning import Meaning, Thing
from boucle.return_counts import Counts, Return
from boucle.returning import NOT_SENT
from boucle.rma import ReturnState
from boucle.roles import may_record
from boucle.words.numerals import times
from boucle_field import return_acts, returns
from boucle_field.names import name_of_place, name_of_type
from boucle_field.return_acts import About, Step
from boucle_field.return_receipt import partner_name
from boucle_field.returns import Known, Product
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import BigButton, Text
from boucle_field.screens.screen import Screen
from boucle_field.screens.serial_screen import FindBySerialScreen
from boucle_field.screens.top_bar import local_day, read_day
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

SIGNS: Final = {
    ReturnState.OPEN: "○",
    ReturnState.PARTLY_RECEIVED: "…",
    ReturnState.RECEIVED: "⚠",
    ReturnState.PROCESSING: "…",
    ReturnState.CLOSED: "✓",
    ReturnState.CANCELLED: "×",
}


def type_words(screen: Screen, item_type: str) -> str:
    """Give the name of a type."""
    phone = screen.face.at
    return name_of_type(phone.mirror.book(), item_type, phone.desk.now_ms()) or screen.say("screen.unknown_type")


def state_words(screen: Screen, of: Return) -> str:
    """Say how a return stands as a whole."""
    return f"{SIGNS[of.state]} {screen.say(f'screen.return.state.{of.state}')}"


class ReturnsScreen(Screen):
    """The returns that want somebody; or scan a product that came back."""

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        self.known = returns.known(phone)
        every = self.known.open()
        home = "" if self.face.returns_of_all else phone.desk.context().home
        found = [each for each in every if returns.near(each, home)]
        elsewhere = sum(1 for each in every if not returns.near(each, phone.desk.context().home))
        more = len(found) - returns.MOST_SHOWN
        self.fill(
            self.title("screen.job.returns"),
            self.text("screen.return.how" if found else "screen.return.none"),
            *(self._tile(each) for each in found[: returns.MOST_SHOWN]),
            *([self.text("screen.return.more", n=more)] if more > 0 else []),
            *self._sites(elsewhere),
            *([self.other("screen.return.announce", self.face.announce_return)] if self.face.may_announce else []),
            self.other("screen.serial", partial(self.face.open, FindBySerialScreen)),
            bottom=(
                beside(
                    self.other("screen.back", self.face.open_warehouse),
                    self.main("screen.return.blind", self.face.ask_who_brings),
                ),
            ),
        )

    def _sites(self, elsewhere: int) -> Iterable[Widget]:
        """Offer the returns of other sites, or to see those of this one alone again."""
        if elsewhere:
            key = "screen.return.this_site" if self.face.returns_of_all else "screen.return.all_sites"
            yield self.other(key, self.face.turn_sites, n=elsewhere)

    def _tile(self, of: Return) -> BigButton:
        partner = partner_name(self.face.at, of.partner) if of.partner else self.say("screen.return.no_partner")
        lines = ", ".join(
            times(each.line.requested or each.line.received, type_words(self, each.line.type), self.face.lang)
            for each in of.counts
        )
        state = state_words(self, of)
        if of.remaining:
            state = f"{state} · {self.say('screen.return.remaining', n=of.remaining)}"
        if of.expired:
            state = f"{state} · ⚠ {self.say('screen.return.expired', n=of.expired)}"
        words = f"{partner}\n{of.rma}\n{lines}\n{state}"
        return BigButton(words, self.look.tile, act=partial(self.face.open_return, of.rma), line=self.look.line)

    def take(self, meant: Meaning) -> bool:
        """Take a product: what it waits for opens."""
        match meant:
            case Thing(code=code):
                self.face.take_product(code)
            case _:
                return False
        return True


class ReturnScreen(Screen):
    """One return: its state made of its lines, each line, each numbered product, and what can be done."""

    def __init__(self, face: "Face", rma: str) -> None:
        super().__init__(face)
        self.rma = rma

    def build(self) -> None:
        """Lay the screen out."""
        known = returns.known(self.face.at, self.rma)
        of = known.returns.get(self.rma)
        back = self.other("screen.back", self.face.open_returns)
        if of is None:
            self.fill(self.title("screen.job.returns"), self.text("screen.return.gone"), bottom=(back,))
            return
        partner = partner_name(self.face.at, of.partner) if of.partner else self.say("screen.return.no_partner")
        receives = may_record(self.face.at.desk.capabilities, "item.received")
        undo = return_acts.last_act(self.face.at, self.rma)
        self.fill(
            Text(partner, self.look.page, size=theme.TITLE, bold=True),
            Text(self.rma, self.look.page),
            Text(state_words(self, of), self.look.page, bold=True),
            *([Text(self.say("screen.return.until", date=read_day(of.until)), self.look.page)] if of.until else []),
            *(widget for each in of.counts for widget in self._line(each)),
            *self._loose(of),
            *self._products(known),
            *self._answers(of, known),
            *([self.other("screen.bench.undo", partial(self.face.undo_return, self.rma))] if undo else []),
            bottom=(
                beside(
                    back,
                    *([self.main("screen.return.receive", partial(self.face.receive_return, of))] if receives else []),
                ),
            ),
        )

    def _line(self, of: Counts) -> Iterable[Widget]:
        """Say of a type how many came of how many, what is still to come, what came beyond or was refused."""
        line = of.line
        yield Text(type_words(self, line.type), self.look.page, bold=True)
        head = "screen.return.came_of" if line.requested else "screen.return.came"
        told = [self.say(head, n=line.received, of=line.expected)]
        for key, n in (
            ("remaining", line.remaining),
            ("excess", line.excess),
            ("expired", line.expired),
            ("to_confirm", of.to_confirm),
            ("at_supplier", of.at_supplier),
            ("refused", line.refused + line.cancelled),
            ("graded", line.graded),
            ("closed", line.closed),
        ):
            if n:
                told.append(self.say(f"screen.return.{key}", n=n))
        yield Text(" · ".join(told), self.look.page)

    def _loose(self, of: Return) -> Iterable[Widget]:
        for step, about in return_acts.loose_steps(self.face.at, of):
            words = self.say(f"screen.return.step.{step}")
            text = f"{words}\n{times(about.n, type_words(self, about.item_type), self.face.lang)}"
            yield self.plain(text, partial(self.face.return_step, step, about))

    def _products(self, known: Known) -> Iterable[Widget]:
        found = known.products.get(self.rma, [])
        if found:
            yield self.title("screen.return.products")
        for product in found[: returns.MOST_SHOWN]:
            yield BigButton(
                "\n".join([type_words(self, product.item.type), named(product.code), *stage_words(self, product)]),
                self.look.tile,
                act=partial(self.face.open_product, product.code),
                line=self.look.line,
            )

    def _answers(self, of: Return, known: Known) -> Iterable[Widget]:
        held, face = self.face.at.desk.capabilities, self.face
        if of.to_answer and may_record(held, "return.authorised"):
            yield self.other("screen.return.authorise", partial(face.authorise_return, self.rma), n=of.to_answer)
        if may_record(held, "return.refused"):
            for about in return_acts.to_refuse(of, known.products.get(self.rma, [])):
                kind = type_words(self, about.item_type)
                yield self.other("screen.return.refuse_type", partial(face.refuse_return, about), type=kind)
        if may_record(held, "return.cancelled"):
            for about in return_acts.to_refuse(of, known.products.get(self.rma, [])):
                kind = type_words(self, about.item_type)
                yield self.other("screen.return.cancel_type", partial(face.cancel_return, about), type=kind)

    def take(self, meant: Meaning) -> bool:
        """Take a product of this return, or any other; the words to undo and to go on."""
        match meant:
            case Thing(code=code):
                self.face.take_product(code, rma=self.rma)
            case Command.UNDO:
                self.face.undo_return(self.rma)
            case _:
                return False
        return True


def stage_words(screen: Screen, product: Product) -> list[str]:
    """Say how far a product has come, and what is strange about it."""
    stage = screen.say(f"state.return.{product.stage}")
    told = [stage[:1].upper() + stage[1:]]
    if product.item.grade and not product.comes:
        told.append(screen.say("screen.return.grade", grade=product.item.grade))
    if product.back.disposition and product.stage in (ReturnStage.DISPOSED_TO, ReturnStage.IN_TREATMENT):
        told.append(screen.say(f"disposition.{product.back.disposition}"))
    lines = [" · ".join(told)]
    if product.stage in NOT_SENT and product.back.until:
        today = day_of(screen.face.at.desk.now_ms(), screen.face.at.identity.zone)
        key = "screen.return.until_past" if product.back.until < today else "screen.return.until"
        lines.append(screen.say(key, date=read_day(product.back.until)))
    if product.late:
        lines.append(f"⚠ {screen.say('screen.return.late', date=read_day(product.back.until))}")
    if product.back.asked:
        lines.append(screen.say("screen.return.waits", what=screen.say(f"disposition.{product.back.asked}")))
    if product.back.supplier_ref:
        lines.append(screen.say("screen.return.supplier_number", number=product.back.supplier_ref))
    if product.other_partner:
        lines.append(f"⚠ {screen.say('screen.return.other_partner')}")
    if product.unknown_origin:
        lines.append(f"⚠ {screen.say('screen.return.unknown_origin')}")
    return lines


class ProductScreen(Screen):
    """One product that comes back: where it was last sent, who brings it, and the step that is next."""

    def __init__(self, face: "Face", code: str) -> None:
        super().__init__(face)
        self.code = code

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        self.product = returns.product_of(phone, self.code)
        step = return_acts.step_of(phone, self.product)
        rma = self.product.back.rma
        undo = return_acts.last_act(phone, rma, self.code) if rma else None
        again = self.product.stage == ReturnStage.GRADED and may_record(phone.desk.capabilities, "item.graded")
        refuses = self.product.comes and may_record(phone.desk.capabilities, "return.refused")
        calls_off = self.product.comes and may_record(phone.desk.capabilities, "return.cancelled")
        self.fill(
            Text(type_words(self, self.product.item.type), self.look.page, size=theme.TITLE, bold=True),
            Text(named(self.code), self.look.page),
            *(Text(line, self.look.page, bold=True) for line in stage_words(self, self.product)),
            *(Text(line, self.look.page) for line in self._known()),
            *([] if step else [self.text("screen.return.nothing_to_do")]),
            *([self.other("screen.return.grade_again", partial(self._do, Step.GRADE))] if again else []),
            *([self.other("screen.return.refuse", partial(self.face.refuse_return, self._about))] if refuses else []),
            *([self.other("screen.return.cancel", partial(self.face.cancel_return, self._about))] if calls_off else []),
            *self._bench(),
            *([self.other("screen.bench.undo", partial(self.face.undo_return, rma, self.code))] if undo else []),
            bottom=(
                beside(
                    self.other("screen.back", partial(self.face.open_return, rma)),
                    *([self.main(*self._words(step), partial(self._do, step))] if step else []),
                ),
            ),
        )

    @property
    def _about(self) -> About:
        return About(rma=self.product.back.rma, code=self.code)

    def _words(self, step: Step) -> tuple[str]:
        if step is Step.CARRY_OUT:
            return (f"screen.return.do.{self.product.back.disposition}",)
        return (f"screen.return.step.{step}",)

    def _known(self) -> Iterable[str]:
        phone, back, item = self.face.at, self.product.back, self.product.item
        yield self.say("screen.return.number", rma=back.rma)
        if back.partner:
            key = "screen.return.announced_by" if self.product.comes else "screen.return.from"
            yield self.say(key, partner=partner_name(phone, back.partner))
        if item.ship_ms and item.ship_partner:
            day = local_day(item.ship_ms, phone.identity.zone)
            partner = partner_name(phone, back.origin or item.ship_partner)
            yield self.say("screen.return.last_sent", partner=partner, date=day)
        if back.reason:
            yield self.say("screen.return.reason", reason=back.reason)
        place = name_of_place(phone.mirror.book(), item.site, phone.desk.now_ms())
        if place and not self.product.comes:
            yield self.say("screen.bench.place", place=f"{place} · {item.zone}" if item.zone else place)

    def _bench(self) -> list[Widget]:
        to_supplier = self.product.back.disposition == Disposition.SUPPLIER
        if self.product.stage != ReturnStage.IN_TREATMENT or to_supplier or not self.face.has_bench:
            return []
        return [self.other("screen.bench.ticket_of_it", partial(self.face.open_ticket, self.code))]

    def _do(self, step: Step) -> None:
        self.face.return_step(step, self._about)

    def take(self, meant: Meaning) -> bool:
        """Take another product, the word to undo, the word to go on."""
        match meant:
            case Thing(code=code):
                self.face.take_product(code)
            case Command.UNDO:
                self.face.undo_return(self.product.back.rma, self.code)
            case Command.VALIDATE | Command.FINISH:
                if (step := return_acts.step_of(self.face.at, self.product)) is not None:
                    self._do(step)
            case _:
                return False
        return True
