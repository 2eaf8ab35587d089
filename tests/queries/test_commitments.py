"""Used, unused and covered, period by period; and AWS's utilization against its amortized charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING
from costlib.periods import DAY, Granularity, Period, month_start, months_in
from costlib.queries.commitment_tie_out import reconciliation
from costlib.queries.commitments import by_service, holding, over_time
from costlib.queries.commitments import totals as kinds
from costlib.queries.filters import Filters
from costlib.sample.organization import sample_organization
from costlib.store.snapshot import Snapshot, open_current
from costlib.vocabulary import CommitmentKind
from tests.queries.snapshots import Charge, Organization, amounts, published

PLANS, RESERVED = CommitmentKind.savings_plan, CommitmentKind.reservation
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
READ = datetime(2026, 3, 20, 6)
UTILIZATION, COVERAGE = "commitment_utilization", "commitment_coverage"
RDS, CACHE = "Amazon Relational Database Service", "Amazon ElastiCache"
Row = tuple[Any, ...]


def told(
    day: date, used: str | None, unused: str | None, kind: CommitmentKind = PLANS, service: str = "", saved: str = "0"
) -> Row:
    """A row of utilization."""
    parts = [None if part is None else Decimal(part) for part in (used, unused)]
    whole = None if None in parts else sum(p for p in parts if p is not None)
    return (kind.value, service, day, whole, whole, Decimal(0), *parts, whole, Decimal(saved), READ)


def covered(day: date, part: str, rest: str, kind: CommitmentKind = PLANS, service: str = "") -> Row:
    """A row of coverage, in dollars for plans and in hours for reservations."""
    three = (Decimal(part), Decimal(rest), Decimal(part) + Decimal(rest))
    nothing = (None, None, None)
    dollars, hours = (three, nothing) if kind is PLANS else (nothing, three)
    return (kind.value, service, day, *dollars, *hours, READ)


def charged(day: date, record_type: str, amortized: str | None, service: str = RDS, account: str = "1") -> Charge:
    return Charge(day, account, service, record_type, amounts("0", amortized_cost=amortized))


def stored(
    utilization: Sequence[Row] = (), coverage: Sequence[Row] = (), charges: Sequence[Charge] = (), **more: Any
) -> Organization:
    return Organization(list(charges), rows={UTILIZATION: utilization, COVERAGE: coverage}, **more)


def totals(snapshot: Snapshot) -> tuple[Any, ...]:
    """Each kind over March."""
    return kinds(snapshot, EVERYTHING, Filters(MARCH))


def test_days_add_up_to_weeks_and_months_and_each_kind_is_told_apart(shelf: Path) -> None:
    days = list(Period(date(2026, 2, 26), date(2026, 3, 5)))
    rows = [told(day, f"{day.day}.0000000001", "0.5") for day in days]
    rows += [told(day, "2", "1", RESERVED, RDS) for day in days]
    with published(stored(rows), shelf) as snapshot:
        found = {
            granularity: over_time(snapshot, EVERYTHING, Filters(Period(days[0], days[-1] + DAY), granularity))
            for granularity in Granularity
        }
    for granularity, start_of in (
        (Granularity.daily, lambda day: day),
        (Granularity.weekly, lambda day: day - day.weekday() * DAY),
        (Granularity.monthly, month_start),
    ):
        truth: dict[tuple[date, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for row in rows:
            for i, column in enumerate((6, 7)):
                truth[start_of(row[2]), str(row[0])][i] += Decimal(str(row[column]))
        read = {(r["period_start"], r["kind"]): [r["used"], r["unused"]] for r in found[granularity].to_pylist()}
        assert read == truth


def test_utilization_is_the_used_part_and_coverage_of_dollars_or_of_hours(shelf: Path) -> None:
    day = date(2026, 3, 2)
    rows = [told(day, "3", "1", saved="7"), told(day, "1", "1", RESERVED, RDS), told(day, "2", "0", RESERVED, CACHE)]
    coverage = [
        covered(day, "30", "70"),
        covered(day, "10", "30", RESERVED, RDS),
        covered(day, "10", "0", RESERVED, CACHE),
    ]
    with published(stored(rows, coverage), shelf) as snapshot:
        plans, reserved = totals(snapshot)
        services = by_service(snapshot, EVERYTHING, Filters(MARCH)).to_pylist()
    assert (plans.kind, plans.total, plans.used, plans.unused, plans.net_savings) == (PLANS, 4, 3, 1, 7)
    assert (plans.covered, plans.coverable, plans.utilization, plans.coverage) == (30, 100, 0.75, 0.3)
    assert (reserved.kind, reserved.total, reserved.utilization, reserved.coverage) == (RESERVED, 4, 0.75, 0.4)
    assert {s["service"]: (s["used"], s["coverage"]) for s in services} == {RDS: (1, 0.25), CACHE: (2, 1.0)}


def test_a_day_that_aws_did_not_tell_makes_its_sums_not_available(shelf: Path) -> None:
    first, second = date(2026, 3, 2), date(2026, 3, 3)
    with published(stored([told(first, "3", "1"), told(second, None, None)]), shelf) as snapshot:
        days = over_time(snapshot, EVERYTHING, Filters(MARCH)).to_pylist()
        (plans,) = totals(snapshot)
    assert [d["used"] for d in days] == [3, None]
    assert (plans.used, plans.total, plans.utilization) == (None, None, None)


def test_coverage_is_there_without_utilization_and_the_other_way_round(shelf: Path) -> None:
    day = date(2026, 3, 2)
    with published(stored([told(day, "3", "1")], [covered(day, "1", "1", RESERVED, RDS)]), shelf) as snapshot:
        plans, reserved = totals(snapshot)
    assert (plans.used, plans.coverage) == (3, None)
    assert (reserved.used, reserved.coverage) == (None, 0.5)


def test_nothing_committed_has_no_utilization_rather_than_a_wrong_one(shelf: Path) -> None:
    with published(stored([told(date(2026, 3, 2), "0", "0")]), shelf) as snapshot:
        (plans,) = totals(snapshot)
    assert (plans.total, plans.utilization) == (0, None)


def test_holding_tells_kinds_days_missing_rights_and_sharing(shelf: Path) -> None:
    day = date(2026, 3, 2)
    owner, user = charged(day, PLANS.unused_in, "1", account="1"), charged(day, PLANS.used_in, "1", account="2")
    right = ("ce:GetReservationCoverage", "coverage of Reservations", READ)
    other = ("ce:GetTags", "tags", READ)
    shared = stored([told(day, "1", "1")], charges=[owner, user, charged(day, RESERVED.used_in, "1", account="2")])
    shared.rows = {**shared.rows, "missing_rights": [right, other]}
    with published(shared, shelf) as snapshot:
        found = holding(snapshot, EVERYTHING)
    assert found.kinds == (PLANS, RESERVED)
    assert found.without_rows == (RESERVED,)
    assert found.days == Period(day, day + DAY)
    assert found.missing_rights == ("ce:GetReservationCoverage",)
    assert found.is_shared
    alone = stored(charges=[owner, charged(day, PLANS.used_in, "1", account="1")])
    with published(alone, shelf) as snapshot:
        assert not holding(snapshot, EVERYTHING).is_shared
    with published(stored(charges=[charged(day, "Usage", "1")]), shelf) as snapshot:
        assert holding(snapshot, EVERYTHING).kinds == ()


def february(utilization: Sequence[Row], charges: Sequence[Charge], shelf: Path, **more: Any) -> list[dict[str, Any]]:
    with published(stored(utilization, charges=charges, **more), shelf) as snapshot:
        rows: list[dict[str, Any]] = reconciliation(
            snapshot, EVERYTHING, Period(date(2026, 2, 9), date(2026, 2, 10))
        ).to_pylist()
    return rows


def test_a_difference_is_shown_for_the_whole_month_that_the_period_touches(shelf: Path) -> None:
    days = [date(2026, 2, 3), date(2026, 2, 20)]
    charges = [charged(day, PLANS.used_in, "3") for day in days] + [charged(day, PLANS.unused_in, "1") for day in days]
    (row,) = february([told(days[0], "3", "1"), told(days[1], "3.25", "0.75")], charges, shelf)
    assert (row["billing_month"], row["kind"], row["days"], row["total"]) == (date(2026, 2, 1), PLANS, 2, 8)
    assert (row["used"], row["amortized_used"], row["used_difference"]) == (Decimal("6.25"), 6, Decimal("0.25"))
    assert (row["unused"], row["amortized_unused"], row["unused_difference"]) == (Decimal("1.75"), 2, Decimal("-0.25"))
    assert row["differs"]


def test_rounding_alone_is_no_difference(shelf: Path) -> None:
    day = date(2026, 2, 3)
    charges = [charged(day, PLANS.used_in, "3"), charged(day, PLANS.unused_in, "1")]
    (row,) = february([told(day, "3.0000000001", "1")], charges, shelf)
    assert (row["used_difference"], row["differs"]) == (Decimal("0.0000000001"), False)
    (row,) = february([told(day, "3.0000000003", "1")], charges, shelf)
    assert row["differs"]


def test_a_day_without_charges_was_charged_nothing(shelf: Path) -> None:
    (row,) = february([told(date(2026, 2, 3), "3", "1")], [], shelf)
    assert (row["amortized_used"], row["used_difference"], row["unused_difference"]) == (0, 3, 1)


def test_days_that_aws_has_not_told_about_are_not_compared(shelf: Path) -> None:
    days = [date(2026, 2, 3), date(2026, 2, 4)]
    charges = [charged(day, kind, "1") for day in days for kind in (PLANS.used_in, PLANS.unused_in)]
    (row,) = february([told(days[0], "1", "1")], charges, shelf)
    assert (row["used_difference"], row["unused_difference"], row["days"]) == (0, 0, 1)
    assert february([told(date(2026, 3, 3), "1", "1")], charges, shelf) == []


def reserved_month(service: str = RDS, unused: str = "2.8") -> tuple[list[Row], list[Charge]]:
    """A used and an unused part each day of February, the unused one charged on the first."""
    days = Period(date(2026, 2, 1), date(2026, 3, 1))
    rows = [told(day, "0.9", "0.1", RESERVED, service) for day in days]
    return rows, [
        *(charged(day, RESERVED.used_in, "0.9", service) for day in days),
        charged(days.start, RESERVED.unused_in, unused, service),
    ]


def test_the_unused_part_of_a_reservation_meets_the_fee_of_the_months_first_by_service(shelf: Path) -> None:
    rows, charges = reserved_month()
    more, other = reserved_month(CACHE, unused="3")
    found = february([*rows, *more], [*charges, *other], shelf)
    assert [(r["service"], r["used_difference"], r["unused_difference"], r["differs"]) for r in found] == [
        (CACHE, 0, Decimal("-0.2"), True),
        (RDS, 0, 0, False),
    ]


@pytest.mark.parametrize(
    ("as_of", "is_told_to_the_end", "is_compared"),
    [
        (datetime(2026, 3, 1, 6), True, False),
        (datetime(2026, 3, 2, 6), True, True),
        (datetime(2026, 3, 20, 6), False, False),
    ],
    ids=["not over for AWS yet", "over", "a day is missing"],
)
def test_a_reservations_month_is_compared_once_it_is_over_and_told_to_its_end(
    shelf: Path, as_of: datetime, is_told_to_the_end: bool, is_compared: bool
) -> None:
    rows, charges = reserved_month()
    (row,) = february(rows if is_told_to_the_end else rows[:-1], charges, shelf, as_of=as_of)
    assert row["used_difference"] == 0
    assert (row["unused_difference"] is not None) is is_compared
    assert not row["differs"]


def test_without_an_amortized_metric_nothing_is_compared(shelf: Path) -> None:
    day = date(2026, 2, 3)
    charges = [charged(day, PLANS.used_in, None), charged(day, PLANS.unused_in, None)]
    (row,) = february([told(day, "1", "1")], charges, shelf)
    assert (row["amortized_used"], row["used_difference"], row["differs"]) == (None, None, False)


CENTS = st.decimals(-(10**9), 10**9, places=10)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 27), CENTS, CENTS), min_size=1, max_size=20, unique_by=lambda d: d[0]))
def test_no_digit_is_lost_between_rows_and_differences(shelf: Path, days: list[tuple[int, Decimal, Decimal]]) -> None:
    start = date(2026, 2, 1)
    rows = [told(start + n * DAY, str(used), str(unused)) for n, used, unused in days]
    charges = [charged(start + n * DAY, PLANS.used_in, str(-used)) for n, used, _ in days]
    charges += [charged(start + n * DAY, PLANS.unused_in, str(unused)) for n, _, unused in days]
    (row,) = february(rows, charges, shelf)
    used = sum((used for _, used, _ in days), Decimal(0))
    assert (row["used"], row["amortized_used"], row["used_difference"]) == (used, -used, 2 * used)
    assert row["unused_difference"] == 0


@pytest.fixture(scope="module")
def sample(sample_data_dir: Path) -> Iterator[Snapshot]:
    snapshot = open_current(sample_data_dir / "sample")
    yield snapshot
    snapshot.close()


def test_every_day_of_the_sample_equals_its_ledger_and_its_terms(sample: Snapshot) -> None:
    organization = sample_organization(sample.period.last_day)
    charges = organization.charges()
    rows = charges.filter(
        pc.is_in(charges["record_type"], pc.cast(["SavingsPlanCoveredUsage", "DiscountedUsage"], "string"))
    )
    sums = rows.group_by(["record_type", "charge_date"]).aggregate([("amortized_cost", "sum")])
    amortized = {(r["record_type"], r["charge_date"]): r["amortized_cost_sum"] for r in sums.to_pylist()}
    price = {
        kind: sum(
            t.upfront_per_day + t.recurring_per_day
            for t in organization.terms
            if t.name == name and MARCH.start in Period(t.purchased_on, t.ends_on)
        )
        for kind, name in ((PLANS, "savings-plan"), (RESERVED, "reservation"))
    }
    found = over_time(sample, EVERYTHING, Filters(sample.period)).to_pylist()
    last = sample.period.last_day - 2 * DAY
    assert {(r["kind"], r["period_start"]) for r in found} == {
        (kind, day) for kind in CommitmentKind for day in Period(found[0]["period_start"], last + DAY)
    }
    assert Period(found[0]["period_start"], last + DAY).days > 360
    for row in found:
        kind = CommitmentKind(row["kind"])
        used = amortized[kind.used_in, row["period_start"]]
        assert (row["used"], row["unused"], row["total"]) == (used, price[kind] - used, price[kind])


def test_used_and_unused_parts_of_the_sample_add_up_to_its_amortized_rows(sample: Snapshot) -> None:
    table = reconciliation(sample, EVERYTHING, sample.period).to_pylist()
    told = holding(sample, EVERYTHING).days
    assert told
    assert len(table) == 2 * len(months_in(told)) >= 24
    names = "'SavingsPlanCoveredUsage', 'SavingsPlanRecurringFee', 'DiscountedUsage', 'RIFee'"
    stored = sample.rows(
        f"SELECT record_type, date_trunc('month', charge_date), SUM(amortized_cost) FROM charges "
        f"WHERE record_type IN ({names}) GROUP BY ALL"
    )
    charged: dict[tuple[str, str], Any] = {
        (str(record_type), str(month)[:10]): amount for record_type, month, amount in stored
    }
    this_month = month_start(sample.period.last_day)
    for row in table:
        assert row["used_difference"] == 0
        kind, month = CommitmentKind(row["kind"]), row["billing_month"]
        if month < this_month and (month != month_start(sample.period.last_day - 2 * DAY)):
            assert row["unused_difference"] == 0
            both = charged[kind.used_in, str(month)] + charged[kind.unused_in, str(month)]
            assert row["used"] + row["unused"] == row["total"] == both
        assert not row["differs"]
