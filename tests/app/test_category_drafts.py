"""The page of category drafts: it begins as AWS's definition stands, says what is wrong, and shows what would move."""

from __future__ import annotations

from pathlib import Path

import pytest

from costlib.access import Scope
from costlib.ui import identity
from costlib.ui.identity import Viewer
from tests.app.conftest import UseOrganization
from tests.app.pages import CATEGORY_DRAFTS, metric, opened, said
from tests.queries.ruled import CHARGES
from tests.queries.snapshots import Organization


def test_a_draft_begins_as_the_definition_stands_and_moves_what_can_be_told_nowhere(sample: Path) -> None:
    app = opened(CATEGORY_DRAFTS)
    assert not app.exception
    moves = next(frame.value for frame in app.dataframe if "before" in frame.value.columns)
    told = moves[moves["after"] != "(cannot be told)"]
    assert len(told)
    assert (told["before"] == told["after"]).all()
    assert metric(app, "Labeled now").endswith("%")


def test_a_new_cost_category_without_rules_says_what_is_missing(sample: Path) -> None:
    app = opened(CATEGORY_DRAFTS)
    app.selectbox(key="draft_category").set_value("New cost category").run()
    assert not app.exception
    assert "Name is missing" in said(app)
    assert "0 rules" in said(app)


def test_without_a_stored_definition_the_table_begins_empty(organization: UseOrganization) -> None:
    organization(Organization(CHARGES, accounts={"1": "One", "2": "Two"}))
    app = opened(CATEGORY_DRAFTS)
    assert not app.exception
    assert "0 rules" in said(app)


def test_who_sees_some_accounts_only_cannot_draft_for_all(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", Scope(frozenset({"1"}))))
    app = opened(CATEGORY_DRAFTS)
    assert not app.exception
    assert "whole organization" in said(app)
    assert not app.dataframe
