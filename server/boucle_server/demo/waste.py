"""The shared waste of the demonstration: pressed into bales once a week, and sent to treatment by code."""

from datetime import date
from typing import Any, Final

from boucle_server.demo.ground import Ground
from boucle_server.demo.network import OUTLET

_STREAMS: Final = {
    "film": ("film-pe", "strasbourg", 180_000, ((0.88, "R3", "recycling"), (0.09, "R1", ""), (0.03, "D5", ""))),
    "carton": ("carton-balle", "metz", 320_000, ((0.96, "R3", "recycling"), (0.04, "R1", ""))),
    "copeaux": ("copeaux-acier", "metz", 250_000, ((0.93, "R4", ""), (0.05, "R12", ""), (0.02, "D5", ""))),
}
"""Of each waste loop: the type, the site that sends it away, a bale's mass (g), and which share goes which way."""


def treat_waste(ground: Ground, day: date) -> None:
    """Press a week's waste into bales and send them away: most is recycled, some burnt, a little landfilled."""
    for loop, (item_type, site, bale_g, codes) in _STREAMS.items():
        mass_g = ground.bins_g[loop]
        ground.bins_g[loop] = 0
        for share, code, mode in codes:
            part_g = round(mass_g * share / 1000) * 1000
            if part_g:
                bales = {"item_type": item_type, "qty": max(1, round(part_g / bale_g))}
                _send_away(ground, day, site, bales, treatment={"code": code, "mode": mode, "mass_g": part_g})


def _send_away(ground: Ground, day: date, site: str, bales: dict[str, Any], *, treatment: dict[str, Any]) -> None:
    ground.begin(ground.dock(site), day, 11.6)
    ground.note(ground.dock(site), "item.commissioned", place=site, **bales)
    body = {key: value for key, value in treatment.items() if value}
    ground.act(day, 14.5, "item.retired", place=site, body={**body, "route": "recycling", "outlet": OUTLET}, **bales)
