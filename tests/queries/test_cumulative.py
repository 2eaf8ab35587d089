"""A month's running sums, day by day, beside the months before it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

from hypothesis import given, settings

from costlib.access import EVERYTHING, Scope
from costlib.periods import Period
from costlib.queries.cumulative import cumulative
from costlib.queries.filters import Filters
from costlib.queries.ranking import total
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published, sum_or_none
from tests.queries.test_breakdown import CHARGES, LABELS, SCOPES

STORED = Period(date(2026, 1, 1), date(2026, 3, 21))
MARCH = Period(date(2026, 3, 1), date(2026, 3, 21))
AS_OF = datetime(2026, 3, 20, 6)
"""Complete through 18 March."""


def charge(day: date, amount: str | None, account: str = "111") -> Charge:
    return Charge(day, account, "EC2", "Usage", amounts(amount))


def by_hand(organization: Organization, scope: Scope, month: Period) -> list[Decimal | None]:
    seen = [c for c in organization.charges if scope.accounts is None or c.usage_account_id in scope.accounts]
    of_days = [sum_or_none(c.amounts[0] for c in seen if c.charge_date == day) for day in month]
    return list(accumulate(of_days, lambda so_far, more: sum_or_none([so_far, more])))


@settings(max_examples=30, deadline=None)
@given(charges=CHARGES, scope=SCOPES)
def test_running_sums_are_those_of_plain_python(shelf: Path, charges: list[Charge], scope: Scope) -> None:
    organization = Organization(charges, LABELS, days=list(STORED), as_of=AS_OF)
    with published(organization, shelf) as snapshot:
        table = cumulative(snapshot, scope, Filters(MARCH))
        found = list(zip(table.column("charge_date").to_pylist(), table.column("running").to_pylist(), strict=True))
        months = [Period(date(2026, 1, 1), date(2026, 2, 1)), Period(date(2026, 2, 1), date(2026, 3, 1))]
        months.append(Period(date(2026, 3, 1), date(2026, 3, 19)))
        expected = [
            (day, amount)
            for month in months
            for day, amount in zip(month, by_hand(organization, scope, month), strict=True)
        ]
        assert found == expected
        to_date = Filters(Period(date(2026, 3, 1), date(2026, 3, 19)))
        assert found[-1][1] == total(snapshot, scope, to_date).amount


def test_the_newest_line_ends_with_the_last_complete_day_and_days_say_whether_they_are_estimated(shelf: Path) -> None:
    organization = Organization(
        [charge(day, "1") for day in STORED], as_of=AS_OF, estimated_from=date(2026, 3, 17), days=list(STORED)
    )
    with published(organization, shelf) as snapshot:
        rows = cumulative(snapshot, EVERYTHING, Filters(MARCH)).to_pylist()
    assert (rows[-1]["charge_date"], rows[-1]["day_of_month"], rows[-1]["running"]) == (date(2026, 3, 18), 18, 18)
    assert [r["charge_date"].day for r in rows if r["is_estimated"]] == [17, 18]
    assert [r["running"] for r in rows if r["day_of_month"] == 1] == [1, 1, 1]


def test_a_period_in_the_past_shows_the_month_in_which_it_ends(shelf: Path) -> None:
    organization = Organization([charge(day, "1") for day in STORED], as_of=AS_OF, days=list(STORED))
    with published(organization, shelf) as snapshot:
        february = Filters(Period(date(2026, 2, 3), date(2026, 3, 1)))
        rows = cumulative(snapshot, EVERYTHING, february, months=2).to_pylist()
    assert (rows[0]["charge_date"], rows[-1]["charge_date"]) == (date(2026, 1, 1), date(2026, 2, 28))


def test_a_month_whose_beginning_is_not_stored_is_left_out(shelf: Path) -> None:
    days = list(Period(date(2026, 1, 5), date(2026, 3, 21)))
    with published(Organization([charge(day, "1") for day in days], as_of=AS_OF, days=days), shelf) as snapshot:
        rows = cumulative(snapshot, EVERYTHING, Filters(MARCH)).to_pylist()
    assert {r["billing_month"].month for r in rows} == {2, 3}


def test_sums_are_not_available_from_the_first_day_on_that_lacks_the_metric(shelf: Path) -> None:
    days = list(Period(date(2026, 3, 1), date(2026, 3, 5)))
    charges = [charge(day, None if day.day == 3 else "2") for day in days]
    with published(Organization(charges, as_of=AS_OF, days=days), shelf) as snapshot:
        table = cumulative(snapshot, EVERYTHING, Filters(MARCH))
        assert table.column("running").to_pylist() == [2, 4, None, None]
        assert cumulative(snapshot, EVERYTHING, Filters(MARCH, metric=CostMetric.blended_cost)).num_rows == 4


def test_nothing_to_see_is_a_line_of_zeros(shelf: Path) -> None:
    days = list(Period(date(2026, 3, 1), date(2026, 3, 4)))
    with published(Organization([charge(day, "2") for day in days], as_of=AS_OF, days=days), shelf) as snapshot:
        table = cumulative(snapshot, Scope(frozenset()), Filters(MARCH))
    assert table.column("running").to_pylist() == [0, 0, 0]


def test_a_charge_on_a_day_without_a_control_total_is_counted(shelf: Path) -> None:
    day = date(2026, 3, 2)
    control = [(day, False, *amounts("1")), (date(2026, 3, 4), False, *amounts("0"))]
    organization = Organization([charge(day, "1"), charge(date(2026, 3, 3), "2")], as_of=AS_OF, daily_totals=control)
    with published(organization, shelf) as snapshot:
        table = cumulative(snapshot, EVERYTHING, Filters(MARCH))
    assert table.column("running").to_pylist() == [1, 3, 3]
