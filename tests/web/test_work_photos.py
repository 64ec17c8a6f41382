"""Photos at the steps of a repair: taken with what they show, asked for where the site does, kept once or never."""

import io

import pytest
from PIL import Image

from boucle.roles import Role
from boucle.wire import digest
from boucle_server import photos
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.photos import a_jpeg
from tests.server.figures_world import events_in, record
from tests.server.workshop_world import NOW, label
from tests.web.browser import Page, opened, sent
from tests.web.test_workshop import CHECKED, a_bench, as_typed, do, item, printed, said, ticket

WHOLE, FAULT = a_jpeg(seed=11), a_jpeg(seed=12)
CHECKS = {name.replace(".", "__"): value for name, value in CHECKED.items()}
STEPS = {
    "diagnostiquer": (12, "work.diagnosed", {"found": "yes", "fault": "worn"}),
    "deposer": (5, "work.part_removed", {"part_type": "pompe", "mass": "3"}),
    "tester": (6, "work.tested", {"passed": "yes"}),
    "requalifier": (7, "work.requalified", CHECKS),
    "refuser": (7, "work.rejected", {"reason": "jeu"}),
    "non-reparable": (1, "work.not_repairable", {"barrier": "no_part"}),
    "demonter": (10, "work.harvested", {"p1__type": "moteur", "p1__mass": "1"}),
    "reformer": (10, "item.retired", {"treatment": "R4"}),
}


def by_a_camera(colour: str) -> bytes:
    """Give a picture as a file."""
    file = io.BytesIO()
    Image.new("RGB", (900, 700), colour).save(file, "PNG")
    return file.getvalue()


def kept(served: Served, kind: str) -> list[tuple[str, ...]]:
    """Give the digests of the photos that each event of a kind announces."""
    with served.database.reading() as connection:
        found = sorted((each for each in events_in(connection, "acme") if each.kind == kind), key=lambda e: e.order)
        missing = photos.count_missing(connection, "acme")
    assert not missing
    return [tuple(str(each["sha256"]) for each in event.photos) for event in found]


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_takes_a_photo_that_its_history_shows(served: Served, step: str) -> None:
    number, kind, typed = STEPS[step]
    await a_bench(served, Role.MANAGER)
    done = await do(served, step, number, **typed, photo=as_typed(WHOLE))
    assert done.status_code == 303, said(done)
    assert kept(served, kind)[-1] == (digest(WHOLE),)
    page = await (opened(served, f"/objets/{printed(label(number))}") if step == "reformer" else ticket(served, number))
    assert f"/photos/{digest(WHOLE)}" in page.attributes("img", "src")


async def test_a_diagnosis_has_the_two_photos_that_its_site_asks_for(served: Served) -> None:
    await a_bench(served)
    with served.database.reading() as connection:
        row = load_book(connection, "acme").row("site", "strasbourg", NOW) or {}
    body = {"table": "site", "key": "strasbourg", "valid_from": 0, "row": {**row, "photos": "diagnosis"}}
    record(served.database, "acme", [Draft(kind="reference.set", fields={"body": body})], now_ms=NOW)
    asked = await opened(served, f"/atelier/etape/diagnostiquer/{printed(label(12))}")
    assert "Ce site demande 2 photos ici" in asked.text
    typed = {"found": "yes", "fault": "worn", "photo": as_typed(WHOLE)}
    alone = await do(served, "diagnostiquer", 12, **typed)
    same = await do(served, "diagnostiquer", 12, **typed, photo2=as_typed(WHOLE))
    for doubted in (alone, same):  # one picture is one photo, however often it is chosen
        assert doubted.status_code == 409
        assert "sans la photo que ce lieu demande" in said(doubted)
        values = dict(Page(doubted).form(f"/atelier/etape/diagnostiquer/{printed(label(12))}").values)
        assert values["photo"] == typed["photo"]
    with served.database.reading() as connection:
        assert photos.stored(connection, "acme", [digest(WHOLE)]) == {}
    assert (await do(served, "diagnostiquer", 12, **typed, photo2=as_typed(FAULT))).status_code == 303
    assert kept(served, "work.diagnosed")[-1] == (digest(WHOLE), digest(FAULT))
    shown = (await ticket(served, 12)).attributes("img", "src")
    assert {f"/photos/{digest(each)}" for each in (WHOLE, FAULT)} <= set(shown)


async def test_of_two_photos_the_bad_one_is_told_beside_its_field_and_the_good_one_stays(served: Served) -> None:
    await a_bench(served)
    refused = await do(served, "tester", 6, passed="yes", photo=as_typed(WHOLE), photo2=as_typed(b"no picture"))
    assert refused.status_code == 422
    assert "n’est pas une photo JPEG entière" in said(refused)
    values = dict(Page(refused).form(f"/atelier/etape/tester/{printed(label(6))}").values)
    assert (values["photo"], values["photo2"]) == (as_typed(WHOLE), "")
    assert item(served, 6).work_stage == "testing"


async def test_without_a_script_files_come_as_the_camera_made_them_and_become_photos(served: Served) -> None:
    await a_bench(served)
    path = f"/atelier/etape/tester/{printed(label(6))}"
    page = await opened(served, path)
    assert 'enctype="multipart/form-data"' in page.answer.text
    values = {name: value for name, value in page.form(path).values if not name.endswith("-fichier")} | {
        "passed": "yes"
    }
    files = {
        "photo-fichier": ("a.png", by_a_camera("red"), "image/png"),
        "photo2-fichier": ("b.png", by_a_camera("blue"), "image/png"),
    }
    served.clock.ms += 60_000
    answer = await served.client.post(path, data=values, files=files, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303, answer.text
    assert len(kept(served, "work.tested")[-1]) == 2


async def test_a_step_without_a_photo_goes_on_as_before(served: Served) -> None:
    await a_bench(served)
    form = (await opened(served, f"/atelier/etape/tester/{printed(label(6))}")).form(
        f"/atelier/etape/tester/{printed(label(6))}"
    )
    served.clock.ms += 60_000
    assert (await sent(served, form, passed="yes")).status_code == 303
    assert kept(served, "work.tested")[-1] == ()
