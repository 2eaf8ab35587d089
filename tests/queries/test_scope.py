"""No question shows a person what lies outside the scope: each one is asked, and a new one cannot be forgotten."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import costlib.queries
from costlib.access import EVERYTHING, Scope
from costlib.channels import Cadence
from costlib.errors import NotEnoughHistory, UsageError
from costlib.exports import Format
from costlib.exports.month import MonthReport
from costlib.periods import Granularity, Period
from costlib.queries import (
    alerts,
    anomalies,
    breakdown,
    budget_alerts,
    budget_spend,
    budgets,
    changes,
    close_differences,
    commitment_tie_out,
    commitments,
    comparable,
    control,
    cost_views,
    crossing,
    cumulative,
    definitions,
    digest,
    draft_preview,
    exporting,
    forecast_nowcast,
    forecast_parts,
    forecast_record,
    forecast_series,
    forecasts,
    freshness,
    incident_alerts,
    labels,
    month_end,
    options,
    overview,
    prepaid,
    ranking,
    report,
    rule_history,
    sandbox,
    series,
    showback,
    statement_changes,
    statement_file,
    statement_history,
    verifying,
    why,
)
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import COST_METRICS, CostMetric
from tests.queries.drafting import dimension, draft, rule
from tests.queries.snapshots import Charge, Organization, amounts, published

MARCH, FEBRUARY = Period(date(2026, 3, 1), date(2026, 4, 1)), Period(date(2026, 2, 1), date(2026, 3, 1))
MINE = Scope(frozenset({"111"}))
TEAM = "cost_category:Team"
METRIC = [CostMetric.unblended_cost]
EXPORT = exporting.ExportRequest(("charge_date", "usage_account_name", "service"), tuple(METRIC), Filters(MARCH))
Question = Callable[[Snapshot, Scope], object]


def _exported(snapshot: Snapshot, scope: Scope) -> tuple[object, object]:
    """The bytes of an export of everything within a scope, and what verifying it within the scope finds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.csv"
        now = datetime(2026, 3, 20)
        manifest = exporting.write_export(snapshot, scope, EXPORT, file, Format.csv, generated_at=now)
        found = verifying.verify(snapshot, scope, file, manifest)
        return file.read_bytes(), (found.lines, found.difference, found.manifest.sums)


def _without_tie_out(found: MonthReport) -> tuple[object, ...]:
    """What a report says of charges; its tie-out is the whole organization's, for whoever asks."""
    return (found.total, found.total_before, found.services, found.accounts, found.kinds, found.months, found.days)


INCIDENTS = ("of 111", "of 222", "of all")


def _or_none(ask: Callable[[], object]) -> object:
    """What cannot be forecast, because nothing of it may be seen, is no answer."""
    try:
        return ask()
    except NotEnoughHistory:
        return None


