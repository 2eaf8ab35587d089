"""How a budget stands: what was spent is the ledger's to the last digit, and nobody sees what they may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.events import parse_events
from costlib.periods import DAY, Period
from costlib.queries.budget_outlook import Outlook
from costlib.queries.budgets import (
    Verdict,
    aws_budgets,
    budget_of_cost_center,
    budget_versions,
    budgets_problem,
    seen_budgets,
    standings,
)
from costlib.queries.showback import Question, statement
from costlib.queries.statement_history import history
from costlib.store.budgets import AwsBudget, BudgetChange, put_budgets_in_force, replace_aws_budgets
from costlib.store.republish import republish
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import CostMetric
from tests.queries.ruled import CHARGES, FEBRUARY, MARCH, NOON, ruled
from tests.queries.snapshots import Charge, amounts

UNBLENDED = CostMetric.unblended_cost
BUDGETS = """
[[budget]]
id = "all"
name = "Everything"
total = true
amount = 900

[[budget]]
id = "year"
name = "The year"
total = true
every = "year"
amount = 9000

[[budget]]
id = "account"
usage_account_id = "2"
amount = 400

[[budget]]
id = "compute"
service = "Compute"
amount = 60

[[budget]]
id = "team"
"cost_category:Team" = "A"
metric = "amortized_cost"
amount = 300

[[budget]]
id = "a"
cost_center = "A"
amount = 150
rollover = true

[[budget]]
id = "b"
cost_center = "B"
amount = 320
until = "2026-03"

[[budget]]
id = "later"
total = true
name = "Later"
from = "2026-04"
amount = 1
"""
DAILY = [
    Charge(day, account, "Compute", "Usage", amounts(f"{base}.{day.day:02}"), (team,))
    for day in Period(date(2025, 12, 1), date(2026, 3, 20))
    for account, team, base in (("1", "A", 2), ("2", "B", 5))
]
EVERY_DAY = [*CHARGES, *DAILY]
"""About 2 and 5 a day besides: enough of a past to forecast from."""


def put(source: Path, text: str, at: datetime = NOON) -> None:
    change = BudgetChange(text, "budgets.toml", at, "finance", "agreed")
    republish(source, 9, at, lambda warehouse: put_budgets_in_force(warehouse, change))


@contextmanager
def budgeted(folder: Path, charges: list[Charge] = EVERY_DAY, text: str = BUDGETS) -> Iterator[Snapshot]:
    with ruled(folder, charges) as (_, source):
        put(source, text)
        snapshot = open_current(source)
        try:
            yield snapshot
        finally:
            snapshot.close()


@pytest.fixture(scope="module")
def snapshot(shelf: Path) -> Iterator[Snapshot]:
    with budgeted(shelf) as opened:
        yield opened


def by_id(snapshot: Snapshot, scope: Scope = EVERYTHING, year_starts_in: int = 1) -> dict[str, Any]:
    """Figures that are there; a missing one fails the test that reads it."""
    return {standing.budget.budget_id: standing for standing in standings(snapshot, scope, year_starts_in)}


def totals(snapshot: Snapshot, cost_center: str) -> Any:
    """Month → what the center's statement comes to."""
    return {m.month: m.total for m in history(snapshot, EVERYTHING, UNBLENDED, cost_center)}


def charged(period: Period, **wanted: str) -> Decimal:
    """The truth about unblended cost."""
    team = wanted.pop("team", None)
    return sum(
        (
            c.amounts[0] or Decimal(0)
            for c in EVERY_DAY
            if c.charge_date in period
            and all(getattr(c, name) == value for name, value in wanted.items())
            and (team is None or c.labels == (team,))
        ),
        Decimal(0),
    )


MONTH = Period(MARCH, date(2026, 4, 1))


def test_what_was_spent_is_what_was_charged(snapshot: Snapshot):
    found = by_id(snapshot)
    assert found["all"].actual == charged(MONTH)
    assert found["year"].actual == charged(Period(date(2026, 1, 1), date(2027, 1, 1)))
    assert found["account"].actual == charged(MONTH, usage_account_id="2")
    assert found["compute"].actual == charged(MONTH, service="Compute")
    assert found["team"].actual == charged(MONTH, team="A")
    assert "later" not in found
    assert "b" not in found


def test_a_fiscal_year_is_counted_from_its_first_month(snapshot: Snapshot):
    year = by_id(snapshot, year_starts_in=3)["year"]
    assert year.period == Period(MARCH, date(2027, 3, 1))
    assert year.actual == charged(MONTH)


