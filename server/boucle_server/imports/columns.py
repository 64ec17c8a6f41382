"""Columns of each kind of import: their names, the other names people give them, and how a cell is read."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from boucle_server.imports import cells, event_cells, hour_cells
from boucle_server.imports.cells import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `field` in the register, the header of the template in French and in English, its synonyms."""

    field: str
    header: str
    english: str
    read: Reader
    synonyms: tuple[str, ...] = ()
    required: bool = False
    example: str = ""

    def named(self, lang: str) -> str:
        """Give the header in one language."""
        return self.english if lang == "en" else self.header


def _c(
    field: str, header: str, read: Reader, *synonyms: str, english: str = "", required: bool = False, example: str = ""
) -> Column:
    """Make a column; its English header is the first synonym where nothing else is said."""
    named = english or (synonyms[0] if synonyms else header)
    more = () if named in (header, *synonyms) else (named,)
    return Column(
        field=field,
        header=header,
        english=named,
        read=read,
        synonyms=(*synonyms, *more),
        required=required,
        example=example,
    )


_FROM = _c("valid_from", "valable à partir du", cells.instant, "valid from", "depuis", example="01/01/2026")
_NAME = _c("name", "nom", cells.text, "name", "désignation", "libellé", required=True, example="Rhin Plasturgie")

