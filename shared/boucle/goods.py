"""Goods: one turn for a product or a part, which moves like a container and belongs to no pool.

What is sold is nobody's loan: it opens no cycle, is on no partner's balance and never overdue. What is kept is the
last leg by which it went out, so that whoever sends it back is known.
"""

from boucle.lifecycle import Stage
from boucle.reference import Site
from boucle.turn import Turn


class GoodsTurn(Turn):
    """A turn without pool, loan, balance and visit."""

    __slots__ = ()

    def depart(self, origin: Site, destination: Site, *, inferred: bool = False) -> None:
        """Leave one of our sites for good, as far as anybody knows."""
        self.put(
            ship_ms=self.at,
            ship_inferred=inferred,
            ship_site=origin.key,
            ship_partner=destination.partner,
            stage=Stage.OUTBOUND,
            site=origin.key,
            zone="",
            place=destination.key,
            custody_ms=self.at,
        )
        self.month(origin, destination.partner, "goods_shipped", loop="")

    def stock(self, measure: str, sign: int, *, site: Site, partner: str, loop: str) -> None:
        """Count repairs alone: goods are in no stock of containers."""
        if measure == "jobs":
            super().stock(measure, sign, site=site, partner=partner, loop=loop)

    def on_day(self, cell: str, day: str, sign: int, *, site: str, partner: str) -> None:
        """Count nothing: no loan falls due, no visit lasts."""

    def cohort(self, measure: str, bucket: str, sign: int = 1) -> None:
        """Count nothing: a sale is no dispatch of a cohort."""

    def enter_pool(self, measure: str, sign: int = 1) -> None:
        """Count nothing: goods belong to no pool."""

    def leave(self, *, lost: bool) -> None:
        """End nothing: a customer's stay is no visit."""

    def match(self, measure: str, task: str) -> None:
        """Answer nothing: declarations speak of containers."""

    def match_unnamed(self, measure: str, there: Site) -> None:
        """Answer nothing: declarations speak of containers."""
