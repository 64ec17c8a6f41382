"""Facts: what one event adds to the figures, as integer deltas on named cells.

A figure is never stored; it is computed from sums of cells. A cell is a tuple of nine texts, so that the same
fact written on two databases is the same bytes. The families:

| cell     | month           | bucket                | holds                                                          |
|----------|-----------------|-----------------------|----------------------------------------------------------------|
| month    | of the event    | code, verdict or ""   | counts, grams, cents, seconds of the month                     |
| day      | of the event    | day of month `01`..   | +1/-1 moves of a stock: pool, out, transit, held, inbound, jobs|
| cohort   | of the dispatch | age `0000`.. or ""    | what became of the dispatches of one month                     |
| due      | of the due day  | day of month          | open loans, repairs (`job`) by the day on which they are due    |
| loss     | of the loss day | day of month          | open loans by the day on which they count as presumed lost     |
| visit    | of the start    | day of month          | what is going on by the day on which it began: visits at a     |
|          |                 |                       | partner (`open`), loans (`loan`), repairs (`job`)              |
| dwell    | of the arrival  | age in days `0000`..  | closed visits by length; `turnaround`: repairs, by the month   |
|          |                 |                       | in which their item served again; `turnaround_hours`: the same |
|          |                 |                       | in whole opening hours of the site, where these are known      |
| return   | of the event    | the return            | products that came to a stage of a return, by that stage       |
| declared | of the event    | `task|day|t_eff`      | quantities of a serialised type declared without scanning      |
| matched  | of the scan     | `task|day`            | scans that answer a declaration: of the task, or, without one, |
|          |                 |                       | legs inferred at a site that may have been declared there      |
"""

from collections.abc import Iterable
from typing import NamedTuple


class Cell(NamedTuple):
    """The address of one integer; every part is text, `""` where a part does not apply."""

    cell: str
    month: str
    site: str
    partner: str
    loop: str
    type: str
    material: str
    measure: str
    bucket: str


class Fact(NamedTuple):
    """A delta `n` on a cell."""

    at: Cell
    n: int


Cells = dict[Cell, int]


def add(cells: Cells, facts: Iterable[Fact], sign: int = 1) -> None:
    """Add facts to `cells` in place; a cell that comes back to zero is removed, as if never touched."""
    for at, n in facts:
        total = cells.get(at, 0) + sign * n
        if total:
            cells[at] = total
        else:
            cells.pop(at, None)
