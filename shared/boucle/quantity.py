"""Quantities: the facts of one event about a type without serial numbers, or declared without scanning.

Movements of a quantity-only type are commutative deltas, so no state is kept. A quantity of a *serialised* type is
a declaration: it is booked apart and what is scanned for the same stop answers it (see `balance`).
"""

from boucle.clock import day_of, month_of
from boucle.confirming import Settled
from boucle.events import MOVEMENTS, Event
from boucle.facts import Cell, Fact
from boucle.lifecycle import Disposition
from boucle.reasons import Outcome, Reason
from boucle.reference import Book, ItemType, Site
from boucle.return_rules import deadline, needs_manager
from boucle.rma import STAGE_OF, UNTIL
from boucle.treatment import is_intermediate

DECLARED = frozenset({"item.shipped", "item.delivered", "item.collected"})
"""Movements that a partner's balance takes from a declaration."""


_NOTHING_SETTLED = Settled()


def facts_of(event: Event, book: Book, settled: Settled = _NOTHING_SETTLED) -> list[Fact]:
    """Give the facts of one quantity event; `settled` says what its confirmations come to, where it is one."""
    kind = book.item_type(event.item_type, event.teff)
    line = _Line(event, book, kind, settled)
    if event.id in settled.late:
        outcome = Outcome.REPEAT if settled.late[event.id] is Reason.SAME_AGAIN else Outcome.REFUSED
        line.month(str(outcome), 1)
        return line.facts
    if kind.known and kind.serialised:
        if event.kind in MOVEMENTS:
            line.month("evidence", event.qty, bucket="declared")
        line.declare()
        if event.kind.startswith("return."):
            line.come_back()
    elif kind.nature:
        line.come_back()
        line.move_goods()
    else:
        if event.kind.startswith("return."):
            line.come_back()
        line.move()
    return [fact for fact in line.facts if fact.n]


