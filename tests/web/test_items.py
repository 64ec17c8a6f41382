"""Items: searching without guessing, filters, a history that tells everything, the proof of an event."""

from urllib.parse import quote

import pytest
import sqlalchemy as sa

from boucle.ids import CROCKFORD
from boucle.roles import Role
from boucle_server.tables import PERSON, RECORD
from tests.api.serving import Served
from tests.builders import code
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, record
from tests.web.browser import Page, opened, signed_in

NOW = figures_world.NOW + 10_000
CRATE = code(1)
"""`C/…`, as the small year has it."""
CHARS = CRATE.removeprefix("C/")
GROUPED = "-".join(CHARS[at : at + 4] for at in range(0, 14, 4))


async def a_manager_s_year(served: Served, role: Role = Role.MANAGER) -> None:
    a_small_year(served.database)
    served.clock.ms = NOW
    await signed_in(served, role)


@pytest.mark.parametrize(
    "typed", [GROUPED, GROUPED.lower(), CHARS, f"HTTPS://ANYWHERE.EXAMPLE/C/{CHARS}", GROUPED.replace("-", " ")]
)
async def test_a_code_in_any_form_leads_to_its_item(served: Served, typed: str) -> None:
    await a_manager_s_year(served)
    answer = await served.client.get("/objets", params={"code": typed})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/objets/{GROUPED}")
    page = await opened(served, answer.headers["location"])
    assert (page.status, GROUPED in page.texts) == (200, True)


async def test_a_typing_error_is_seen_and_never_replaced_by_a_neighbour(served: Served) -> None:
    await a_manager_s_year(served)
    for at in range(len(CHARS)):
        other = CROCKFORD[(CROCKFORD.index(CHARS[at]) + 1) % 32]
        page = await opened(served, f"/objets?code={CHARS[:at]}{other}{CHARS[at + 1 :]}")
        assert page.status == 200
        assert "est mal lu" in page.text
        assert page.attributes("input", "aria-invalid") == ["true"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (code(4_000), "Aucun événement ne parle encore de"),
        ("bonjour", "n’est pas une étiquette Boucle"),
        ("4006381333931", "nomme un type d’article"),
        ("<script>", "« <script> » n’est pas une étiquette Boucle"),
        ("x" * 5_000, "n’est pas une étiquette Boucle"),
    ],
)
async def test_what_is_no_known_label_is_said_in_words(served: Served, typed: str, told: str) -> None:
    await a_manager_s_year(served)
    answer = await served.client.get("/objets", params={"code": typed})
    assert answer.status_code == 200
    assert told in Page(answer).text


