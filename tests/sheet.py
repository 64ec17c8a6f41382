"""The sheet of labels of the demonstration, and a phone that has met its server: what a newcomer has in hand."""

import csv
from pathlib import Path

from tests.e2e.commands import House, Phone

BASE = "HTTPS://BOUCLE.EXAMPLE"
AT_PARTNER = "Rhin Plasturgie"
AT_HOME = "Strasbourg – Port du Rhin"
BLANK = ""


def labels(data: Path, where: str) -> list[str]:
    """Give what a scanner reads from the labels of the sheet that hang on things which are there."""
    with (data / "labels.csv").open(encoding="utf-8-sig", newline="") as rows:
        return [f"{BASE}/{row['code']}" for row in csv.DictReader(rows) if row["owner"] == where]


def drivers_phone(house: House, directory: Path) -> Phone:
    """Enrol a phone of the driver at the served demonstration; it has pulled once."""
    phone = house.phone(directory, name="Camion", role="chauffeur", site="strasbourg")
    phone.run("sync")
    return phone
