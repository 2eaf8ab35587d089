"""Coverage, values and the queue of what to label, against the charges added up in plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.errors import UnknownName
from costlib.periods import DAY, Granularity, Period
from costlib.queries.filters import Filters
from costlib.queries.labels import (
    TARGET,
    Coverage,
    coverage,
    coverage_by_month,
    coverage_of_all,
    label_values,
    work_queue,
)
from costlib.queries.series import cost_over_time
from tests.queries.snapshots import Charge, Organization, amounts, published, sum_or_none

TEAM, APP = "cost_category:Team", "tag:application"
MARCH = Period(date(2026, 3, 1), date(2026, 3, 20))
BOTH_MONTHS = Period(date(2026, 2, 1), date(2026, 3, 20))


def charge(
    amount: str | None,
    team: str | None,
    day: date = MARCH.start,
    account: str = "111",
    service: str = "EC2",
    app: str = "",
) -> Charge:
    labels = None if team is None else (team, app)
    return Charge(day, account, service, "Usage", amounts(amount), labels)


def organization(*charges: Charge, accounts: dict[str, str] | None = None) -> Organization:
    return Organization(list(charges), labels=(TEAM, APP), accounts=accounts or {}, days=list(BOTH_MONTHS))


def test_coverage_is_of_the_charges_above_zero_and_says_how_far_the_target_is(shelf: Path) -> None:
    rows = [charge("80", "A"), charge("20", ""), charge("-30", "A"), charge("-5", ""), charge("0", "A")]
    with published(organization(*rows), shelf) as snapshot:
        found = coverage(snapshot, EVERYTHING, Filters(MARCH), TEAM)
    assert found == Coverage(TEAM, Decimal(100), Decimal(80), Decimal(15))
    assert (found.share, found.short_by, found.meets_target) == (Decimal("0.8"), Decimal(10), False)


def test_exactly_the_target_meets_it_and_a_hair_below_does_not(shelf: Path) -> None:
    for unlabeled, is_met in (("1", True), ("1.0000000001", False)):
        with published(organization(charge("9", "A"), charge(unlabeled, "")), shelf) as snapshot:
            assert coverage(snapshot, EVERYTHING, Filters(MARCH), TEAM).meets_target is is_met


def test_a_charge_that_waits_for_its_labels_is_unallocated(shelf: Path) -> None:
    with published(organization(charge("3", None), charge("1", "A")), shelf) as snapshot:
        assert coverage(snapshot, EVERYTHING, Filters(MARCH), TEAM).unallocated == 3


def test_nothing_charged_has_no_coverage_and_a_missing_metric_is_not_available(shelf: Path) -> None:
    with published(organization(charge("1", "A", BOTH_MONTHS.start)), shelf) as snapshot:
        nothing = coverage(snapshot, EVERYTHING, Filters(MARCH), TEAM)
        assert nothing == Coverage(TEAM, Decimal(0), Decimal(0), Decimal(0))
        assert (nothing.share, nothing.meets_target) == (None, None)
    with published(organization(charge("1", "A"), charge(None, "")), shelf) as snapshot:
        missing = coverage(snapshot, EVERYTHING, Filters(MARCH), TEAM)
        assert (missing.positive, missing.labeled, missing.unallocated) == (None, None, None)
        assert (missing.share, missing.short_by, missing.meets_target) == (None, None, None)


def test_every_tracked_label_is_covered_the_best_first_what_is_unknown_last(shelf: Path) -> None:
    rows = [charge("6", "A", app="x"), charge("4", "", app="y")]
    with published(organization(*rows), shelf) as snapshot:
        found = coverage_of_all(snapshot, EVERYTHING, Filters(MARCH))
        assert [(c.label, c.share) for c in found] == [(APP, Decimal(1)), (TEAM, Decimal("0.6"))]
        with pytest.raises(UnknownName):
            coverage(snapshot, EVERYTHING, Filters(MARCH), "cost_category:Nobody")


def test_coverage_by_month_has_each_month_on_its_own(shelf: Path) -> None:
    february = date(2026, 2, 3)
    rows = [charge("1", "A", february), charge("3", "", february), charge("5", "A"), charge("-1", "")]
    with published(organization(*rows), shelf) as snapshot:
        table = coverage_by_month(snapshot, EVERYTHING, Filters(BOTH_MONTHS, Granularity.monthly), TEAM)
    assert table.column_names == ["billing_month", "positive", "labeled", "unallocated"]
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (date(2026, 2, 1), 4, 1, 3),
        (date(2026, 3, 1), 5, 5, -1),
    ]


def test_the_queue_lists_the_largest_pairs_and_its_running_total_ends_in_the_unallocated(shelf: Path) -> None:
    rows = [
        charge("5", "", account="111", service="EC2"),
        charge("2", "", account="111", service="EC2"),
        charge("90", "A", account="111", service="EC2"),
        charge("3", "", account="222", service="S3"),
        charge("1", "", account="222", service="SQS"),
        charge("-1", "", account="333", service="Credits"),
    ]
    with published(organization(*rows, accounts={"111": "Shop"}), shelf) as snapshot:
        table = work_queue(snapshot, EVERYTHING, Filters(MARCH), TEAM, limit=2)
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("111", "Shop", "EC2", 1, 7, 0.7, 7),
        ("222", "222", "S3", 1, 3, 0.3, 10),
        ("", "", "", 2, 0, 0.0, 10),
    ]


def test_a_queue_without_unlabeled_charges_is_empty(shelf: Path) -> None:
    with published(organization(charge("1", "A")), shelf) as snapshot:
        assert work_queue(snapshot, EVERYTHING, Filters(MARCH), TEAM).num_rows == 0


def test_a_pair_whose_metric_is_missing_makes_the_totals_after_it_not_available(shelf: Path) -> None:
    rows = [charge("2", "", service="EC2"), charge(None, "", service="S3")]
    with published(organization(*rows), shelf) as snapshot:
        found = work_queue(snapshot, EVERYTHING, Filters(MARCH), TEAM).to_pylist()
    assert [(r["service"], r["amount"], r["share"], r["running_total"]) for r in found] == [
        ("EC2", 2, None, 2),
        ("S3", None, None, None),
    ]


def test_unallocated_is_a_value_even_when_everything_is_labeled(shelf: Path) -> None:
    rows = [charge("4", "A"), charge("2", "A", MARCH.start - DAY)]
    with published(organization(*rows), shelf) as snapshot:
        compared = Period(MARCH.start - 19 * DAY, MARCH.start)
        found = label_values(snapshot, EVERYTHING, Filters(MARCH), TEAM, compared).to_pylist()
        assert [(r["key"], r["amount"], r["share"], r["previous"], r["change"]) for r in found] == [
            ("A", 4, 1.0, 2, 2),
            ("Unallocated", 0, 0.0, 0, 0),
        ]
        assert [len(r["trend"]) for r in found] == [19, 19]
        alone = label_values(snapshot, EVERYTHING, Filters(MARCH), TEAM).to_pylist()
        assert (alone[1]["previous"], alone[1]["change"]) == (None, None)
        nothing = Filters(MARCH, services=("SQS",))
        assert label_values(snapshot, EVERYTHING, nothing, TEAM).num_rows == 0


def test_over_time_unallocated_comes_first_and_is_never_part_of_other(shelf: Path) -> None:
    rows = [charge(str(10 * n), f"T{n}") for n in range(1, 5)]
    for extra in ([charge("1", "")], []):
        with published(organization(*rows, *extra), shelf) as snapshot:
            table = cost_over_time(snapshot, EVERYTHING, Filters(Period(MARCH.start, MARCH.start + DAY)), TEAM, top=2)
        assert [(r["key"], r["amount"], r["is_other"]) for r in table.to_pylist()] == [
            ("Unallocated", 1 if extra else 0, False),
            ("T4", 40, False),
            ("T3", 30, False),
            ("Other", 30, True),
        ]


def test_filters_and_scope_narrow_every_answer(shelf: Path) -> None:
    rows = [charge("8", "A"), charge("2", ""), charge("50", "", account="222"), charge("50", "", service="S3")]
    with published(organization(*rows), shelf) as snapshot:
        mine, only = Scope(frozenset({"111"})), Filters(MARCH, services=("EC2",))
        assert coverage(snapshot, mine, only, TEAM).share == Decimal("0.8")
        (row,) = work_queue(snapshot, mine, only, TEAM).to_pylist()
        assert (row["usage_account_id"], row["amount"]) == ("111", 2)
        labeled = Filters(MARCH, labels=((TEAM, ("A",)),))
        assert coverage(snapshot, EVERYTHING, labeled, TEAM).share == 1
        assert work_queue(snapshot, EVERYTHING, labeled, TEAM).num_rows == 0


MONEY = st.one_of(st.none(), st.integers(-(10**20), 10**20).map(lambda n: str(Decimal(n).scaleb(-10))))


@settings(max_examples=25, deadline=None)
@given(
    charges=st.lists(
        st.builds(
            charge,
            MONEY,
            st.sampled_from(["", "A", "B", None]),
            st.dates(BOTH_MONTHS.start, BOTH_MONTHS.last_day),
            st.sampled_from(["111", "222"]),
            st.sampled_from(["EC2", "S3", "SQS"]),
        ),
        max_size=12,
    ),
    limit=st.integers(1, 4),
)
def test_what_is_shown_equals_the_charges_added_up_by_hand(shelf: Path, charges: list[Charge], limit: int) -> None:
    kept = [c for c in charges if c.charge_date in MARCH]
    bare = [c for c in kept if not (c.labels or ("",))[0]]
    labeled = [c for c in kept if c not in bare]
    positive = sum_or_none(None if c.amounts[0] is None else max(c.amounts[0], Decimal(0)) for c in kept)
    pairs = defaultdict(list)
    for c in bare:
        pairs[c.usage_account_id, c.service].append(c.amounts[0])
    with published(organization(*charges), shelf) as snapshot:
        found = coverage(snapshot, EVERYTHING, Filters(MARCH), TEAM)
        queue = work_queue(snapshot, EVERYTHING, Filters(MARCH), TEAM, limit).to_pylist()
        months = coverage_by_month(snapshot, EVERYTHING, Filters(MARCH), TEAM).to_pylist()
    assert found.positive == positive
    assert found.unallocated == sum_or_none(c.amounts[0] for c in bare)
    if positive is not None:
        assert found.labeled == sum(max(c.amounts[0] or Decimal(0), Decimal(0)) for c in labeled)
        assert found.meets_target is (found.labeled >= positive * TARGET if positive else None)
    assert [m["positive"] for m in months] == ([positive] if kept else [])
    named = {(r["usage_account_id"], r["service"]): r["amount"] for r in queue if r["service"]}
    assert named == {key: sum_or_none(pairs[key]) for key in named}
    assert len(named) == min(limit, len(pairs))
    assert sum(r["pairs"] for r in queue) == len(pairs)
    if queue:
        assert queue[-1]["running_total"] == found.unallocated