def test_days_that_are_not_stored_are_said_not_to_be_counted(snapshot: Snapshot):
    year = by_id(snapshot, year_starts_in=7)["year"]
    assert (year.period.start, year.since) == (date(2025, 7, 1), date(2025, 12, 1))


def test_a_cost_centers_budget_is_of_its_statements(snapshot: Snapshot):
    found = by_id(snapshot)["a"]
    of_month = totals(snapshot, "A")
    assert found.actual == of_month[MARCH]
    assert found.carried.amount == 300 - of_month[date(2026, 1, 1)] - of_month[FEBRUARY]
    assert found.carried.since == date(2026, 1, 1)
    assert found.amount == 150 + found.carried.amount
    lines = statement(snapshot, EVERYTHING, Question(MARCH), "A").column("amount").to_pylist()
    assert found.actual == sum(lines)


def test_the_path_runs_day_by_day_to_what_was_spent(snapshot: Snapshot):
    found = by_id(snapshot)["all"]
    so_far = Decimal(0)
    for day, running in found.path:
        so_far += charged(Period(day, day + DAY))
        assert running == so_far
    assert found.path[-1][0] == snapshot.complete_through


def test_the_outlook_begins_where_complete_days_end_and_reaches_the_end(snapshot: Snapshot):
    for found in by_id(snapshot).values():
        assert isinstance(found.outlook, Outlook)
        points = found.outlook.points
        assert (points[0].day, points[-1].day) == (snapshot.complete_through + DAY, found.period.last_day)
        assert points[-1].low <= points[-1].expected <= points[-1].high
        assert found.variance == found.expected - found.amount


def test_how_a_budget_stands(snapshot: Snapshot):
    found = by_id(snapshot)
    assert found["compute"].verdict is Verdict.over
    assert found["compute"].probability == 1
    first = next(day for day, so_far in found["compute"].path if so_far > 60)
    assert found["compute"].crossing == found["compute"].crossed == first
    assert found["year"].verdict is Verdict.on_track
    assert found["year"].crossing is None
    assert 0 < found["year"].probability < 0.2


def test_a_budget_that_will_be_passed_says_when(shelf: Path):
    tight = BUDGETS.replace("amount = 900", "amount = 290")
    with budgeted(shelf, text=tight) as snapshot:
        found = by_id(snapshot)["all"]
        assert found.actual is not None
        assert found.actual < 290
        assert (found.verdict, found.crossed) == (Verdict.at_risk, None)
        assert isinstance(found.outlook, Outlook)
        before, on = (
            next(p.expected for p in found.outlook.points if p.day == day)
            for day in (found.crossing - DAY, found.crossing)
        )
        assert before <= 290 < on


def test_too_little_history_is_said_and_the_rest_still_shown(shelf: Path):
    recent = [c for c in EVERY_DAY if c.charge_date >= date(2026, 3, 10)]
    with budgeted(shelf, recent) as snapshot:
        found = by_id(snapshot)["all"]
        assert isinstance(found.outlook, str)
        assert "Not enough history" in found.outlook
        assert (found.verdict, found.expected, found.probability) == (Verdict.unknown, None, None)
        assert found.actual is not None


def test_a_metric_that_aws_does_not_offer_is_not_zero(shelf: Path):
    without = [
        Charge(c.charge_date, c.usage_account_id, c.service, c.record_type, amounts("3", amortized_cost=None), c.labels)
        for c in EVERY_DAY
    ]
    with budgeted(
        shelf, without, BUDGETS.replace('cost_center = "A"', 'cost_center = "A"\nmetric = "amortized_cost"')
    ) as s:
        found = by_id(s)
        for name in ("team", "a"):
            assert (found[name].actual, found[name].verdict, found[name].path) == (None, Verdict.unknown, ())


MISNAMED = {
    'service = "Computer"': (0, "No charge of it is stored"),
    '"cost_category:Team" = "Z"': (0, "No charge of it is stored"),
    '"tag:team" = "A"': (None, "tag:team is not tracked"),
    'cost_center = "Z"': (0, "It never had a statement"),
}


@pytest.mark.parametrize("of", MISNAMED)
def test_a_budget_of_something_that_is_not_there_is_doubted_and_the_others_stand(shelf: Path, of: str):
    actual, doubt = MISNAMED[of]
    with budgeted(shelf, text=f'{BUDGETS}\n[[budget]]\nid = "odd"\n{of}\namount = 5\n') as snapshot:
        found = by_id(snapshot)
        assert (found["odd"].actual, found["odd"].verdict) == (actual, Verdict.unknown)
        assert doubt in found["odd"].outlook
        assert found["all"].verdict is not Verdict.unknown


