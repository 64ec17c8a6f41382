"""The form of an act about a return: what it asks, why nothing was recorded, what is asked about."""

from typing import Any

from starlette.responses import Response

from boucle_server.web import acts
from boucle_server.web.acts import Acted
from boucle_server.web.places import RETURNS
from boucle_server.web.rendering import LIVE_POLICY, render
from boucle_server.web.visit import Visit


def form(visit: Visit, *, came: Acted | None, wrong: dict[str, str], status: int, **values: Any) -> Response:
    """Show the form; a photo needs the page's script."""
    given: dict[str, Any] = {"about": "", "type": "", "more_doubts": [], "danger": False, "hidden": [], **values}
    live = any(each.kind == "photo" for each in given["inputs"])
    notices = [wrong[""]] if wrong.get("") else []
    return render(
        visit.noting(*notices),
        "step.html",
        status=status,
        place=RETURNS,
        item_href=given["back"],
        headers={"Content-Security-Policy": LIVE_POLICY} if live else {},
        hindrance=None,
        lacking=[],
        wrong=bool(wrong),
        **given,
        **acts.told(came),
    )