QUESTIONS: dict[Callable[..., object], Question] = {
    breakdown.breakdown: lambda s, scope: breakdown.breakdown(
        s, scope, Filters(MARCH), ["usage_account_id", "usage_account_name", "service", "cost_category:Team"], METRIC
    ),
    breakdown.extent: lambda s, scope: breakdown.extent(s, scope, Filters(MARCH), ["service"], METRIC),
    breakdown.first_rows: lambda s, scope: breakdown.first_rows(s, scope, Filters(MARCH), ["service"], METRIC),
    report.month_report: lambda s, scope: _without_tie_out(report.month_report(s, scope, Filters(MARCH), MARCH.start)),
    breakdown.breakdown_batches: lambda s, scope: list(
        breakdown.breakdown_batches(s, scope, Filters(MARCH), ["usage_account_name"], METRIC)
    ),
    breakdown.breakdown_rows: lambda s, scope: list(
        breakdown.breakdown_rows(s, scope, Filters(MARCH), ["service"], METRIC)
    ),
    series.cost_over_time: lambda s, scope: [
        series.cost_over_time(s, scope, Filters(MARCH, granularity), by, top=1)
        for granularity in Granularity
        for by in (None, "service", "usage_account_name", "cost_category:Team")
    ],
    ranking.ranking: lambda s, scope: [
        ranking.ranking(s, scope, Filters(MARCH), by, FEBRUARY) for by in ("service", "usage_account_id")
    ],
    ranking.total: lambda s, scope: ranking.total(s, scope, Filters(MARCH), FEBRUARY),
    overview.headline: lambda s, scope: overview.headline(s, scope, Filters(MARCH)),
    changes.changes: lambda s, scope: [
        changes.changes(s, scope, Filters(MARCH), by, FEBRUARY)
        for by in ("service", "usage_account_name", "cost_category:Team")
    ],
    changes.movers: lambda s, scope: [
        changes.movers(s, scope, Filters(MARCH), by, compared=FEBRUARY)
        for by in ("usage_account_id", "cost_category:Team")
    ],
    cost_views.parts: lambda s, scope: cost_views.parts(s, scope, Filters(MARCH)),
    cost_views.bridge: lambda s, scope: cost_views.bridge(s, scope, Filters(MARCH), *COST_METRICS[:2]),
    control.tie: lambda s, scope: control.tie(s, scope, Filters(MARCH), METRIC[0]).stored,
    exporting.export_batches: lambda s, scope: list(exporting.export_batches(s, scope, EXPORT)),
    exporting.write_export: lambda s, scope: _exported(s, scope)[0],
    verifying.verify: lambda s, scope: _exported(s, scope)[1],
    draft_preview.preview: lambda s, scope: draft_preview.preview(
        s, scope, Filters(MARCH), draft(rule("A", dimension("LINKED_ACCOUNT", "111", "222")))
    ),
    freshness.restatements: lambda s, scope: freshness.restatements(s, scope),
    crossing.crossing: lambda s, scope: crossing.crossing(
        s, scope, Filters(MARCH), "usage_account_id", "cost_category:Team"
    ),
    cumulative.cumulative: lambda s, scope: cumulative.cumulative(s, scope, Filters(MARCH)),
    labels.coverage: lambda s, scope: labels.coverage(s, scope, Filters(MARCH), TEAM),
    labels.coverage_of_all: lambda s, scope: labels.coverage_of_all(s, scope, Filters(MARCH)),
    labels.coverage_by_month: lambda s, scope: labels.coverage_by_month(s, scope, Filters(MARCH), TEAM),
    labels.label_values: lambda s, scope: labels.label_values(s, scope, Filters(MARCH), TEAM, FEBRUARY),
    labels.work_queue: lambda s, scope: labels.work_queue(s, scope, Filters(MARCH), TEAM),
    options.options: lambda s, scope: options.options(s, scope),
    anomalies.incidents: lambda s, scope: anomalies.incidents(s, scope),
    anomalies.incident_days: lambda s, scope: [anomalies.incident_days(s, scope, of) for of in INCIDENTS],
    anomalies.incident_drivers: lambda s, scope: [anomalies.incident_drivers(s, scope, of) for of in INCIDENTS],
    anomalies.muted: lambda s, scope: anomalies.muted(s, scope),
    anomalies.aws_anomalies: lambda s, scope: anomalies.aws_anomalies(s, scope),
    forecasts.outlook: lambda s, scope: _or_none(lambda: forecasts.outlook(s, scope, Filters(MARCH))),
    forecast_parts.parts: lambda s, scope: _or_none(lambda: forecast_parts.parts(s, scope, Filters(MARCH))),
    forecast_series.daily: lambda s, scope: forecast_series.daily(s, scope, Filters(MARCH)),
    forecast_series.daily_by: lambda s, scope: forecast_series.daily_by(s, scope, Filters(MARCH), "service"),
    month_end.month_end: lambda s, scope: month_end.month_end(s, scope, Filters(MARCH)),
    digest.digest_figures: lambda s, scope: digest.digest_figures(s, scope, Cadence.weekly).spend,
}
WHOLE_ORGANIZATION_ONLY: dict[Callable[..., object], Question] = {
    freshness.tie_out: lambda s, scope: freshness.tie_out(s, scope),
    anomalies.data_anomalies: lambda s, scope: anomalies.data_anomalies(s, scope),
    commitments.holding: lambda s, scope: commitments.holding(s, scope),
    commitments.over_time: lambda s, scope: commitments.over_time(s, scope, Filters(MARCH)),
    commitments.totals: lambda s, scope: commitments.totals(s, scope, Filters(MARCH)),
    commitments.by_service: lambda s, scope: commitments.by_service(s, scope, Filters(MARCH)),
    prepaid.prepaid_balance: lambda s, scope: prepaid.prepaid_balance(s, scope, Granularity.monthly),
    prepaid.change_over: lambda s, scope: prepaid.change_over(s, scope, MARCH),
    prepaid.opening: lambda s, scope: prepaid.opening(s, scope),
    commitment_tie_out.reconciliation: lambda s, scope: commitment_tie_out.reconciliation(s, scope, MARCH),
}
COUNTS_WHAT_IS_OUTSIDE = {definitions.definition, definitions.definition_changes}
"""They name no account outside the scope, and say how many there are: tests/queries/test_definitions.py."""
OF_STATEMENTS = {
    alerts.alerts,
    budget_alerts.budget_alerts,
    incident_alerts.data_alerts,
    incident_alerts.incident_alerts,
    close_differences.close_differences,
    sandbox.replay,
    sandbox.replay_text,
    sandbox.split_charge_rules,
    showback.statement,
    showback.matrix,
    statement_changes.statement_change,
    statement_file.statements,
    statement_history.history,
    statement_history.cost_centers,
    why.charge_rows,
    why.driver_rows,
    why.pool_rows,
    why.shared_amounts,
}
"""Seen by cost center, not by account: tests/store/test_closing.py, test_why.py and test_alerts.py beside this, and the
pages' tests."""
OF_BUDGETS = {
    budget_spend.spend_of,
    budgets.aws_budgets,
    budgets.budget_of_cost_center,
    budgets.budget_versions,
    budgets.seen_budgets,
    budgets.standings,
}
"""A budget is seen whole or not at all: tests/queries/test_budgets.py."""
SHOWN_TO_THOSE_WHO_SEE_EVERYTHING = {forecast_record.aws_outlook, forecast_record.kept_grades}
"""Others get an empty answer: tests/queries/test_forecasts.py."""
SHARES_OF_WHAT_IS_SEEN = {forecast_nowcast.arrived}
"""Learned within the scope, from syncs that this organization has not had: tests/queries/test_forecasts.py."""
WITHOUT_COST_OF_ACCOUNTS = {
    showback.is_available,
    budgets.budgets_problem,
    anomalies.judging,
    forecast_series.known_days,
    comparable.require_comparable,
    exporting.of_what_is_stored,
    exporting.estimated_days,
    digest.of_what_there_is,
    rule_history.rules_of,
    rule_history.rules_problem,
    rule_history.versions,
    showback.bill,
    showback.months,
    showback.official,
    showback.rule_totals,
    cost_views.aws_totals,
    cumulative.last_day,
    report.reportable_months,
    freshness.runs,
    freshness.last_runs,
    freshness.tie_out_summary,
    freshness.requests_by_day,
    freshness.requests_this_month,
    freshness.missing_rights,
    alerts.data_state,
    incident_alerts.open_incidents,
}


