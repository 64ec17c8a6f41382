"""Certificates of requalification: what they say, who may ask whether one holds, and what takes its place."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pypdfium2
import pytest

from boucle.checklists import read_checklist
from boucle.codes import Label, read_label
from boucle.item import Job
from boucle.roles import Role
from boucle_labels.reading import ZxingDecoder
from boucle_server import certificates, histories, repairs
from boucle_server.certificates import Certificate
from boucle_server.projections import load_book
from boucle_server.web.label_sheets import base_of
from tests.api.serving import Served
from tests.server.figures_world import draft, record
from tests.server.workshop_world import MOTOR, NOW, OTHER, act, label
from tests.web.browser import Page, is_unlisted, opened
from tests.web.test_workshop import CHECKED, a_bench, another, do, printed, ticket

DAY = 86_400_000


async def requalified(served: Served, number: int = 7, **typed: str) -> Certificate:
    """Requalify a thing of the workshop as an inspector does."""
    await a_bench(served, Role.INSPECTOR)
    answer = await do(
        served, "requalifier", number, **{key.replace(".", "__"): value for key, value in CHECKED.items()}, **typed
    )
    assert answer.status_code == 303, answer.text
    return found(served, number)


def found(served: Served, number: int, wanted: str = "") -> Certificate:
    with served.database.reading() as connection:
        job = histories.find(connection, "acme", label(number)).item.job
        assert isinstance(job, Job)
        certificate = certificates.find(connection, "acme", label(number), wanted or job.certificate)
    assert certificate is not None
    return certificate


def paths(page: Page, start: str) -> list[str]:
    return [href for href in page.attributes("a", "href") if href.startswith(start)]


async def test_a_certificate_says_tests_limits_checks_and_people_by_role_and_its_event_carries_its_digest(
    served: Served,
) -> None:
    certificate = await requalified(served, valid_until="2027-02-01")
    assert certificate.event.text("certificate_sha256") == certificate.digest
    assert certificate.fits
    page = await ticket(served, 7)
    (href,) = paths(page, "/atelier/certificat/")
    shown = await opened(served, href)
    assert shown.status == 200
    for text in (
        certificate.number,
        printed(label(7)),
        "41 MΩ",
        "au moins 20 MΩ",
        "en vigueur",
        "Contrôleur",
        "01/02/2027",
    ):
        assert text in shown.text, text
    assert "Test inspector" not in shown.text.replace("Test inspector\nContrôleur", "", 1)  # names are not everybody's
    await another(served, Role.MANAGER)
    assert "Test inspector" in (await opened(served, href)).text


def printed_symbol(content: bytes, *, dpi: int = 200) -> str:
    """Read the only symbol of a printed page, as whoever holds a telephone over it."""
    document = pypdfium2.PdfDocument(content)
    (read,) = [
        symbol.text
        for page in document
        for symbol in ZxingDecoder().decode(page.render(scale=dpi / 72, grayscale=True).to_pil())
    ]
    return read


async def leads_to(served: Served, number: int) -> str:
    """Print the certificate of a thing, read the QR code on the picture of it, and give the path it leads to."""
    shown = await opened(served, paths(await ticket(served, number), "/atelier/certificat/")[0])
    answer = await served.client.get(paths(shown, "/atelier/certificat.pdf/")[0])
    read = printed_symbol(answer.content)
    base = base_of(served.app.state.running.settings).url
    assert read.startswith(f"{base}/certificats/"), read
    return read.removeprefix(base)


async def test_the_file_is_a_tagged_page_with_the_same_words_and_equal_bytes(served: Served) -> None:
    certificate = await requalified(served)
    (href,) = paths(
        await opened(served, paths(await ticket(served, 7), "/atelier/certificat/")[0]), "/atelier/certificat.pdf/"
    )
    answer = await served.client.get(href)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content == (await served.client.get(href)).content
    document = pypdfium2.PdfDocument(answer.content)
    text = document[0].get_textpage().get_text_range().replace("\r\n", " ")
    for words in (certificate.number, "Certificat de requalification", "isolation", certificate.digest[:16]):
        assert words in text, words
    english = await served.client.get(href, headers={"Accept-Language": "en"})
    assert english.status_code == 200


async def test_anybody_may_ask_whether_a_certificate_holds_and_hears_of_no_person(served: Served) -> None:
    certificate = await requalified(served, valid_until="2026-12-31")
    public = paths(await opened(served, paths(await ticket(served, 7), "/atelier/certificat/")[0]), "/certificats/")[0]
    assert parse_qs(urlsplit(public).query) == {"n": [certificate.number], "h": [certificate.digest[:16]]}
    served.client.cookies.clear()
    page = await opened(served, public)
    assert (page.status, is_unlisted(page.answer)) == (200, True)
    assert "n’a été ni réparé, ni requalifié" in page.text
    for nobody in ("inspector", "p-ana", "Strasbourg", "Test "):
        assert nobody not in page.text, nobody
    altered = await opened(served, public[:-1] + ("0" if public[-1] != "0" else "1"))
    assert (altered.status, is_unlisted(altered.answer)) == (404, True)
    assert "le document a été modifié, ou l’adresse mal lue" in altered.text
    assert certificate.number not in altered.text  # what a changed document does not say is not told
    assert certificate.digest[:8] not in altered.text
    served.clock.ms = NOW + 400 * DAY
    assert "est passée" in (await opened(served, public)).text


@pytest.mark.parametrize(
    ("later", "status", "told"),
    [
        ("", 200, "n’a été ni réparé, ni requalifié"),
        ("reopened", 200, "ne compte plus"),
        ("expired", 200, "est passée"),
        ("taken back", 404, "Aucun certificat en vigueur"),
    ],
)
async def test_the_symbol_of_a_printed_certificate_leads_anybody_to_how_it_stands_by_now(
    served: Served, later: str, status: int, told: str
) -> None:
    certificate = await requalified(served, valid_until="2026-12-31")
    path = await leads_to(served, 7)
    after = {
        "reopened": [act("work.opened", 7, 41, reason="revenu")],
        "taken back": [draft("event.voided", label(7), at=41, body={"target": certificate.event.id})],
    }.get(later, [])
    served.clock.ms = NOW + (400 if later == "expired" else 3) * DAY
    record(served.database, "acme", after, now_ms=served.clock.ms)
    served.client.cookies.clear()
    page = await opened(served, path)
    assert page.status == status
    assert told in page.text
    assert (certificate.number in page.text) is (status == 200)


async def test_unknown_numbers_things_and_foreign_codes_get_the_same_answer(served: Served) -> None:
    await requalified(served)
    served.client.cookies.clear()
    answers = [
        await opened(served, f"/certificats/{code}?n=CR-0&h=00")
        for code in (printed(label(7)), printed(label(900)), "7K3M9QX2T4HDC9", "nulle-part")
    ]
    assert {page.status for page in answers} == {404}
    assert len({page.text for page in answers}) == 1
    assert "Aucun certificat en vigueur" in answers[0].text


async def test_another_repair_or_a_change_of_the_history_takes_the_place_of_a_certificate(served: Served) -> None:
    certificate = await requalified(served)
    public = f"/certificats/{printed(label(7))}?n={certificate.number}"
    again = [act("work.opened", 7, 41, reason="revenu")]
    served.clock.ms = NOW + 3 * DAY
    record(served.database, "acme", again, now_ms=served.clock.ms)
    assert "ne compte plus" in (await opened(served, public)).text


async def test_a_test_that_is_voided_later_is_seen_in_the_certificate_that_rested_on_it(served: Served) -> None:
    certificate = await requalified(served)
    test = next(each.event for each in certificate.repair.told if each.event.kind == "work.tested")
    void = draft("event.voided", label(7), at=41, body={"target": test.id})
    record(served.database, "acme", [void], now_ms=NOW + 3 * DAY)
    with served.database.reading() as connection:
        after = certificates.find(connection, "acme", label(7), certificate.number)
    assert after is None or not after.fits


@pytest.mark.story(16)
async def test_a_checklist_that_changes_between_diagnosis_and_control_keeps_its_version_which_the_certificate_prints(
    served: Served,
) -> None:
    await a_bench(served, Role.INSPECTOR)
    steps = [{"id": "son", "asks": "yes_no", "words": {"fr": "Bruit normal"}, "blocking": True}]
    row = {"moment": "test", "words": {"fr": "Test des moteurs"}, "types": ["moteur"]}

    def state(listed: list[dict[str, object]], valid_from: int) -> None:
        body = {"table": "checklist", "key": "moteurs", "valid_from": valid_from, "row": {**row, "steps": listed}}
        record(served.database, "acme", [draft("reference.set", at=-1, body=body)], now_ms=served.clock.ms)

    state(steps, 0)
    served.clock.ms += 60_000
    assert (await do(served, "tester", 6, passed="yes", q__son="yes")).status_code == 303
    tested = found_test(served, 6)
    state([*steps, {"id": "jeu", "asks": "yes_no", "words": {"fr": "Sans jeu"}, "blocking": True}], NOW)
    served.clock.ms += 60_000
    await another(served, Role.MANAGER)
    answer = await do(served, "requalifier", 6, **{key.replace(".", "__"): value for key, value in CHECKED.items()})
    assert answer.status_code == 303
    page = await opened(served, paths(await ticket(served, 6), "/atelier/certificat/")[0])
    assert f"code {tested.rpartition('@')[2]}" in page.text  # a certificate names the version for ever
    shown = (await ticket(served, 6)).text
    assert "Test des moteurs (première version)" in shown
    assert tested.rpartition("@")[2] not in shown
    assert "Bruit normal" in page.text
    assert "Sans jeu" not in page.text
    file = await served.client.get(paths(page, "/atelier/certificat.pdf/")[0])
    text = pypdfium2.PdfDocument(file.content)[0].get_textpage().get_text_range()
    assert tested.rpartition("@")[2] in text


ENTRY = {"complet": True, "propre": False}


async def diagnosed_by_a_list(served: Served, number: int, *, valid_from: int = 0) -> None:
    """State a list for what comes in, and diagnose a thing by it."""
    steps = [{"id": "complet", "asks": "yes_no", "words": {"fr": "Complet"}}]
    steps.append({"id": "propre", "asks": "yes_no", "words": {"fr": "Sans huile"}})
    row = {"moment": "entry", "words": {"fr": "Entrée des moteurs"}, "types": ["moteur"], "steps": steps}
    body = {"table": "checklist", "key": "entree", "valid_from": valid_from, "row": row}
    record(served.database, "acme", [draft("reference.set", at=-1, body=body)], now_ms=NOW)
    with served.database.reading() as connection:
        (version,) = load_book(connection, "acme").versions_of("checklist", "entree")
    listed = read_checklist(version)
    assert listed is not None
    said = act("work.diagnosed", number, 39.05, fault="worn", found=True, checklist=listed.ref, answers=ENTRY)
    record(served.database, "acme", [said], now_ms=NOW)


@pytest.mark.story(16)
async def test_a_certificate_prints_the_control_at_the_entry_with_its_list_and_from_when_that_holds(
    served: Served,
) -> None:
    await a_bench(served, Role.INSPECTOR)
    await diagnosed_by_a_list(served, 7, valid_from=NOW - 20 * DAY)
    answer = await do(served, "requalifier", 7, **{key.replace(".", "__"): value for key, value in CHECKED.items()})
    assert answer.status_code == 303
    certificate = found(served, 7)
    assert certificate.fits
    assert certificate.document["entry"]["answers"] == ENTRY
    page = await opened(served, paths(await ticket(served, 7), "/atelier/certificat/")[0])
    for text in ("Contrôle d’entrée du", "Entrée des moteurs (version du 21/01/2026)", "Sans huile"):
        assert text in page.text, text
    file = await served.client.get(paths(page, "/atelier/certificat.pdf/")[0])
    text = pypdfium2.PdfDocument(file.content)[0].get_textpage().get_text_range()
    assert "Entrée des moteurs (version du 21/01/2026)" in " ".join(text.split())


@pytest.mark.parametrize("bound", [True, False])
async def test_a_certificate_of_before_the_entry_was_in_it_holds_and_its_printed_symbol_still_leads_to_it(
    served: Served, bound: bool
) -> None:
    await a_bench(served, Role.INSPECTOR)
    await diagnosed_by_a_list(served, 7)
    with served.database.reading() as connection:
        told = repairs.repairs_of(histories.history(connection, "acme", label(7)))[-1].told
    decision = act("work.requalified", 7, 39.9, OTHER, certificate="CR-7", checks={"tested": True})
    record(served.database, "acme", [decision], now_ms=NOW)
    as_first = certificates.document(found(served, 7).event, told, found(served, 7).item.type, version=1)
    assert "entry" not in as_first
    digest = certificates.digest_of(as_first)
    if bound:
        void = draft("event.voided", label(7), at=39.91, body={"target": found(served, 7).event.id})
        fields = {**decision.fields, "body": {**decision.fields["body"], certificates.DIGEST: digest}}
        record(served.database, "acme", [void, replace(decision, fields=fields)], now_ms=NOW)
    certificate = found(served, 7)
    assert certificate.fits
    assert (certificate.digest == digest) is bound
    # What its digest does not cover is not printed under it.
    assert (certificate.entry is None) is bound
    page = await opened(served, f"/atelier/certificat/{printed(label(7))}?numero=CR-7")
    text = (await file_of(served, "fr"))[1]
    for shown in (page.text, text):
        assert ("Contrôle d’entrée" in shown, "Sans huile" in shown) == (not bound, not bound)
    served.client.cookies.clear()
    page = await opened(served, f"/certificats/{printed(label(7))}?n=CR-7&h={digest[: certificates.SHORT]}")
    assert page.status == 200
    assert "en vigueur" in page.text


def found_test(served: Served, number: int) -> str:
    """Give which version of which checklist the last test of a thing answers."""
    with served.database.reading() as connection:
        told = histories.history(connection, "acme", label(number))
    return [each.event.text("checklist") for each in told if each.event.kind == "work.tested"][-1]


LONGEST = "Moteur à courant continu sans balais 4 kW à réducteur planétaire pour chariots de l’entrepôt frigorifique"


@pytest.mark.parametrize(("size", "sides"), [("", [100, 60]), ("62", [62, 40]), ("a6", [148, 105])])
async def test_the_state_label_says_how_a_thing_stands_in_words_in_each_of_its_sizes(
    served: Served, size: str, sides: list[int]
) -> None:
    await a_bench(served)
    row = {"table": "item_type", "key": "moteur", "valid_from": 0, "row": {**MOTOR, "name": LONGEST}}
    record(served.database, "acme", [draft("reference.set", at=39, body=row)], now_ms=NOW)
    for number, words in ((9, "REQUALIFIÉ"), (10, "NON RÉPARABLE"), (3, "EN ATTENTE")):
        href = f"/atelier/etiquette.pdf/{printed(label(number))}" + (f"?taille={size}" if size else "")
        assert href in (await ticket(served, number)).attributes("a", "href")
        answer = await served.client.get(href)
        assert answer.status_code == 200
        document = pypdfium2.PdfDocument(answer.content)
        assert len(document) == 1  # the longest names are set smaller, not on a second label
        page = document[0]
        told = page.get_textpage().get_text_range()
        assert words in told, words
        assert "Imprimée le" in told
        assert [round(side * 25.4 / 72) for side in page.get_size()] == sides
        assert OTHER.encode() not in answer.content
        read = read_label(printed_symbol(answer.content))
        assert isinstance(read, Label)
        assert read.key == label(number)


async def test_a_size_that_there_is_not_is_said_with_those_that_there_are(served: Served) -> None:
    await a_bench(served)
    refused = await opened(served, f"/atelier/etiquette.pdf/{printed(label(9))}?taille=a0")
    assert refused.status == 422
    assert "« a0 »" in refused.text.replace("\u202f", " ").replace("\xa0", " ")
    assert "100, 62, a6" in refused.text


async def file_of(served: Served, lang: str) -> tuple[int, str]:
    """Give how many pages the file of the thing's certificate has, and its words."""
    document = pypdfium2.PdfDocument((await served.client.get(f"{served_file(served)}&lang={lang}")).content)
    return len(document), " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def served_file(served: Served) -> str:
    event = next(each.event for each in history_of(served) if each.event.kind == "work.requalified")
    return f"/atelier/certificat.pdf/{printed(label(7))}?numero={event.text('certificate')}"


