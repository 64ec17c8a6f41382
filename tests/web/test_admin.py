"""Administration: people who come in and are stopped, dated rows with their history, tokens shown once."""

import pytest
import sqlalchemy as sa

from boucle.roles import CAPABILITIES, Role
from boucle.site_roles import SiteRole
from boucle.words import say
from boucle_server import auth, people, tokens
from boucle_server.errors import UnauthenticatedError
from boucle_server.projections import load_book
from boucle_server.tables import RECORD
from boucle_server.web.people_list import everybody
from boucle_server.web.rendering import sentence
from tests.api.serving import Served
from tests.server.people import NOW, an_org
from tests.web.browser import PASSWORD, Page, opened, sent, signed_in

SITES = "/administration/registre/sites"
TYPES = "/administration/registre/item-types"
LANES = "/administration/registre/lanes"
PEOPLE = "/administration/personnes"
TOKENS = "/administration/jetons"


async def added(served: Served, path: str, **typed: str) -> Page:
    form = (await opened(served, f"{path}/ligne")).form(f"{path}/ligne")
    return Page(await sent(served, form, **typed))


def row_of(served: Served, table: str, key: str, at_ms: int = NOW) -> dict[str, object]:
    with served.database.reading() as connection:
        return dict(load_book(connection, "acme").row(table, key, at_ms) or {})


