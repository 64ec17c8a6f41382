"""The network of the demonstration: firms, sites, types, loops and lanes, all of them invented.

The towns are real, the firms are not: each is marked `fictif`, and its number begins with zeros, which no
registered firm's does, though it passes every check of form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from boucle.clock import DEFAULT_ZONE
from boucle.closed_days import Closure, Holidays, write_closures
from boucle.codes import Kind, mint
from boucle.donor_parts import TABLE as EXPECTED_PART
from boucle.donor_parts import expected_key
from boucle.goals import MICRO as GOAL_MICRO
from boucle.goals import TABLE as GOAL
from boucle.goals import goal_key
from boucle.opening_hours import WEEK
from boucle.reference import ANY_TYPE
from boucle_server.demo.chance import Chance
from boucle_server.demo.checklists import CHECKLIST_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """A partner with its one site; both have the same key."""

    key: str
    name: str
    city: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """A site of ours."""

    key: str
    name: str
    city: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A type of item: its reference row, how many of 1 200 items are of it, and where they begin."""

    key: str
    name: str
    material: str
    tare_g: int
    due_days: int
    fleet: int
    home: str
    deposit_cents: int = 0
    requalify: bool = False
    serialised: bool = True
    nature: str = ""
    """`product` or `part` for what belongs to no pool."""
    price_cents: int = 0
    """What a new one costs."""
    code: str = ""
    """Treatment code (directive 2008/98/EC) under which one is recycled at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A partner visited once a week for one type: how many go there, and how long they usually stay."""

    key: str
    origin: str
    firm: str
    model: str
    loop: str
    weekday: int
    weekly: float
    dwell_days: float
    truck: str
    far: bool = False
    """The truck is back only the next morning."""
    declares: float = 0.0
    """Share of the visits at which the driver counts instead of scanning."""
    content_g: int = 0
    """What a container of a waste round holds when it comes back, on average."""


LOSS_DAYS: Final = 60
OUTLET: Final = "Recyclage du Grand Est (fictif)"

DEPOTS: Final = (
    Depot(key="strasbourg", name="Strasbourg – Port du Rhin", city="Strasbourg", role="hub"),
    Depot(key="metz", name="Metz-Nord", city="Metz", role="hub"),
    Depot(key="schiltigheim", name="Atelier mutualisé de Schiltigheim", city="Schiltigheim", role="workshop"),
    Depot(key="colmar", name="Dépôt de Colmar", city="Colmar", role="depot"),
    Depot(key="molsheim", name="Dépôt de Molsheim", city="Molsheim", role="depot"),
)

FIRMS: Final = (
    Firm(key="rhin-plasturgie", name="Rhin Plasturgie", city="Mulhouse"),
    Firm(key="ateliers-du-ried", name="Ateliers du Ried", city="Sélestat"),
    Firm(key="vosges-mecanique", name="Vosges Mécanique", city="Épinal"),
    Firm(key="moselle-assemblage", name="Moselle Assemblage", city="Metz"),
    Firm(key="nancy-electronique", name="Nancy Électronique", city="Nancy"),
    Firm(key="fonderie-de-l-ill", name="Fonderie de l’Ill", city="Illkirch"),
    Firm(key="hardt-logistique", name="Hardt Logistique", city="Saint-Louis"),
    Firm(key="champagne-emballage", name="Champagne Emballage", city="Reims"),
    Firm(key="aube-textile", name="Aube Textile", city="Troyes"),
    Firm(key="ardennes-forge", name="Ardennes Forge", city="Charleville-Mézières"),
    Firm(key="meuse-bois", name="Meuse Bois", city="Bar-le-Duc"),
    Firm(key="haute-marne-coutellerie", name="Haute-Marne Coutellerie", city="Nogent"),
    Firm(key="haguenau-automation", name="Haguenau Automation", city="Haguenau"),
    Firm(key="luneville-faience", name="Lunéville Faïence", city="Lunéville"),
    Firm(key="thionville-acier", name="Thionville Acier Services", city="Thionville"),
    Firm(key="saverne-optique", name="Saverne Optique", city="Saverne"),
)

