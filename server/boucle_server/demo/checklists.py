"""The checklists of the demonstration: how things come in, what is tested, what the quality control looks at."""

from typing import Final

from boucle.checklists import TABLE, Asks, Checklist, Choice, Moment, Step

CRATES: Final = ("bac-600x400", "caisse-palette", "roll", "bac-esd", "berceau-moteur")
MOTOR: Final = "moteur"
PARTS: Final = ("roulement", "stator", "boitier")


def _words(french: str, english: str) -> dict[str, str]:
    return {"fr": french, "en": english}


def _yes_no(step: str, french: str, english: str, *, blocking: bool = True) -> Step:
    return Step(id=step, words=_words(french, english), blocking=blocking)


ENTRY: Final = Checklist(
    key="entree",
    moment=Moment.ENTRY,
    words=_words("Contrôle d’entrée", "Entry control"),
    types=(*CRATES, MOTOR),
    steps=(
        _yes_no("complet", "Complet", "Complete", blocking=False),
        _yes_no("propre", "Propre, sans risque", "Clean, no hazard"),
    ),
)
CRATE_TEST: Final = Checklist(
    key="essai-contenant",
    moment=Moment.TEST,
    words=_words("Essai d’un contenant", "Test of a container"),
    types=CRATES,
    steps=(
        Step(
            id="charge",
            asks=Asks.MEASURE,
            words=_words("Charge tenue une minute", "Load held for a minute"),
            blocking=True,
            unit="g",
            low=50_000,
        ),
        _yes_no("empile", "S’empile droit", "Stacks straight"),
    ),
)
MOTOR_TEST: Final = Checklist(
    key="essai-moteur",
    moment=Moment.TEST,
    words=_words("Essais d’un moteur", "Tests of a motor"),
    types=(MOTOR,),
    steps=(
        Step(
            id="isolement",
            asks=Asks.MEASURE,
            words=_words("Résistance d’isolement", "Insulation resistance"),
            blocking=True,
            unit="kohm",
            low=1_000,
        ),
        Step(
            id="courant",
            asks=Asks.MEASURE,
            words=_words("Courant à vide", "No-load current"),
            blocking=True,
            unit="mA",
            low=1_200,
            high=2_600,
        ),
        Step(
            id="bruit",
            asks=Asks.CHOICE,
            words=_words("Bruit", "Noise"),
            choices=(
                Choice(id="1", words=_words("régulier", "regular")),
                Choice(id="2", words=_words("irrégulier", "irregular"), passes=False),
            ),
        ),
    ),
)
QUALITY: Final = Checklist(
    key="qualite",
    moment=Moment.QUALITY,
    words=_words("Contrôle qualité", "Quality control"),
    types=(*CRATES, MOTOR, *PARTS),
    steps=(
        _yes_no("aspect", "Aspect conforme", "Looks right"),
        _yes_no("etiquette", "Étiquette lisible", "Label readable"),
    ),
)
ESD: Final = Checklist(
    key="controle-esd",
    moment=Moment.CONTROL,
    words=_words("Contrôle d’un bac ESD", "Control of an ESD box"),
    types=("bac-esd",),
    steps=(
        Step(
            id="surface",
            asks=Asks.MEASURE,
            words=_words("Résistance de surface", "Surface resistance"),
            blocking=True,
            unit="kohm",
            low=100,
            high=1_000_000,
        ),
        _yes_no("mousse", "Mousse en place", "Foam in its place"),
        _yes_no("propre", "Propre", "Clean", blocking=False),
    ),
)
CHECKLISTS: Final = (ENTRY, CRATE_TEST, MOTOR_TEST, QUALITY, ESD)

CHECKLIST_ROWS: Final = tuple((TABLE, each.key, each.row) for each in CHECKLISTS)
"""The rows of reference data that state them."""
