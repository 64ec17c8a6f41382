"""Cases of no single event, on each database: an event answers one, its void brings it back, and no figure moves."""

import sqlalchemy as sa

from boucle import receiving
from boucle.roles import Role
from boucle.rounds import Ending, Found, Gap
from boucle_server import devices
from boucle_server.ingest import accept_own
from boucle_server.read_tables import CELL
from boucle_server.server_device import Draft
from tests.api.conftest import served, settings
from tests.api.serving import Served
from tests.builders import DAY, ORG, SITES, START_MS
from tests.server.handset import taken
from tests.web.browser import Page, opened, sent, sign_in, signed_in
from tests.web.rounds_world import NOON, Driver, a_round

__all__ = ["served", "settings"]

DIFFERENCES = "/a-traiter?kind=difference"
FILM = Found("deliver", "film", 20, 0, 20)


def cells(served: Served) -> list[tuple[object, ...]]:
    with served.database.reading() as connection:
        return sorted(map(tuple, connection.execute(sa.select(CELL).where(CELL.c.org == ORG))))


async def addresses(served: Served, heap: str = "difference") -> list[str]:
    page = await opened(served, f"/a-traiter?kind={heap}")
    acts = [
        each["href"] or ""
        for (tag, each), before in zip(page.tags[1:], page.tags, strict=False)
        if tag == "a" and before[0] == "p" and before[1].get("class") == "case-act"
    ]
    assert all(each.startswith(f"/a-traiter/{heap}/") for each in acts)
    return acts


async def answer(served: Served, href: str, act: str, **typed: str) -> Page:
    """Give an answer, and the page that it leads to."""
    case = await opened(served, href)
    form = next(each for each in case.forms if ("act", act) in each.values)
    done = await sent(served, form, **typed)
    assert done.status_code == 303, done.text
    return await opened(served, done.headers["location"])


async def days_later(served: Served, days: float) -> None:
    """Let time pass; whoever was signed in signs in again."""
    served.clock.ms = NOON + round(days * DAY)
    served.client.cookies.clear()
    assert (await sign_in(served, Role.MANAGER.value)).status_code == 303


async def a_stop_without_reasons(served: Served) -> Driver:
    """Three crates of four are taken, and the driver says nothing about it."""
    driver = await a_round(served)
    for n in range(3):
        driver.scan("item.collected", n)
    driver.scan("item.delivered", item_type="film", qty=20)
    driver.validate(Found("collect", "bac", 4, 3, 0), FILM)
    driver.send()
    return driver


async def test_a_difference_that_nobody_explained_waits_until_somebody_does_and_again_when_that_is_undone(
    served: Served,
) -> None:
    await a_stop_without_reasons(served)
    before = cells(served)
    (href,) = await addresses(served)
    page = await opened(served, DIFFERENCES)
    assert "Rhin Plasturgie – Bac 600×400 : 4 à reprendre, 3 repris (écart −1)" in page.text
    assert "4 to collect, 3 collected (difference −1)" in (await opened(served, f"{DIFFERENCES}&lang=en")).text
    case = await opened(served, f"{href}?lang=fr")
    assert "Sud Alsace" in case.text
    assert "d-un" in case.text
    form = next(each for each in case.forms if ("act", "explain") in each.values)
    for wrong, said in (
        ({"because": ""}, "Choisissez un motif"),
        ({"because": "more"}, "Choisissez un motif"),  # too few are not more than expected
        ({"because": "other"}, "Dites-en un mot"),
    ):
        refused = await sent(served, form, **wrong)
        assert refused.status_code == 422
        assert said in refused.text
    after = await answer(served, href, "explain", because="in_use", reason="Ligne 3")
    assert "Aucun chiffre n’a bougé" in after.text
    assert await addresses(served) == []
    assert cells(served) == before
    seen = await opened(served, href)
    assert "Encore utilisé · Ligne 3" in seen.text
    assert "Par Test manager" in seen.text
    heap = await opened(served, DIFFERENCES)
    assert "1 cas expliqué ou suivi" in heap.text
    assert (await sent(served, after.form("/a-traiter/annuler"))).status_code == 303
    assert await addresses(served) == [href]
    assert cells(served) == before


async def test_a_stop_that_is_validated_again_with_its_reason_asks_no_more(served: Served) -> None:
    driver = await a_stop_without_reasons(served)
    assert len(await addresses(served)) == 1
    driver.validate(Found("collect", "bac", 4, 3, 0), FILM, reasons={"collect:bac": Gap.NOT_FOUND})
    driver.send()
    assert await addresses(served) == []