MODELS: Final = (
    Model(key="bac-600x400", name="Bac 600×400", material="plastique", tare_g=1_900, due_days=35, fleet=520,
          home="strasbourg", deposit_cents=1_200, code="R3"),
    Model(key="caisse-palette", name="Caisse-palette", material="plastique", tare_g=35_500, due_days=42, fleet=220,
          home="metz", deposit_cents=14_000, code="R3"),
    Model(key="roll", name="Roll", material="acier", tare_g=32_000, due_days=30, fleet=160, home="colmar",
          deposit_cents=9_000, code="R4"),
    Model(key="bac-esd", name="Bac ESD pour cartes électroniques", material="plastique", tare_g=2_150, due_days=35,
          fleet=120, home="molsheim", code="R3"),
    Model(key="berceau-moteur", name="Berceau pour moteurs", material="acier", tare_g=18_400, due_days=45, fleet=60,
          home="schiltigheim", requalify=True, code="R4"),
    Model(key="conteneur-film", name="Conteneur à film", material="plastique", tare_g=44_000, due_days=30, fleet=40,
          home="strasbourg", code="R3"),
    Model(key="conteneur-carton", name="Conteneur à carton", material="acier", tare_g=61_000, due_days=30, fleet=40,
          home="metz", code="R4"),
    Model(key="benne-copeaux", name="Benne à copeaux", material="acier", tare_g=96_000, due_days=30, fleet=40,
          home="metz", code="R4"),
    Model(key="intercalaire", name="Intercalaire", material="plastique", tare_g=640, due_days=45, fleet=0,
          home="metz", serialised=False, code="R3"),
    Model(key="film-pe", name="Film PE, balle", material="plastique", tare_g=0, due_days=30, fleet=0,
          home="strasbourg", serialised=False, code="R3"),
    Model(key="carton-balle", name="Carton, balle", material="carton", tare_g=0, due_days=30, fleet=0,
          home="metz", serialised=False, code="R3"),
    Model(key="copeaux-acier", name="Copeaux d’acier, benne", material="acier", tare_g=0, due_days=30, fleet=0,
          home="metz", serialised=False, code="R4"),
    Model(key="moteur", name="Moteur 1,5 kW", material="acier", tare_g=14_000, due_days=30, fleet=0,
          home="schiltigheim", nature="product", price_cents=42_000, code="R4"),
    Model(key="cartouche", name="Cartouche de filtre", material="plastique", tare_g=420, due_days=30, fleet=0,
          home="schiltigheim", nature="product", serialised=False, price_cents=2_900, code="R3"),
    Model(key="stator", name="Stator bobiné", material="cuivre", tare_g=3_900, due_days=30, fleet=0,
          home="schiltigheim", nature="part", price_cents=9_600, code="R4"),
    Model(key="roulement", name="Roulement 6205", material="acier", tare_g=350, due_days=30, fleet=0,
          home="schiltigheim", nature="part", price_cents=1_850, code="R4"),
    Model(key="boitier", name="Boîtier électronique", material="plastique", tare_g=900, due_days=30, fleet=0,
          home="schiltigheim", nature="part", price_cents=14_500, code="R4"),
)  # fmt: skip

LOOPS: Final = {
    "bacs-mulhouse": "Bacs 600×400 Strasbourg – Mulhouse",
    "palettes-nancy": "Caisses-palettes Metz – Nancy",
    "rolls-haguenau": "Rolls Colmar – Haguenau",
    "intercalaires-reims": "Intercalaires Metz – Reims",
    "moteurs-epinal": "Moteurs Épinal – Schiltigheim",
    "cartes-illkirch": "Cartes électroniques Illkirch – Molsheim",
    "film": "Déchets mutualisés : film",
    "carton": "Déchets mutualisés : carton",
    "copeaux": "Déchets mutualisés : copeaux",
}

_ROLES: Final = {"hub": "plateforme", "workshop": "atelier", "depot": "dépôt", "partner": "partenaire"}
"""What people read of what a site is for."""
HELD: Final = (("moteur", "stator", 1), ("moteur", "roulement", 2))
"""What a donor holds that can serve again: its type, the type of the part, how many."""
GOALS: Final = (
    ("K1", "", 95),
    ("K1", "bacs-mulhouse", 97),
    ("K13", "", 10),
    ("K15", "", 5),
    ("K22", "", 85),
    ("K30", "", 80),
    ("K32-median", "", 14),
)
"""What the firm wants of its figures: the id, the loop it is for, how much in the unit that people read."""
_BACS = {"origin": "strasbourg", "model": "bac-600x400", "loop": "bacs-mulhouse", "truck": "camion-sud"}
_CAISSES = {"origin": "metz", "model": "caisse-palette", "loop": "palettes-nancy", "truck": "camion-lorraine"}
_ROLLS = {"origin": "colmar", "model": "roll", "loop": "rolls-haguenau", "truck": "camion-nord"}
_FILM = {"origin": "strasbourg", "model": "conteneur-film", "loop": "film"}
_CARTON = {"origin": "metz", "model": "conteneur-carton", "loop": "carton"}
_COPEAUX = {"origin": "metz", "model": "benne-copeaux", "loop": "copeaux"}
_WEST: dict[str, Any] = {"truck": "camion-ouest", "far": True}

