"""The state of one item: what the fold knows after its last event.

Independent axes stand side by side (stage, custody, condition, contents, hold); nothing here depends on "now".
"""

import json
from operator import itemgetter
from typing import Any, NamedTuple

from boucle.lifecycle import HELD, Stage


class Job(NamedTuple):
    """One repair of an item: its id is that of the event that opened it. Instants in ms, 0 = never.

    `start_ms` is when the item came in for it, `day` the local day of the opening, `due` the day it is promised for;
    `hands` are the persons who worked on it or tested it; `outcome` is one of `job_figures.Ending` once it is over.

    `owner` is the partner whose thing it is, `""` for ours; `quote` the event that asked for `quote_cents` until the
    day `quote_until`, `consent` how far that is (`consent.Consent`). `dear` says that the estimate passes the limit of
    its type, `explained` that somebody said why it is repaired all the same. `hold` says why it is on hold; it waits
    for a decision since `idle_ms`, and did for `idle_s` before. `clock_ms` is since when hands are on it, `worked_s`
    for how long they were before. `wants` are the parts that its last pause waits for, as somebody named them.
    """

    id: str = ""
    task: str = ""
    site: str = ""
    day: str = ""
    start_ms: int = 0
    due: str = ""
    priority: str = ""
    earlier: str = ""
    fault: str = ""
    faultless: bool = False
    parts: int = 0
    tests: int = 0
    reworks: int = 0
    hands: tuple[str, ...] = ()
    barrier: str = ""
    certificate: str = ""
    valid_until_ms: int = 0
    outcome: str = ""
    closed_ms: int = 0
    back_ms: int = 0
    owner: str = ""
    quote: str = ""
    quote_cents: int = 0
    quote_until: str = ""
    consent: str = ""
    estimate_cents: int = 0
    dear: bool = False
    explained: bool = False
    hold: str = ""
    idle_ms: int = 0
    idle_s: int = 0
    clock_ms: int = 0
    worked_s: int = 0
    wants: tuple[str, ...] = ()


class Back(NamedTuple):
    """A product on its way back: the return it belongs to, who sends it, to whom it was last sent.

    `blind` came without an announcement; `received_ms` is 0 before it is here. `until` is the last day on which it
    may be sent back, `asked` what was decided and waits for a manager, `supplier_ref` the supplier's own number.
    `late` says that it was handed over, or came in, after that day where it was.
    """

    rma: str = ""
    partner: str = ""
    origin: str = ""
    reason: str = ""
    blind: bool = False
    received_ms: int = 0
    criteria: str = ""
    disposition: str = ""
    until: str = ""
    asked: str = ""
    supplier_ref: str = ""
    late: bool = False


class Part(NamedTuple):
    """What a thing saves where it serves again: `credit` says that it does, once, and not in the `donor` it was in.

    `host` is the code of what it is built into, `cents` what its requalification cost.
    """

    donor: str = ""
    recovered: bool = False
    requalified: bool = False
    credit: bool = False
    cents: int = 0
    host: str = ""


class Item(NamedTuple):
    """One item. Instants in milliseconds (0 = never), days as `2026-10-31`, masses in grams.

    `site` is our site where it stands or last stood; `place` the partner's site that holds it, from which it is
    coming back, or to which it is on its way, booked there at `custody_ms`; `hold` says why it must not serve, since
    `hold_ms`. The `ship_` fields describe the dispatch of the current cycle as it was counted; `loan_partner` the
    partner who answers for the item now. `came_by` is the event that brought it home last, at `came_ms`.
    """

    id: str
    type: str = ""
    material: str = ""
    nature: str = ""
    tare_g: int = 0
    known: bool = False
    stage: str = Stage.ENCODED
    site: str = ""
    zone: str = ""
    place: str = ""
    hold: str = ""
    hold_ms: int = 0
    grade: str = ""
    parent: str = ""
    repaired_by: str = ""
    uses: int = 0
    opening_uses: int = 0
    cycle: int = 0
    loan_open: bool = False
    loan_partner: str = ""
    ship_ms: int = 0
    ship_inferred: bool = False
    ship_month: str = ""
    ship_site: str = ""
    ship_partner: str = ""
    ship_loop: str = ""
    due: str = ""
    loss: str = ""
    custody_ms: int = 0
    visit_ms: int = 0
    collect_task: str = ""
    came_by: str = ""
    came_ms: int = 0
    pool_site: str = ""
    commissioned_ms: int = 0
    retired_ms: int = 0
    pending_g: int = 0
    work_stage: str = ""
    return_stage: str = ""
    job: Job | tuple[()] = ()
    part: Part | tuple[()] = ()
    back: Back | tuple[()] = ()
    revoked: tuple[str, ...] = ()
    seen_ms: int = 0
    order: tuple[int, str, str, int, str] = (-(2**62), "", "", 0, "")

    @property
    def is_held(self) -> bool:
        """Tell whether a partner holds the item."""
        return self.stage in HELD

    def presumed_lost_on(self, day: str) -> bool:
        """Tell whether an open loan counts as presumed lost on a local day: due day + L days have passed."""
        return self.loan_open and bool(self.loss) and self.loss < day

    def overdue_on(self, day: str) -> bool:
        """Tell whether an open loan is past the end of its due day on a local day."""
        return self.loan_open and bool(self.due) and self.due < day


_NAMES = tuple(sorted(Item._fields))
_IN_ORDER_OF_NAMES = itemgetter(*(Item._fields.index(name) for name in _NAMES))
_DEFAULTS = _IN_ORDER_OF_NAMES(Item(""))
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dump(item: Item) -> str:
    """Write a state as JSON: only what differs from the start, keys sorted."""
    values = zip(_NAMES, _IN_ORDER_OF_NAMES(item), _DEFAULTS, strict=True)
    return _ENCODER.encode({name: value for name, value, default in values if value != default})


def load(text: str) -> Item:
    """Read a state that `dump` wrote."""
    fields = json.loads(text)
    if "order" in fields:
        fields["order"] = tuple(fields["order"])
    if "revoked" in fields:
        fields["revoked"] = tuple(fields["revoked"])
    if "job" in fields:
        fields["job"] = _job(fields["job"])
    if "back" in fields:
        fields["back"] = Back(*fields["back"])
    if "part" in fields:
        fields["part"] = Part(*fields["part"])
    return Item(**fields)


def _job(values: list[Any]) -> Job:
    job = Job(*values)
    return job._replace(hands=tuple(job.hands), wants=tuple(job.wants))