async def test_a_stop_that_was_not_made_has_said_why_as_a_whole(served: Served) -> None:
    driver = await a_round(served)
    driver.validate(Found("collect", "bac", 4, 0, 0), ending=Ending.CLOSED)
    driver.send()
    assert await addresses(served) == []


async def test_a_receipt_that_fell_short_waits_from_the_fourth_day_until_the_last_item_came(served: Served) -> None:
    driver = await a_round(served)
    for n in range(3):
        driver.scan("item.collected", n)
    driver.validate(Found("collect", "bac", 4, 3, 0), FILM, reasons={"collect:bac": Gap.IN_USE})
    driver.at = 1.2
    driver.scan("item.received", 0, task="", place="strasbourg", against="T-1#1", body={"from": "mulhouse"})
    driver.send()
    await days_later(served, 3)
    assert await addresses(served) == []
    await days_later(served, 4)
    (href,) = await addresses(served)
    page = await opened(served, href)
    assert "3 repris, 1 réceptionnés (écart −2)" in page.text
    assert "2 objets sans scan" in page.text
    linked = [each for each in page.attributes("a", "href") if each.startswith("/objets/")]
    assert len(linked) == 2
    await answer(served, href, "explain", because="not_found")
    assert await addresses(served) == []
    driver.at = 4.9
    driver.scan("item.received", 1, task="", place="strasbourg", against="T-1#1", body={"from": "mulhouse"})
    driver.send()
    assert await addresses(served) == []
    driver.at = 4.95
    driver.scan("item.received", 2, task="", place="strasbourg", against="T-1#1", body={"from": "mulhouse"})
    driver.send()
    assert (await opened(served, href)).status == 404


async def test_a_receipt_that_falls_further_short_than_what_was_explained_waits_again(served: Served) -> None:
    driver = await a_round(served)
    for n in range(3):
        driver.scan("item.collected", n)
    driver.validate(Found("collect", "bac", 4, 3, 0), FILM, reasons={"collect:bac": Gap.IN_USE})
    came = driver.scan("item.received", 0, task="", place="strasbourg", against="T-1#1", body={"from": "mulhouse"})
    driver.send()
    await days_later(served, 4)
    (href,) = await addresses(served)
    await answer(served, href, "explain", because="left_behind")
    assert await addresses(served) == []
    driver.scan("event.voided", 0, task="", place="", body={"target": event_id(came.payload)})
    driver.send()
    assert await addresses(served) == [href]


def event_id(payload: bytes) -> str:
    return payload.decode().partition('"id":"')[2][:36]


async def test_what_was_declared_is_held_against_what_came_in_too_few_or_too_many(served: Served) -> None:
    driver = await a_round(served)
    driver.scan("item.collected", item_type="film", qty=50)
    driver.scan("item.collected", item_type="bac", qty=2)
    found = [Found("collect", "film", 50, 0, 50), Found("collect", "bac", 2, 0, 2), FILM]
    driver.validate(*found)
    driver.at = 1.2
    for n in range(3):
        driver.scan("item.received", n, task="", place="strasbourg", against="T-1#1", body={"from": "mulhouse"})
    driver.scan(
        "item.received", task="", item_type="film", qty=46, place="strasbourg", against="T-1#1",
        body={"from": "mulhouse"},
    )  # fmt: skip
    driver.send()
    await days_later(served, 4)
    page = await opened(served, DIFFERENCES)
    assert "Intercalaire : 50 repris, 46 réceptionnés (écart −4)" in page.text
    assert "Bac 600×400 : 2 repris, 3 réceptionnés (écart +1)" in page.text
    over = next(href for href in await addresses(served) if "over" in href)
    case = await opened(served, over)
    assert {value for tag, given in case.tags if tag == "option" and (value := given.get("value"))} == {
        "more",
        "miscounted",
        "other",
    }
    driver.at = 4.9
    driver.scan(
        "item.received", task="", item_type="film", qty=4, place="strasbourg", against="T-1#1",
        body={"from": "mulhouse"},
    )  # fmt: skip
    driver.send()
    assert await addresses(served) == [over]