def organization(*accounts: str) -> Organization:
    """Two months of `accounts`; '111' is the person's own, '222' another one's."""
    service = {"111": "EC2", "222": "Foreign service"}
    days = list(Period(FEBRUARY.start, date(2026, 3, 20)))
    when = datetime(2026, 3, 19)
    return Organization(
        [
            Charge(
                day,
                account,
                service[account],
                "Usage",
                amounts(f"{account}.{day.day}"),
                (f"team {account}" if day.day % 5 else "",),
            )
            for day in days
            for account in accounts
        ],
        accounts={account: f"Account {account}" for account in accounts},
        rows={
            "restatements": [
                ("run", when, day, account, service[account], "Usage", False, *amounts("1"), *amounts(account))
                for day in days[:3]
                for account in accounts
            ],
            **_judged(accounts, service),
        },
    )


def _judged(accounts: Sequence[str], service: Mapping[str, str]) -> dict[str, list[tuple[object, ...]]]:
    """An incident in each account, one of the total (and of a service) where the other account is in it, and AWS's."""
    day, when, rest = date(2026, 3, 10), datetime(2026, 3, 19), ("amortized_cost", date(2026, 3, 10))
    incidents: list[tuple[object, ...]] = []
    for account in accounts:
        root = ("service_account", account, service[account], "", "")
        amounts_of = (Decimal(account), Decimal(1), Decimal(account) + 1, f"team {account}", when, when)
        incidents.append((f"of {account}", *root, "spike", *rest, day, False, *amounts_of))
    drivers: list[tuple[object, ...]] = [(f"of {a}", "record_type", "Usage", False, 9, 1, 8) for a in accounts]
    days: list[tuple[object, ...]] = [(f"of {a}", day, int(a), 1, 0, 2, True) for a in accounts]
    muted: list[tuple[object, ...]] = [
        ("service_account", a, service[a], "", "", day, "a known event", int(a), 1) for a in accounts
    ]
    by_aws: list[tuple[object, ...]] = []
    causes: list[tuple[object, ...]] = []
    for account in accounts:
        figures = (1, 1, 1, int(account), None, None, None)
        by_aws.append((f"aws {account}", day, day, "arn", service[account], *figures, "", when, when))
        causes.append((f"aws {account}", 0, service[account], "us-east-1", account, "type", int(account)))
    if len(accounts) > 1:
        everything = (333, 1, 334, "team 222", when, when)
        incidents.append(("of all", "service", "", "EC2", "", "", "spike", *rest, day, False, *everything))
        drivers += [("of all", "usage_account_id", "222", False, 9, 1, 8), ("of 111", "usage_type", "x", True, 7, 1, 6)]
        days.append(("of all", day, 333, 1, 0, 2, True))
        muted.append(("service", "", "EC2", "", "", day, "a known event", 333, 1))
        causes.append(("aws 111", 1, "Foreign service", "us-east-1", "222", "type", 222))
    data: list[tuple[object, ...]] = (
        [("d", "sign_flip", "Foreign service", "", day, 1, -1, when, when)] if len(accounts) > 1 else []
    )
    return {
        "incidents": incidents,
        "incident_days": days,
        "incident_drivers": drivers,
        "muted_days": muted,
        "data_anomalies": data,
        "aws_anomalies": by_aws,
        "aws_anomaly_causes": causes,
    }