class _Line:
    __slots__ = ("book", "event", "facts", "kind", "place", "settled")

    def __init__(self, event: Event, book: Book, kind: ItemType, settled: Settled) -> None:
        self.event = event
        self.settled = settled
        self.book = book
        self.kind = kind
        self.place = book.site(event.place, event.teff)
        self.facts: list[Fact] = []

    def _loop(self, origin: Site, destination: Site) -> str:
        return self.book.lane(origin.key, destination.key, self.kind.key, at_ms=self.event.teff).loop

    def month(self, measure: str, n: int, *, bucket: str = "", partner: str | None = None, loop: str = "") -> None:
        place, kind = self.place, self.kind
        who = place.partner if partner is None else partner
        month = month_of(self.event.teff, place.zone)
        cell = Cell("month", month, place.key, who, loop, kind.key, kind.material, measure, bucket)
        self.facts.append(Fact(cell, n))

    def stock(self, measure: str, site: Site, n: int, *, loop: str = "") -> None:
        kind = self.kind
        day = day_of(self.event.teff, site.zone)
        cell = Cell("day", day[:7], site.key, site.partner, loop, kind.key, kind.material, measure, day[8:])
        self.facts.append(Fact(cell, n))

    def declare(self) -> None:
        """Book a declaration: how many, of what, at which partner, on which day, in which task."""
        event, place, kind = self.event, self.place, self.kind
        if event.kind not in DECLARED:
            return
        where = self.book.site(event.text("to"), event.teff) if event.kind == "item.shipped" else place
        day = day_of(event.teff, where.zone)
        cell = Cell(
            "declared",
            day[:7],
            where.key,
            where.partner,
            "",
            kind.key,
            kind.material,
            event.kind.removeprefix("item."),
            f"{event.task or event.id}|{day[8:]}|{event.teff}",
        )
        self.facts.append(Fact(cell, event.qty))

    def come_back(self) -> None:
        """Count the stage of the return to which the event brings so many, when it names a return."""
        event = self.event
        stage = STAGE_OF.get(event.kind)
        of_return = event.kind.startswith("return.")
        rma = (event.task or event.id) if of_return else event.against
        if event.kind == "item.received" and not rma:
            rma = event.task or event.id
        to_supplier = event.text("disposition") == Disposition.SUPPLIER
        if stage is None or not rma or (event.kind == "item.delivered" and not to_supplier):
            return
        counted = [(str(stage), event.qty)]
        match event.kind:
            case "return.authorised":
                counted = self._until()
            case "item.disposition_decided" if needs_manager(self.book, self.kind.key, event.qty, at_ms=event.teff):
                counted = [("awaiting", event.qty)]
            case "item.disposition_decided" | "item.disposition_confirmed":
                self._disposed()
                counted.append(("awaiting", -self.settled.ends.get(event.id, 0)))
            case "item.shipped" if to_supplier:
                counted = [("at_supplier", event.qty)]
            case "item.delivered":
                counted += [("at_supplier", -event.qty)]
            case _:
                pass
        for measure, n in counted:
            self._returned(rma, measure, n)

    def _returned(self, rma: str, measure: str, n: int) -> None:
        event, place, kind = self.event, self.place, self.kind
        who = place.partner or self.book.site(event.text("from"), event.teff).partner
        month = month_of(event.teff, place.zone)
        cell = Cell("return", month, place.key, who, "", kind.key, kind.material, measure, rma)
        self.facts.append(Fact(cell, n))

    def _until(self) -> list[tuple[str, int]]:
        """Say how many may come until which day; what had another day before is authorised no second time."""
        event, n = self.event, self.event.qty
        until, before = deadline(event.text("until")), deadline(event.text("extends"))
        counted = [(f"{UNTIL}{until}", n)] if until else []
        return [*counted, (f"{UNTIL}{before}", -n)] if before else [("authorised", n), *counted]

    def _disposed(self) -> None:
        chosen, n = self.event.text("disposition"), self.event.qty
        bucket = chosen if chosen in set(Disposition) else "other"
        self.month("disposed", n, bucket=bucket)
        self.month("disposed_g", n * self.kind.tare_g, bucket=bucket)

    def move_goods(self) -> None:
        """Book a movement of products or parts without numbers: on no partner's balance, in no pool."""
        event, place, n = self.event, self.place, self.event.qty
        match event.kind:
            case "item.shipped":
                self.stock("stock", place, -n)
                self.month("goods_shipped", n, partner=self.book.site(event.text("to"), event.teff).partner)
            case "item.received":
                self.stock("stock", place, n)
                giver = self.book.site(event.text("from"), event.teff).partner
                for measure, count in (
                    ("received_units", n),
                    ("received_g", self.mass_g),
                    ("weighed_g", event.number("mass_g")),
                ):
                    self.month(measure, count, partner=giver)
            case "item.commissioned" if event.text("origin") == "recovered":
                self.stock("stock", place, n)
                self.month("harvested_n", n)
                self.month("harvested_g", self.mass_g)
            case "item.delivered" | "item.transferred" | "item.collected":
                pass
            case "item.treated" if event.against:  # what comes out of a return was never retired: it leaves by this
                self.stock("stock", place, -n)
                self.retire()
            case _:
                self.move()

    def move(self) -> None:
        """Book the deltas of a movement of a quantity-only type."""
        event, place, n = self.event, self.place, self.event.qty
        to = self.book.site(event.text("to"), event.teff)
        match event.kind:
            case "item.commissioned":
                self.stock("stock", place, n)
            case "item.shipped":
                loop = self._loop(place, to)
                self.stock("stock", place, -n)
                self.stock("transit", to, n, loop=loop)
                self.month("qty_dispatch", n, partner=to.partner, loop=loop)
            case "item.delivered":
                self.stock("transit", place, -n)
                self.stock("held", place, n)
            case "item.transferred":
                self.stock("held", place, -n)
                self.stock("held", to, n)
            case "item.collected":
                self.stock("held", place, -n)
                self.stock("inbound", place, n)
                self.month("collected", n)
            case "item.received":
                self.receive(n)
            case "item.moved" if to.key:  # to another zone of its site it goes nowhere else
                self.stock("stock", place, -n)
                self.stock("stock", to, n)
            case "item.sorted":
                self.month("sorted", n, bucket=event.text("verdict"))
            case "item.retired":
                self.stock("stock", place, -n)
                self.retire()
            case "item.treated":
                self.treat()
            case "stock.adjusted":
                self.stock("stock", place, n)
                self.month("adjusted", n)
            case _:
                pass

    def receive(self, n: int) -> None:
        """Receive: from the vehicle when the stop is named in `against`, else straight off the giver's balance."""
        event = self.event
        giver = self.book.site(event.text("from"), event.teff)
        self.stock("inbound" if event.against or not giver.key else "held", giver, -n)
        self.stock("stock", self.place, n)
        # A return belongs to the loop of its own lane, else to that of the lane by which the goods went out.
        loop = self._loop(giver, self.place) or self._loop(self.place, giver)
        for measure, count in (
            ("qty_return", n),
            ("received_units", n),
            ("received_g", self.mass_g),
            ("weighed_g", event.number("mass_g")),
        ):
            self.month(measure, count, partner=giver.partner, loop=loop)

    @property
    def mass_g(self) -> int:
        """The mass of the whole quantity: weighed when the event says so, else nominal."""
        return self.event.number("mass_g") or self.event.qty * self.kind.tare_g

    def retire(self) -> None:
        """Retire: treated at once when the code of a final treatment is given, else resold, else pending."""
        event = self.event
        if event.text("code") and not self.is_intermediate:
            self.book_treatment()
        elif event.text("route") in ("resale", "donate"):
            self.month("resold_g", self.mass_g)
        else:
            self.month("pending_g", self.nominal_g)

    def treat(self) -> None:
        """Treat what was retired before: no longer pending; an intermediate treatment leaves it so."""
        if not self.is_intermediate:
            self.month("pending_g", -self.nominal_g)
            self.book_treatment()

    @property
    def is_intermediate(self) -> bool:
        """Whether the event's code is of a treatment after which a final one must follow."""
        return is_intermediate(self.event.text("code"), month_of(self.event.teff, self.place.zone))

    @property
    def nominal_g(self) -> int:
        """The mass that is pending: nominal where the type has one, so that what comes off is what was put on."""
        return self.event.qty * self.kind.tare_g or self.event.number("mass_g")

    def book_treatment(self) -> None:
        """Book the mass of a final treatment by code and mode."""
        event = self.event
        self.month("treated_g", self.mass_g, bucket=f"{event.text('code')}|{event.text('mode')}")
        self.month("treated_weighed_g", event.number("mass_g"))
