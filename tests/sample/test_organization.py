"""The ledger itself: deterministic, believable, and true to AWS's bookkeeping."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from costlib.periods import DAY, Period, month_of
from costlib.sample.awkward import ACCOUNT_NAMES
from costlib.sample.organization import (
    Organization,
    large_organization,
    organization_of,
    sample_organization,
    tiny_organization,
)
from costlib.sample.plan import Account, AnomalyKind, Cell, Charge
from tests.sample.asking import METRICS, Row

RECORD_TYPES = {
    "Usage",
    "Tax",
    "Credit",
    "Refund",
    "Fee",
    "RIFee",
    "DiscountedUsage",
    "SavingsPlanCoveredUsage",
    "SavingsPlanNegation",
    "SavingsPlanRecurringFee",
    "SavingsPlanUpfrontFee",
    "Enterprise Discount Program Discount",
}
Total = Callable[..., Decimal]


@pytest.fixture(scope="module")
def sample(today: date) -> Organization:
    return sample_organization(today)


@pytest.fixture(scope="module")
def total(sample: Organization) -> Total:
    """Sum of a metric where conditions in SQL hold."""

    def of(metric: str, where: str = "TRUE") -> Decimal:
        sql = f"SELECT COALESCE(SUM({metric}), 0) AS s FROM charges JOIN cells USING (cell_id) WHERE {where}"
        return Decimal(sample.ledger.table(sql)["s"][0].as_py())

    return of


def _sum(rows: Iterable[Row], metric: str, *record_types: str) -> Decimal:
    return sum((r[metric] for r in rows if not record_types or r["record_type"] in record_types), Decimal(0))


def test_the_same_arguments_give_the_same_ledger(today: date) -> None:
    first, second = (tiny_organization(today, awkward_names=True).charges() for _ in range(2))
    assert first.equals(second)


def test_the_ledger_is_the_same_on_every_machine(today: date) -> None:
    rows = tiny_organization(today).charges().to_pylist()
    assert len(rows) == 3432
    assert {c: _sum(rows, c) for c in METRICS.values()} == {
        "unblended_cost": Decimal("122001.8698903938"),
        "amortized_cost": Decimal("121459.8823903938"),
        "net_unblended_cost": Decimal("122001.8698903938"),
        "net_amortized_cost": Decimal("121459.8823903938"),
        "blended_cost": Decimal("127343.2728564153"),
    }


def test_a_tiny_organization_has_every_record_type(today: date) -> None:
    for day in (today, date(2026, 3, 1), date(2026, 3, 31), date(2027, 1, 3)):
        rows = tiny_organization(day).charges().to_pylist()
        assert {r["record_type"] for r in rows} == RECORD_TYPES


def test_the_sample_organization_is_a_company_of_a_believable_size(sample: Organization, total: Total) -> None:
    assert len(sample.accounts) == 20
    assert sample.start == date(2025, 10, 1)
    services = sample.ledger.table("SELECT DISTINCT service FROM cells")["service"].to_pylist()
    assert 30 <= len(services) <= 35
    assert {"AWS Support (Business)", "Tax", "Savings Plans for AWS Compute usage"} < set(services)
    october = total("unblended_cost", "charge_date BETWEEN DATE '2026-10-01' AND DATE '2026-10-31'")
    assert 130_000 < october < 190_000
    assert october > total("unblended_cost", "charge_date BETWEEN DATE '2025-10-01' AND DATE '2025-10-31'")


def test_offices_sleep_at_the_weekend(total: Total) -> None:
    compute = "service = 'Amazon Elastic Compute Cloud - Compute' AND record_type = 'Usage' AND charge_date = DATE '{}'"
    saturday, tuesday = (total("unblended_cost", compute.format(d)) for d in ("2026-08-15", "2026-08-18"))
    assert saturday < tuesday * Decimal("0.8")


def test_no_region_holds_what_has_none(rows: list[Row]) -> None:
    assert {r["record_type"] for r in rows if r["region"] == "NoRegion"} >= {"Tax", "Fee", "Credit", "Refund"}


def test_discounts_only_move_from_their_own_rows_into_the_lines(rows: list[Row]) -> None:
    assert _sum(rows, "net_unblended_cost") == _sum(rows, "unblended_cost")
    assert _sum(rows, "net_amortized_cost") == _sum(rows, "amortized_cost")
    assert _sum(rows, "unblended_cost", "Enterprise Discount Program Discount") < 0
    assert _sum(rows, "net_unblended_cost", "Enterprise Discount Program Discount") == 0
    assert _sum(rows, "net_unblended_cost", "Usage") < _sum(rows, "unblended_cost", "Usage")


def test_the_discount_of_a_service_lies_on_its_own_charges(rows: list[Row]) -> None:
    by_service: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        by_service[row["service"]] += row["unblended_cost"] - row["net_unblended_cost"]
    assert set(by_service.values()) == {Decimal(0)}
    usage = [r for r in rows if r["record_type"] == "Usage"]
    assert len({r["service"] for r in usage if r["unblended_cost"] != r["net_unblended_cost"]}) == 2


def test_a_negation_takes_back_what_was_covered(rows: list[Row]) -> None:
    covered, negated = "SavingsPlanCoveredUsage", "SavingsPlanNegation"
    assert _sum(rows, "unblended_cost", covered) == -_sum(rows, "unblended_cost", negated) > 0
    assert 0 < _sum(rows, "amortized_cost", covered) < _sum(rows, "unblended_cost", covered)
    assert _sum(rows, "amortized_cost", negated, "SavingsPlanUpfrontFee") == 0
    assert _sum(rows, "unblended_cost", "DiscountedUsage") == 0 < _sum(rows, "amortized_cost", "DiscountedUsage")


def test_what_was_committed_is_amortized_to_use_or_as_unused(organization: Organization, rows: list[Row]) -> None:
    plan = next(t for t in organization.terms if not t.is_monthly)
    day = date(2026, 11, 10)
    of_the_day = [r for r in rows if r["charge_date"] == day]
    amortized = _sum(of_the_day, "amortized_cost", "SavingsPlanCoveredUsage", "SavingsPlanRecurringFee")
    assert amortized == plan.cost_per_day
    assert _sum(of_the_day, "amortized_cost", "SavingsPlanRecurringFee") > 0


@pytest.mark.parametrize("first", [date(2025, 10, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 11, 1)])
def test_unblended_less_amortized_is_the_change_of_what_was_prepaid(
    sample: Organization, total: Total, first: date
) -> None:
    month = month_of(first)
    where = f"charge_date >= DATE '{month.start}' AND charge_date < DATE '{month.end}'"
    difference = total("unblended_cost", where) - total("amortized_cost", where)
    assert difference == sample.prepaid_change(month)
    assert (difference > 0) == (first == date(2026, 3, 1)), "the Savings Plan is bought in March"


def test_upfront_fees_fall_on_the_purchase_day(rows: list[Row], organization: Organization) -> None:
    bought = organization.start + 5 * DAY
    upfront = [r for r in rows if r["record_type"] == "SavingsPlanUpfrontFee"]
    assert [(r["charge_date"], r["amortized_cost"]) for r in upfront] == [(bought, Decimal(0))]
    assert upfront[0]["unblended_cost"] == Decimal("1.25") * 365


def test_support_and_tax_come_on_the_first_days_of_the_month(total: Total) -> None:
    support = "service = 'AWS Support (Business)' AND record_type = 'Fee'"
    assert total("unblended_cost", support) == total("unblended_cost", f"{support} AND day(charge_date) = 1") > 0
    assert total("unblended_cost", "record_type = 'Tax' AND day(charge_date) > 2") == 0


def test_tomorrow_today_is_complete_and_the_settled_past_is_the_same(today: date) -> None:
    now = tiny_organization(today)
    then = now.on(today + DAY)
    before, after = now.charges().to_pylist(), then.charges().to_pylist()
    settled = today - 2 * DAY
    late = {"Credit", "RIFee"}
    assert [r for r in before if r["charge_date"] <= settled and r["record_type"] not in late] == [
        r for r in after if r["charge_date"] <= settled and r["record_type"] not in late
    ]
    quarter, most, whole = (_usage_on(o, today) for o in (now, then, now.on(today + 5 * DAY)))
    assert abs(quarter / whole - Decimal("0.25")) < Decimal("1e-6")
    assert abs(most / whole - Decimal("0.8")) < Decimal("1e-6")


def _usage_on(organization: Organization, day: date) -> Decimal:
    rows = organization.charges().to_pylist()
    return _sum((r for r in rows if r["charge_date"] == day), "unblended_cost", "Usage")


def test_a_late_credit_appears_in_a_month_that_was_over(today: date) -> None:
    organization = tiny_organization(today)
    last_of_october = date(2026, 10, 31)

    def credited(seen_on: date) -> Decimal:
        rows = organization.on(seen_on).charges().to_pylist()
        return _sum((r for r in rows if r["charge_date"] == last_of_october), "unblended_cost", "Credit")

    assert credited(date(2026, 11, 5)) == 0
    assert credited(date(2026, 11, 6)) < 0


def test_the_sample_past_does_not_move_with_the_month(today: date) -> None:
    """A ledger that begins a month later has the same charges from there on."""
    months: list[Any] = []
    for day in (date(2026, 11, 24), date(2026, 12, 2)):
        ledger = sample_organization(day).ledger
        sql = """
            SELECT usage_account_id, service, record_type, usage_type, region, SUM(unblended_cost) AS u,
                SUM(amortized_cost) AS a, SUM(net_amortized_cost) AS n, SUM(usage_quantity) AS q
            FROM charges JOIN cells USING (cell_id)
            WHERE charge_date >= DATE '2026-06-01' AND charge_date < DATE '2026-10-01'
            GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        """
        months.append(ledger.table(sql))
    assert months[0].equals(months[1])


def test_three_kinds_of_anomalies_are_planted(sample: Organization, total: Total) -> None:
    last_quarter = [a for a in sample.anomalies if a.first_day >= date(2026, 8, 1)]
    assert {a.kind for a in last_quarter} == set(AnomalyKind)
    spike = next(a for a in sample.anomalies if a.kind is AnomalyKind.spike)
    cell = spike.cell
    where = (
        f"usage_account_id = '{cell.usage_account_id}' AND service = '{cell.service}' AND record_type = 'Usage' "
        f"AND usage_type = '{cell.usage_type}' AND region = '{cell.region}' AND charge_date = DATE '{{}}'"
    )
    on_the_day = total("unblended_cost", where.format(spike.first_day))
    week_before = total("unblended_cost", where.format(spike.first_day - timedelta(days=7)))
    assert on_the_day > 4 * week_before
    assert on_the_day - spike.extra_cost < 2 * week_before


def test_team_splits_the_shared_account_only_and_environment_splits_none(sample: Organization) -> None:
    def values(label: int) -> dict[str, int]:
        sql = f"SELECT usage_account_id AS a, COUNT(DISTINCT label_{label}) AS n FROM cells GROUP BY usage_account_id"
        return {r["a"]: r["n"] for r in sample.ledger.table(sql).to_pylist()}

    shared = next(a for a in sample.accounts if a.is_shared)
    assert {a for a, n in values(0).items() if n > 1} == {shared.account_id}
    assert max(values(1).values()) == 1
    applications = sample.ledger.table("SELECT DISTINCT label_2 FROM cells")["label_2"].to_pylist()
    assert "" in applications
    assert len(applications) > 10


def test_awkward_names_are_in_accounts_services_and_labels(organization: Organization, rows: list[Row]) -> None:
    assert {a.name for a in organization.accounts} == set(ACCOUNT_NAMES[:3])
    services = {r["service"] for r in rows}
    for character in ',"$=@\n':
        assert any(character in s for s in services)
    labels = {r[name] for r in rows for name in organization.labels}
    assert any("$" in v for v in labels)
    assert any(v.startswith("=") for v in labels)


def test_organizations_of_other_sizes(today: date) -> None:
    one = sample_organization(today, accounts=1, services=3, services_per_account=2, months=1)
    assert one.start == date(2026, 10, 1)
    assert {r["usage_account_id"] for r in one.charges().to_pylist()} == {"111122223333"}
    large = large_organization(today, accounts=50, services_per_account=5, months=1)
    counted = large.ledger.table(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT usage_account_id) AS a FROM charges JOIN cells USING (cell_id)"
    )
    assert counted["a"][0].as_py() == 50
    assert counted["n"][0].as_py() > 50 * 5 * 55


def test_an_organization_of_given_charges_has_those_and_no_others(today: date) -> None:
    account = Account("000000000001", "only", "Team A", "Production")
    cell = Cell(account.account_id, "Amazon Simple Storage Service", "Usage", labels=("Team A", "Production", "web"))
    charges = [Charge.plain(cell, today, Decimal("1.5")), Charge.plain(cell, today - DAY, Decimal("-0.0000000001"))]
    organization = organization_of(charges, today=today, accounts=[account], tags=("application",))
    rows = organization.charges().to_pylist()
    assert [(r["charge_date"], r["net_amortized_cost"]) for r in rows] == [
        (today - DAY, Decimal("-1E-10")),
        (today, Decimal("1.5000000000")),
    ]
    assert rows[0]["tag:application"] == "web"
    assert organization.prepaid_change(Period(today, today + DAY)) == 0
