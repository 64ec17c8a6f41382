"""Leaving for good: what becomes of what is scrapped or thrown away, and how an act says it."""

from typing import Any, Final, NamedTuple

from boucle.item import Item
from boucle.lifecycle import Stage
from boucle.treatment import Route, code_map, normal, route


class Treatment(NamedTuple):
    """What becomes of a mass: the D/R code with its mode, or a resale or gift that is no waste."""

    code: str = ""
    mode: str = ""
    route: str = ""


COMMON: Final = (
    Treatment("R3", "recycling", "recycling"),
    Treatment("R4", "", "recycling"),
    Treatment("R1", "", "recycling"),
    Treatment("R12", "", "recycling"),
    Treatment("D10", "", "disposal"),
    Treatment("D5", "", "disposal"),
    Treatment("", "", "resale"),
    Treatment("", "", "donate"),
)
"""What is chosen most; the words are `screen.treatment.<code or route>`. Any other code is typed."""


def modes(code: str, month: str) -> tuple[str, ...]:
    """Give the modes that a code allows in a month, none for an intermediate one."""
    return code_map(month).modes.get(normal(code), ())


def treatment_of(text: str, month: str) -> Treatment | None:
    """Give the treatment of a typed D/R code, None for one that nobody knows."""
    code = normal(text)
    if code not in code_map(month).modes:
        return None
    return Treatment(code, "", "disposal" if route(code, "", month) is Route.DISPOSAL else "recycling")


def action_of(item: Item | None) -> str:
    """Give the action: what is retired already is treated, anything else is retired by the same act."""
    return "treat" if item is not None and item.stage == Stage.RETIRED else "retire"


def answers(action: str, what: Treatment, outlet: str) -> dict[str, Any]:
    """Give what an act says of a treatment and where the thing goes."""
    said = {name: value for name in ("code", "mode") if (value := getattr(what, name))}
    said |= {"outlet": outlet} if outlet else {}
    return said | ({"route": what.route} if action == "retire" else {})
