"""How fast and how accessible Lighthouse finds every page, served from a demonstration, in a real Chromium."""

from benchmarks import disk
from benchmarks.figures import Figure
from tests.browser.calls import ACCOUNTS, calls
from tests.browser.chromium import looked_at
from tests.e2e.commands import House, run, served

FAST, ACCESSIBLE = 95, 100


def measure() -> list[Figure]:
    """Ask Lighthouse, as a slow phone on a slow line, about every page that answers 200."""
    with disk.directory() as directory:
        data = directory / "data"
        run("boucle", "demo", "--data", data, "--seed-only")
        with served(House(data=data)) as house:
            found = looked_at(house.address, calls(), people=ACCOUNTS, judged=("performance", "accessibility"))
    weights = {look["name"]: look["bytes"] for look in found["looks"]}
    figures: list[Figure] = []
    for one in found["scores"]:
        note = f"{weights[one['name']] / 1000:.0f} kB with all that it needs"
        for category, goal in (("performance", FAST), ("accessibility", ACCESSIBLE)):
            score = one["score"][category]
            figures.append(
                Figure(
                    job=f"{one['name']}, {category}",
                    value=score,
                    unit="of 100",
                    goal=f"≥ {goal}",
                    met=score >= goal,
                    note=note if category == "performance" else "",
                )
            )
    return figures
