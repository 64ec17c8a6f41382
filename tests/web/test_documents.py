"""Documents of a test bench: a whole PDF kept as it is beside its step, handed out as a file, held against its hash."""

import io

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from boucle.roles import Role
from boucle.wire import digest
from boucle_server import documents, verify
from boucle_server.tables import DOCUMENT
from tests.api.serving import Served
from tests.server.figures_world import events_in
from tests.server.people import an_org
from tests.server.workshop_world import label
from tests.web.browser import Page, opened, sent, signed_in
from tests.web.test_workshop import CHECKED, a_bench, printed, said, ticket

BROWSER = {"Sec-Fetch-Site": "same-origin"}
REPORT = b"%PDF-1.7\n" + b"1 0 obj <</Type /Catalog>> endobj\n" * 40 + b"trailer <<>>\n%%EOF\n"
TESTED = ("tester", 6, {"passed": "yes"})
REQUALIFIED = ("requalifier", 7, CHECKED)


async def brought(served: Served, step: str, number: int, content: bytes, **typed: str) -> httpx.Response:
    """Fill in a step as a browser without scripts does, with a file from its disk."""
    path = f"/atelier/etape/{step}/{printed(label(number))}"
    page = await opened(served, path)
    values = {**dict(page.form(path).values), **typed}
    values.pop("photo-fichier", None)
    values.pop(documents.FIELD, None)
    files = {documents.FIELD: ("banc.pdf", content, "application/pdf")}
    served.clock.ms += 60_000
    return await served.client.post(path, data=values, files=files, headers=BROWSER)


def kept(served: Served) -> list[bytes]:
    with served.database.reading() as connection:
        return [bytes(row.content) for row in connection.execute(sa.select(DOCUMENT.c.content))]


@pytest.mark.parametrize(("step", "number", "typed"), [TESTED, REQUALIFIED], ids=["test", "requalification"])
async def test_the_document_is_asked_for_last_and_a_form_that_comes_back_says_that_it_is_not_in_it(
    served: Served, step: str, number: int, typed: dict[str, str]
) -> None:
    await a_bench(served, Role.MANAGER)
    path = f"/atelier/etape/{step}/{printed(label(number))}"
    page = await opened(served, path)
    asked = [given["id"] for tag, given in page.tags if tag == "input" and given.get("type") == "file"]
    assert asked in (["f-photo", "f-photo2", "f-document"], ["f-photo", "f-document"])
    back = await sent(served, page.form(path), **dict.fromkeys(typed, ""))
    assert back.status_code == 422
    told = "Si vous en aviez choisi un, choisissez-le de nouveau."
    assert (told in page.text, told in Page(back).text) == (False, True)


@pytest.mark.parametrize(("step", "number", "typed"), [TESTED, REQUALIFIED], ids=["test", "requalification"])
async def test_a_document_is_kept_with_its_step_and_handed_out_as_a_file(
    served: Served, step: str, number: int, typed: dict[str, str]
) -> None:
    await a_bench(served, Role.MANAGER)
    answer = await brought(served, step, number, REPORT, **typed)
    assert answer.status_code == 303, said(answer)
    assert kept(served) == [REPORT]
    with served.database.reading() as connection:
        named = [each.body["document"] for each in events_in(connection, "acme") if "document" in each.body]
        assert named == [{"sha256": digest(REPORT), "size": len(REPORT), "type": "application/pdf"}]
        assert list(verify.faults(connection, "acme")) == []
    href = f"/documents/{digest(REPORT)}"
    page = await ticket(served, number)
    assert href in page.attributes("a", "href")
    assert "Document (PDF, " in page.text
    assert href in (await opened(served, f"/objets/{printed(label(number))}")).attributes("a", "href")
    file = await served.client.get(href)
    assert (file.status_code, file.content) == (200, REPORT)
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"].startswith("attachment; ")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]


@pytest.mark.parametrize(("content", "told"), [
    (b"<html><script>alert(1)</script>%PDF-1.7 %%EOF", "n’est pas un PDF"),
    (REPORT[:-8], "est incomplet"),
    (REPORT[:-7] + b" " * documents.LARGEST + b"%%EOF\n", "dépasse 10 Mo"),
], ids=["page", "cut", "large"])  # fmt: skip
async def test_what_is_no_whole_pdf_is_said_beside_its_field_and_nothing_is_recorded(
    served: Served, content: bytes, told: str
) -> None:
    await a_bench(served)
    answer = await brought(served, "tester", 6, content, passed="yes")
    assert (answer.status_code, told in said(answer)) == (422, True)
    assert "choisissez-le de nouveau" in said(answer)
    assert Page(answer).form(f"/atelier/etape/tester/{printed(label(6))}").values
    assert kept(served) == []


async def test_a_real_pdf_is_taken_and_a_step_without_one_is_as_it_was(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    assert (await brought(served, "tester", 6, b"", passed="yes")).status_code == 303
    assert kept(served) == []
    drawn = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(drawn, "PDF")
    assert (await brought(served, "requalifier", 7, drawn.getvalue(), **CHECKED)).status_code == 303
    assert kept(served) == [drawn.getvalue()]


async def test_nobody_who_is_not_signed_in_gets_a_document_and_another_one_is_not_there(served: Served) -> None:
    await a_bench(served)
    await brought(served, "tester", 6, REPORT, passed="yes")
    served.client.cookies.clear()
    href = f"/documents/{digest(REPORT)}"
    assert (await served.client.get(href)).status_code in (303, 401)
    await signed_in(served, Role.READER)
    assert (await served.client.get(href)).status_code == 200
    for other in (f"/documents/{digest(b'other')}", "/documents/nothing"):
        assert (await served.client.get(other)).status_code == 404
    an_org(served.database, "other")
    served.client.cookies.clear()
    await signed_in(served, Role.DRIVER, org="other")
    assert (await served.client.get(href)).status_code == 404


async def test_bytes_that_changed_are_named_by_verify(served: Served) -> None:
    await a_bench(served)
    await brought(served, "tester", 6, REPORT, passed="yes")
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(DOCUMENT).values(content=REPORT.replace(b"Catalog", b"catalog")))
    with served.database.reading() as connection:
        assert [each.key for each in verify.faults(connection, "acme")] == ["verify.document"]