EXAMPLE_LABEL = "C/MW5YVPYTDMJXWF"
"""A label that nobody prints."""
COLUMNS: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "sites": (
            _c("key", "site", cells.key, "key", "clé", "code site", english="site", required=True, example="mulhouse"),
            _NAME,
            _c("partner", "partenaire", cells.key, "partner", example="rhin"),
            _c("zone", "fuseau", cells.zone, "zone", "time zone", "timezone", example="Europe/Paris"),
            _c("role", "rôle", cells.site_role, "role", example="quai"),
            _c("code", "étiquette", cells.label, "label", "qr"),
            _c(
                "photos",
                "photos",
                cells.photo_guards,
                "photo",
                "photos asked for",
                english="photos asked for",
                example="rebut, réparation, incident, diagnostic",
            ),
            _c(
                "limits",
                "limites de l’atelier",
                cells.limits,
                "workshop limits",
                "limites",
                "wip",
                example="en réparation 4, au test 3",
            ),
            _c(
                "hours",
                "heures d’ouverture",
                hour_cells.hours,
                "opening hours",
                "horaires",
                example="lundi-vendredi 8:00-12:00, 13:30-17:00",
            ),
            _c("holidays", "jours fériés", hour_cells.holidays, "public holidays", "fériés", example="Alsace-Moselle"),
            _c(
                "closures",
                "fermetures",
                hour_cells.closures,
                "closures",
                "congés",
                example="03/08/2026 au 21/08/2026",
            ),
            _c("town", "commune", cells.text, "town", "city", "ville", example="Mulhouse"),
            _c("address", "adresse", cells.text, "address", example="12 rue du Port, 68100 Mulhouse"),
            _c("access", "accès", cells.text, "access", example="Quai 3, sonner à la loge"),
            _c("reminder", "rappel", cells.text, "reminder", "rappel de protocole", example="Bacs vides et empilés"),
            _FROM,
        ),
        "partners": (
            _c(
                "key",
                "partenaire",
                cells.key,
                "key",
                "clé",
                "partner",
                english="partner",
                required=True,
                example="rhin",
            ),
            _NAME,
            _c("siret", "siret", cells.siret, example="73282932000074"),
            _FROM,
        ),
        "item-types": (
            _c("key", "type", cells.key, "key", "clé", english="type", required=True, example="bac-600x400"),
            _c("name", "nom", cells.text, "name", "libellé", required=True, example="Bac 600×400"),
            _c("serialised", "numéroté", cells.yes_no, "serialised", "serialized", "unitaire", example="oui"),
            _c("material", "matière", cells.short, "material", "matériau", example="plastique"),
            _c(
                "tare_g",
                "tare (kg)",
                cells.grams,
                "tare",
                "tare kg",
                "masse (kg)",
                "weight (kg)",
                english="tare (kg)",
                example="2,15",
            ),
            _c("due_days", "délai de retour (j)", cells.days, "due days", "délai de retour", example="30"),
            _c("loss_days", "présumé perdu après (j)", cells.days, "loss days", example="180"),
            _c(
                "deposit_cents",
                "consigne (€)",
                cells.cents,
                "deposit",
                "consigne",
                english="deposit (€)",
                example="4,50",
            ),
            _c(
                "price_cents",
                "prix neuf (€)",
                cells.cents,
                "price",
                "new price",
                "prix",
                "prix neuf",
                english="new price (€)",
                example="86,00",
            ),
            _c(
                "repair_percent",
                "réparer jusqu’à (% du neuf)",
                cells.percent,
                "repair percent",
                "repair up to (%)",
                english="repair up to (% of new)",
                example="60",
            ),
            _c(
                "agreed_cents",
                "sans accord jusqu’à (€)",
                cells.cents,
                "agreed",
                "agreed up to",
                english="no approval up to (€)",
                example="50,00",
            ),
            _c("most_uses", "utilisations au plus", cells.uses, "most uses", "rotations au plus", example="120"),
            _c("nature", "nature", cells.nature, example="conteneur"),
            _c("requalify", "requalification après lavage", cells.yes_no, "requalify", example="non"),
            _c("reminder", "rappel", cells.text, "reminder", "rappel de protocole", example="Plier avant de charger"),
            _FROM,
        ),
        "lanes": (
            _c("origin", "origine", cells.key, "origin", "de", "from", required=True, example="strasbourg"),
            _c(
                "destination",
                "destination",
                cells.key,
                "à",
                "to",
                english="destination",
                required=True,
                example="mulhouse",
            ),
            _c("item_type", "type", cells.type_or_any, "item type", example="bac-600x400"),
            _c("loop", "boucle", cells.short, "loop", required=True, example="bacs Alsace"),
            _c("due_days", "délai de retour (j)", cells.days, "due days", "délai de retour", example="21"),
            _c("loss_days", "présumé perdu après (j)", cells.days, "loss days", example="120"),
            _c("transit_days", "transport (j)", cells.days, "transit days", example="1"),
            _FROM,
        ),
        "return-rules": (
            _c("item_type", "type", cells.type_or_any, "item type", required=True, example="moteur"),
            _c("return_days", "jours pour renvoyer", cells.days, "days to send back", "délai de renvoi", example="30"),
            _c("grade_a", "classe A", cells.disposition, "grade a", example="remettre en stock"),
            _c("grade_b", "classe B", cells.disposition, "grade b", example="remettre en état"),
            _c("grade_c", "classe C", cells.disposition, "grade c", example="réparer"),
            _c("grade_d", "classe D", cells.disposition, "grade d", example="démonter pour pièces"),
            _c(
                "most_cents",
                "responsable au-dessus de (€)",
                cells.cents,
                "manager above",
                "seuil",
                english="manager above (€)",
                example="500,00",
            ),
            _FROM,
        ),
        "donor-parts": (
            _c("donor", "donneur", cells.key, "donor", "type du donneur", required=True, example="moteur"),
            _c("part", "pièce", cells.key, "part", "type de la pièce", required=True, example="roulement"),
            _c("expected_n", "nombre", cells.quantity, "number", "n", "qty", required=True, example="2"),
            _FROM,
        ),
        "items": (
            _c(
                "code",
                "étiquette",
                cells.label,
                "code",
                "label",
                "qr",
                "grai",
                english="label",
                required=True,
                example=EXAMPLE_LABEL,
            ),
            _c("type", "type", cells.key, "item type", required=True, example="bac-600x400"),
            _c("place", "site", cells.key, "place", "lieu", english="site", required=True, example="strasbourg"),
            _c("serial", "numéro de série", cells.text, "serial", "n° de série", example="A-0001"),
            _c("tare_g", "tare (kg)", cells.grams, "tare", "tare kg", english="tare (kg)"),
            _c("opening_uses", "utilisations passées", cells.uses, "opening uses", "rotations", example="12"),
            _c("at_ms", "en service depuis", cells.instant, "since", "in service since", example="01/09/2025"),
            _c("home", "site d’attache", cells.key, "home", "home site", "site d'attache", "dépôt"),
            _c("out_ms", "chez le partenaire depuis", cells.instant, "out since", "at partner since", "sorti le"),
        ),
        "events": (
            _c(
                "at_ms",
                "quand",
                cells.instant,
                "at",
                "date",
                "heure",
                "time",
                required=True,
                example="2025-09-14T08:30",
            ),
            _c("kind", "quoi", event_cells.act, "what", "action", "kind", required=True, example="repris"),
            _c("code", "étiquette", cells.label, "code", "label", "qr", english="label", example=EXAMPLE_LABEL),
            _c("item_type", "type", cells.key, "item type", example=""),
            _c("qty", "quantité", cells.quantity, "qty", "quantity", "nombre", example=""),
            _c("place", "lieu", cells.key, "place", "site", required=True, example="mulhouse"),
            _c("to", "vers", cells.key, "to", "destination"),
            _c("from", "venant de", cells.key, "from"),
            _c("mass_g", "masse (kg)", cells.grams, "mass", "poids (kg)", "kg", english="mass (kg)"),
            _c("verdict", "verdict", event_cells.verdict, "tri", english="verdict"),
            _c("treatment", "code de traitement", cells.short, "treatment code", "code d/r"),
            _c("mode", "mode de traitement", cells.short, "treatment mode", "mode"),
            _c("task", "référence", cells.short, "reference", "task", "tournée"),
        ),
        "rounds": (
            _c("key", "tournée", cells.key, "round", "key", "clé", required=True, example="2026-11-24-sud"),
            _c("day", "jour", cells.day, "day", "date", required=True, example="24/11/2026"),
            _c("name", "nom", cells.text, "name", example="Sud Alsace"),
            _c("home", "départ", cells.key, "home", "dépôt", "from", example="strasbourg"),
            _c("person", "chauffeur", cells.text, "driver", "person", example="Camille"),
            _c("stop", "arrêt", cells.count, "stop", "ordre", "order", required=True, example="1"),
            _c("place", "lieu", cells.key, "place", "site", required=True, example="mulhouse"),
            _c("opens", "à partir de", cells.hour, "opens", "ouvre", example="08:00"),
            _c("closes", "jusqu’à", cells.hour, "closes", "ferme", "jusqu'à", example="10:30"),
            _c("item_type", "type", cells.key, "item type", example="bac-600x400"),
            _c("collect", "à reprendre", cells.quantity, "collect", "to take", example="20"),
            _c("deliver", "à déposer", cells.quantity, "deliver", "to leave", example="30"),
            _c("note", "consigne", cells.text, "note", example="Quai 3"),
        ),
        "checklists": (
            _c("key", "liste", cells.key, "checklist", "key", "clé", required=True, example="moteur-essai"),
            _FROM,
            _c("moment", "moment", cells.moment, "when", example="essai"),
            _c("name", "nom", cells.question, "name", example="Essais d’un moteur"),
            _c("name_en", "nom en anglais", cells.question, "name en", "english name", example="Tests of a motor"),
            _c("types", "types", cells.keys, "type", "item types", english="item types", example="moteur"),
            _c("step", "étape", cells.key, "step", required=True, example="isolement"),
            _c("question", "question", cells.question, required=True, example="Résistance d’isolement"),
            _c(
                "question_en",
                "question en anglais",
                cells.question,
                "english question",
                example="Insulation resistance",
            ),
            _c("asks", "réponse", cells.asks, "answer", "asks", example="mesure"),
            _c("unit", "unité", cells.text, "unit", example="MΩ"),
            _c("low", "minimum", cells.text, "min", "low", example="1"),
            _c("high", "maximum", cells.text, "max", "high"),
            _c("choices", "choix", cells.text, "choices"),
            _c("choices_en", "choix en anglais", cells.text, "english choices"),
            _c("blocking", "bloquant", cells.yes_no, "blocking", example="oui"),
            _c("photo", "photo", cells.yes_no, example="non"),
        ),
        "qualifications": (
            _c(
                "key", "habilitation", cells.key, "qualification", "key", "clé", required=True, example="controle-final"
            ),
            _c("name", "nom", cells.text, "name", "libellé", required=True, example="Contrôle final"),
            _c("acts", "actes", cells.acts, "acts", "acte", example="requalification, remise en service"),
            _c("types", "types", cells.keys, "type", "item types", english="item types", example="moteur"),
            _FROM,
        ),
        "qualified": (
            _c("person", "personne", cells.text, "person", "opérateur", "operator", required=True, example="Camille"),
            _c(
                "qualification",
                "habilitation",
                cells.key,
                english="qualification",
                required=True,
                example="controle-final",
            ),
            _c("valid_from", "valable à partir du", cells.instant, "valid from", required=True, example="01/01/2026"),
            _c(
                "until",
                "jusqu’au",
                cells.day,
                "jusqu'au",
                "expire le",
                "expires",
                english="expires",
                example="31/12/2028",
            ),
        ),
        "goals": (
            _c("figure", "indicateur", cells.figure, "figure", "kpi", "chiffre", required=True, example="K1"),
            _c("loop", "boucle", cells.short, "loop", example=""),
            _c("item_type", "type", cells.type_or_any, "item type", example=""),
            _c("goal_micro", "objectif", cells.goal, "goal", "target", "cible", "valeur", example="92,5"),
            _FROM,
        ),
        "operators": (
            _c("name", "nom", cells.text, "name", "opérateur", "operator", required=True, example="Camille"),
            _c("role", "rôle", cells.role, "role", required=True, example="Chauffeur"),
            _c("pin", "pin", cells.pin, "code pin", english="pin", required=True, example="2580"),
            _c("badge", "badge", cells.text, example=""),
            _c("site", "site", cells.key, "place", "lieu", english="site", example="strasbourg"),
        ),
    }
)


