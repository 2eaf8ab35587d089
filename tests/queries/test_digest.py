"""The figures of a digest and what there is to alert to, against hand-written charges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.alerts.delay import Patience
from costlib.channels import Cadence
from costlib.errors import UnknownName
from costlib.periods import DAY, Period
from costlib.queries.alerts import Moment, alerts
from costlib.queries.digest import digest_figures
from costlib.store.snapshot import Snapshot
from tests.queries.ruled import ruled
from tests.queries.snapshots import Charge, Organization, amounts, published

AS_OF = datetime(2026, 3, 20, 6)
LAST = date(2026, 3, 18)
DAYS = list(Period(date(2026, 2, 1), date(2026, 3, 20)))
OWN, FOREIGN = "111", "222"
NOW = AS_OF + timedelta(hours=1)
PATIENCE = Patience(36, 4)


def organization() -> Organization:
    """Account 111 costs the day's number, and 1000 more on the last complete day; 222 costs 7000 a day."""
    return Organization(
        [
            *(Charge(day, OWN, "EC2", "Usage", amounts(str(day.day + 1000 * (day == LAST)))) for day in DAYS),
            *(Charge(day, OWN, "S3", "Usage", amounts("1")) for day in DAYS),
            *(Charge(day, FOREIGN, "Foreign", "Usage", amounts("7000")) for day in DAYS),
        ],
        accounts={OWN: "mine", FOREIGN: "theirs"},
        as_of=AS_OF,
    )


@pytest.fixture(scope="module")
def snapshot(shelf: Path) -> Iterator[Snapshot]:
    with published(organization(), shelf) as opened:
        yield opened


def sum_of(period: Period, *accounts: str) -> Decimal:
    return sum(
        (
            c.amounts[0] or Decimal(0)
            for c in organization().charges
            if c.charge_date in period and c.usage_account_id in accounts
        ),
        Decimal(0),
    )


@pytest.mark.parametrize("scope", [EVERYTHING, Scope(frozenset({OWN}), frozenset())])
@pytest.mark.parametrize(("cadence", "length"), [(Cadence.daily, 1), (Cadence.weekly, 7)])
def test_the_amounts_are_those_of_the_charges_in_scope(
    snapshot: Snapshot, scope: Scope, cadence: Cadence, length: int
) -> None:
    accounts = sorted(scope.accounts or {OWN, FOREIGN})
    spend = digest_figures(snapshot, scope, cadence).spend
    assert spend is not None
    latest = Period(LAST - (length - 1) * DAY, LAST + DAY)
    before = Period(latest.start - 7 * DAY, latest.end - 7 * DAY)
    assert (spend.latest.period, spend.latest.before) == (latest, before)
    assert (spend.latest.amount, spend.latest.previous) == (sum_of(latest, *accounts), sum_of(before, *accounts))
    march, february = Period(date(2026, 3, 1), LAST + DAY), Period(date(2026, 2, 1), date(2026, 2, 19))
    assert (spend.to_date.amount, spend.to_date.previous) == (sum_of(march, *accounts), sum_of(february, *accounts))
    assert spend.last_month == sum_of(Period(date(2026, 2, 1), date(2026, 3, 1)), *accounts)
    assert [(d.day, d.amount) for d in spend.days][-1] == (LAST, sum_of(Period(LAST, LAST + DAY), *accounts))


def test_what_moved_is_named_with_where(snapshot: Snapshot) -> None:
    spend = digest_figures(snapshot, EVERYTHING, Cadence.daily).spend
    assert spend is not None
    (move,) = spend.moves
    assert (move.name, move.amount, move.previous, move.place) == ("EC2", Decimal(1018), Decimal(11), "")


def test_nothing_foreign_is_in_a_narrowed_digest(snapshot: Snapshot) -> None:
    scope = Scope(frozenset({OWN}), frozenset())
    found = repr(digest_figures(snapshot, scope, Cadence.weekly, alerts(snapshot, scope, Moment(NOW, None, PATIENCE))))
    assert "Foreign" not in found
    assert "7000" not in found
    assert "theirs" not in found


def test_somebody_who_reads_statements_reads_no_charges(tmp_path: Path) -> None:
    with ruled(tmp_path) as (opened, _):
        figures = digest_figures(opened, Scope(frozenset(), frozenset({"A"})), Cadence.daily)
        assert figures.spend is None
        (statement,) = figures.statements
        assert statement.cost_center == "A"
        assert statement.month_before is not None
        assert figures.narrowed_to == ("statements of A",)
        for scope in (Scope(frozenset({"nobody"}), frozenset()), Scope(frozenset(), frozenset({"Aa"}))):
            with pytest.raises(UnknownName):
                digest_figures(opened, scope, Cadence.daily)