STOPS: Final = tuple(
    Stop(key=f"{row['firm']}-{row['model']}", **row)
    for row in (
        {**_BACS, "firm": "rhin-plasturgie", "weekday": 0, "weekly": 17, "dwell_days": 24},
        {**_BACS, "firm": "ateliers-du-ried", "weekday": 2, "weekly": 11, "dwell_days": 19, "declares": 0.15},
        {**_BACS, "firm": "hardt-logistique", "weekday": 3, "weekly": 10, "dwell_days": 22},
        {**_CAISSES, "firm": "nancy-electronique", "weekday": 1, "weekly": 6, "dwell_days": 26},
        {**_CAISSES, "firm": "meuse-bois", "weekday": 2, "weekly": 4, "dwell_days": 31},
        {**_CAISSES, "firm": "luneville-faience", "weekday": 3, "weekly": 4, "dwell_days": 21},
        {**_CAISSES, "firm": "moselle-assemblage", "weekday": 4, "weekly": 5, "dwell_days": 17},
        {**_ROLLS, "firm": "haguenau-automation", "weekday": 1, "weekly": 8, "dwell_days": 16},
        {**_ROLLS, "firm": "saverne-optique", "weekday": 4, "weekly": 5, "dwell_days": 20},
        {"origin": "molsheim", "firm": "fonderie-de-l-ill", "model": "bac-esd", "loop": "cartes-illkirch",
         "weekday": 0, "weekly": 9, "dwell_days": 18, "truck": "camion-nord"},
        {"origin": "schiltigheim", "firm": "vosges-mecanique", "model": "berceau-moteur", "loop": "moteurs-epinal",
         "weekday": 3, "weekly": 4, "dwell_days": 28, "truck": "camion-nord"},
        {**_FILM, "firm": "rhin-plasturgie", "weekday": 0, "weekly": 2, "dwell_days": 14, "truck": "camion-sud",
         "content_g": 160_000},
        {**_FILM, "firm": "ateliers-du-ried", "weekday": 2, "weekly": 1, "dwell_days": 21, "truck": "camion-sud",
         "content_g": 120_000},
        {**_FILM, "firm": "fonderie-de-l-ill", "weekday": 1, "weekly": 1, "dwell_days": 21, "truck": "camion-nord",
         "content_g": 95_000},
        {**_CARTON, **_WEST, "firm": "champagne-emballage", "weekday": 1, "weekly": 2, "dwell_days": 14,
         "content_g": 210_000},
        {**_CARTON, **_WEST, "firm": "aube-textile", "weekday": 3, "weekly": 1, "dwell_days": 14,
         "content_g": 185_000},
        {**_CARTON, "firm": "nancy-electronique", "weekday": 1, "weekly": 1, "dwell_days": 21,
         "truck": "camion-lorraine", "content_g": 140_000},
        {**_COPEAUX, **_WEST, "firm": "ardennes-forge", "weekday": 2, "weekly": 1, "dwell_days": 14,
         "content_g": 640_000},
        {**_COPEAUX, **_WEST, "firm": "haute-marne-coutellerie", "weekday": 3, "weekly": 1, "dwell_days": 21,
         "content_g": 380_000},
        {**_COPEAUX, "firm": "thionville-acier", "weekday": 4, "weekly": 2, "dwell_days": 14,
         "truck": "camion-lorraine", "content_g": 720_000},
    )
)  # fmt: skip

WAYS: Final = {
    "rhin-plasturgie": (
        "Quai 3, sonner à la loge",
        "Bacs vides et empilés par huit ; ne pas prendre de bac sale sans l’isoler",
    ),
    "hardt-logistique": ("Portail B, badge à demander à l’accueil", "Compter avec le cariste avant de charger"),
    "nancy-electronique": ("Sas ESD, chaussures à l’entrée", ""),
    "haguenau-automation": ("", "Rolls pliés et sanglés"),
}
"""How one gets in at some partners, and what one minds there."""

SHEETS: Final = (("champagne-emballage", 1, 140, 4), ("aube-textile", 3, 90, 5))
"""Where interleaf sheets go: firm, weekday, how many a week (of 1 200 items), after how many weeks they return."""
SHEET: Final = "intercalaire"
SHEETS_OWNED: Final = 4_800

