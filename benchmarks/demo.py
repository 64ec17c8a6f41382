"""How long the demonstration takes to be filled: about 27 000 events through the one door, each push on its own."""

from datetime import date

from benchmarks import disk
from benchmarks.figures import Figure, seconds
from boucle_server.demo.command import fill
from boucle_server.demo.phone import Delivery
from boucle_server.demo.year import Plan, Year, simulate
from boucle_server.settings import Settings

PLAN = Plan(today=date(2026, 11, 23))
GOAL_S = 40


def measure() -> list[Figure]:
    """Measure the simulation alone, then all that `boucle demo` does before it serves."""
    years: list[Year] = []
    simulated = seconds(lambda: years.append(simulate(PLAN)))
    events = sum(len(each.push.records) for each in years[0].arrivals if isinstance(each, Delivery))
    with disk.directory() as directory:
        filled = seconds(lambda: fill(Settings(data=directory / "data"), PLAN))
    return [
        Figure(job="simulating the year", value=simulated, unit="s"),
        Figure(
            job="simulating and storing the year",
            value=filled,
            unit="s",
            goal=f"≤ {GOAL_S} s",
            met=filled <= GOAL_S,
            note=f"{events:,} records in {len(years[0].arrivals):,} pushes and acts, three months closed on the way; "
            "what a newcomer waits for, with the machine as busy as it was.".replace(",", " ", 2),
        ),
        Figure(job="events stored of them", value=events / (filled - simulated), unit="events/s"),
    ]