@pytest.fixture(scope="module")
def both(shelf: Path) -> Iterator[Snapshot]:
    with published(organization("111", "222"), shelf) as opened:
        yield opened


@pytest.fixture(scope="module")
def mine_alone(shelf: Path) -> Iterator[Snapshot]:
    """What the world would be without the other account."""
    with published(organization("111"), shelf) as opened:
        yield opened


def questions() -> set[Callable[..., object]]:
    """Every public function of the package whose first argument is a snapshot and which gives cost or values."""
    found: set[Callable[..., object]] = set()
    for info in pkgutil.iter_modules(costlib.queries.__path__):
        module = importlib.import_module(f"costlib.queries.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            first = next(iter(inspect.signature(function).parameters), None)
            if first == "snapshot" and info.name not in ("filters", "source", "sql", "scoping", "beside"):
                found.add(function)
    return found


def test_every_question_is_asked_here() -> None:
    assert questions() == (
        QUESTIONS.keys()
        | COUNTS_WHAT_IS_OUTSIDE
        | SHOWN_TO_THOSE_WHO_SEE_EVERYTHING
        | SHARES_OF_WHAT_IS_SEEN
        | WHOLE_ORGANIZATION_ONLY.keys()
        | WITHOUT_COST_OF_ACCOUNTS
        | OF_STATEMENTS
        | OF_BUDGETS
    )


CENTERS = """
[[cost_center]]
name = "Mine"
usage_account_id = ["222"]
service = ["Other service"]
"cost_category:Team" = ["shared"]

[[cost_center]]
cost_category = "Team"
"""
OLD_CENTERS = '[[cost_center]]\nname = "Mine"\nservice = ["EC2"]\n'


def of_centers(charge: Charge, wanted: frozenset[str]) -> bool:
    """Whether a charge belongs to one of the cost centers, in plain Python: February is closed with the old rules."""
    (team,) = charge.labels or ("",)
    if charge.charge_date < MARCH.start:
        return ("Mine" if charge.service == "EC2" else "Unallocated") in wanted
    is_mine = (charge.usage_account_id, charge.service, team) == ("222", "Other service", "shared")
    return ("Mine" if is_mine else team or "Unallocated") in wanted


def scope_of(accounts: str = "", centers: tuple[str, ...] = (), labels: tuple[str, ...] = ()) -> Scope:
    return Scope(frozenset(filter(None, [accounts])), frozenset(centers), frozenset((TEAM, value) for value in labels))


FINE_SCOPES = [
    scope_of(labels=("shared",)),
    scope_of(labels=("Unallocated", "own 111")),
    scope_of(centers=("shared",)),
    scope_of(centers=("Mine",)),
    scope_of(centers=("Unallocated",)),
    scope_of("111", ("Mine",), ("own 222",)),
    scope_of(centers=("nobody's",)),
]
IN_WORDS = [str(scope.written()) for scope in FINE_SCOPES]
"""A restatement has no labels, and an export says in its manifest whose it is: both have tests of their own."""
NOT_BY_CHARGE = (freshness.restatements, verifying.verify, digest.digest_figures)
"""Restatements know no labels; verify has eyes of its own; a digest tells cost centers of their statements."""
BY_CHARGE = [question for question in QUESTIONS if question not in NOT_BY_CHARGE]


def is_seen(charge: Charge, scope: Scope) -> bool:
    """What `Scope` says, in plain Python."""
    (team,) = charge.labels or ("",)
    is_labeled = (TEAM, team or "Unallocated") in scope.labels
    return (
        charge.usage_account_id in (scope.accounts or ())
        or is_labeled
        or of_centers(charge, scope.cost_centers or frozenset())
    )


def cut_organization(scope: Scope | None = None) -> Organization:
    """Accounts that labels and cost centers cut; of a scope only the charges that it sees."""
    when = datetime(2026, 3, 19)
    charges = [
        Charge(day, account, service, "Usage", amounts(f"{account}.{day.day}"), (team,))
        for day in Period(date(2026, 2, 20), date(2026, 3, 12))
        for account in ("111", "222")
        for service in ("EC2", "Other service")
        for team in (("shared",), ("", f"own {account}"))[day.day % 2]
    ]
    return Organization(
        [charge for charge in charges if scope is None or is_seen(charge, scope)],
        accounts={account: f"Account {account}" for account in ("111", "222")},
        days=list(Period(date(2026, 2, 20), date(2026, 3, 12))),
        rows={
            "rule_versions": [
                ("v1", "allocation.toml", OLD_CENTERS, datetime(2026, 2, 1), "ines", ""),
                ("v2", "allocation.toml", CENTERS, when, "ines", ""),
            ],
            "closed_months": [(FEBRUARY.start, "id", "v1", "s1", when, "ines", None)],
        },
    )


@pytest.fixture(scope="module")
def cut(shelf: Path) -> Iterator[Snapshot]:
    with published(cut_organization(), shelf) as opened:
        yield opened


@pytest.mark.parametrize("scope", FINE_SCOPES, ids=IN_WORDS)
def test_labels_and_cost_centers_cut_every_answer_as_plain_python_does(
    cut: Snapshot, shelf: Path, scope: Scope
) -> None:
    with published(cut_organization(scope), shelf) as alone:
        for function in BY_CHARGE:
            ask = QUESTIONS[function]
            if function is exporting.write_export:
                assert ask(cut, scope) == ask(alone, scope)
            else:
                assert plain(ask(cut, scope)) == plain(ask(alone, EVERYTHING)), function.__qualname__


@pytest.mark.parametrize("scope", FINE_SCOPES, ids=IN_WORDS)
def test_what_has_no_labels_is_not_shown_to_whoever_sees_by_label(both: Snapshot, cut: Snapshot, scope: Scope) -> None:
    accounts = scope.accounts or frozenset()
    assert set(freshness.restatements(both, scope).column("usage_account_id").to_pylist()) == accounts
    for function, ask in WHOLE_ORGANIZATION_ONLY.items():
        with pytest.raises(UsageError):
            ask(cut, scope)
        assert function not in QUESTIONS


def test_an_export_by_cost_center_is_verified_with_its_own_eyes(cut: Snapshot, tmp_path: Path) -> None:
    scope = scope_of(centers=("Mine",))
    file, now = tmp_path / "export.csv", datetime(2026, 3, 20)
    manifest = exporting.write_export(cut, scope, EXPORT, file, Format.csv, generated_at=now)
    assert manifest.seen == {"accounts": (), "cost_centers": ("Mine",)}
    for eyes in (scope, EVERYTHING):
        assert verifying.verify(cut, eyes, file, manifest).is_current
    for eyes in (scope_of(centers=("shared",)), scope_of("111"), Scope(frozenset(), None)):
        with pytest.raises(UsageError):
            verifying.verify(cut, eyes, file, manifest)


def plain(answer: object) -> object:
    if isinstance(answer, list):
        return [plain(part) for part in answer]
    return answer.to_pylist() if isinstance(answer, pa.Table | pa.RecordBatch) else answer


@pytest.mark.parametrize("function", QUESTIONS, ids=lambda f: f.__qualname__)
def test_a_question_answers_as_if_what_is_out_of_scope_did_not_exist(
    both: Snapshot, mine_alone: Snapshot, function: Callable[..., object]
) -> None:
    ask = QUESTIONS[function]
    everything, mine, nothing = (plain(ask(both, scope)) for scope in (EVERYTHING, MINE, Scope(frozenset())))
    assert mine == plain(ask(mine_alone, EVERYTHING))
    assert everything != mine != nothing


@pytest.mark.parametrize("function", WHOLE_ORGANIZATION_ONLY, ids=lambda f: f.__qualname__)
def test_a_question_about_the_whole_organization_refuses_a_narrow_scope(
    both: Snapshot, function: Callable[..., object]
) -> None:
    ask = WHOLE_ORGANIZATION_ONLY[function]
    ask(both, EVERYTHING)
    with pytest.raises(UsageError):
        ask(both, MINE)
    with pytest.raises(UsageError):
        ask(both, Scope(frozenset()))


def test_a_filter_cannot_widen_the_scope(both: Snapshot) -> None:
    filters = Filters(MARCH, accounts=("222",))
    assert ranking.total(both, MINE, filters).amount == Decimal(0)
    assert breakdown.breakdown(both, MINE, filters, ["service"], METRIC).num_rows == 0


def test_the_scope_holds_in_the_compared_period_too(both: Snapshot) -> None:
    mine = sum(Decimal(f"111.{day.day}") for day in FEBRUARY)
    assert ranking.total(both, MINE, Filters(MARCH), FEBRUARY).previous == mine
