"""What the label commands refuse to do."""

from __future__ import annotations

from boucle.errors import BoucleError
from boucle_labels.messages import say


class RefusedError(BoucleError):
    """A picture, a file or a wish that cannot be served; `said` gives the reason in either language."""

    status = 422

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(say(key, "en", **values))
        self.key = key
        self.values = values

    def said(self, lang: str) -> str:
        """The one line that a person reads."""
        return say(self.key, lang, **self.values)