async def test_a_validated_reception_speaks_itself_and_its_reason_answers_for_the_items_too(served: Served) -> None:
    driver = await a_round(served)
    for n in range(3):
        driver.scan("item.collected", n)
    driver.validate(Found("collect", "bac", 4, 3, 0), FILM, reasons={"collect:bac": Gap.IN_USE})
    driver.scan("item.received", 0, task="", place="strasbourg", against="T-1#1", body={"from": "mulhouse"})
    rows = [Found("receive", "bac", 3, 1, 0)]
    body = receiving.validation(rows, version=1, reasons={})
    driver.scan("reception.validated", task="T-1", place="strasbourg", body=body)
    driver.send()
    (href,) = await addresses(served)
    page = await opened(served, href)
    assert "Strasbourg – Bac 600×400 : 3 attendus de la tournée, 1 réceptionnés (écart −2)" in page.text
    assert "Sud Alsace" in page.text
    assert "Encore dans le véhicule" in page.text
    await days_later(served, 5)
    assert await addresses(served) == [href]  # the same pieces are not told twice
    driver.at = 5.9
    body = receiving.validation(rows, version=2, reasons={"receive:bac": Gap.LEFT_BEHIND})
    driver.scan("reception.validated", task="T-1", place="strasbourg", body=body)
    driver.send()
    assert await addresses(served) == []


async def counted(served: Served, *numbers: int, at: float = 1.0) -> Driver:
    """Count some of the six crates that stand at Strasbourg."""
    driver = await a_round(served)
    driver.at = at
    for n in numbers:
        driver.scan("item.counted", n, task="inventaire-1", place="strasbourg")
    driver.send()
    return driver


async def test_what_a_count_did_not_meet_waits_once_the_count_is_over_until_it_is_seen(served: Served) -> None:
    driver = await counted(served, 0, 1, 2, 3, at=1.2)
    assert await addresses(served) == []  # who counts may have lunch
    await days_later(served, 0.1)
    (href,) = await addresses(served)
    assert (
        "Strasbourg – Bac 600×400 : 6 attendus à l’inventaire, 4 retrouvés (écart −2)"
        in (await opened(served, DIFFERENCES)).text
    )
    case = await opened(served, href)
    assert "2 objets sans scan" in case.text
    driver.at = 1.34
    driver.scan("item.sorted", 4, task="", place="strasbourg", body={"verdict": "ok"})
    driver.send()
    assert "6 attendus" not in (await opened(served, DIFFERENCES)).text
    assert await addresses(served) == [href]
    driver.scan("item.shipped", 5, task="", place="strasbourg", body={"to": "nancy"})
    driver.send()
    assert await addresses(served) == []


async def test_an_item_that_a_count_did_not_meet_is_found_or_lost_one_by_one_and_that_is_undone(
    served: Served,
) -> None:
    await counted(served, 0, 1, 2, 3)
    await days_later(served, 0.1)
    (href,) = await addresses(served)
    case = await opened(served, href)
    ids = [value for tag, given in case.tags if tag == "option" and len(value := given.get("value") or "") == 36]
    one, other = sorted(set(ids))
    form = next(each for each in case.forms if ("act", "found") in each.values)
    for wrong in ({"item": "", "site": "metz"}, {"item": one, "site": "nulle-part"}, {"item": "x", "site": "metz"}):
        assert (await sent(served, form, **wrong)).status_code == 422
    after = await answer(served, href, "found", item=one, site="metz")
    assert "L’objet est retrouvé" in after.text
    assert "1 objet sans scan" in (await opened(served, href)).text
    await sent(served, after.form("/a-traiter/annuler"))
    assert "2 objets sans scan" in (await opened(served, href)).text
    before = cells(served)
    after = await answer(served, href, "write_off", item=other, reason="introuvable")
    assert "1 objet sans scan" in (await opened(served, href)).text
    assert cells(served) != before  # a loss is a loss, by the decision that there is for it
    await sent(served, after.form("/a-traiter/annuler"))
    assert cells(served) == before
    await answer(served, href, "explain", because="elsewhere")
    assert await addresses(served) == []


async def test_a_count_speaks_only_of_the_types_that_it_met_and_no_count_of_a_partners_place(served: Served) -> None:
    driver = await a_round(served)
    driver.scan("item.commissioned", 9, task="", place="strasbourg", body={"type": "roll"})
    for n in range(6):
        driver.scan("item.counted", n, task="inventaire-1", place="strasbourg")
    driver.scan("item.shipped", 0, task="", place="strasbourg", body={"to": "nancy"})
    driver.scan("item.shipped", 1, task="", place="strasbourg", body={"to": "nancy"})
    driver.scan("item.counted", 0, task="inventaire-2", place="nancy")
    driver.send()
    await days_later(served, 1)
    assert await addresses(served) == []