def history_of(served: Served) -> list[histories.Told]:
    with served.database.reading() as connection:
        return list(histories.history(connection, "acme", label(7)))


@pytest.mark.parametrize(
    ("later", "french", "english"),
    [
        ("", "", ""),
        ("expired", "Expiré : valable jusqu’au 31/12/2026", "Expired: valid until 31 Dec 2026"),
        (
            "reopened",
            "Remplacé : ne compte plus depuis le 11/02/2026",
            "Superseded: no longer counts since 11 Feb 2026",
        ),
        ("changed", "Ne fait plus foi", "No longer to be relied on"),
    ],
)
async def test_the_file_of_a_certificate_that_no_longer_holds_says_so_with_its_day(
    served: Served, later: str, french: str, english: str
) -> None:
    certificate = await requalified(served, valid_until="2026-12-31")
    found_first = next(each.event for each in certificate.repair.told if each.event.kind == "work.diagnosed")
    after = {
        "reopened": [act("work.opened", 7, 41, reason="revenu")],
        "changed": [draft("event.voided", label(7), at=41, body={"target": found_first.id})],
    }.get(later, [])
    served.clock.ms = NOW + (400 if later == "expired" else 3) * DAY
    record(served.database, "acme", after, now_ms=served.clock.ms)
    await another(served, Role.MANAGER)
    for lang, told in (("fr", french), ("en", english)):
        pages, text = await file_of(served, lang)
        assert told in text, text
        assert pages == 1
        wrong = [each for each in ("Expiré", "Remplacé", "fait plus foi", "Superseded", "relied on") if each in text]
        assert bool(wrong or "Expired" in text) is bool(later)
