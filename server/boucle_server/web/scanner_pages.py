"""The sheet by which a scanner is set up: what to set, a label to try it on, and what came of the trial."""

from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from boucle.codes import Flag, Label, read_label
from boucle.commands import trial_code
from boucle.words import say
from boucle_server.web.places import STATION
from boucle_server.web.rendering import render
from boucle_server.web.routing import pages_router
from boucle_server.web.symbols import symbol
from boucle_server.web.visit import Visit, visits

router = pages_router()

PATH: Final = f"{STATION.path}/lecteur"
TRIAL: Final = "essai"
"""The field into which the label is scanned. Its form only asks: nothing is recorded."""
STEPS: Final = ("enter", "keyboard", "prefix", "pace", "light")
_BASE: Final = "https://boucle.example"
"""The trial leads nowhere: the sheet is the same on every server, also on one whose address no label could bear."""
_LONGEST: Final = 120

Reading = Annotated[Visit, Depends(visits(STATION))]


@router.get(PATH)
def set_up(visit: Reading) -> Response:
    """Show what to set and the label to try; with a trial in the address, how it was read."""
    tried = visit.value(TRIAL)
    kind, words = _judged(tried, visit.lang) if tried else ("", "")
    return render(
        visit,
        "scanner.html",
        place=STATION,
        steps=[(say(f"web.scanner_{step}", visit.lang), say(f"web.scanner_{step}_how", visit.lang)) for step in STEPS],
        symbol=symbol(trial_code().url(_BASE)),
        printed=trial_code().grouped,
        kind=kind,
        words=words,
        came=tried[:_LONGEST] + ("…" if len(tried) > _LONGEST else "") if kind == "bad" else "",
    )


def _judged(text: str, lang: str) -> tuple[str, str]:
    """Give how well a text came from the scanner, as the kind of a note and its words."""
    label = read_label(text)
    if not isinstance(label, Label):
        return "bad", say("web.scanner_wrong", lang)
    if label.repaired:
        return "warn", say("web.scanner_repaired", lang)
    if Flag.PREFIX_DROPPED in label.flags or Flag.CONTROLS_DROPPED in label.flags:
        return "warn", say("web.scanner_more", lang)
    return "good", say("web.scanner_good" if label.code == trial_code() else "web.scanner_other", lang)
