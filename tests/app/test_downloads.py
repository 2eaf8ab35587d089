"""A file holds what its table shows: the same rows and columns, with every digit."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from costlib.access import EVERYTHING
from costlib.exports import csv
from costlib.money import rounded
from costlib.periods import Preset, preset_period
from costlib.queries import ranking
from costlib.queries.filters import Filters
from costlib.store.snapshot import open_current
from costlib.ui import tables
from costlib.ui.tables import TableView
from costlib.ui.wording import Currency
from tests.app.pages import ACCOUNTS, EVERY_PAGE, EXPORT, SERVICES, opened


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[TableView]:
    """The tables that a page draws, in order."""
    views: list[TableView] = []
    draw = tables.draw

    def noting(view: TableView, key: str, opens: Callable[[int], None] | None = None) -> None:
        views.append(view)
        draw(view, key, opens)

    monkeypatch.setattr(tables, "draw", noting)
    return views


@pytest.mark.parametrize("page", [*EVERY_PAGE[1:]])
def test_every_download_equals_its_table(sample: Path, drawn: list[TableView], page: str) -> None:
    query = {"service": "AWS Lambda"} if page == SERVICES else {}
    app = opened(page, query)
    views = drawn[-len(app.dataframe) :]
    for frame, view in zip(app.dataframe, views, strict=True):
        header, lines = csv.read(io.StringIO(view.file().decode(), newline=""))
        rows = list(lines)
        shown = [name for name in frame.value.columns if name != "trend"]
        assert header == shown
        assert len(rows) == len(frame.value)
        for column in view.columns:
            if column.kind is tables.Kind.money:
                seen = [None if value is None else Decimal(value) for value in frame.value[column.name]]
                filed = [row[header.index(column.name)] for row in rows]
                assert seen == [rounded(Decimal(text)) if text else None for text in filed]
            if column.kind in (tables.Kind.name, tables.Kind.text):
                assert [value or "" for value in frame.value[column.name]] == [
                    r[header.index(column.name)] for r in rows
                ]


def test_a_download_has_every_digit(sample: Path, drawn: list[TableView]) -> None:
    snapshot = open_current(sample / "sample")
    opened(ACCOUNTS)
    period = preset_period(Preset.last_30_days, snapshot.complete_through)
    truth = ranking.ranking(snapshot, EVERYTHING, Filters(period), "usage_account_id")
    header, lines = csv.read(io.StringIO(drawn[-1].file().decode(), newline=""))
    amounts = [Decimal(row[header.index("unblended_cost")]) for row in lines]
    assert amounts == truth.column("amount").to_pylist()


def test_the_downloads_are_offered_under_every_table(sample: Path) -> None:
    for page in EVERY_PAGE[1:]:
        if page == EXPORT:  # a preview, whose file is the page's own
            continue
        app = opened(page)
        assert sum(getattr(button, "label", "") == "Download CSV" for button in app.get("download_button")) == len(
            app.dataframe
        )


def test_amounts_are_shown_rounded_half_even_and_kept_exact() -> None:
    values = pa.table({"cost": pa.array([Decimal("0.125"), Decimal("-0.135"), None], pa.decimal128(38, 10))})
    column = tables.Column("cost", "Amount", tables.Kind.money)
    view = TableView(values, (column,), Currency("USD"), "x.csv", "x")
    assert view.shown.column("cost").to_pylist() == [Decimal("0.12"), Decimal("-0.14"), None]
    assert view.file() == b'cost\r\n0.125\r\n-0.135\r\n""\r\n'