ORDER = (
    *("partners", "sites", "item-types", "lanes", "return-rules", "donor-parts", "operators"),
    *("checklists", "qualifications", "qualified", "goals", "rounds", "items", "events"),
)
"""Every kind in the order in which they are imported: a row may only name what was imported before it."""
MORE_EXAMPLES: Mapping[str, tuple[Mapping[str, str], ...]] = MappingProxyType(
    {
        "sites": ({"key": "strasbourg", "name": "Strasbourg, dépôt", "zone": "Europe/Paris", "role": "dépôt"},),
        "item-types": (
            {"key": "moteur", "name": "Moteur 4 kW", "serialised": "oui", "nature": "produit"},
            {"key": "roulement", "name": "Roulement 6205", "serialised": "oui", "nature": "pièce"},
        ),
    }
)
"""Further rows of examples by field, so that the templates can be imported one after the other as they are."""


def folded(header: str) -> str:
    """Give a header without case, accents or doubled spaces, as headers are compared."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).replace("_", " ").split())


def matched(kind: str, headers: Sequence[str]) -> tuple[dict[int, Column], list[str], list[Column]]:
    """Find the column of each header: by place, the headers nobody knows, and the required columns that are missing."""
    names = {
        folded(name): column for column in COLUMNS[kind] for name in (column.header, column.field, *column.synonyms)
    }
    found: dict[int, Column] = {}
    unknown: list[str] = []
    for place, header in enumerate(headers):
        column = names.get(folded(header))
        if column is None or column in found.values():
            if header.strip():
                unknown.append(header)
            continue
        found[place] = column
    missing = [column for column in COLUMNS[kind] if column.required and column not in found.values()]
    return found, unknown, missing
