"""The visits that have a screen of their own; every other is scanned on the one screen."""

from typing import Final

from boucle.visiting import PAIRS
from boucle_field.screens.control_screens import ControlScreen
from boucle_field.screens.label_screens import CommissionScreen, PairScreen
from boucle_field.screens.return_scan_screen import ReturnScanScreen
from boucle_field.screens.scan_screen import ScanScreen

SCREENS: Final[dict[str, type[ScanScreen]]] = {
    "commission": CommissionScreen,
    **dict.fromkeys(PAIRS, PairScreen),
    "return": ReturnScanScreen,
    **dict.fromkeys(("control", "release"), ControlScreen),
}
"""Each with its screen."""
