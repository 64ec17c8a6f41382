"""A fault of an import: which row, which column, and why it cannot be taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from boucle_server.errors import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: the row's number as a spreadsheet shows it, the column's header, and a key of `boucle.words`."""

    row: int
    column: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self, lang: str) -> str:
        """Say why in one language."""
        return Words(self.key, dict(self.values)).said(lang)
