"""No question shows a person what lies outside the scope: each one is asked, and a new one cannot be forgotten."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import costlib.queries
from costlib.access import EVERYTHING, Scope
from costlib.errors import UsageError
from costlib.periods import Granularity, Period
from costlib.queries import breakdown, freshness, options, overview, ranking, series
from costlib.queries.comparable import require_comparable
from costlib.queries.exporting import estimated_days, of_what_is_stored
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

MARCH, FEBRUARY = Period(date(2026, 3, 1), date(2026, 4, 1)), Period(date(2026, 2, 1), date(2026, 3, 1))
MINE = Scope(frozenset({"111"}))
METRIC = [CostMetric.unblended_cost]
Question = Callable[[Snapshot, Scope], object]

QUESTIONS: dict[Callable[..., object], Question] = {
    breakdown.breakdown: lambda s, scope: breakdown.breakdown(
        s, scope, Filters(MARCH), ["usage_account_id", "usage_account_name", "service", "cost_category:Team"], METRIC
    ),
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
    overview.movers: lambda s, scope: overview.movers(
        s, scope, Filters(MARCH), "usage_account_name", compared=FEBRUARY
    ),
    freshness.restatements: lambda s, scope: freshness.restatements(s, scope),
    options.options: lambda s, scope: options.options(s, scope),
}
WHOLE_ORGANIZATION_ONLY = {freshness.tie_out}
WITHOUT_COST_OF_ACCOUNTS = {
    freshness.runs,
    freshness.last_runs,
    freshness.tie_out_summary,
    freshness.requests_by_day,
    freshness.requests_this_month,
    freshness.missing_rights,
    require_comparable,
    of_what_is_stored,
    estimated_days,
}


def organization(*accounts: str) -> Organization:
    """Two months of `accounts`; '111' is the person's own, '222' another one's."""
    service = {"111": "EC2", "222": "Foreign service"}
    days = list(Period(FEBRUARY.start, date(2026, 3, 20)))
    when = datetime(2026, 3, 19)
    return Organization(
        [
            Charge(day, account, service[account], "Usage", amounts(f"{account}.{day.day}"), (f"team {account}",))
            for day in days
            for account in accounts
        ],
        accounts={account: f"Account {account}" for account in accounts},
        rows={
            "restatements": [
                ("run", when, day, account, service[account], "Usage", False, *amounts("1"), *amounts(account))
                for day in days[:3]
                for account in accounts
            ]
        },
    )


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
            if first == "snapshot" and info.name not in ("filters", "source", "sql") and name != "compared_amounts":
                found.add(function)
    return found


def test_every_question_is_asked_here() -> None:
    assert questions() == QUESTIONS.keys() | WHOLE_ORGANIZATION_ONLY | WITHOUT_COST_OF_ACCOUNTS


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
    with pytest.raises(UsageError):
        function(both, MINE)


def test_a_filter_cannot_widen_the_scope(both: Snapshot) -> None:
    filters = Filters(MARCH, accounts=("222",))
    assert ranking.total(both, MINE, filters).amount == Decimal(0)
    assert breakdown.breakdown(both, MINE, filters, ["service"], METRIC).num_rows == 0


def test_the_scope_holds_in_the_compared_period_too(both: Snapshot) -> None:
    mine = sum(Decimal(f"111.{day.day}") for day in FEBRUARY)
    assert ranking.total(both, MINE, Filters(MARCH), FEBRUARY).previous == mine
