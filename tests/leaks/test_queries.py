"""No question tells a secret of somebody else's, whoever asks it and whatever it is asked."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from costlib.access import Scope
from costlib.queries import alerts as alert_questions
from costlib.queries import (
    anomalies,
    budget_spend,
    budgets,
    cumulative,
    exporting,
    forecast_series,
    freshness,
    incident_alerts,
    ranking,
    report,
    rule_history,
    showback,
)
from costlib.queries import sql as sql_of_queries
from costlib.store.snapshot import Snapshot
from tests.leaks import asking
from tests.leaks.figures import secrets_of
from tests.leaks.scopes import scopes
from tests.leaks.world import OTTER
from tests.queries.test_scope import questions
from tests.tally import Tally

ASKED = sorted(questions(), key=lambda function: (function.__module__, function.__name__))
OF_NOBODY = {
    alert_questions.data_state,
    anomalies.judging,
    budgets.budgets_problem,
    cumulative.last_day,
    exporting.estimated_days,
    forecast_series.known_days,
    freshness.last_runs,
    freshness.missing_rights,
    freshness.requests_by_day,
    freshness.requests_this_month,
    freshness.runs,
    report.reportable_months,
    rule_history.rules_of,
    rule_history.rules_problem,
    rule_history.versions,
    showback.is_available,
    showback.months,
    showback.official,
}
"""Of days, syncs and the rules that the server explains amounts by."""
GIVEN_WHAT_IS_SEEN = {budget_spend.spend_of}
"""Asked of budgets that `seen_budgets` has given to whoever asks."""
BY_ID = {incident_alerts.open_incidents}
"""Ids, by which the server looks up what people have said; it shows them to nobody."""


def leaks(function: asking.Function, snapshot: Snapshot, scope: Scope, folder: Path) -> list[str]:
    """The secrets in all that a question answers within a scope."""
    secrets, answers = secrets_of(snapshot, scope), asking.answers(function, snapshot, scope, folder)
    return [secret for typed, told in answers for secret in secrets.found_in(told, typed)]


def test_every_question_is_asked_within_a_scope_or_is_of_nobody() -> None:
    without = {function for function in ASKED if "scope" not in inspect.signature(function).parameters}
    assert without == OF_NOBODY | GIVEN_WHAT_IS_SEEN | BY_ID


def test_no_question_tells_a_secret(snapshot: Snapshot, tmp_path: Path, tally: Tally) -> None:
    asked: list[asking.Function] = []

    @settings(max_examples=3, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(scope=scopes())
    def ask(scope: Scope) -> None:
        for function in ASKED:
            if function not in BY_ID:
                found = leaks(function, snapshot, scope, tmp_path)
                assert not found, f"{function.__module__}.{function.__name__} tells {found[:5]}"
                asked.append(function)

    ask()
    tally("a question is asked in all its ways, within a scope that is drawn", len(asked))


def test_a_question_that_forgets_the_scope_is_found(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Scope(frozenset({OTTER}))
    assert not leaks(ranking.ranking, snapshot, mine, tmp_path)
    monkeypatch.setattr(sql_of_queries, "charge_conditions", lambda *_: [])
    found = leaks(ranking.ranking, snapshot, mine, tmp_path)
    assert "Heronsee" in found
    assert any(secret.replace(".", "").isdigit() and "." in secret for secret in found), "amounts are found too"
