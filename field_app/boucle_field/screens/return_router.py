"""The router's part about returned products: what a scanned product opens, its steps, the way back from each."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from boucle.lifecycle import Disposition
from boucle.proposing import KIND_OF
from boucle.return_counts import Return
from boucle.returning import ENDED
from boucle.telling import Outcome, Told
from boucle_field import return_acts, return_receipt, returns
from boucle_field.bench import Next
from boucle_field.errors import FieldError
from boucle_field.photos import Photo
from boucle_field.return_acts import BY_REPAIR, About, Step
from boucle_field.screens.return_announcing import AnnouncingRouter
from boucle_field.screens.return_answer_steps import CancelStep, RefuseStep
from boucle_field.screens.return_scan_screen import WhoBringsScreen
from boucle_field.screens.return_screens import ProductScreen, ReturnScreen, ReturnsScreen
from boucle_field.screens.return_send_steps import SendStep, SupplierHasStep
from boucle_field.screens.return_steps import CarryOutStep, DecideStep, GradeStep, ZoneStep
from boucle_field.weighed import Job, Weighing

if TYPE_CHECKING:
    from boucle_field.screens.eye import Eye
    from boucle_field.screens.screen import Screen

_STEPS: Final[dict[Step, "type[Screen]"]] = {
    Step.GRADE: GradeStep,
    Step.DECIDE: DecideStep,
    Step.CARRY_OUT: CarryOutStep,
    Step.SUPPLIER: SupplierHasStep,
}


class ReturnRouter(AnnouncingRouter):
    """What the router knows of returned products."""

    pending: list[str]
    hold: Any
    begin_here: Any
    open_visit: Any
    weigh: Any
    eye: "Eye"

    @property
    def may_decide(self) -> bool:
        """Whether who is here may say what becomes of a product."""
        return self.may("item.disposition_decided")

    # ---- screens

    def open_returns(self) -> None:
        """Open the list of returns."""
        self.open(ReturnsScreen)

    def back_to_returns(self) -> None:
        """Go back to the receipt that is open, else to the list of returns."""
        if self.visit is not None and self.visit.action == "return":
            self.open_visit()
        else:
            self.open_returns()

    def open_return(self, rma: str) -> None:
        """Open one return."""
        if rma:
            self.open(ReturnScreen, rma)
        else:
            self.open_returns()

    def open_product(self, code: str) -> None:
        """Open one product."""
        self.open(ProductScreen, code)

    def ask_who_brings(self, code: str = "") -> None:
        """Ask who brings what nobody announced."""
        self.open(WhoBringsScreen, code)

    def take_product(self, code: str, rma: str = "") -> None:
        """Do what a product that is scanned asks for: its next step, its receipt, a return of its own."""
        product = returns.product_of(self.at, code)
        if return_receipt.is_container(self.at, code):
            self.hold(code)
            self.told(None, self.say("told.return_container"))
            return
        of = returns.find(self.at, rma or product.back.rma)
        if product.comes and of is not None:
            self.receive_return(returns.find(self.at, product.back.rma) or of, code)
        elif product.stage not in ENDED:
            self.open_product(code)
        elif rma and of is not None:
            self.receive_return(of, code)
        else:
            self.ask_who_brings(code)

    # ---- receiving

    def receive_return(self, of: Return, code: str = "") -> None:
        """Receive what comes with a return, one product at once where it was scanned already."""
        self._receive({"against": of.rma} | ({"from": giver} if (giver := self._sender(of)) else {}), code)

    def _sender(self, of: Return) -> str:
        """Give the place from which a return was announced, else the only one of its partner."""
        if of.site:
            return of.site
        book, now = self.at.mirror.book(), self.at.desk.now_ms()
        mine = [key for key in book.keys("site") if of.partner and book.site(key, now).partner == of.partner]
        return mine[0] if len(mine) == 1 else ""

    def brought_by(self, place: str, code: str = "") -> None:
        """Say who brings what is scanned next; without a visit this begins a return that nobody announced."""
        if self.visit is not None and self.visit.action == "return":
            self.visit.say_along({"from": place} if place else {}, instead_of=("from",))
            self.open_visit()
        else:
            self._receive({"from": place} if place else {}, code)

    def _receive(self, said: dict[str, str], code: str) -> None:
        home = self.at.desk.context().home
        if not home:
            self.told(Outcome.REFUSED, self.say("told.no_home"))
            self.signal(Outcome.REFUSED)
            return
        self.pending = [code] if code else []
        self.begin("return", home, return_receipt.new_number(self.at), said)

    def end_receipt(self) -> None:
        """End a receipt: the return shows what it comes to."""
        assert self.visit is not None
        rma, counted, over = return_receipt.rma_of(self.visit), self.visit.counted, self.visit.close()
        self.visit = None
        self.open_return(rma)
        self.told(Outcome.ACCEPTED, self.with_left_over(self.say("screen.validated", n=counted), over))

    # ---- the steps after it

    def return_step(self, step: Step, about: About) -> None:
        """Open the screen of a step."""
        if step is Step.RECEIVE:
            self.take_product(about.code)
        elif step is Step.SUPPLIER and about.code:
            self.return_kept(about, partial(return_acts.supplier_has, self.at, about))
        elif step is Step.CARRY_OUT and about.code:
            self.carry_out(about, returns.product_of(self.at, about.code).back.disposition)
        else:
            self.open(_STEPS[step], about)

    def carry_out(self, about: About, disposition: str) -> None:
        """Open what carries a decision out: a shelf, a place, a scale, the bench."""
        match KIND_OF.get(disposition, ""):
            case "item.moved":
                self.open(ZoneStep, about)
            case "item.shipped":
                self.open(SendStep, replace(about, disposition=disposition))
            case "item.treated":
                self.weigh(
                    Weighing(
                        job=Job.TREATMENT, code=about.code, item_type=about.item_type, pieces=about.n, against=about.rma
                    )
                )
            case _ if disposition in BY_REPAIR:
                self.open_repair(about.code)
            case _ if disposition == Disposition.HARVEST:
                self.bench_step(about.code, Next.HARVEST)
            case _:
                self.open(ZoneStep, about)

    def return_kept(self, about: About, act: Callable[[], Told], *, then: Step | None = None) -> None:
        """Record an act, go on to the step that follows it or back, and tell what became of it."""
        told = self._kept(act)
        if told is None:
            return
        if told.event_id and then is not None:
            self.return_step(then, about)
        elif told.event_id:
            self._back_to(about)
        self._tell(told, self.say("screen.bench.kept"))

    def graded(self, about: About, photos: tuple[Photo, ...] = ()) -> None:
        """Record a grade, and go on to what becomes of it for who decides."""
        self.eye.close()
        then = Step.DECIDE if self.may_decide else None
        self.return_kept(about, partial(return_acts.grade, self.at, about, about.grade, photos), then=then)

    def return_done(self, rma: str, told: Told, words: str) -> None:
        """Go back to a return after something of it was weighed away."""
        self.open_return(rma)
        self.recorded()
        self._tell(told, words)

    def _back_to(self, about: About) -> None:
        if about.code:
            self.open_product(about.code)
        else:
            self.open_return(about.rma)

    def refuse_return(self, about: About) -> None:
        """Ask why something is refused."""
        self.open(RefuseStep, about)

    def cancel_return(self, about: About) -> None:
        """Ask why something is waited for no more."""
        self.open(CancelStep, about)

    def authorise_return(self, rma: str) -> None:
        """Say yes to all of a return that waits for an answer."""
        found = returns.known(self.at, rma)
        try:
            told = return_acts.authorise(self.at, found.returns[rma], found.products.get(rma, []))
        except FieldError as error:
            self.fail(error)
            return
        self.recorded()
        self.open_return(rma)
        if told:
            self._tell(told[-1], self.say("screen.bench.kept"))

    def undo_return(self, rma: str, code: str = "") -> None:
        """Take the last act of this phone about a return, or a product in it, back."""
        told = self._kept(partial(return_acts.undo, self.at, rma, code))
        if told is None:
            self.told(None, self.say("screen.bench.nothing_to_undo"))
            return
        gone = code and not returns.product_of(self.at, code).stage
        self._back_to(About(rma=rma, code="" if gone else code))
        self.told(Outcome.ACCEPTED, self.say("screen.bench.undone"))
        self.signal(Outcome.ACCEPTED)
