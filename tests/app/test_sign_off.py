"""Sign-off in the pages: a lead accepts or disputes, finance sees it, and an amount that has changed since says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Role, Scope
from costlib.store import people, sign_offs
from costlib.store.sign_offs import State
from costlib.ui import identity
from costlib.ui.identity import Viewer
from tests.app.conftest import UseOrganization
from tests.app.pages import SHARED_COSTS, STATEMENT, opened, said
from tests.queries.ruled import CHARGES, FEBRUARY, NOON, close, put_rules, restate
from tests.queries.snapshots import Organization

LATER = NOON + timedelta(hours=1)
SUPPORT = {"cost_center": "A", "line": "Shared cost: AWS Support"}


@pytest.fixture
def source(organization: UseOrganization) -> Path:
    source = organization(Organization(CHARGES, accounts={"1": "One", "2": "Two"}))
    put_rules(source)
    return source


@pytest.fixture
def as_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever leads A."""
    scope = Scope(frozenset({"1"}), frozenset({"A"}))
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Kim", scope, "kim", Role.lead))


def as_finance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Ines", EVERYTHING, "ines", Role.finance))


def answer(app: AppTest, label: str, comment: str = "", kind: str = "statement") -> None:
    """Type a comment and press Accept, Dispute or Withdraw, of the whole statement or of the line that is open."""
    prefix = f"sign_off_{kind}"
    next(area for area in app.text_area if str(area.key).startswith(prefix)).set_value(comment)
    next(b for b in app.button if str(b.key).startswith(prefix) and b.label == label).click().run()
    assert not app.exception


def rows(app: AppTest, column: str) -> list[dict[str, object]]:
    frame = next(frame.value for frame in app.dataframe if column in frame.value.columns)
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


@pytest.mark.usefixtures("as_lead")
def test_a_lead_accepts_a_statement_and_it_says_by_whom(source: Path) -> None:
    app = opened(STATEMENT, {"cost_center": "A"})
    assert "Nobody has accepted or disputed this statement yet." in said(app)
    assert not (source / people.FILE).exists()
    answer(app, "Accept")
    assert ":green-badge[:material/check_circle: Accepted] by Kim" in said(app)
    (word,) = sign_offs.history(source, FEBRUARY, None)
    assert (word.subject.cost_center, str(word.amount), word.person.id) == ("A", "192.0000000000", "kim")
    assert "Changed since" not in said(opened(STATEMENT, {"cost_center": "A"}))


@pytest.mark.usefixtures("as_lead")
def test_a_dispute_needs_a_comment(source: Path) -> None:
    app = opened(STATEMENT, {"cost_center": "A"})
    answer(app, "Dispute", "  ")
    assert "A dispute needs a comment." in said(app)
    assert sign_offs.history(source, FEBRUARY, None) == ()


@pytest.mark.usefixtures("as_lead")
def test_a_disputed_line_reaches_finance_who_can_open_it(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(STATEMENT, SUPPORT)
    answer(app, "Dispute", "We bought our *own* plan.", "shared")
    assert "Disputed] by Kim" in said(app)
    assert ":red-badge[:material/flag: Disputed] by Kim" in said(opened(STATEMENT, {"cost_center": "A"}))
    as_finance(monkeypatch)
    app = opened(SHARED_COSTS)
    assert not app.exception
    shown = said(app)
    assert "Open disputes (1)" in shown
    assert "Shared cost: AWS Support · $12.00" in shown
    assert "by Kim" in shown
    assert "“We bought our *own* plan.”" in shown
    assert "Of 4 statements, 0 accepted as they stand, 1 disputed as a whole or in a line." in shown
    states = {row["cost_center"]: row for row in rows(app, "state") if "lines" in row}
    assert (states["A"]["state"], states["A"]["lines"], states["B"]["state"]) == ("Line disputed", 1, "Not signed off")
    app.button(key="open_dispute_0").click().run()
    assert not app.exception
    assert "Shared cost on the statement of A, February 2026" in said(app)


@pytest.mark.usefixtures("as_lead")
def test_a_line_of_own_cost_is_opened_as_it_was_told_apart(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(STATEMENT, {"cost_center": "A", "own_cost_by": "Account", "line": "Own cost: One"})
    answer(app, "Dispute", "Not ours", "own")
    as_finance(monkeypatch)
    app = opened(SHARED_COSTS)
    app.button(key="open_dispute_0").click().run()
    assert "Part of this link is not understood" not in said(app)
    assert "Own cost on the statement of A" in said(app)
    assert "Changed since" not in said(app)


@pytest.mark.usefixtures("as_lead")
def test_withdrawing_ends_a_dispute_and_the_history_keeps_it(source: Path) -> None:
    app = opened(STATEMENT, {"cost_center": "A"})
    answer(app, "Dispute", "Too much")
    answer(app, "Withdraw", "Explained by Ines")
    shown = said(app)
    assert "Nobody has accepted or disputed this statement yet." in shown
    assert "“Too much”" in shown
    assert "“Explained by Ines”" in shown
    assert [word.state for word in sign_offs.history(source, FEBRUARY, None)] == [State.withdrawn, State.disputed]
    assert "Open disputes" not in said(opened(SHARED_COSTS))


@pytest.mark.usefixtures("as_lead")
def test_an_amount_that_has_changed_since_says_so_and_a_closed_one_does_not(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(opened(STATEMENT, {"cost_center": "A"}), "Accept")
    restate(source, "2026-02-10", "A", "40", LATER)
    assert "Changed since: was $192.00, now $" in said(opened(STATEMENT, {"cost_center": "A"}))
    as_finance(monkeypatch)
    (state,) = [row["state"] for row in rows(opened(SHARED_COSTS), "signed") if row["cost_center"] == "A"]
    assert state == "Accepted, changed since"
    answer(opened(STATEMENT, {"cost_center": "A"}), "Accept")
    close(source, FEBRUARY, LATER + timedelta(hours=1))
    restate(source, "2026-02-10", "A", "10", LATER + timedelta(hours=2))
    assert "Changed since" not in said(opened(STATEMENT, {"cost_center": "A"}))


@pytest.mark.usefixtures("as_lead")
def test_a_lead_reads_nothing_of_what_others_said(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_finance(monkeypatch)
    answer(opened(STATEMENT, {"cost_center": "B"}), "Dispute", "Secret of B")
    scope = Scope(frozenset({"1"}), frozenset({"A"}))
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Kim", scope, "kim", Role.lead))
    for page in (STATEMENT, SHARED_COSTS):
        app = opened(page)
        assert not app.exception
        assert "Secret of B" not in said(app)
        assert not [f for f in app.dataframe if "Secret of B" in f.value.to_string()]


def test_a_damaged_file_hides_sign_offs_alone(source: Path) -> None:
    (source / people.FILE).write_bytes(b"no database" * 200)
    for page in (STATEMENT, SHARED_COSTS):
        app = opened(page)
        assert not app.exception
        assert "Sign-offs cannot be shown" in [error.proto.title for error in app.error]
        assert app.dataframe


def test_what_was_said_of_another_cost_is_listed_with_it(source: Path) -> None:
    answer(opened(STATEMENT, {"cost_center": "A", "metric": "Amortized"}), "Dispute", "Look at the plan")
    shown = said(opened(SHARED_COSTS))
    assert "Amortized cost" in shown
    assert "“Look at the plan”" in shown
