"""The ground truth of the demonstration: where every item really is, whatever the phones say of it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from boucle.codes import Code, Kind, mint
from boucle.ids import new_name, uuid7
from boucle_server.demo.chance import Chance
from boucle_server.demo.network import MODEL, Model
from boucle_server.demo.people import DOCKS, HANDSETS, MANAGER, PEOPLE, Handset
from boucle_server.demo.phone import Note, Phone
from boucle_server.demo.seasons import Span, instant, is_worked, next_worked
from boucle_server.server_device import Draft

BASE: Final = "https://boucle.example"
"""The address that the labels of the demonstration carry; any other host reads the same."""
_SCAN_MS: Final = (2_500, 9_000)
_AGAIN_MS: Final = (1_500, 20_000)
_TWICE_SHARE: Final = 0.012
"""Share of movements that the same hand scans twice."""
_TWICE: Final = frozenset({"item.shipped", "item.delivered", "item.collected", "item.received"})


@dataclass(slots=True, kw_only=True, eq=False)
class Crate:
    """One serialised item as it really is; `back` is when its holder gives it back, None for never."""

    code: Code
    model: Model
    home: str
    seen: str
    """What a scanner reads from its label."""
    back: date | None = None
    shipped: date | None = None
    written_off: bool = False
    hoped_for: bool = False
    """Nobody writes it off, for its holder said that it will turn up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something done on the web, an event of the organisation's server device: by whom, when, what."""

    at_ms: int
    actor: str
    kind: str
    keys: dict[str, Any]
    id: str = ""
    private: dict[str, Any] = field(default_factory=dict)

    def draft(self) -> Draft:
        """Give it as the server records it."""
        return Draft(kind=self.kind, fields=self.keys, id=self.id, private=self.private)


@dataclass(slots=True, kw_only=True)
class _Due:
    day: date
    work: Callable[[date], object]


