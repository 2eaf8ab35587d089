"""Tie-out, restatements and the request ledger."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.errors import UsageError
from costlib.periods import DAY, Period
from costlib.queries import freshness
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

DAY_1 = date(2026, 3, 1)
DAY_2, DAY_3, DAY_4 = DAY_1 + DAY, DAY_1 + 2 * DAY, DAY_1 + 3 * DAY
CHARGES = [
    Charge(DAY_1, "111", "EC2", "Usage", amounts("1.5")),
    Charge(DAY_1, "222", "EC2", "Usage", amounts("2")),
    Charge(DAY_2, "111", "EC2", "Usage", amounts("0.1", net_unblended_cost=None)),
]


def control(*totals: str | None) -> list[tuple[object, ...]]:
    return [(DAY_1 + i * DAY, i == 1, *amounts(total)) for i, total in enumerate(totals)]


def test_days_that_equal_aws_total_tie_out(shelf: Path) -> None:
    with published(Organization(CHARGES, daily_totals=control("3.5", "0.1", "0")), shelf) as snapshot:
        table = freshness.tie_out(snapshot, EVERYTHING)
        summary = freshness.tie_out_summary(snapshot, EVERYTHING)
    assert table.column_names == ["charge_date", "stored", "control", "difference", "is_estimated", "differs"]
    assert [tuple(r.values()) for r in table.to_pylist()] == [
        (DAY_1, Decimal("3.5"), Decimal("3.5"), 0, False, False),
        (DAY_2, Decimal("0.1"), Decimal("0.1"), 0, True, False),
        (DAY_3, 0, 0, 0, False, False),
    ]
    assert summary == freshness.TieOut(3, 0, 0, Decimal("3.6"), Decimal("3.6"), Decimal(0), Decimal(0), None)
    assert summary.ties_out


def test_a_difference_is_counted_with_its_size_and_does_not_cancel_out(shelf: Path) -> None:
    with published(Organization(CHARGES, daily_totals=control("3.4", "0.2", "0")), shelf) as snapshot:
        summary = freshness.tie_out_summary(snapshot, EVERYTHING)
        only_day_2 = freshness.tie_out_summary(snapshot, EVERYTHING, Period(DAY_2, DAY_3))
    assert (summary.differing_days, summary.first_differing_day, summary.ties_out) == (2, DAY_1, False)
    assert (summary.difference, summary.absolute_difference) == (Decimal(0), Decimal("0.2"))
    assert (only_day_2.days, only_day_2.difference) == (1, Decimal("-0.1"))


def test_what_rounding_explains_is_no_difference_but_is_shown(shelf: Path) -> None:
    with published(Organization(CHARGES, daily_totals=control("3.5000000001", "0.1000000002")), shelf) as snapshot:
        summary = freshness.tie_out_summary(snapshot, EVERYTHING)
        differs = freshness.tie_out(snapshot, EVERYTHING).column("differs").to_pylist()
    assert differs == [False, True]
    assert (summary.rounding_days, summary.differing_days) == (1, 1)
    assert summary.difference == Decimal("-0.0000000003")


def test_a_day_on_one_side_only_differs(shelf: Path) -> None:
    charges = [*CHARGES, Charge(DAY_4, "111", "EC2", "Usage", amounts("4"))]
    totals = [*control("3.5", "0.1", "7"), (DAY_4 + DAY, False, *amounts("0"))]
    with published(Organization(charges, daily_totals=totals), shelf) as snapshot:
        found = freshness.tie_out(snapshot, EVERYTHING).to_pylist()
        summary = freshness.tie_out_summary(snapshot, EVERYTHING)
    assert [(r["stored"], r["control"], r["difference"], r["differs"]) for r in found[2:]] == [
        (0, 7, -7, True),
        (4, None, None, True),
        (0, 0, 0, False),
    ]
    assert (summary.differing_days, summary.difference) == (2, None)


def test_a_metric_that_neither_side_has_is_not_a_difference(shelf: Path) -> None:
    net = CostMetric.net_unblended_cost
    neither = [(DAY_1, False, *amounts("1", net_unblended_cost=None))]
    one_side = [(DAY_1, False, *amounts("1"))]
    charges = [Charge(DAY_1, "111", "EC2", "Usage", amounts("1", net_unblended_cost=None))]
    with published(Organization(charges, daily_totals=neither), shelf) as snapshot:
        assert freshness.tie_out_summary(snapshot, EVERYTHING, metric=net).differing_days == 0
        assert freshness.tie_out_summary(snapshot, EVERYTHING, metric=net).difference is None
    with published(Organization(charges, daily_totals=one_side), shelf) as snapshot:
        assert freshness.tie_out_summary(snapshot, EVERYTHING, metric=net).differing_days == 1
        assert freshness.tie_out_summary(snapshot, EVERYTHING).differing_days == 0


def test_the_tie_out_by_day_is_for_those_who_see_everything(shelf: Path) -> None:
    refused = pytest.raises(UsageError, match="all accounts together")
    with published(Organization(CHARGES), shelf) as snapshot, refused:
        freshness.tie_out(snapshot, Scope(frozenset({"111"})))


def restated(
    day: date, account: str, was_estimated: bool, old: str | None, new: str | None, hour: int = 1
) -> tuple[object, ...]:
    when = datetime(2026, 3, 19, hour)
    return ("run", when, day, account, "EC2", "Usage", was_estimated, *amounts(old), *amounts(new))


def test_restatements_list_settled_days_first_with_old_new_and_difference(shelf: Path) -> None:
    log = [
        restated(DAY_3, "111", True, "5", "9"),
        restated(DAY_1, "111", False, "1", "0.5"),
        restated(DAY_1, "222", False, None, "3"),
        restated(DAY_2, "222", False, "4", None, hour=2),
    ]
    organization = Organization(CHARGES, accounts={"111": "One"}, rows={"restatements": log})
    with published(organization, shelf) as snapshot:
        table = freshness.restatements(snapshot, EVERYTHING)
        mine = freshness.restatements(snapshot, Scope(frozenset({"111"})), limit=1)
    shown = ("charge_date", "usage_account_name", "was_estimated", "kind", "old", "new", "difference")
    assert [tuple(r[name] for name in shown) for r in table.to_pylist()] == [
        (DAY_2, "222", False, "vanished", 4, None, -4),
        (DAY_1, "222", False, "new", None, 3, 3),
        (DAY_1, "One", False, "changed", 1, Decimal("0.5"), Decimal("-0.5")),
        (DAY_3, "One", True, "changed", 5, 9, 4),
    ]
    assert mine.column("charge_date").to_pylist() == [DAY_1]


def test_a_restatement_of_another_metric_is_not_listed_under_this_one(shelf: Path) -> None:
    when = datetime(2026, 3, 19)
    old, new = amounts("1", net_unblended_cost=None), amounts("1", net_unblended_cost="2")
    log = [("run", when, DAY_1, "111", "EC2", "Usage", False, *old, *new)]
    with published(Organization(CHARGES, rows={"restatements": log}), shelf) as snapshot:
        assert freshness.restatements(snapshot, EVERYTHING).num_rows == 0
        net = freshness.restatements(snapshot, EVERYTHING, metric=CostMetric.net_unblended_cost).to_pylist()
    assert [(r["kind"], r["old"], r["new"], r["difference"]) for r in net] == [("changed", None, 2, None)]


def test_requests_are_counted_by_day_and_for_the_month_of_the_snapshot(shelf: Path) -> None:
    def request(when: datetime, usd: str) -> tuple[object, ...]:
        return ("run", when, "GetCostAndUsage", "probe", 1, 10, 200, 1, "ok", Decimal(usd))

    ledger = [
        request(datetime(2026, 2, 28, 23, 59), "0.01"),
        request(datetime(2026, 3, 1), "0.01"),
        request(datetime(2026, 3, 1, 5), "0"),
    ]
    with published(Organization(CHARGES, rows={"requests": ledger}), shelf) as snapshot:
        by_day = freshness.requests_by_day(snapshot)
        march = freshness.requests_by_day(snapshot, Period(date(2026, 3, 1), date(2026, 4, 1)))
        this_month = freshness.requests_this_month(snapshot)
    assert [tuple(r.values()) for r in by_day.to_pylist()] == [
        (date(2026, 2, 28), 1, Decimal("0.01")),
        (date(2026, 3, 1), 2, Decimal("0.01")),
    ]
    assert march.num_rows == 1
    assert this_month == freshness.RequestCost(2, Decimal("0.01"))


def test_runs_are_listed_newest_first_and_missing_rights_by_action(shelf: Path) -> None:
    def run(run_id: str, hour: int) -> tuple[object, ...]:
        start = datetime(2026, 3, 1, hour)
        return (run_id, start, None, "ok", 3, Decimal("0.03"), 1, 100, 0, "")

    rights: list[tuple[object, ...]] = [
        ("ce:GetTags", "tags", datetime(2026, 3, 1)),
        ("ce:GetCostForecast", "forecast", datetime(2026, 3, 1)),
    ]
    rows: dict[str, list[tuple[object, ...]]] = {"runs": [run("a", 1), run("b", 2)], "missing_rights": rights}
    with published(Organization(CHARGES, rows=rows), shelf) as snapshot:
        assert freshness.runs(snapshot).column("run_id").to_pylist() == ["b", "a"]
        assert freshness.runs(snapshot, limit=1).num_rows == 1
        (last,) = freshness.last_runs(snapshot, limit=1)
        assert (last.run_id, last.started_at, last.requests) == ("b", datetime(2026, 3, 1, 2), 3)
        assert last.request_cost_usd == Decimal("0.03")
        assert freshness.missing_rights(snapshot).column("action").to_pylist() == ["ce:GetCostForecast", "ce:GetTags"]