async def test_a_drifting_device_is_followed_up_until_its_day_or_until_it_is_more(served: Served) -> None:
    driver = await a_round(served)
    driver.send()

    def holds(n: int) -> None:
        with served.database.writing(ORG) as connection:
            devices.seen(connection, ORG, "d-un", now_ms=served.clock.ms, unsent=n, app="", boot="")

    holds(7)
    (href,) = await addresses(served, "unsent")
    form = next(each for each in (await opened(served, href)).forms if ("act", "follow_up") in each.values)
    assert dict(form.values)["until"] == "2026-02-01"
    for wrong in ("", "demain", "2026-01-02", "2027-06-01"):
        refused = await sent(served, form, reason="En vacances", until=wrong)
        assert refused.status_code == 422
        assert "En vacances" in refused.text
    assert (await sent(served, form, reason="", until="2026-01-10")).status_code == 422
    after = await answer(served, href, "follow_up", reason="En vacances", until="2026-01-10")
    assert "reviendra le jour choisi" in after.text
    assert await addresses(served, "unsent") == []
    assert "revient le 10/01/2026" in (await opened(served, "/a-traiter?kind=unsent")).text
    holds(8)
    assert await addresses(served, "unsent") == [href]
    holds(7)
    assert await addresses(served, "unsent") == []
    await days_later(served, 7)
    assert await addresses(served, "unsent") == []
    await days_later(served, 8)
    assert await addresses(served, "unsent") == [href]


async def test_a_gap_is_followed_up_and_stays_a_gap(served: Served) -> None:
    driver = await a_round(served)
    driver.send()
    driver.scan("item.counted", 0, task="", place="strasbourg")
    driver.phone.waiting.clear()
    driver.phone.sent += 1
    driver.scan("item.counted", 1, task="", place="strasbourg")
    driver.send()
    (href,) = await addresses(served, "gap")
    assert "il manque 1 événement" in (await opened(served, href)).text
    after = await answer(served, href, "follow_up", reason="Téléphone au fond du canal", until="2026-02-01")
    assert await addresses(served, "gap") == []
    await sent(served, after.form("/a-traiter/annuler"))
    assert await addresses(served, "gap") == [href]


async def test_photos_of_a_device_are_given_up_for_those_that_were_announced_by_then(served: Served) -> None:
    driver = await a_round(served)

    def announce(sha256: str) -> None:
        said = [{"sha256": sha256, "size": 1, "type": "image/jpeg"}]
        driver.scan("item.counted", 0, task="", place="strasbourg", photos=said)
        taken(served.database, driver.phone.push(), now_ms=served.clock.ms)

    announce("a" * 64)
    await days_later(served, 4)
    (href,) = await addresses(served, "photo")
    after = await answer(served, href, "give_up", reason="Téléphone cassé")
    assert "n’est plus attendue" in after.text
    assert await addresses(served, "photo") == []
    assert "Téléphone cassé" in (await opened(served, href)).text
    announce("b" * 64)
    await days_later(served, 6.9)
    assert await addresses(served, "photo") == []
    await days_later(served, 8)
    assert await addresses(served, "photo") == [href]
    assert "1 photo annoncée" in (await opened(served, href)).text
    again = await opened(served, after.answer.url.raw_path.decode())
    await sent(served, again.form("/a-traiter/annuler"))
    assert "2 photos annoncées" in (await opened(served, href)).text


async def test_a_stop_that_could_not_be_made_waits_for_the_photo_that_its_place_asks_for(served: Served) -> None:
    driver = await a_round(served)
    driver.validate(Found("collect", "bac", 4, 0, 0), ending=Ending.CLOSED)
    driver.send()
    assert await addresses(served, "photo") == []
    row = {**SITES["nancy"], "photos": "incident"}
    body = {"table": "site", "key": "nancy", "valid_from": 0, "row": row}
    with served.database.writing(ORG) as connection:
        accept_own(
            connection, ORG, [Draft(kind="reference.set", fields={"body": body})], actor="", now_ms=START_MS + DAY
        )
    driver.validate(
        Found("collect", "roll", 2, 0, 0), task="T-1#2", place="nancy", ending=Ending.REFUSED,
        photos=[{"sha256": "c" * 64, "size": 1, "type": "image/jpeg"}],
    )  # fmt: skip
    driver.send()
    assert await addresses(served, "photo") == []  # announced: it may still come
    driver.validate(Found("collect", "roll", 2, 0, 0), task="T-1#2", place="nancy", ending=Ending.REFUSED)
    driver.send()
    (href,) = await addresses(served, "photo")
    assert "Nancy Électronique – Refusé sur place : sans photo" in (await opened(served, href)).text
    after = await answer(served, href, "give_up", reason="Personne n’en a pris")
    assert await addresses(served, "photo") == []
    await sent(served, after.form("/a-traiter/annuler"))
    assert await addresses(served, "photo") == [href]