async def test_the_list_is_narrowed_by_its_address_and_pages_never_repeat(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_manager_s_year(served)
    monkeypatch.setattr("boucle_server.web.items.PAGE", 5)
    seen: list[str] = []
    path = "/objets?type=bac"
    while path:
        page = await opened(served, path)
        seen += [href for href in page.attributes("a", "href") if href.startswith("/objets/")]
        path = next((given["href"] or "" for tag, given in page.tags if given.get("rel") == "next"), "")
    assert len(seen) == len(set(seen)) == 10
    rolls = await opened(served, "/objets?type=roll")
    assert len([href for href in rolls.attributes("a", "href") if href.startswith("/objets/")]) == 4
    late = await opened(served, "/objets?late=1")
    assert late.text.count("en retard de") >= 1
    assert late.text.count("en retard de") == len(
        [href for href in late.attributes("a", "href") if href.startswith("/objets/")]
    )
    nothing = await opened(served, "/objets?stage=cleaning&site=metz")
    assert "Aucun objet ne répond à ces filtres" in nothing.text
    wrong = await opened(served, "/objets?stage=flying")
    assert "Le filtre « État » ne connaît pas « flying »" in wrong.text


async def test_a_history_tells_who_where_when_and_what_was_voided(served: Served) -> None:
    a_small_year(served.database)
    new = code(500)
    life = [
        draft("item.commissioned", new, at=101, body={"type": "bac"}, place="strasbourg"),
        draft("item.shipped", new, at=102, body={"to": "nancy"}, place="strasbourg"),
    ]
    record(served.database, "acme", life)
    with served.database.reading() as connection:
        query = sa.select(RECORD.c.id).where(RECORD.c.subject == new, RECORD.c.kind == "item.shipped/1")
        shipped = connection.execute(query).scalar_one()
    void = draft("event.voided", new, at=103, body={"target": shipped, "reason": "erreur <de> saisie"})
    record(served.database, "acme", [void], now_ms=figures_world.NOW + 1)
    served.clock.ms = NOW
    await signed_in(served)
    page = await opened(served, f"/objets/{new.replace('/', '%2F')}")
    assert page.status == 200
    assert "annulé ou corrigé" in page.text
    assert "motif : erreur <de> saisie" in page.text
    assert f"#e-{shipped}" in page.attributes("a", "href")
    assert page.attributes("li", "class") == ["off"]
    assert "Strasbourg" in page.text


async def test_only_who_has_to_know_reads_names_in_a_history(served: Served) -> None:
    a_small_year(served.database)
    with served.database.writing("acme") as connection:
        connection.execute(
            sa.insert(PERSON).values(
                org="acme", person="p-test", name="Zoé Quelqu’un", role="driver", site="", active=True, created_ms=1
            )
        )
    served.clock.ms = NOW
    await signed_in(served, Role.MANAGER)
    assert "Zoé Quelqu’un" in (await opened(served, f"/objets/{GROUPED}")).text
    served.client.cookies.clear()
    await signed_in(served, Role.READER)
    page = await opened(served, f"/objets/{GROUPED}")
    assert "Zoé Quelqu’un" not in page.text
    assert "Chauffeur" in page.text


async def test_the_proof_of_an_event_is_shown_and_can_be_taken_along(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, f"/objets/{GROUPED}")
    proofs = [href for href in page.attributes("a", "href") if href.startswith("/preuves/")]
    shown = await opened(served, proofs[0])
    assert shown.status == 200
    assert any(text.startswith("c2sp.org/tlog-proof@v1") for text in shown.texts)
    file = await served.client.get(f"{proofs[0]}.txt")
    assert file.text.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert "attachment" in file.headers["content-disposition"]
    assert (await opened(served, "/preuves/nothing")).status == 404


async def test_an_item_of_another_organisation_does_not_exist_here(served: Served) -> None:
    await a_manager_s_year(served)
    a_small_year(served.database, "other", crates=30)
    theirs = code(25)
    assert (await opened(served, f"/objets/{theirs.replace('/', '%2F')}")).status == 404
    assert "Aucun événement" in (await opened(served, f"/objets?code={theirs.replace('/', '%2F')}")).text
    for path in (
        "/objets/%00",
        "/objets/..%2F..%2Fx",
        f"/objets/{GROUPED}?after=-1",
        f"/objets/{GROUPED}?after=9999999",
    ):
        assert (await opened(served, path)).status in (200, 400, 404)


@pytest.mark.story(7)
@pytest.mark.parametrize("printed", [
    "HTTP://10.0.0.5/{code}", "HTTPS://OLD.EXAMPLE/{code}", "http://10.0.0.5:8000/{code}", "{code}", "{chars}",
])  # fmt: skip
async def test_labels_of_an_address_that_the_server_left_all_lead_to_their_items(served: Served, printed: str) -> None:
    await a_manager_s_year(served)
    for number in range(figures_world.CRATES):
        text = printed.format(code=code(number), chars=code(number)[2:])
        answer = await served.client.get("/objets", params={"code": text})
        assert answer.status_code == 303, text
        assert answer.headers["location"].replace("-", "").endswith(code(number)[2:])
        # A stranger who scans the label types nothing: what stands behind the address leads to the same page here.
        path = "/" + text.partition("://")[2].partition("/")[2] if "://" in text else f"/{code(number)}"
        assert (await opened(served, path)).status == 200


@pytest.mark.story(7)
async def test_a_foreign_or_misread_label_is_unknown_and_never_the_nearest_item(served: Served) -> None:
    await a_manager_s_year(served)
    near = code(1)[:-1] + ("0" if code(1)[-1] != "0" else "1")
    for text, told in (
        ("https://emballages.example/q?id=8841", "n’est pas une étiquette"),
        (near, "mal lu"),
        (code(901), "Aucun événement ne parle encore"),
    ):
        page = await opened(served, f"/objets?code={quote(text, safe='')}")
        assert page.status == 200
        assert told in page.text, page.text[:2000]
