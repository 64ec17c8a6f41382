"""No figure of one person: no page, file, export, definition or answer says how fast or how idle somebody is."""

import io
import re
import zipfile
from collections.abc import Iterable

import pytest

from boucle.catalogue import CATALOGUE
from boucle.facts import Cell
from boucle.tally import DIMENSIONS
from boucle.words import LANGUAGES, say
from boucle.words import catalogue as words_of
from boucle_server.exports import kpis
from boucle_server.web.places import PLACES
from tests.api.serving import Served
from tests.server import workshop_world
from tests.server.workshop_world import OTHER, TECHNICIAN
from tests.web.browser import opened, signed_in

PERSON = re.compile(
    r"\b(par|per|by)[ _-](personne|person|opérateur|opératrice|operator|technicien|technician|chauffeur"
    r"|driver|salarié|employee|agent|worker|user|actor|magasinier)s?\b",
    re.IGNORECASE,
)
SPEED = re.compile(
    r"inactivité|inactif|temps mort|idle|productivité|productivity|cadence|vitesse|\bspeed\b"
    r"|(scans?|events?|événements?) (par|per|an) (heure|hour)|temps de travail|working time|classement des"
    r"|ranking of people|rendement (individuel|personnel)",
    re.IGNORECASE,
)
ALLOWED = re.compile(r"^Un par personne qui scanne|^month:turnaround idle s$")
"""Of badges one is printed for each person; of a repair the time on hold is taken off, whoever works on it."""


def suspicious(texts: Iterable[str]) -> list[str]:
    """Give the texts that speak of somebody's own speed, idleness or figures."""
    return [text for text in texts if (PERSON.search(text) or SPEED.search(text)) and not ALLOWED.search(text)]


@pytest.mark.parametrize(
    "mutant",
    [
        "Réparations par technicien",
        "Turnaround per operator",
        "Temps mort entre deux scans",
        "scans per hour",
        "Productivité de l’atelier",
        "idle_s",
        "kpis_by_actor",
    ],
)
def test_the_search_finds_what_it_is_for(mutant: str) -> None:
    assert suspicious([mutant.replace("_", " ")])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_figure_speaks_of_a_person_and_none_can_be_narrowed_to_one(lang: str) -> None:
    told = [say(each.words(part), lang) for each in CATALOGUE.values() for part in ("name", "means", "formula")]
    assert suspicious(told) == []
    assert set(DIMENSIONS) == {"loop", "partner", "site", "type"}
    assert not {"actor", "person", "operator", "dev", "device", "worker"} & {*Cell._fields, *kpis.COLUMNS}
    measures = {measure for each in CATALOGUE.values() for measure in each.measures}
    assert suspicious(measure.replace("_", " ") for measure in measures) == []
    heads = [
        entry.text for key, entry in words_of(lang).items() if key.startswith(("web.measure_", "web.short_", "kpi."))
    ]
    assert suspicious(heads) == []


async def test_no_page_of_figures_and_no_file_of_one_names_who_worked(served: Served) -> None:
    workshop_world.a_workshop(served.database)
    served.clock.ms = workshop_world.NOW
    await signed_in(served)
    pages = ["/tableau?month=2026-02", "/tableau/chiffres?month=2026-02", "/atelier?vue=liste"]
    pages += [place.path for place in PLACES if place.in_menu]
    pages += [f"/tableau/chiffre/{id_}?month=2026-02" for id_ in CATALOGUE]
    for path in pages:
        page = await opened(served, path)
        assert page.status == 200
        assert suspicious(page.texts) == [], path
        if path.startswith(("/tableau?", "/tableau/")):
            file = await served.client.get(f"{path}&fichier=xlsx")
            sheets = zipfile.ZipFile(io.BytesIO(file.content))
            content = page.answer.text + "".join(
                sheets.read(name).decode() for name in sheets.namelist() if name.endswith(".xml")
            )
            assert not {TECHNICIAN, OTHER} & set(re.findall(r"p-\w+", content)), path


async def test_the_interface_describes_no_figure_of_a_person(served: Served) -> None:
    described = (await served.client.get("/openapi.json")).json()
    figures = {path: each for path, each in described["paths"].items() if path.startswith("/v1/kpis")}
    assert len(figures) == 3
    asked = {given["name"] for path in figures.values() for each in path.values() for given in each["parameters"]}
    assert asked <= {"month", "view", "loop", "partner", "type", "site", "name", "after", "limit"}
    schemas = described["components"]["schemas"]
    fields = {
        field for name in ("ValueOf", "QualityOf", "EventBehind", "Added") for field in schemas[name]["properties"]
    }
    assert not {"actor", "person", "operator", "who", "device", "dev"} & fields
    spoken = [
        *described["paths"],
        *schemas,
        *(name for each in schemas.values() for name in each.get("properties", ())),
    ]
    assert suspicious(name.replace("_", " ") for name in spoken) == []
