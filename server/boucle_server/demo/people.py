"""The people and the phones of the demonstration: invented names, one PIN for all, shown by the demonstration only."""

from dataclasses import dataclass
from typing import Final

from boucle.roles import Role

PIN: Final = "1234"
PASSWORD: Final = "boucle-demo-1234"  # noqa: S105 - shown to everybody who starts the demonstration


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who scans or decides; `key` is how the story calls them, `login` their name on the web."""

    key: str
    name: str
    role: Role
    site: str
    login: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handset:
    """A phone: where it lives, whose role it has, who works with it in turn."""

    key: str
    name: str
    role: Role
    site: str
    operators: tuple[str, ...]


_R = Role

PEOPLE: Final = (
    Person(key="claire", name="Claire Muller", role=_R.MANAGER, site="strasbourg", login="responsable"),
    Person(key="marc", name="Marc Kessler", role=_R.DRIVER, site="strasbourg", login="chauffeur"),
    Person(key="sofia", name="Sofia Antunes", role=_R.DRIVER, site="colmar"),
    Person(key="julien", name="Julien Perrin", role=_R.DRIVER, site="metz"),
    Person(key="denis", name="Denis Collard", role=_R.DRIVER, site="metz"),
    Person(key="amina", name="Amina Benali", role=_R.WAREHOUSE, site="strasbourg", login="magasinier"),
    Person(key="thierry", name="Thierry Schmitt", role=_R.WAREHOUSE, site="strasbourg"),
    Person(key="lucie", name="Lucie Humbert", role=_R.WAREHOUSE, site="metz"),
    Person(key="paul", name="Paul Grandjean", role=_R.WAREHOUSE, site="metz"),
    Person(key="ines", name="Inès Meyer", role=_R.WAREHOUSE, site="colmar"),
    Person(key="remi", name="Rémi Fuchs", role=_R.WAREHOUSE, site="molsheim"),
    Person(key="chloe", name="Chloé Adam", role=_R.WAREHOUSE, site="schiltigheim"),
    Person(key="hugo", name="Hugo Weber", role=_R.TECHNICIAN, site="schiltigheim", login="technicien"),
    Person(key="nadia", name="Nadia Roth", role=_R.INSPECTOR, site="schiltigheim", login="controleur"),
    Person(key="yves", name="Yves Lambert", role=_R.ADMINISTRATOR, site="strasbourg", login="administrateur"),
    Person(key="helene", name="Hélène Bauer", role=_R.READER, site="strasbourg", login="lecteur"),
)

HANDSETS: Final = (
    Handset(key="quai-strasbourg", name="Quai Strasbourg", role=_R.WAREHOUSE, site="strasbourg",
            operators=("amina", "thierry")),
    Handset(key="quai-metz", name="Quai Metz-Nord", role=_R.WAREHOUSE, site="metz", operators=("lucie", "paul")),
    Handset(key="quai-colmar", name="Quai Colmar", role=_R.WAREHOUSE, site="colmar", operators=("ines",)),
    Handset(key="quai-molsheim", name="Quai Molsheim", role=_R.WAREHOUSE, site="molsheim", operators=("remi",)),
    Handset(key="quai-schiltigheim", name="Quai Schiltigheim", role=_R.WAREHOUSE, site="schiltigheim",
            operators=("chloe",)),
    Handset(key="atelier", name="Atelier Schiltigheim", role=_R.TECHNICIAN, site="schiltigheim",
            operators=("hugo",)),
    Handset(key="camion-sud", name="Camion Alsace sud", role=_R.DRIVER, site="strasbourg", operators=("marc",)),
    Handset(key="camion-nord", name="Camion Alsace nord", role=_R.DRIVER, site="colmar", operators=("sofia",)),
    Handset(key="camion-lorraine", name="Camion Lorraine", role=_R.DRIVER, site="metz", operators=("julien",)),
    Handset(key="camion-ouest", name="Camion Champagne-Ardenne", role=_R.DRIVER, site="metz", operators=("denis",)),
)  # fmt: skip

MANAGER: Final = "claire"
INSPECTOR: Final = "nadia"
TECHNICIAN: Final = "hugo"
STILL_OFFLINE: Final = "camion-sud"
"""The phone that has not been heard of for some days when the year ends."""
LOST_HANDSET: Final = "camion-lorraine"
REPLACEMENT: Final = Handset(
    key="camion-lorraine-2", name="Camion Lorraine (2)", role=_R.DRIVER, site="metz", operators=("julien",)
)
WRONG_CLOCK: Final = "camion-nord"

DOCKS: Final = {
    "strasbourg": "quai-strasbourg",
    "metz": "quai-metz",
    "colmar": "quai-colmar",
    "molsheim": "quai-molsheim",
    "schiltigheim": "quai-schiltigheim",
}
"""The phone on the dock of each site of ours."""