_ASKED: Final[Mapping[str, dict[str, str]]] = {
    "hub": {"photos": "repair scrap"},
    "luneville-faience": {"photos": "incident"},
    "workshop": {"limits": "open:3 diagnosed:2 in_repair:4 quality_control:2"},
}
"""What is asked of depots, and of one partner: a photo of what, and at the workshop how many repairs at most it wants
in some columns of its board."""
_DEPOT_HOURS: Final = "06:00-20:00"
_WORKSHOP_HOURS: Final = "07:30-12:00,13:00-17:30"
_PARTNER_HOURS: Final[Mapping[str, str]] = {
    "rhin-plasturgie": "07:00-12:00,13:30-17:00",
    "hardt-logistique": "05:00-21:00",
    "nancy-electronique": "08:00-12:00,13:00-16:30",
    "haguenau-automation": "07:30-16:00",
    "luneville-faience": "08:00-12:00,14:00-17:30",
}
"""When some partners take deliveries, from Monday to Friday; of the others nobody said."""
MODEL: Final = {model.key: model for model in MODELS}


def reference_rows(chance: Chance, today: date) -> list[tuple[str, str, dict[str, Any]]]:
    """Give the whole network as rows `(table, key, row)` of reference data."""
    ours = [(depot.key, depot.name, depot.city, "", depot.role) for depot in DEPOTS]
    theirs = [(firm.key, f"{firm.name}, {firm.city}", firm.city, firm.key, "partner") for firm in FIRMS]
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("partner", firm.key, {"name": firm.name, "city": firm.city, "siret": _siret(number), "fictif": True})
        for number, firm in enumerate(FIRMS, 1)
    ]
    rows += [
        (
            "site",
            key,
            {
                "name": name,
                "city": city,
                "partner": partner,
                "zone": DEFAULT_ZONE,
                "role": _ROLES[role],
                "code": mint(Kind.PLACE, chance.bytes).text,
                **_way(key, city, partner),
                **_opening(key, role, today),
                **_ASKED.get(role, {}),
                **_ASKED.get(key, {}),
            },
        )
        for key, name, city, partner, role in (*ours, *theirs)
    ]
    rows += [("item_type", model.key, _type_row(model)) for model in MODELS]
    rows += [("loop", key, {"name": name}) for key, name in LOOPS.items()]
    rows += [
        (GOAL, goal_key(figure, loop, ANY_TYPE), {"figure": figure, "loop": loop, "goal_micro": n * GOAL_MICRO})
        for figure, loop, n in GOALS
    ]
    rows += [
        (EXPECTED_PART, expected_key(donor, part), {"donor": donor, "part": part, "expected_n": n})
        for donor, part, n in HELD
    ]
    rows += [("lane", f"{stop.origin}>{stop.firm}>{stop.model}", {"loop": stop.loop}) for stop in STOPS]
    rows += CHECKLIST_ROWS
    rows += [("lane", f"metz>{firm}>{SHEET}", {"loop": "intercalaires-reims"}) for firm, *_ in SHEETS]
    return rows


def _opening(key: str, role: str, today: date) -> dict[str, str]:
    """Say when a place is open: our depots and workshop, all in Alsace or Moselle, and some partners."""
    ours = {"hub": _DEPOT_HOURS, "depot": _DEPOT_HOURS, "workshop": _WORKSHOP_HOURS}
    spans = ours.get(role) or _PARTNER_HOURS.get(key)
    if spans is None:
        return {}
    given = {"hours": " ".join(f"{day}:{spans}" for day in WEEK[:5])}
    if role in ours:
        given["holidays"] = str(Holidays.ALSACE_MOSELLE)
    if role == "workshop":
        given["closures"] = write_closures([Closure(date(today.year, 12, 24), date(today.year + 1, 1, 1))])
    return given


def _way(key: str, city: str, partner: str) -> dict[str, str]:
    """Say of a partner's place what a driver has to know; an address is as invented as the firm."""
    if not partner:
        return {}
    access, reminder = WAYS.get(key, ("", ""))
    given = {"address": f"Zone d’activités, {city}", "access": access, "reminder": reminder}
    return {name: text for name, text in given.items() if text}


def _type_row(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "serialised": model.serialised,
        "material": model.material,
        "tare_g": model.tare_g,
        "due_days": model.due_days,
        "loss_days": LOSS_DAYS,
        "deposit_cents": model.deposit_cents,
        "requalify": model.requalify,
        **({"nature": model.nature} if model.nature else {}),
        **({"price_cents": model.price_cents} if model.price_cents else {}),
        **({"repair_percent": 60, "agreed_cents": 5_000} if model.key == "moteur" else {}),
    }


def _siret(number: int) -> str:
    """Make a firm's number: 9 digits and 14 digits that pass the check of ISO/IEC 7812 (Luhn)."""
    siren = _luhn(f"0000{number:04d}")
    return _luhn(f"{siren}0001")


def _luhn(digits: str) -> str:
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return f"{digits}{-sum(value // 10 + value % 10 for value in doubled) % 10}"
