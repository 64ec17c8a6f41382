"""Who is qualified for what in the demonstration: the final control of everything, electrical work on motors."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from boucle.qualifications import HOLDERS, TABLE, holder_key
from boucle_server.demo.checklists import MOTOR
from boucle_server.demo.people import INSPECTOR, MANAGER, TECHNICIAN

FINAL: Final = "controle-final"
ELECTRICAL: Final = "electrique-b1v"
ENDS_IN_DAYS: Final = {(INSPECTOR, FINAL): 410, (MANAGER, FINAL): 130, (TECHNICIAN, ELECTRICAL): 19}
"""For how long each still holds on the last day: one ends soon, so that its renewal is asked for."""


def qualified_rows(actors: Mapping[str, str], today: date) -> list[tuple[str, str, dict[str, Any]]]:
    """Give the rows of reference data: what is asked for, and who holds it until when."""
    rows: list[tuple[str, str, dict[str, Any]]] = [
        (TABLE, FINAL, {"name": "Contrôle final", "acts": "release requalify"}),
        (TABLE, ELECTRICAL, {"name": "Habilitation électrique B1V", "acts": "repair test", "types": [MOTOR]}),
    ]
    for (person, key), days in ENDS_IN_DAYS.items():
        until = today + timedelta(days=days)
        rows.append((HOLDERS, holder_key(actors[person], key), {"until": until.isoformat()}))
    return rows