async def test_a_device_stands_in_one_heap_and_its_row_says_and_leads_to_what_else_waits_of_it(served: Served) -> None:
    driver = await a_round(served)
    said = [{"sha256": "a" * 64, "size": 1, "type": "image/jpeg"}]
    driver.scan("item.counted", 0, task="", place="strasbourg", photos=said)
    driver.send()
    driver.scan("item.counted", 0, task="", place="strasbourg")
    driver.phone.waiting.clear()
    driver.phone.sent += 1
    driver.scan("item.counted", 1, task="", place="strasbourg")
    driver.send()
    with served.database.writing(ORG) as connection:
        devices.seen(connection, ORG, "d-un", now_ms=served.clock.ms, unsent=7, app="", boot="")
    await days_later(served, 5)
    unsent, gap, photo = "7 événements pas encore envoyés", "il manque 1 événement", "1 photo annoncée, pas arrivée"
    (href,) = await addresses(served, "gap")
    assert await addresses(served, "unsent") == await addresses(served, "photo") == []
    page = await opened(served, "/a-traiter")
    assert page.text.count(unsent) == page.text.count(gap) == page.text.count(photo) == 1
    others = ("/a-traiter/unsent", "/a-traiter/photo")
    beside = [each for each in page.attributes("a", "href") if each.startswith(others)]
    assert len(beside) == 2
    case = await opened(served, href)
    assert unsent in case.text
    assert photo in case.text
    hidden = await opened(served, beside[0])
    assert [("act", "follow_up") in each.values for each in hidden.forms].count(True) == 1
    assert gap in hidden.text
    table = (await served.client.get("/a-traiter?fichier=csv&table=cases")).text
    assert f"{gap} · d-un : {unsent}" in table.replace("\u202f", " ").replace("\xa0", " ")
    await answer(served, href, "follow_up", reason="En vacances", until="2026-02-01")
    assert await addresses(served, "gap") == []
    (href,) = await addresses(served, "unsent")
    assert await addresses(served, "photo") == []
    await answer(served, href, "follow_up", reason="En vacances", until="2026-02-01")
    (href,) = await addresses(served, "photo")
    assert "Par ailleurs" not in (await opened(served, href)).text


async def test_a_stop_whose_numbers_differ_and_that_lacks_its_photo_is_asked_about_in_one_row(served: Served) -> None:
    driver = await a_round(served)
    body = {"table": "site", "key": "mulhouse", "valid_from": 0, "row": {**SITES["mulhouse"], "photos": "incident"}}
    with served.database.writing(ORG) as connection:
        drafts = [Draft(kind="reference.set", fields={"body": body})]
        accept_own(connection, ORG, drafts, actor="", now_ms=START_MS + DAY)
    driver.scan("item.collected", 0)
    driver.validate(Found("collect", "bac", 4, 1, 0), ending=Ending.REFUSED)
    driver.send()
    (photo,) = await addresses(served, "photo")
    await days_later(served, 5)
    (href,) = await addresses(served)
    assert await addresses(served, "photo") == []
    page = await opened(served, DIFFERENCES)
    assert "1 repris, 0 réceptionnés (écart −1)" in page.text
    assert "Rhin Plasturgie – Refusé sur place : sans photo" in page.text
    assert photo in page.attributes("a", "href")
    await answer(served, href, "explain", because="not_found")
    assert await addresses(served, "photo") == [photo]


async def test_whoever_may_not_decide_sees_the_case_and_answers_nothing(served: Served) -> None:
    await a_stop_without_reasons(served)
    (href,) = await addresses(served)
    form = next(each for each in (await opened(served, href)).forms if ("act", "explain") in each.values)
    served.client.cookies.clear()
    await signed_in(served, Role.DRIVER, org=ORG)
    own = await opened(served, "/objets")
    token = next(dict(each.values)["jeton"] for each in own.forms if "jeton" in dict(each.values))
    assert (await sent(served, form, because="in_use", jeton=token)).status_code == 403
