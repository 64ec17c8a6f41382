"""One turn of the fold: the custody effects of a movement and the facts they add.

Every change of where an item is, scanned or inferred, goes through these few moves, so that balances, cohorts and
open loans cannot disagree. Which move follows which event is `fold`'s business.
"""

from boucle.clock import day_after, day_of, month_end_ms, month_of
from boucle.events import Event
from boucle.facts import Cell, Fact
from boucle.item import Item
from boucle.lifecycle import Stage
from boucle.reasons import INFERENCES, Reason
from boucle.reference import Book, Site
from boucle.units import DAY_MS


class Turn:
    """The item before and after one event, with the facts and reasons gathered on the way."""

    __slots__ = ("at", "book", "event", "facts", "item", "place", "reasons")

    def __init__(self, item: Item, event: Event, book: Book) -> None:
        self.item = item
        self.event = event
        self.book = book
        self.at = event.teff
        self.facts: list[Fact] = []
        self.reasons: list[Reason] = []
        self.place = book.site(event.place, event.teff)
        if event.place and not self.place.known:
            self.reasons.append(Reason.UNKNOWN_PLACE)

    def say(self, reason: Reason) -> None:
        """Keep a reason, once; an inferred leg also counts as a movement of that evidence."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        if reason in INFERENCES:
            self.month(self.place, self.place.partner, "evidence", "inferred", loop="")

    def put(self, **changes: object) -> None:
        """Change the item."""
        self.item = self.item._replace(**changes)  # type: ignore[arg-type]

    def fact(
        self, cell: str, month: str, *, site: str, partner: str, loop: str, measure: str, bucket: str, n: int
    ) -> None:
        """Add a delta; an item that nobody commissioned has no type and adds nothing but its quality mark."""
        if n:
            item = self.item
            at = Cell(cell, month, site, partner, loop, item.type, item.material, measure, bucket)
            self.facts.append(Fact(at, n))

    def month(
        self, site: Site, partner: str, measure: str, bucket: str = "", *, n: int = 1, loop: str | None = None
    ) -> None:
        """Add to a measure of the event's month, cut in the site's zone."""
        if n:  # not through `fact`: this is most of what the fold does
            item = self.item
            way = item.ship_loop if loop is None else loop
            month = month_of(self.at, site.zone)
            at = Cell("month", month, site.key, partner, way, item.type, item.material, measure, bucket)
            self.facts.append(Fact(at, n))

    def stock(self, measure: str, sign: int, *, site: Site, partner: str, loop: str) -> None:
        """Move a stock by one on the event's local day; stocks with an integral also add their seconds."""
        day = day_of(self.at, site.zone)
        where = {"site": site.key, "partner": partner, "loop": loop}
        self.fact("day", day[:7], **where, measure=measure, bucket=day[8:], n=sign)
        if measure in ("pool", "out"):
            left_s = (month_end_ms(day[:7], site.zone) - self.at) // 1000
            self.fact("month", day[:7], **where, measure=f"{measure}_s", bucket="", n=sign * left_s)

    def on_day(self, cell: str, day: str, sign: int, *, site: str, partner: str) -> None:
        """Add to a cell addressed by a calendar day: due, loss and visit."""
        self.fact(
            cell,
            day[:7],
            site=site,
            partner=partner,
            loop=self.item.ship_loop,
            measure="open",
            bucket=day[8:],
            n=sign,
        )

    def enter_pool(self, measure: str, sign: int = 1) -> None:
        """Count the item into the pool (or out of it) at the site where it was commissioned."""
        home = self.book.site(self.item.pool_site, self.at)
        self.stock("pool", sign, site=home, partner="", loop="")
        self.month(home, "", measure, loop="")
        uses = self.item.uses + self.item.opening_uses
        if uses and measure in ("found", "retired", "lost"):
            self.month(home, "", "left_n", n=-sign, loop="")
            self.month(home, "", "left_uses", n=-sign * uses, loop="")

    def depart(self, origin: Site, destination: Site, *, inferred: bool = False) -> None:
        """Leave one of our sites: a cycle opens, with one use, one dispatch of the cohort, one loan on a partner."""
        item, book, at = self.item, self.book, self.at
        kind = book.item_type(item.type, at)
        lane = book.lane(origin.key, destination.key, item.type, at_ms=at)
        shipped_on = day_of(at, origin.zone)
        due = day_after(shipped_on, kind.due_days if lane.due_days is None else lane.due_days)
        loss = day_after(due, kind.loss_days if lane.loss_days is None else lane.loss_days)
        first = item.uses + item.opening_uses == 0
        seen_before = bool(item.ship_ms) and not item.ship_inferred and not inferred
        lapse_s = (at - item.ship_ms) // 1000
        self.put(
            uses=item.uses + 1,
            cycle=item.cycle + 1,
            ship_ms=at,
            ship_inferred=inferred,
            ship_month=month_of(at, origin.zone),
            ship_site=origin.key,
            ship_partner=destination.partner,
            ship_loop=lane.loop,
            loan_partner=destination.partner,
            due=due,
            loss=loss,
            loan_open=True,
            stage=Stage.OUTBOUND,
            site=origin.key,
            zone="",
            place=destination.key,
            custody_ms=at,
        )
        self.month(origin, destination.partner, "dispatch")
        if first:
            self.month(origin, destination.partner, "first_use")
        else:
            self.month(origin, destination.partner, "reuse_g", n=item.tare_g)
        if inferred:
            self.month(origin, destination.partner, "dispatch_inferred")
        if seen_before:
            self.month(origin, destination.partner, "cycle_n")
            self.month(origin, destination.partner, "cycle_s", n=lapse_s)
        self.cohort("shipped", "")
        self._loan(1)
        self.stock("transit", 1, site=destination, partner=destination.partner, loop=lane.loop)

    def _loan(self, sign: int) -> None:
        """Count the loan of the current cycle in, or out."""
        item = self.item
        origin = self.book.site(item.ship_site, item.ship_ms)
        self.stock("out", sign, site=origin, partner=item.loan_partner, loop=item.ship_loop)
        self.on_day("due", item.due, sign, site=item.ship_site, partner=item.loan_partner)
        self.on_day("loss", item.loss, sign, site=item.ship_site, partner=item.loan_partner)
        # Beside its cohort, wherever the item went since: what is still out has not ended, and counts as that.
        began = day_of(item.ship_ms, origin.zone)
        where = {"site": item.ship_site, "partner": item.ship_partner, "loop": item.ship_loop}
        self.fact("visit", began[:7], **where, measure="loan", bucket=began[8:], n=sign)

    def cohort(self, measure: str, bucket: str, sign: int = 1) -> None:
        """Add to what became of the dispatches of the month in which the current cycle began."""
        item = self.item
        self.fact(
            "cohort",
            item.ship_month,
            site=item.ship_site,
            partner=item.ship_partner,
            loop=item.ship_loop,
            measure=measure,
            bucket=bucket,
            n=sign,
        )

    @property
    def age(self) -> str:
        """The age of the current cycle in whole days of 86 400 s, as a bucket."""
        return f"{max(0, (self.at - self.item.ship_ms) // DAY_MS):04d}"

    def give_back(self, hub: Site, *, scanned: bool) -> None:
        """Close the open loan by a return at one of our sites, scanned there or implied by what came after."""
        item = self.item
        partner = item.loan_partner
        if item.loan_open:
            self.cohort("returned" if scanned else "returned_implied", self.age)
            self.month(hub, partner, "return" if scanned else "return_implied")
            if scanned and not item.ship_inferred:
                self.month(hub, partner, "lag_n")
                self.month(hub, partner, "lag_s", n=(self.at - item.ship_ms) // 1000)
            self._loan(-1)

    def collected(self, hub: Site, partner: str) -> None:
        """Count what came in at a hub: one unit and its mass, weighed when the scan says so, else nominal."""
        weighed = self.event.number("mass_g")
        self.month(hub, partner, "received_units")
        self.month(hub, partner, "received_g", n=weighed or self.item.tare_g)
        if weighed:
            self.month(hub, partner, "weighed_g", n=weighed)

    def hold(self, reason: str) -> None:
        """Let the item not serve; another reason later does not begin it anew."""
        self.put(hold=reason, hold_ms=self.item.hold_ms or self.at)

    def lose(self) -> None:
        """Write the item off: out of the pool, the loan closed as lost, off the partner's balance."""
        self.vacate(lost=True)
        if self.item.loan_open:
            self.cohort("lost", self.age)
            self._loan(-1)
        self.enter_pool("lost", -1)
        self.put(stage=Stage.LOST, loan_open=False)

    def find(self) -> None:
        """Take a written-off item back: into the pool, its loan open again, where it was last known."""
        item = self.item
        self.say(Reason.FOUND_AGAIN)
        self.put(stage=Stage.AVAILABLE)
        self.enter_pool("found")
        if item.place:
            age = f"{max(0, (self.at - item.ship_ms) // DAY_MS):04d}"
            self.cohort("found", age)
            self.put(loan_open=True)
            self._loan(1)
            self.arrive(self.book.site(item.place, self.at), since_ms=item.visit_ms or self.at)

    def arrive(self, there: Site, *, since_ms: int = 0) -> None:
        """Come into a partner's hands: on its balance, a visit begins."""
        since = since_ms or self.at
        self.put(stage=Stage.AT_PARTNER, place=there.key, custody_ms=self.at, visit_ms=since)
        self.answer(there.partner)
        self.stock("held", 1, site=there, partner=there.partner, loop=self.item.ship_loop)
        self.on_day("visit", day_of(since, there.zone), 1, site=there.key, partner=there.partner)

    def answer(self, partner: str) -> None:
        """Make another partner answer for the open loan."""
        if self.item.loan_open and self.item.loan_partner != partner:
            self._loan(-1)
            self.put(loan_partner=partner)
            self._loan(1)

    def leave(self, *, lost: bool) -> None:
        """End a partner's visit: off its balance; how long it was is known unless the item was lost there."""
        item = self.item
        there = self.custody
        partner = there.partner
        self.stock("held", -1, site=there, partner=partner, loop=item.ship_loop)
        self.on_day("visit", day_of(item.visit_ms, there.zone), -1, site=there.key, partner=partner)
        dwell_ms = max(0, self.at - item.visit_ms)
        if lost or not dwell_ms:
            return  # an arrival inferred from this very scan has no length that anybody knows
        self.month(there, partner, "dwell_n")
        self.month(there, partner, "dwell_s", n=dwell_ms // 1000)
        self.fact(
            "dwell",
            month_of(item.visit_ms, there.zone),
            site=there.key,
            partner=partner,
            loop=item.ship_loop,
            measure="closed",
            bucket=f"{dwell_ms // DAY_MS:04d}",
            n=1,
        )

    def match(self, measure: str, task: str) -> None:
        """Answer a declaration of a task, so that declared and scanned are never counted twice."""
        if task:
            day = day_of(self.at, self.place.zone)
            bucket = f"{task}|{day[8:]}"
            self.fact("matched", day[:7], site="", partner="", loop="", measure=measure, bucket=bucket, n=1)

    def match_unnamed(self, measure: str, there: Site) -> None:
        """Answer, for a leg that nobody scanned, whatever declaration at that site spoke of it."""
        day = day_of(self.at, there.zone)
        where = {"site": there.key, "partner": there.partner, "loop": ""}
        self.fact("matched", day[:7], **where, measure=measure, bucket=f"|{day[8:]}", n=1)

    @property
    def custody(self) -> Site:
        """Where it is booked outside our sites, as that site was when it was booked: what was added is taken off."""
        return self.book.site(self.item.place, self.item.custody_ms)

    def vacate(self, *, lost: bool = False) -> None:
        """Give up whatever custody outside our sites the item is booked in."""
        item = self.item
        there = self.custody
        match item.stage:
            case Stage.OUTBOUND:
                self.stock("transit", -1, site=there, partner=there.partner, loop=item.ship_loop)
            case Stage.AT_PARTNER | Stage.RETURN_READY:
                self.leave(lost=lost)
            case Stage.INBOUND:
                self.stock("inbound", -1, site=there, partner=there.partner, loop=item.ship_loop)
            case _:
                pass

    def pick_up(self, there: Site) -> None:
        """Take from a partner into a vehicle: off its balance at that instant, provisional until a hub receives."""
        self.vacate()
        self.put(stage=Stage.INBOUND, place=there.key, custody_ms=self.at, collect_task=self.event.task)
        self.stock("inbound", 1, site=there, partner=there.partner, loop=self.item.ship_loop)
        self.month(there, there.partner, "collected")

    def hand_over(self, there: Site) -> None:
        """Pass from wherever it is outside to another partner's site."""
        self.vacate()
        self.arrive(there)

    def come_home(self, hub: Site, stage: str, *, scanned: bool) -> None:
        """Stand at one of our sites again, the loan given back."""
        self.vacate()
        self.give_back(hub, scanned=scanned)
        self.put(stage=stage, loan_open=False, site=hub.key, came_by=self.event.id, came_ms=self.event.teff)
        self.put(place="", custody_ms=0, visit_ms=0, collect_task="")
