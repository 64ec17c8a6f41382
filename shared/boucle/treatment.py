"""Treatment codes: the route of a mass, from the D/R code under which it was treated, as dated data.

Codes are those of annexes I and II of Directive 2008/98/EC, with R0 and D9F as French registers write them. The map
from code to route is a version valid from a month on, because authorities change it: a figure names the version it
used. Only the version below was read by us, from a public tool; the text behind it was not read in full.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Route(StrEnum):
    """Where treated mass went, in the order of the hierarchy; the last two are not known to be final."""

    PREPARATION = "preparation"
    """Preparation for reuse of what had become waste (réutilisation), never the reuse of a container in its loop."""
    RECYCLING = "recycling"
    OTHER_MATERIAL = "other_material"
    ENERGY = "energy"
    DISPOSAL = "disposal"
    PENDING = "pending"
    """An intermediate treatment: the mass stays pending and is never valorised."""
    UNROUTED = "unrouted"
    """The code is unknown, or allows several routes and nobody chose one."""


FINAL = (Route.PREPARATION, Route.RECYCLING, Route.OTHER_MATERIAL, Route.ENERGY, Route.DISPOSAL)
"""Routes of final treatment; the valorisation rate divides by their sum."""
VALORISED = (Route.PREPARATION, Route.RECYCLING, Route.OTHER_MATERIAL, Route.ENERGY)
MATERIAL = (Route.PREPARATION, Route.RECYCLING, Route.OTHER_MATERIAL)
"""The variant *matière*: without energy."""

MODES: Mapping[str, Route] = MappingProxyType(
    {
        "reuse": Route.PREPARATION,
        "recycling": Route.RECYCLING,
        "other": Route.OTHER_MATERIAL,
        "energy": Route.ENERGY,
        "disposal": Route.DISPOSAL,
    }
)
"""What an operator chooses where a code allows several routes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMap:
    """One version of the map, valid from a month on; a code maps to every mode it allows, `()` when intermediate."""

    version: str
    valid_from: str
    modes: Mapping[str, tuple[str, ...]]


def _rows(**lines: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    modes = {"elimination": ("disposal",), "intermediate": ()}
    table = {code: modes.get(line, tuple(line.split("_or_"))) for line, codes in lines.items() for code in codes}
    return MappingProxyType(table)


CODE_MAPS: tuple[CodeMap, ...] = (
    CodeMap(
        version="codes-2025",
        valid_from="0001-01",
        modes=_rows(
            elimination=("D1", "D2", "D3", "D4", "D5", "D7", "D8", "D9F", "D10", "D11", "D12"),
            intermediate=("D9", "D13", "D14", "D15", "R12", "R13"),
            reuse=("R0", "R7"),
            energy=("R1",),
            recycling=("R4", "R6", "R8", "R10"),
            recycling_or_other=("R3", "R5"),
            reuse_or_recycling=("R2",),
            reuse_or_recycling_or_energy=("R9",),
            recycling_or_other_or_energy=("R11",),
        ),
    ),
)
"""Every version known, by start."""


def code_map(month: str) -> CodeMap:
    """Give the version that holds in a month."""
    return [version for version in CODE_MAPS if version.valid_from <= month][-1]


def normal(code: str) -> str:
    """Write a code the one way: `r 3` and `R3 ` are `R3`."""
    return "".join(code.split()).upper()


def route(code: str, mode: str, month: str) -> Route:
    """Give the route of a code in a month; `mode` decides only where the code allows several."""
    allowed = code_map(month).modes.get(normal(code))
    if allowed is None:
        return Route.UNROUTED
    if not allowed:
        return Route.PENDING
    if len(allowed) == 1:
        return MODES[allowed[0]]
    return MODES[mode] if mode in allowed else Route.UNROUTED


def is_intermediate(code: str, month: str) -> bool:
    """Tell whether a code is a known intermediate treatment, after which a final one must follow."""
    return route(code, "", month) is Route.PENDING
