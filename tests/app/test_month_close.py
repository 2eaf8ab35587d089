"""Closing a month on the page of all cost centers: who may, when, and what a reason is needed for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Role, Scope
from costlib.config import Settings
from costlib.store.snapshot import current_id
from costlib.ui import identity, month_close, publications
from costlib.ui.identity import Viewer
from tests.app.conftest import UseOrganization
from tests.app.pages import SHARED_COSTS, opened, said
from tests.queries.ruled import CHARGES, JANUARY, RULES, close, put_rules
from tests.queries.snapshots import Organization

Started = list[tuple[str, Sequence[str]]]


@pytest.fixture
def source(organization: UseOrganization) -> Path:
    source = organization(Organization(CHARGES))
    put_rules(source, RULES)
    return source


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What the page starts, instead of starting it."""
    calls: Started = []

    def start(settings: Settings, command: str, arguments: Sequence[str]) -> None:
        calls.append((command, list(arguments)))

    monkeypatch.setattr(publications, "start", start)
    return calls


def looks_as(monkeypatch: pytest.MonkeyPatch, role: Role | None, scope: Scope = EVERYTHING) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Finance", scope, role=role))


def closers(app: AppTest) -> list[str]:
    return [button.label for button in app.button if button.label in ("Close", "Close by force")]


@pytest.mark.parametrize(
    ("role", "may"), [(None, True), (Role.finance, True), (Role.lead, False), (Role.executive, False)]
)
def test_only_finance_closes_a_month(
    source: Path, monkeypatch: pytest.MonkeyPatch, started: Started, role: Role | None, may: bool
) -> None:
    looks_as(monkeypatch, role)
    app = opened(SHARED_COSTS, {"month_of_all": "January 2026"})
    assert not app.exception
    assert bool(closers(app)) is may
    if may:
        next(button for button in app.button if button.label == "Close").click().run()
        assert started == [("close", ["2026-01", "--by=Finance"])]


def test_somebody_who_does_not_see_every_statement_cannot_close(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_as(monkeypatch, Role.finance, Scope(frozenset({"1"}), frozenset({"A"})))
    assert "must see all of its statements" in said(opened(SHARED_COSTS, {"month_of_all": "January 2026"}))


def test_a_month_is_closed_when_it_is_over_and_in_its_order(source: Path) -> None:
    assert "when all of its days are complete" in said(opened(SHARED_COSTS, {"month_of_all": "March 2026"}))
    close(source, JANUARY)
    app = opened(SHARED_COSTS, {"month_of_all": "January 2026"})
    assert closers(app) == []
    assert "Closed · statement" in said(app)
    assert "Close" in closers(opened(SHARED_COSTS, {"month_of_all": "February 2026"}))


def test_estimated_days_need_a_reason_which_is_passed_on(organization: UseOrganization, started: Started) -> None:
    put_rules(organization(Organization(CHARGES, estimated_from=CHARGES[6].charge_date)), RULES)
    app = opened(SHARED_COSTS, {"month_of_all": "February 2026"})
    assert "2 days are still estimated by AWS." in said(app)
    app.text_input(key=month_close.REASON_KEY).input("the board meets")
    next(button for button in app.button if button.label == "Close by force").click().run()
    assert started == [("close", ["2026-02", "--by=Single user", "--force=the board meets"])]


def test_the_command_that_the_page_starts_closes_the_month(source: Path) -> None:
    """Through the real process: the page only waits for it."""
    before = current_id(source)
    app = opened(SHARED_COSTS, {"month_of_all": "January 2026"})
    next(button for button in app.button if button.label == "Close").click().run()
    mine = app.session_state[month_close.MINE_KEY]
    assert mine.child.wait(timeout=60) == 0, mine.said
    app.run()
    assert "Closed 2026-01 as statement" in said(app)
    assert current_id(source) != before
