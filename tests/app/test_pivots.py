"""Pivots: exact totals, shares, names with their ids, and heads that never collide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, cast

import pyarrow as pa
import pytest

from costlib.periods import Period
from costlib.queries.filters import Filters
from costlib.ui import pivots
from costlib.ui.context import PageContext
from costlib.ui.pivots import Measure
from costlib.ui.tables import TableView
from costlib.ui.wording import Currency

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
TINY = Decimal("0.0000000001")


class Looking:
    """What a pivot asks of a page's context."""

    account_names: ClassVar = {"111": "search-prod", "222": "$pend *all*"}
    currency = Currency("USD")
    filters = Filters(MARCH)
    as_of = datetime(2026, 3, 20)


CONTEXT = cast(PageContext, Looking())


def table(cells: Sequence[tuple[object, object, str | None, bool, bool]]) -> pa.Table:
    """A crossing with these cells; places follow the order in which keys are met, the rest last."""
    sides: list[list[object]] = [[], []]
    for row, column, _, row_rest, column_rest in cells:
        for side, key in ((0, (row, row_rest)), (1, (column, column_rest))):
            if key not in sides[side]:
                sides[side].append(key)
    places = [sorted(side, key=lambda key: bool(key[1])) for side in sides]  # type: ignore[index]
    rows = [
        (r, c, None if a is None else Decimal(a), ro, co, places[0].index((r, ro)), places[1].index((c, co)))
        for r, c, a, ro, co in cells
    ]
    names = ("row_key", "column_key", "amount", "row_is_other", "column_is_other", "row_place", "column_place")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    arrays = {n: pa.array(v, pa.decimal128(38, 10)) if n == "amount" else pa.array(v) for n, v in columns.items()}
    return pa.table(arrays).sort_by([("row_place", "ascending"), ("column_place", "ascending")])


def lines(view: TableView) -> list[list[object]]:
    return [list(row.values()) for row in view.values.to_pylist()]


CELLS = table(
    [
        ("EC2", "111", "5", False, False),
        ("EC2", "222", "0.0000000001", False, False),
        ("S3", "222", "-1", False, False),
        ("Other", "Other", "2", True, True),
    ]
)


def test_totals_are_the_exact_sums_of_rows_and_columns() -> None:
    view = pivots.pivot(CONTEXT, CELLS, "service", "usage_account_id", "x")
    assert view.values.column_names == [
        "service",
        "total_unblended_cost",
        "search-prod (111)",
        "$pend *all* (222)",
        "Other",
    ]
    assert [column.label for column in view.columns] == ["Service", "Total", "search-prod", "$pend *all*", "Other"]
    assert lines(view) == [
        ["EC2", 5 + TINY, 5, TINY, 0],
        ["S3", -1, 0, -1, 0],
        ["Other", 2, 0, 0, 2],
        ["Total", 6 + TINY, 5, TINY - 1, 2],
    ]


def test_accounts_in_rows_have_their_ids_beside_them() -> None:
    cells = table([("111", "", "5", False, False), ("999", "", "2", False, False), ("Other", "", "1", True, False)])
    view = pivots.pivot(CONTEXT, cells, "usage_account_id", None, "x")
    assert view.values.column_names == ["usage_account_name", "total_unblended_cost", "usage_account_id"]
    assert lines(view) == [["search-prod", 5, "111"], ["999", 2, "999"], ["Other", 1, ""], ["Total", 8, ""]]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure.share_of_row, [["a", 1.0, 0.75, 0.25], ["b", 1.0, 0.0, 1.0], ["Total", 1.0, 0.6, 0.4]]),
        (Measure.share_of_column, [["a", 0.8, 1.0, 0.5], ["b", 0.2, 0.0, 0.5], ["Total", 1.0, 1.0, 1.0]]),
        (Measure.share_of_total, [["a", 0.8, 0.6, 0.2], ["b", 0.2, 0.0, 0.2], ["Total", 1.0, 0.6, 0.4]]),
    ],
)
def test_shares_are_of_the_row_the_column_or_everything(measure: Measure, expected: list[list[object]]) -> None:
    cells = table([("a", "x", "3", False, False), ("a", "y", "1", False, False), ("b", "y", "1", False, False)])
    assert lines(pivots.pivot(CONTEXT, cells, "service", "record_type", "x", measure)) == expected