SEEN = {
    "a lead with an account": (Scope(frozenset({"2"})), {"account"}),
    "a lead with a statement": (Scope(frozenset({"1"}), frozenset({"A"})), {"a"}),
    "statements alone": (Scope(None, frozenset({"A"})), {"all", "year", "account", "compute", "team", "a"}),
    "nothing": (Scope(frozenset(), frozenset()), set()),
}


@pytest.mark.parametrize("who", SEEN)
def test_a_budget_of_what_is_out_of_scope_is_not_shown(snapshot: Snapshot, who: str):
    scope, expected = SEEN[who]
    assert set(by_id(snapshot, scope)) == expected
    assert {b.budget_id for b in seen_budgets(snapshot, scope)} - {"later"} == expected
    assert by_id(snapshot, scope) == {name: s for name, s in by_id(snapshot).items() if name in expected}
    assert budget_versions(snapshot, scope) == ()


def test_whoever_sees_everything_sees_the_text_of_budgets(snapshot: Snapshot):
    (version,) = budget_versions(snapshot, EVERYTHING)
    assert (version.text, version.applied_by, version.note) == (BUDGETS, "finance", "agreed")
    assert budgets_problem(snapshot) == ""


def test_a_statements_budget(snapshot: Snapshot):
    february: Any = budget_of_cost_center(snapshot, EVERYTHING, "A", FEBRUARY, UNBLENDED)
    assert february is not None
    of_month = totals(snapshot, "A")
    assert february.actual == of_month[FEBRUARY]
    assert february.amount == 300 - of_month[date(2026, 1, 1)]
    assert february.variance == february.actual - february.amount
    ask = budget_of_cost_center
    b: Any = ask(snapshot, EVERYTHING, "B", FEBRUARY, UNBLENDED)
    assert (b.amount, b.actual) == (320, totals(snapshot, "B")[FEBRUARY])
    assert ask(snapshot, EVERYTHING, "B", MARCH, UNBLENDED) is None
    assert ask(snapshot, EVERYTHING, "A", FEBRUARY, CostMetric.amortized_cost) is None
    assert ask(snapshot, EVERYTHING, "Network", FEBRUARY, UNBLENDED) is None
    assert ask(snapshot, Scope(None, frozenset({"B"})), "A", FEBRUARY, UNBLENDED) is None
    assert ask(snapshot, Scope(frozenset({"1"}), frozenset({"A"})), "A", FEBRUARY, UNBLENDED) == february


def test_the_budgets_of_a_snapshot_are_those_that_it_was_published_with(shelf: Path):
    with ruled(shelf, EVERY_DAY) as (first, source):
        put(source, BUDGETS)
        put(source, BUDGETS.replace("900", "901"), datetime(2026, 3, 20, 13))
        later = open_current(source)
        assert standings(first, EVERYTHING) == ()
        assert by_id(later)["all"].amount == 901
        assert [v.budgets.budgets[0].terms[0].amount for v in budget_versions(later, EVERYTHING)] == [901, 900]
        later.close()


def test_aws_budgets_are_for_whoever_sees_every_account(shelf: Path):
    told = [
        AwsBudget("1", name, kind, "MONTHLY", None, None, "USD", Decimal(5), Decimal(3), None, "", NOON)
        for name, kind in (("spend", "COST"), ("hours", "USAGE"))
    ]
    with ruled(shelf) as (_, source):
        republish(source, 9, NOON, lambda warehouse: replace_aws_budgets(warehouse, told))
        snapshot = open_current(source)
        assert aws_budgets(snapshot, EVERYTHING) == (told[0],)
        assert aws_budgets(snapshot, Scope(frozenset({"1"}))) == ()
        snapshot.close()


LAUNCH = '[[event]]\nname = "Launch"\nday = 2026-03-25\namount = 500\n'


@pytest.mark.parametrize(
    ("selection", "touched"),
    [
        ("", {"all", "year", "account", "compute", "team", "a"}),
        ('selection = { service = ["Compute"] }\n', {"all", "year", "account", "compute", "team"}),
        ('selection = { usage_account_id = ["1"] }\n', {"all", "year", "compute", "team"}),
    ],
)
def test_a_known_event_is_added_to_what_it_touches(snapshot: Snapshot, selection: str, touched: set[str]):
    plain = by_id(snapshot)
    known = {s.budget.budget_id: s for s in standings(snapshot, EVERYTHING, 1, parse_events(LAUNCH + selection, "e"))}
    moved = {name for name, standing in known.items() if standing.expected != plain[name].expected}
    assert moved == touched & set(plain)
    assert known["all"].expected - plain["all"].expected == pytest.approx(Decimal(500), abs=Decimal("0.02"))
