"""Any breakdown equals what plain Python makes of the same charges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.access import EVERYTHING, Scope
from costlib.errors import UnknownName, UsageError
from costlib.periods import Period
from costlib.queries.breakdown import breakdown, breakdown_batches, breakdown_rows, extent, first_rows
from costlib.queries.filters import Filters, require_stored
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import COST_METRICS, CostMetric, charge_category
from tests.queries.snapshots import Amounts, Charge, Organization, amounts, published, sum_or_none, truth, value_of

JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
UNBLENDED = [CostMetric.unblended_cost]
AWKWARD = "tag:a,\"b'; DROP TABLE charges; --=x"
LABELS = ("cost_category:Team", AWKWARD)
RECORD_TYPES = ("Usage", "Tax", "Credit", "Refund", "Support fee", "EdpDiscount", "SavingsPlanNegation")
SERVICES = ("EC2", "AWS Support (Business)", "a,b\n$'\"", "=1+1", "Ünïcode 服务")
DIMENSIONS = (
    "charge_date",
    "billing_month",
    "usage_account_id",
    "usage_account_name",
    "service",
    "record_type",
    "charge_category",
    *LABELS,
)


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


def some(values: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


def any_amounts() -> st.SearchStrategy[Amounts]:
    """Amounts up to a quadrillion with ten decimals, either sign; now and then a metric is missing."""
    whole = st.integers(-(10**25), 10**25).map(lambda units: Decimal(units).scaleb(-10))
    tiny = st.just(Decimal("-0.0000000092"))
    return st.tuples(*[st.one_of(whole, whole, tiny, st.none())] * len(COST_METRICS))


CHARGES = st.lists(
    st.builds(
        Charge,
        st.dates(date(2026, 1, 20), date(2026, 3, 10)),
        st.sampled_from(["111", "222", "333"]),
        st.sampled_from(SERVICES),
        st.sampled_from(RECORD_TYPES),
        any_amounts(),
        st.one_of(st.none(), st.tuples(st.sampled_from(["", "red", "Unallocated"]), st.sampled_from(["", "$x"]))),
    ),
    max_size=12,
)
PERIODS = st.sampled_from(
    [JANUARY, Period(date(2026, 1, 25), date(2026, 2, 20)), Period(date(2026, 1, 1), date(2026, 4, 1))]
)
FILTERS = st.builds(
    Filters,
    PERIODS,
    accounts=some(["111", "222"]),
    services=some(SERVICES),
    record_types=some(RECORD_TYPES),
    labels=st.lists(st.tuples(st.sampled_from(LABELS), some(["", "red", "Unallocated"])), max_size=1).map(tuple),
    where=st.one_of(
        st.just(()),
        st.just((("charge_category", ("Usage", "Tax")),)),
        st.just((("usage_account_name", ("One", "222")),)),
        st.just((("billing_month", ("2026-02", "2026-03-01")),)),
    ),
    include_tax=st.booleans(),
    include_credits=st.booleans(),
    include_refunds=st.booleans(),
    include_support=st.booleans(),
)
SCOPES = st.sampled_from([EVERYTHING, Scope(frozenset({"111", "333"})), Scope(frozenset())])


def kept(organization: Organization, filters: Filters, scope: Scope) -> list[Charge]:
    """The charges that filters and scope mean, by definition."""

    def passes(charge: Charge) -> bool:
        is_support = charge.record_type == "Support fee" or charge.service.startswith("AWS Support")
        wanted = {
            "usage_account_id": filters.accounts,
            "service": filters.services,
            "record_type": filters.record_types,
        }
        for name, values in (*wanted.items(), *filters.labels, *filters.where):
            names = [f"{v}-01" if name == "billing_month" and len(v) == 7 else v for v in values]
            if name in LABELS:
                names = [v or "Unallocated" for v in values]
            if values and str(value_of(organization, charge, name)) not in names:
                return False
        return (
            charge.charge_date in filters.period
            and (scope.accounts is None or charge.usage_account_id in scope.accounts)
            and (filters.include_tax or charge.record_type != "Tax")
            and (filters.include_refunds or charge.record_type != "Refund")
            and (filters.include_credits or charge_category(charge.record_type) != "Credit")
            and (filters.include_support or not is_support)
        )

    return [charge for charge in organization.charges if passes(charge)]


@settings(max_examples=40, deadline=None)
@given(
    charges=CHARGES,
    asked=st.lists(
        st.tuples(st.lists(st.sampled_from(DIMENSIONS), max_size=4, unique=True), FILTERS, SCOPES), min_size=4
    ),
)
def test_any_breakdown_equals_the_charges_added_up_by_hand(
    shelf: Path, charges: list[Charge], asked: list[tuple[list[str], Filters, Scope]]
) -> None:
    organization = Organization(charges, LABELS, {"111": "One", "222": ""})
    with published(organization, shelf) as snapshot:
        for dimensions, filters, scope in asked:
            expected = truth(organization, kept(organization, filters, scope), dimensions)
            table = breakdown(snapshot, scope, filters, dimensions, COST_METRICS)
            assert rows(table) == expected
            assert table.column_names == [*dimensions, *COST_METRICS]
            found = extent(snapshot, scope, filters, dimensions, COST_METRICS)
            assert found.rows == len(expected)
            sums = [sum_or_none(row[len(dimensions) + i] for row in expected) for i, _ in enumerate(COST_METRICS)]  # type: ignore[misc]
            assert list(found.sums) == sums
            assert rows(first_rows(snapshot, scope, filters, dimensions, COST_METRICS, limit=3)) == expected[:3]


@pytest.fixture(scope="module")
def snapshot(shelf: Path) -> Iterator[Snapshot]:
    organization = Organization(
        [
            Charge(date(2026, 1, 5), "111", "EC2", "Usage", amounts("1.5", net_unblended_cost=None), ("red",)),
            Charge(date(2026, 1, 5), "111", "EC2", "Usage", amounts("2", net_unblended_cost="1.9"), ("blue",)),
            Charge(date(2026, 1, 6), "222", "S3", "Tax", amounts("0.0000000001"), ("",)),
        ],
        days=list(JANUARY),
    )
    with published(organization, shelf) as opened:
        yield opened


def test_amounts_stay_decimal_and_the_columns_are_named_as_asked(snapshot: Snapshot) -> None:
    table = breakdown(snapshot, EVERYTHING, Filters(JANUARY), ["service", "charge_date"], UNBLENDED)
    assert table.column_names == ["service", "charge_date", "unblended_cost"]
    assert table.schema.field("unblended_cost").type == pa.decimal128(38, 10)
    assert rows(table)[1] == ("S3", date(2026, 1, 6), Decimal("0.0000000001"))


def test_a_sum_that_lacks_one_part_is_not_available(snapshot: Snapshot) -> None:
    table = breakdown(snapshot, EVERYTHING, Filters(JANUARY), ["service"], [CostMetric.net_unblended_cost])
    assert rows(table) == [("EC2", None), ("S3", Decimal("0.0000000001"))]


def test_an_account_split_by_a_label_shows_each_part(snapshot: Snapshot) -> None:
    table = breakdown(snapshot, EVERYTHING, Filters(JANUARY), ["cost_category:Team"], UNBLENDED)
    assert rows(table) == [("Unallocated", Decimal("0.0000000001")), ("blue", Decimal(2)), ("red", Decimal("1.5"))]


def test_no_dimension_gives_the_total_and_nothing_spent_is_zero(snapshot: Snapshot) -> None:
    assert rows(breakdown(snapshot, EVERYTHING, Filters(JANUARY), [], UNBLENDED)) == [(Decimal("3.5000000001"),)]
    nothing = Filters(JANUARY, services=("no such service",))
    assert rows(breakdown(snapshot, EVERYTHING, nothing, [], UNBLENDED)) == [(Decimal(0),)]


def test_streams_bring_the_same_rows_as_the_table(snapshot: Snapshot) -> None:
    asked = (snapshot, EVERYTHING, Filters(JANUARY), ["service", "cost_category:Team"], UNBLENDED)
    whole = rows(breakdown(*asked))
    assert list(breakdown_rows(*asked)) == whole
    batches = list(breakdown_batches(*asked))
    assert [row for batch in batches for row in rows(batch)] == whole
    assert batches[0].schema.names == ["service", "cost_category:Team", "unblended_cost"]


@pytest.mark.parametrize(
    ("dimensions", "nearest"),
    [(["servce"], "'service'"), (["cost_category:Taem"], "'cost_category:Team'"), (["tag:none"], "Known:")],
)
def test_an_unknown_dimension_is_refused_and_the_nearest_one_named(
    snapshot: Snapshot, dimensions: list[str], nearest: str
) -> None:
    with pytest.raises(UnknownName, match=f"{dimensions[0]}.*{nearest}"):
        breakdown(snapshot, EVERYTHING, Filters(JANUARY), dimensions, UNBLENDED)


def test_a_filter_on_an_unknown_label_is_refused_not_ignored(snapshot: Snapshot) -> None:
    with pytest.raises(UnknownName, match="tag:none"):
        breakdown(snapshot, EVERYTHING, Filters(JANUARY, labels=(("tag:none", ("x",)),)), ["service"], UNBLENDED)


def test_a_bucket_of_charts_is_not_a_dimension_people_can_name(snapshot: Snapshot) -> None:
    with pytest.raises(UnknownName, match="charge_week"):
        breakdown(snapshot, EVERYTHING, Filters(JANUARY), ["charge_week"], UNBLENDED)


def test_a_name_asked_for_twice_is_refused(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="service is asked for twice"):
        breakdown(snapshot, EVERYTHING, Filters(JANUARY), ["service", "service"], UNBLENDED)


def test_a_date_in_a_filter_must_be_one(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="charge_date 'soon' is not a day"):
        breakdown(snapshot, EVERYTHING, Filters(JANUARY, where=(("charge_date", ("soon",)),)), [], UNBLENDED)


def test_a_period_without_stored_days_is_refused_with_the_stored_ones(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match=r"2025-01-01 to 2025-01-31.*2026-01-01 to 2026-01-31"):
        require_stored(snapshot, Period(date(2025, 1, 1), date(2025, 2, 1)))
    require_stored(snapshot, Period(date(2025, 1, 1), date(2026, 1, 2)))


def test_the_truth_of_these_tests_knows_a_missing_part() -> None:
    assert sum_or_none([Decimal(1), None]) is None
    assert sum_or_none([Decimal(1), Decimal(2)]) == 3