def test_a_share_of_nothing_is_not_available() -> None:
    cells = table([("a", "x", "3", False, False), ("b", "x", "-3", False, False)])
    view = pivots.pivot(CONTEXT, cells, "service", "record_type", "x", Measure.share_of_column)
    assert lines(view) == [["a", None, None], ["b", None, None], ["Total", None, None]]


def test_a_sum_over_a_missing_amount_is_not_available() -> None:
    cells = table([("a", "x", "3", False, False), ("a", "y", None, False, False), ("b", "x", "1", False, False)])
    assert lines(pivots.pivot(CONTEXT, cells, "service", "record_type", "x")) == [
        ["a", None, 3, None],
        ["b", 1, 1, 0],
        ["Total", None, 4, None],
    ]


def test_a_real_other_and_names_that_collide_stay_apart() -> None:
    cells = table(
        [
            ("Other", "Other", "3", False, False),
            ("Other", "service", "2", False, False),
            ("Other", "Other", "1", True, True),
        ]
    )
    view = pivots.pivot(CONTEXT, cells, "service", "record_type", "x")
    assert view.values.column_names == ["service", "total_unblended_cost", "Other", "service (2)", "Other (the rest)"]
    assert [line[0] for line in lines(view)] == ["Other", "Other (the rest)", "Total"]
    assert view.columns[-1].label == "Other (the rest)"


def test_times_are_iso_in_the_file_and_words_on_the_screen() -> None:
    months = table([("a", date(2026, 2, 1), "3", False, False), ("a", date(2026, 3, 1), "2", False, False)])
    view = pivots.pivot(CONTEXT, months, "service", "billing_month", "x")
    assert view.values.column_names[2:] == ["2026-02", "2026-03"]
    assert [column.label for column in view.columns[2:]] == ["Feb 2026", "Mar 2026"]
    weeks = table([(date(2026, 3, 2), "", "3", False, False)])
    view = pivots.pivot(CONTEXT, weeks, "charge_week", None, "x")
    assert lines(view) == [["2026-03-02", 3], ["Total", 3]]
    assert view.columns[0].label == "Week"


def test_days_of_several_years_say_which_year() -> None:
    def heads(*days: date) -> list[str]:
        cells = table([("a", day, "3", False, False) for day in days])
        return [column.label for column in pivots.pivot(CONTEXT, cells, "service", "charge_date", "x").columns[2:]]

    assert heads(date(2026, 2, 1), date(2026, 2, 2)) == ["1 Feb", "2 Feb"]
    assert heads(date(2025, 12, 31), date(2026, 1, 1)) == ["31 Dec 2025", "1 Jan 2026"]


def test_the_columns_stand_in_the_order_of_their_places_whichever_row_has_them() -> None:
    cells = table(
        [("a", "y", "1", False, False), ("b", "x", "9", False, False), ("b", "z", "2", False, False)]
    ).set_column(6, "column_place", pa.array([2, 1, 3]))
    assert pivots.pivot(CONTEXT, cells, "service", "record_type", "w").values.column_names[2:] == ["x", "y", "z"]


def test_the_file_has_every_digit_and_the_totals() -> None:
    view = pivots.pivot(CONTEXT, CELLS, "service", "usage_account_id", "Service by account")
    assert view.file_name == "service-by-account.csv"
    assert view.file().decode().splitlines() == [
        "service,total_unblended_cost,search-prod (111),$pend *all* (222),Other",
        "EC2,5.0000000001,5,0.0000000001,0",
        "S3,-1,0,-1,0",
        "Other,2,0,0,2",
        "Total,6.0000000001,5,-0.9999999999,2",
    ]
