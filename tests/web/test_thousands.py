"""No page writes a number of things without its thousands apart; codes, years and addresses stay as they are."""

import re
from collections import deque

import pytest

from boucle.words import LANGUAGES
from boucle_server.web.places import PLACES
from tests.api.serving import Served
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, record
from tests.web.browser import Page, signed_in

NOW = figures_world.NOW + 10_000
LARGE = 12_345
MOST_OF_A_KIND = 2
"""Pages opened of one kind, as the items are: the next ones are made in the same way."""
SKIPPED = re.compile(r"\.(pdf|png|txt|csv|xlsx)|/fichiers|/photos|deconnexion|[?&]lang=|/import/apporter/|/ligne")
"""Files, the same page in the other language, forms of reference data with numbers of companies and postcodes."""
DIGITS = re.compile(r"(?<![\w./:-])\d{4,}(?![\w/:-])")
YEAR = re.compile(r"20\d\d")


def written_together(page: Page) -> set[str]:
    """Give the texts of a page with a number of four digits and more that is no year."""
    return {text for text in page.texts if any(not YEAR.fullmatch(found) for found in DIGITS.findall(text))}


@pytest.mark.parametrize("text", ["compté 1110", "1110 / 3455", "(écart −2345)", "12345 × Intercalaire"])
def test_the_search_finds_what_it_is_for(text: str) -> None:
    assert [found for found in DIGITS.findall(text) if not YEAR.fullmatch(found)]


async def many_trays(served: Served) -> None:
    """Move so many pieces without labels that each page of them has large numbers."""
    org = a_small_year(served.database)
    film = {"item_type": "film", "place": "strasbourg"}
    drafts = [
        draft("item.commissioned", at=80, qty=5 * LARGE, body={"type": "film"}, **film),
        draft("item.shipped", at=90, qty=2 * LARGE, body={"to": "nancy"}, **film),
        draft("item.received", at=95, qty=LARGE, body={"from": "nancy", "mass_g": LARGE * LARGE}, **film),
        draft("item.counted", at=100, qty=LARGE, **film),
    ]
    record(served.database, org, drafts, now_ms=NOW)
    served.clock.ms = NOW


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_sets_thousands_apart(served: Served, lang: str) -> None:
    await many_trays(served)
    await signed_in(served)
    apart = re.compile(r"\b\d\d \d{3}\b" if lang == "fr" else r"\b\d\d,\d{3}\b")
    await served.client.get(f"/tableau?lang={lang}")
    waiting = deque(["/tableau?month=2026-04", *(place.path for place in PLACES if place.in_menu)])
    seen: set[str] = set()
    kinds: dict[str, int] = {}
    large: set[str] = set()
    together: dict[str, set[str]] = {}
    while waiting:
        path = waiting.popleft()
        kind = re.sub(r"/[^/]*\d[^/]*", "/*", re.sub(r"[?#].*", "", path))
        if path in seen or SKIPPED.search(path) or kinds.get(kind, 0) >= MOST_OF_A_KIND:
            continue
        seen.add(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = await served.client.get(path, headers={"Accept": "text/html"})
        if answer.status_code != 200 or "html" not in answer.headers["content-type"]:
            continue
        page = Page(answer)
        if found := written_together(page):
            together[path] = found
        if apart.search(page.text):
            large.add(kind)
        waiting += [href for href in page.attributes("a", "href") if href.startswith("/")]
    assert together == {}
    assert {"/tableau", "/a-traiter", "/a-traiter/count/*", "/partenaires", "/partenaires/nancy"} <= large
