"""The returns of the demonstration that go by number alone, and the rules that hold for all of them.

Filters come back in boxes: some in time, some too late, some never; some go back to their maker, and a lot that is
worth more than the dock may decide about waits for the manager.
"""

from datetime import date, timedelta
from typing import Any, Final

from boucle.return_rules import TABLE
from boucle_server.demo.ground import Ground

FILTER: Final = "cartouche"
_CUSTOMER: Final = "vosges-mecanique"
_MAKER: Final = "ateliers-du-ried"
_HOME: Final = "schiltigheim"
_DAYS: Final = {"moteur": 30, FILTER: 14}
RULES: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (TABLE, "*", {"most_cents": 50_000}),
    (TABLE, "moteur", {"return_days": _DAYS["moteur"], "grade_b": "repair"}),
    (TABLE, FILTER, {"return_days": _DAYS[FILTER], "grade_b": "resale"}),
)
"""What is stated in administration: the value for the manager, and days and decisions of two types."""


def last_day(day: date, model: str) -> str:
    """Give the last day to send back what is authorised on a day."""
    return (day + timedelta(days=_DAYS[model])).isoformat()


def send_filters_back(ground: Ground, day: date) -> None:
    """Announce a box of filters; twelve come in time, four too late, eight never; the good ones go to their maker."""
    rma = f"RT-{day:%y%m%d}-F1L7"
    about: dict[str, Any] = {"place": _CUSTOMER, "task": rma, "item_type": FILTER, "qty": 24}
    ground.act(day, 9.1, "return.announced", **about, body={"reason": "mauvaise référence livrée"})
    ground.act(day, 11.2, "return.authorised", **about, body={"until": last_day(day, FILTER)})
    ground.later(day, 6, lambda then: _receive(ground, then, rma, 12))
    ground.later(day, 7, lambda then: _judge(ground, then, rma, 12, grade="A", chosen="supplier"))
    ground.later(day, 9, lambda then: _to_the_maker(ground, then, rma))
    ground.later(day, _DAYS[FILTER] + 4, lambda then: _receive(ground, then, rma, 4))


def bring_filters(ground: Ground, day: date) -> None:
    """Receive thirty filters that nobody announced: what is decided about them waits for the manager."""
    rma = f"RT-{day:%y%m%d}-B0X2"
    _receive(ground, day, rma, 30)
    _judge(ground, day, rma, 30, grade="B", chosen="resale")


def _receive(ground: Ground, day: date, rma: str, n: int) -> None:
    ground.begin(ground.dock(_HOME), day, 14.2)
    _said(ground, "item.received", rma, n, {"from": _CUSTOMER})


def _judge(ground: Ground, day: date, rma: str, n: int, *, grade: str, chosen: str) -> None:
    ground.begin(ground.dock(_HOME), day, 15.4)
    _said(ground, "item.graded", rma, n, {"grade": grade, "criteria": "classes-1"})
    why = {} if chosen == "resale" else {"proposed": "restock", "reason": "reprise par le fabricant"}
    _said(ground, "item.disposition_decided", rma, n, {"disposition": chosen, **why})


def _to_the_maker(ground: Ground, day: date, rma: str) -> None:
    body = {"to": _MAKER, "disposition": "supplier", "supplier_ref": "AV-20718"}
    ground.begin(ground.dock(_HOME), day, 16.1)
    _said(ground, "item.shipped", rma, 12, body)


def _said(ground: Ground, kind: str, rma: str, n: int, body: dict[str, Any]) -> None:
    """Record on the phone of the dock what is done with so many."""
    ground.note(ground.dock(_HOME), kind, item_type=FILTER, qty=n, place=_HOME, against=rma, body=body)