@dataclass(slots=True, kw_only=True)
class Ground:
    """Everything that is so: shelves, what is out, phones, acts, and the work that waits for its day."""

    span: Span
    scale: float
    """Items against the 1 200 that the network's figures are written for."""
    chance: Chance
    org: str
    actors: dict[str, str]
    phones: dict[str, Phone] = field(default_factory=dict)
    retired_phones: list[Phone] = field(default_factory=list)
    revocations: dict[str, int] = field(default_factory=dict)
    """When (ms) a device was cut off."""
    torn: list[str] = field(default_factory=list)
    """What labels say that hang on nothing any more."""
    shelf: defaultdict[tuple[str, str], list[Crate]] = field(default_factory=lambda: defaultdict(list))
    out: defaultdict[str, list[Crate]] = field(default_factory=lambda: defaultdict(list))
    """Crates at a stop, by `Stop.key`."""
    crates: list[Crate] = field(default_factory=list)
    motors: list[Crate] = field(default_factory=list)
    """Motors at the customer's, the one that has been away longest first."""
    blanks: list[Code] = field(default_factory=list)
    """Labels that were made and hang on nothing."""
    spares: list[Crate] = field(default_factory=list)
    """Parts that were requalified and wait for a repair."""
    fitted: dict[str, Crate] = field(default_factory=dict)
    """The reclaimed part in a motor, by what the motor's label says."""
    worn: list[Crate] = field(default_factory=list)
    """Parts that were taken out of a motor again, and that nobody has looked at."""
    acts: list[Act] = field(default_factory=list)
    sheets: list[tuple[date, int]] = field(default_factory=list)
    """What came to the hub's stock of sheets on a day, or left it."""
    bins_g: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What waits to be sent to treatment, by waste loop."""
    _agenda: list[_Due] = field(default_factory=list)
    _turns: dict[tuple[str, date, float], int] = field(default_factory=dict)
    _hand: dict[str, tuple[str, date, float]] = field(default_factory=dict)

    def enrol(self, handset: Handset, enrolled_ms: int, *, instead_of: str = "") -> Phone:
        """Let a phone in; `instead_of` names the one whose work it takes over."""
        stream = self.chance.stream(f"phone/{handset.key}")
        phone = Phone(handset, stream, org=self.org, enrolled_ms=enrolled_ms)
        if instead_of:
            self.retired_phones.append(self.phones[instead_of])
        self.phones[instead_of or handset.key] = phone
        return phone

    def later(self, day: date, wait: int, work: Callable[[date], object]) -> None:
        """Have work done on the first working day that is at least `wait` days later."""
        due = day + timedelta(days=wait)
        self._agenda.append(_Due(day=due if is_worked(due) else next_worked(due), work=work))

    def do_what_is_due(self, day: date) -> None:
        """Do what waits for this day, in the order in which it was put off."""
        due = [each for each in self._agenda if each.day <= day]
        self._agenda = [each for each in self._agenda if each.day > day]
        for each in due:
            each.work(day)

    def shelve(self, crate: Crate, site: str, day: date) -> None:
        """Put a crate on a shelf, from where the rounds of the next day may take it."""
        shelf = self.shelf[(site, crate.model.key)]
        self.later(day, 1, lambda _then: shelf.append(crate))

    def begin(self, phone: str, day: date, hour: float) -> None:
        """Take a phone in hand at an hour, or go on with what was begun at that hour."""
        turn = (phone, day, hour)
        self._hand[phone] = turn
        if turn not in self._turns:
            self._turns[turn] = instant(day, hour) + self.chance.between(0, 12 * 60_000)

    def note(self, phone: str, kind: str, crate: Crate | None = None, *, actor: str = "", **keys: Any) -> Note:
        """Record one event on a phone, some seconds after the one before; about one movement in eighty twice."""
        who = self.actors[actor or self._operator(phone)]
        subject: dict[str, Any] = {"code": crate.seen} if crate is not None else {}
        noted = self.phones[phone].note(self._next_ms(phone, *_SCAN_MS), kind, actor=who, **subject, **keys)
        if crate is not None and kind in _TWICE and self.chance.happens(_TWICE_SHARE):
            self.phones[phone].note(self._next_ms(phone, *_AGAIN_MS), kind, actor=who, **subject, **keys)
        return noted

    def _next_ms(self, phone: str, soonest: int, latest: int) -> int:
        turn = self._hand[phone]
        self._turns[turn] += self.chance.between(soonest, latest)
        return self._turns[turn]

    def dock(self, site: str) -> str:
        """Give the phone on the dock of one of our sites."""
        return DOCKS[site]

    def _operator(self, phone: str) -> str:
        """Give who has a phone in hand: where two share it, each has it for a day at a time."""
        operators = self.phones[phone].handset.operators
        return operators[self._hand[phone][1].toordinal() % len(operators)]

    def act(
        self, day: date, hour: float, kind: str, crate: Crate | None = None, *, signer: str = "", **keys: Any
    ) -> str:
        """Have the manager do something on the web; what is done at one hour is submitted together. Give its id."""
        at_ms = instant(day, hour)
        subject = {"code": crate.code.text} if crate is not None else {}
        known = uuid7(at_ms, self.chance.stream(f"act/{kind}/{subject}/{at_ms}").bytes) if subject else ""
        private = {"signer": signer} if signer else {}
        about = {**subject, **keys}
        self.acts.append(Act(at_ms=at_ms, actor=self.actors[MANAGER], kind=kind, keys=about, id=known, private=private))
        return known

    def new_crate(self, model: str, home: str) -> Crate:
        """Make an item with a fresh label; it stands on no shelf yet."""
        code = mint(Kind.CONTAINER, self.chance.bytes)
        crate = Crate(code=code, model=MODEL[model], home=home, seen=code.url(BASE))
        self.crates.append(crate)
        return crate


def open_ground(span: Span, *, items: int, chance: Chance, org: str) -> Ground:
    """Make a ground with everybody in it, every phone enrolled, and not one item."""
    names = chance.stream("people")
    actors = {person.key: new_name("p", names.bytes) for person in PEOPLE}
    ground = Ground(span=span, scale=items / 1200, chance=chance.stream("ground"), org=org, actors=actors)
    for number, handset in enumerate(HANDSETS):
        ground.enrol(handset, instant(span.first, 5.0) + number * 90_000)
    return ground
