"""The table that a demonstration offers to import: sites, of which three rows are wrong."""

from sqlalchemy.engine import Connection

from boucle_server.imports.columns import COLUMNS
from boucle_server.projections import load_book

_FIELDS = ("key", "name", "partner", "town", "access", "reminder")


def rows(connection: Connection, org: str, lang: str) -> list[list[str]]:
    """Give the table: its headers in one language, then five good rows and three that cannot be taken."""
    partner = (load_book(connection, org).keys("partner") or [""])[0]
    columns = {column.field: column for column in COLUMNS["sites"]}
    return [
        [columns[field].named(lang) for field in _FIELDS],
        ["selestat-gare", "Sélestat, quai de la gare", partner, "Sélestat", "Quai 2", "Bacs vides et empilés"],
        ["obernai-nord", "Obernai Nord", partner, "Obernai", "Portail vert", ""],
        # A key with a blank.
        ["bar le duc", "Bar-le-Duc, entrepôt", partner, "Bar-le-Duc", "", ""],
        ["toul-depot", "Toul, dépôt", "", "Toul", "", ""],
        # A partner whom nobody described.
        ["verdun-zi", "Verdun, zone industrielle", "partenaire-inconnu", "Verdun", "Quai 7", ""],
        ["saverne-est", "Saverne Est", partner, "Saverne", "", "Prévenir 30 min avant"],
        # Said twice.
        ["obernai-nord", "Obernai Nord, second quai", partner, "Obernai", "", ""],
        ["wissembourg", "Wissembourg", partner, "Wissembourg", "Sonner à l’accueil", ""],
    ]
