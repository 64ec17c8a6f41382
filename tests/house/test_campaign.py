"""A campaign does as much as its name says, and an unknown name is no campaign."""

import pytest

from tests.campaign import campaign, examples


@pytest.mark.parametrize(("name", "expected"), [("quick", 75), ("ci", 1_500), ("night", 200_000)])
def test_a_campaign_tries_its_number_of_examples(monkeypatch: pytest.MonkeyPatch, name: str, expected: int) -> None:
    monkeypatch.setenv("BOUCLE_CAMPAIGN", name)
    assert campaign() == name
    assert examples(ci=1_500, night=200_000) == expected


def test_a_glance_can_still_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUCLE_CAMPAIGN", "quick")
    assert examples(ci=50, night=50) == 10
    assert examples(ci=7, night=50) == 7


def test_ci_is_what_runs_when_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOUCLE_CAMPAIGN", raising=False)
    assert campaign() == "ci"


def test_an_unknown_campaign_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUCLE_CAMPAIGN", "nigth")
    with pytest.raises(ValueError, match="nigth"):
        campaign()
