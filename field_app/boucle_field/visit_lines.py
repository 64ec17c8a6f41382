"""The lines of a visit and what they come to: the counters, the expected list, what wants looking at."""

from collections import Counter
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

from boucle.expecting import LISTED, WAITING, is_within_plan, wanted, was_listed
from boucle.item import Item
from boucle.lines import WANTING, Line, choices
from boucle.telling import Outcome
from boucle_field import arrivals, driving
from boucle_field.driving import planned
from boucle_field.expected import expected
from boucle_field.kept_lines import KeptLines
from boucle_field.names import name_of_type
from boucle_field.phone import Phone
from boucle_field.standing_pieces import standing_at


class Row(NamedTuple):
    """One type of the expected list: pieces counted of those expected, and those that nobody expected."""

    item_type: str
    counted: int
    expected: int
    extra: int


class VisitLines:
    """The lines of one action at one place, beside what is expected of it there."""

    def __init__(self, phone: Phone, *, action: str, place: str, task: str, lines: Iterable[Line] = ()) -> None:
        self.phone = phone
        self.action = action
        self.place = place
        self.task = task
        self.lines = list(lines)
        self.expected = dict(expected(phone, action, place, task=task))
        if action in LISTED:  # what was met is no longer there to be listed; elsewhere there is no list
            of_round = driving.find_round(phone, task) is not None
            met = [each for each in self.lines if was_listed(each) or (of_round and each.outcome is Outcome.UNKNOWN)]
            self.expected |= {line.item: line.item_type for line in met}
        self._plan = planned(phone, task, action)
        self._wanted = wanted(action, self._plan, Counter(self.expected.values()))
        if action == "receive":
            self._wanted.update(arrivals.planned(phone, task))
        elif action == "count":
            self._wanted.update(standing_at(phone, place))
        self._kept = KeptLines(phone, action=action, place=place, task=task)
        self.looked = 0

    def add(self, line: Line) -> Line:
        """Add a line that was told, and keep it as it was told."""
        self.lines.append(line)
        self._kept.keep(line)
        return line

    def drop(self, line: Line) -> None:
        """Take away a line of which nothing was recorded, and of which the visit shows nothing."""
        self.lines.remove(line)
        self._kept.drop(line)

    def change(self, line: Line, changed: Line) -> Line:
        """Put a line as it is now in the place of what it was."""
        self.lines[next(at for at, each in enumerate(self.lines) if each is line)] = changed
        self._kept.change(line, changed)
        return changed

    def verdicts_of(self, line: Line) -> list[Line]:
        """Give the standing lines that say what sorting found of a line since: those until its subject counts again."""
        if not line.counts:
            return []
        at = next(at for at, each in enumerate(self.lines) if each is line)
        later = [each for each in self.lines[at + 1 :] if each.subject == line.subject]
        own = takewhile(lambda each: not each.counts, later)
        return [each for each in own if each.verdict and each.event_id and not each.undone]

    def is_unlisted(self, item: Item) -> bool:
        """Tell whether there is a list here, and an item is neither on it nor one that the plan leaves here."""
        has_list = bool(self.expected or (self.action == "deliver" and self._plan))
        if not has_list or self.action in WAITING:
            return False
        met = {row.item_type: row.counted for row in self.rows()}
        return item.id not in self.expected and not is_within_plan(self.action, item.type, self._plan, met)

    @property
    def counted(self) -> int:
        """The pieces counted."""
        return sum(line.qty for line in self.lines if line.counts)

    @property
    def wanted(self) -> int:
        """The pieces expected: those of the plan where there is one, else those that are known to be here."""
        return sum(self._wanted.values())

    @property
    def met(self) -> int:
        """What stands beside the pieces expected: those counted of the types expected; all, where nothing is."""
        return sum(row.counted for row in self.rows() if row.expected) if self.wanted else self.counted

    @property
    def extra(self) -> int:
        """The pieces counted that nobody expected here."""
        return sum(line.qty for line in self.lines if line.counts and line.outcome is Outcome.UNEXPECTED)

    @property
    def to_look(self) -> list[Line]:
        """The lines about which nobody has decided, and that nobody has looked at yet."""
        return [line for line in self.lines[self.looked :] if line.outcome in WANTING and not line.decided]

    @property
    def asking(self) -> list[Line]:
        """The lines on which a person can still choose, the oldest first."""
        return [line for line in self.lines if choices(line)]

    def look(self) -> list[Line]:
        """Give the lines that want looking at, and count the red ones as looked at."""
        red = {id(line) for line in self.to_look}
        waiting = [line for line in self.lines if id(line) in red or choices(line)]
        self.looked = len(self.lines)
        return waiting

    def rows(self) -> list[Row]:
        """Give the expected list by type, the largest first; the unknown type last."""
        wanted = self._wanted
        met: Counter[str] = Counter()
        extra: Counter[str] = Counter()
        for line in self.lines:
            if line.counts:
                into = extra if line.outcome is Outcome.UNEXPECTED else met
                into[line.item_type] += line.qty
        types = sorted(wanted | met | extra, key=lambda each: (not each, -wanted[each], each))
        return [Row(each, met[each], wanted[each], extra[each]) for each in types]

    def type_name(self, item_type: str) -> str:
        """Give the name of a type, its key where nobody described it."""
        return name_of_type(self.phone.mirror.book(), item_type, self.phone.desk.now_ms())