async def test_a_site_is_described_changed_and_its_versions_say_who_stated_them(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    assert "Aucune ligne encore" in (await opened(served, SITES)).text
    name = "Quai de la très longue rue du Maréchal-de-Lattre-de-Tassigny à Sainte-Marie-aux-Mines"
    assert (await added(served, SITES, key="marie", name=name, zone="Europe/Paris")).status == 303
    assert name in (await opened(served, SITES)).text
    page = await opened(served, f"{SITES}/ligne?cle=marie")
    form = page.form(f"{SITES}/ligne")
    assert dict(form.values)["name"] == name
    answer = await sent(served, form, name="Quai neuf", valid_from="01/02/2030")
    assert answer.status_code == 303
    assert row_of(served, "site", "marie")["name"] == name, "a version of a later day does not hold yet"
    assert row_of(served, "site", "marie", 1_900_000_000_000)["name"] == "Quai neuf"
    text = (await opened(served, f"{SITES}/ligne?cle=marie")).text
    assert "toujours" in text
    assert "Quai neuf" in text
    assert "Test manager" in text


async def test_the_same_row_again_records_nothing(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    await added(served, SITES, key="metz", name="Metz", zone="Europe/Paris")

    def records() -> int:
        with served.database.reading() as connection:
            count: int = connection.execute(sa.select(sa.func.count()).select_from(RECORD)).scalar_one()
        return count

    before = records()
    form = (await opened(served, f"{SITES}/ligne?cle=metz")).form(f"{SITES}/ligne")
    assert "register_same_done" in (await sent(served, form)).headers["location"]
    assert records() == before


async def test_a_new_row_never_overwrites_one_that_is_there(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    await added(served, SITES, key="metz", name="Metz", zone="Europe/Paris")
    again = await added(served, SITES, key="metz", name="Autre", zone="Europe/Paris")
    assert again.status == 422
    assert "a déjà cette clé" in again.text
    assert row_of(served, "site", "metz")["name"] == "Metz"


async def test_masses_and_deposits_are_typed_and_shown_as_people_write_them(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    typed = {"key": "bac", "name": "Bac 600×400", "serialised": "oui", "tare_g": "2,15", "deposit_cents": "4,50"}
    assert (await added(served, TYPES, **typed, requalify="non")).status == 303
    row = row_of(served, "item_type", "bac")
    assert (row["tare_g"], row["deposit_cents"], row["serialised"]) == (2150, 450, True)
    values = dict((await opened(served, f"{TYPES}/ligne?cle=bac")).form(f"{TYPES}/ligne").values)
    assert (values["tare_g"], values["deposit_cents"]) == ("2,15", "4,5")
    english = dict((await opened(served, f"{TYPES}/ligne?cle=bac&lang=en")).form(f"{TYPES}/ligne").values)
    assert english["tare_g"] == "2.15"


@pytest.mark.parametrize(
    ("path", "typed", "told"),
    [
        (SITES, {"key": "à b", "name": "X"}, "clé"),
        (SITES, {"key": "x", "name": "X", "zone": "Mars"}, "fuseau"),
        (TYPES, {"key": "x", "name": "X", "tare_g": "lourd"}, "nombre"),
        (LANES, {"origin": "nulle-part", "destination": "metz", "loop": "b"}, "site"),
        (SITES, {"key": "x", "name": "X", "valid_from": "demain"}, "date"),
    ],
)
async def test_what_is_wrong_in_a_row_is_told_and_what_was_typed_stays(
    served: Served, path: str, typed: dict[str, str], told: str
) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    page = await added(served, path, **typed)
    assert page.status == 422
    assert "Rien n’est encore enregistré" in page.text
    assert told in page.text.casefold()
    kept = dict(page.form(f"{path}/ligne").values)
    assert {name: kept[name] for name in typed if name in kept} == {
        name: value for name, value in typed.items() if name in kept
    }


async def test_a_person_is_let_in_changes_and_is_stopped(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    form = (await opened(served, f"{PEOPLE}/nouveau")).form(f"{PEOPLE}/nouveau")
    typed = {"name": "Zoé Ançel", "role": "driver", "pin": "2580", "badge": "B7", "login": "zoe", "password": PASSWORD}
    assert (await sent(served, form, **typed)).status_code == 303
    with served.database.reading() as connection:
        (who,) = [each for each in everybody(connection, "acme") if each.name == "Zoé Ançel"]
        assert people.is_pin_of(connection, "acme", who.person, "2580")
        assert people.sign_in(connection, "zoe", PASSWORD) == ("acme", who.person)
    page = await opened(served, f"{PEOPLE}/{who.person}")
    assert "2580" not in page.answer.text
    assert PASSWORD not in page.answer.text
    answer = await sent(served, page.form(f"{PEOPLE}/{who.person}"), role="warehouse", name="Zoé A.")
    assert answer.status_code == 303
    with served.database.reading() as connection:
        assert people.is_pin_of(connection, "acme", who.person, "2580"), "an empty PIN leaves it as it was"
    ask = await opened(served, f"{PEOPLE}/{who.person}/acces")
    assert "Arrêter l’accès" in ask.text
    await sent(served, ask.form(f"{PEOPLE}/{who.person}/acces"))
    with served.database.reading() as connection, pytest.raises(UnauthenticatedError):
        people.sign_in(connection, "zoe", PASSWORD)
    again = await opened(served, f"{PEOPLE}/{who.person}/acces")
    await sent(served, again.form(f"{PEOPLE}/{who.person}/acces"))
    with served.database.reading() as connection:
        assert people.sign_in(connection, "zoe", PASSWORD)[1] == who.person


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": ""}, "Donnez un nom"),
        ({"pin": "12"}, "de quatre à huit chiffres"),
        ({"pin": "", "login": ""}, "Donnez un identifiant et un mot de passe, ou un PIN"),
        ({"pin": "", "login": "x", "password": "court"}, "de 12 à 200 caractères"),
        ({"login": "administrator", "password": PASSWORD}, "est déjà pris"),
        ({"password": PASSWORD}, "donnez les deux, ou aucun"),
        ({"role": "captain"}, "Choisissez un rôle"),
        ({"site": "nulle-part"}, "Ce site n’existe pas"),
    ],
)
async def test_what_is_wrong_about_a_person_is_told_and_nobody_is_made(
    served: Served, typed: dict[str, str], told: str
) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    form = (await opened(served, f"{PEOPLE}/nouveau")).form(f"{PEOPLE}/nouveau")
    page = Page(await sent(served, form, **({"name": "Zoé", "role": "driver", "pin": "2580"} | typed)))
    assert page.status == 422
    assert told in page.text
    with served.database.reading() as connection:
        assert [each.name for each in everybody(connection, "acme")] == ["Test administrator"]


async def test_stopping_twice_stops(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    with served.database.writing("acme") as connection:
        person = people.add_operator(connection, "acme", name="Zoé", role=Role.PARTNER, pin="2580", now_ms=NOW)
    form = (await opened(served, f"{PEOPLE}/{person}/acces")).form(f"{PEOPLE}/{person}/acces")
    for _ in range(2):
        assert (await sent(served, form)).status_code == 303
        with served.database.reading() as connection:
            assert not next(each.active for each in everybody(connection, "acme") if each.person == person)
    chosen = [given for tag, given in (await opened(served, f"{PEOPLE}/{person}")).tags if "selected" in given]
    assert "partner" in [given["value"] for given in chosen], "a role that may do nothing here stays chosen"


async def test_a_back_dated_version_is_asked_about_first_and_one_version_holds(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    await added(served, SITES, key="metz", name="A", zone="Europe/Paris")

    async def stated(name: str, **more: str) -> Page:
        form = (await opened(served, f"{SITES}/ligne?cle=metz")).form(f"{SITES}/ligne")
        return Page(await sent(served, form, name=name, **more))

    asked = await stated("B", valid_from="01/02/2020")
    assert "Cette date est passée" in asked.text
    assert row_of(served, "site", "metz")["name"] == "A"
    assert (await stated("B", valid_from="01/02/2020", sure="1")).status == 303
    assert row_of(served, "site", "metz")["name"] == "B"
    assert (await stated("A")).status == 303
    assert (await opened(served, f"{SITES}/ligne?cle=metz")).text.count("en vigueur") == 1


async def test_the_role_of_a_place_is_chosen_and_one_that_a_file_brought_stays_a_choice(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    page = await opened(served, f"{SITES}/ligne")
    offered = [given.get("value") for tag, given in page.tags if tag == "option"]
    roles = [each for each in offered if each in tuple(SiteRole)]
    assert roles[0] == "workshop", "« atelier » is the first by its word"
    assert sorted(roles) == sorted(SiteRole)
    await added(served, SITES, key="metz", name="Metz", zone="Europe/Paris", role="dock")
    assert row_of(served, "site", "metz")["role"] == "dock"
    assert "quai" in (await opened(served, SITES)).text
    assert "dock" in (await opened(served, f"{SITES}?lang=en")).text
    await added(served, SITES, key="lille", name="Lille", zone="Europe/Paris", role="Hall 7")
    page = await opened(served, f"{SITES}/ligne?cle=lille")
    (own,) = [given for tag, given in page.tags if tag == "option" and given.get("value") == "Hall 7"]
    assert "selected" in own


async def test_the_last_administrator_stays(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    with served.database.reading() as connection:
        (who,) = everybody(connection, "acme")
    form = (await opened(served, f"{PEOPLE}/{who.person}")).form(f"{PEOPLE}/{who.person}")
    assert (await sent(served, form, role="reader")).status_code == 422
    stop = (await opened(served, f"{PEOPLE}/{who.person}/acces")).form(f"{PEOPLE}/{who.person}/acces")
    assert (await sent(served, stop)).status_code == 409
    assert (await opened(served, PEOPLE)).status == 200


async def test_a_token_is_shown_once_works_and_is_cut_off(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    form = (await opened(served, f"{TOKENS}/nouveau")).form(f"{TOKENS}/nouveau")
    page = Page(await sent(served, form, name="Tableur", scope="read", expires="2041-06-30"))
    assert page.answer.headers["cache-control"] == "private, no-store"
    (secret,) = [text for text in page.texts if text.startswith(tokens.PROGRAM_PREFIX)]
    listed = await opened(served, TOKENS)
    assert secret not in listed.answer.text
    assert "Tableur" in listed.text
    assert "30/06/2041" in listed.text
    with served.database.reading() as connection:
        caller = auth.authenticate(connection, f"Bearer {secret}", now_ms=NOW)
        (row,) = tokens.listed(connection, "acme")
    assert caller.org == "acme"
    ask = await opened(served, f"{TOKENS}/retirer/{row['id']}")
    await sent(served, ask.form(f"{TOKENS}/retirer/{row['id']}"))
    assert "retiré" in (await opened(served, TOKENS)).text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": "", "scope": "read"}, "Donnez un nom"),
        ({"name": "X" * 201, "scope": "read"}, "Donnez un nom"),
        ({"name": "X"}, "Cochez au moins un droit"),
        ({"name": "X", "scope": "read", "expires": "2001-01-01"}, "Choisissez un jour à venir"),
        ({"name": "X", "scope": "read", "expires": "9999-12-31"}, "Choisissez un jour à venir"),
    ],
)
async def test_what_is_wrong_about_a_token_is_told(served: Served, typed: dict[str, str], told: str) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    form = (await opened(served, f"{TOKENS}/nouveau")).form(f"{TOKENS}/nouveau")
    form.values = [pair for pair in form.values if pair[0] != "scope"]
    page = Page(await sent(served, form, **typed))
    assert page.status == 422
    assert told in page.text


async def test_a_manager_sees_the_rows_and_not_the_people(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    ways = (await opened(served, "/administration")).attributes("a", "href")
    assert SITES in ways
    assert PEOPLE not in ways
    assert (await opened(served, PEOPLE)).status == 403


async def test_the_page_of_roles_says_what_the_table_says(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    page = await opened(served, "/administration/roles")
    assert page.text.count("✓") == sum(len(held) for held in CAPABILITIES.values())


async def test_a_site_form_offers_its_closed_lists_and_says_what_is_wrong_in_the_language_of_its_reader(
    served: Served,
) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    page = await opened(served, f"{SITES}/ligne?lang=en")
    boxes = [given for tag, given in page.tags if tag == "input" and given.get("name") == "photos"]
    assert [given.get("value") for given in boxes] == ["scrap", "repair", "incident", "diagnosis"]
    assert page.text.count("(required)") == 2, "the key and the name"
    assert "Day/month/year" in page.text
    assert "réparation" not in page.text
    form = page.form(f"{SITES}/ligne")
    bad = Page(await sent(served, form, key="metz", name="Metz", photos="repare", **{"limits.testing": "three"}))
    assert bad.status == 422
    assert "Nothing that can ask for a photo (scrap, repair, incident, diagnosis)" in bad.text
    assert "“In test”: three is not a number from 1 to 999" in bad.text
    good = await sent(served, form, key="metz", name="Metz", photos="repair", **{"limits.testing": "3"})
    assert good.status_code == 303
    assert row_of(served, "site", "metz")["photos"] == "repair"
    assert row_of(served, "site", "metz")["limits"] == "testing:3"
    kept = dict((await opened(served, f"{SITES}/ligne?cle=metz")).form(f"{SITES}/ligne").values)
    assert kept["photos"] == "repair", "the box is ticked, the others are not"
    assert kept["limits.testing"] == "3"


async def test_a_site_says_when_it_is_open_and_keeps_what_was_typed_wrong(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    page = await opened(served, f"{SITES}/ligne")
    form = page.form(f"{SITES}/ligne")
    typed = {"key": "metz", "name": "Metz", "hours.mon": "8h-12h, 13h30-17h", "hours.sat": "17:00-8:00"}
    bad = Page(await sent(served, form, **typed, closures="21/08/2026 au 03/08/2026"))
    assert bad.status == 422
    assert "« samedi » : 17:00-8:00 finit avant de commencer" in bad.text
    assert "« 21/08/2026 au 03/08/2026 » finit avant de commencer" in bad.text
    kept = dict(bad.form(f"{SITES}/ligne").values)
    assert (kept["hours.mon"], kept["hours.sat"]) == ("8h-12h, 13h30-17h", "17:00-8:00")
    assert 'rows="3" spellcheck="false" aria-invalid="true"' in bad.answer.text
    assert ">21/08/2026 au 03/08/2026</textarea>" in bad.answer.text
    typed |= {"hours.sat": "", "holidays": "alsace-moselle", "closures": "03/08/2026 au 21/08/2026\r\n24/12/2026"}
    assert (await sent(served, form, **typed)).status_code == 303
    row = row_of(served, "site", "metz")
    assert row["hours"] == "mon:08:00-12:00,13:30-17:00"
    assert (row["holidays"], row["closures"]) == ("alsace-moselle", "2026-08-03/2026-08-21 2026-12-24/2026-12-24")
    page = await opened(served, f"{SITES}/ligne?cle=metz")
    again = dict(page.form(f"{SITES}/ligne").values)
    assert (again["hours.mon"], again["hours.tue"]) == ("8:00-12:00, 13:30-17:00", "")
    assert ">03/08/2026 au 21/08/2026\n24/12/2026</textarea>" in page.answer.text
    assert '<option value="alsace-moselle" selected>' in page.answer.text
    assert "lundi 8:00-12:00, 13:30-17:00" in page.text
    chosen = {name: typed[name] for name in ("holidays", "closures")}
    same = await sent(served, page.form(f"{SITES}/ligne"), zone="Europe/Paris", **chosen)
    assert same.status_code == 303, "what nobody changed is no new version"
    assert row_of(served, "site", "metz") == row


async def test_what_is_hardly_ever_meant_of_a_type_is_asked_about_once(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.MANAGER)
    odd = {"key": "bac", "name": "Bac", "tare_g": "0", "due_days": "0", "repair_percent": "900"}
    asked = await added(served, TYPES, **odd)
    assert asked.status == 200
    for told in ("Tare de 0 kg", "Délai de retour de 0 jour", "Réparer jusqu’à 900 %"):
        assert told in asked.text
    assert row_of(served, "item_type", "bac") == {}
    assert (await added(served, TYPES, **odd, sure="1")).status == 303
    assert row_of(served, "item_type", "bac")["repair_percent"] == 900
    form = (await opened(served, f"{TYPES}/ligne?cle=bac")).form(f"{TYPES}/ligne")
    assert (await sent(served, form, name="Bac bleu")).status_code == 303, "what stood so before is not asked again"


async def test_a_bad_pin_and_a_short_password_are_told_at_once(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    form = (await opened(served, f"{PEOPLE}/nouveau")).form(f"{PEOPLE}/nouveau")
    answer = Page(await sent(served, form, name="Ada", role="driver", login="ada", pin="12", password="short"))
    assert answer.status == 422
    assert sentence(say("api.bad_pin", "fr")) in answer.text
    assert sentence(say("api.bad_password", "fr")) in answer.text
