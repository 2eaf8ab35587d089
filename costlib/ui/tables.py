"""Tables as people read them, and the same tables as files.

Amounts are shown to the cent, rounded from Decimals, as numbers, so that they align and sort; the file has every digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st
from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

from costlib.exports import csv
from costlib.queries.freshness import TieOut
from costlib.ui import lasting
from costlib.ui.context import page_context
from costlib.ui.wording import NOT_AVAILABLE, Currency, escaped

LAZY_FROM = 500
"""Rows from which the browser fetches only what it shows."""
TREND_POINTS = 60
"""A sparkline is about this many pixels wide."""


class Kind(Enum):
    """How a column is drawn."""

    text = "text"
    name = "name"
    money = "money"
    share = "share"
    percent = "percent"
    part = "part"
    day = "day"
    month = "month"
    moment = "moment"
    number = "number"
    flag = "flag"
    trend = "trend"
    opening_day = "opening_day"


@dataclass(frozen=True)
class Column:
    """`name` heads it in the file, `label` on the screen. `Kind.name` and `Kind.opening_day` are what a click opens."""

    name: str
    label: str
    kind: Kind
    help: str | None = None
    width: int | None = None
    is_pinned: bool = False


@dataclass(frozen=True)
class TableView:
    """Exact values under their columns, in the order shown; `empty` is what people read where there is no value.

    Of a table of cost (`is_cost`) the download says so when the charges do not tie out.
    A `whole` table shows every row at once, because its last rows say what the others add up to.
    """

    values: pa.Table
    columns: tuple[Column, ...]
    currency: Currency
    file_name: str
    alt: str
    empty: str = NOT_AVAILABLE
    is_cost: bool = True
    whole: bool = False

    @property
    def shown(self) -> pa.Table:
        """What the browser gets: amounts to the cent, ratios in percent, sparklines short."""
        arrays = [_shown(self.values.column(column.name), column.kind) for column in self.columns]
        return pa.table(arrays, names=[column.name for column in self.columns])

    def file(self) -> bytes:
        """The same rows and columns as CSV, with every digit; sparklines are left out."""
        return csv.table_bytes(self.values.select([c.name for c in self.columns if c.kind is not Kind.trend]))


def show(view: TableView, key: str, opens: Callable[[int], None] | None = None) -> None:
    """Draw the table with its download; with `opens`, names are buttons that call it with their row."""
    draw(view, key, opens)
    failing = failing_words(page_context().tie_out, view.currency) if view.is_cost else None
    st.download_button(
        f"Download anyway: {escaped(failing)}" if failing else "Download CSV",
        data=lasting.while_it_holds(view.file),
        file_name=view.file_name,
        mime="text/csv",
        on_click="ignore",
        icon=":material/warning:" if failing else ":material/download:",
        type="tertiary",
        key=f"{key}_download",
        help="The rows and columns of this table, with every digit of the amounts.",
    )


def failing_words(tie_out: TieOut, currency: Currency) -> str | None:
    """`does not tie out by $0.02`; None when it does, or when nobody can know."""
    if tie_out.ties_out:
        return None
    gap = tie_out.absolute_difference
    return "does not tie out" if gap is None else f"does not tie out by {currency.exact(gap)}"


def draw(view: TableView, key: str, opens: Callable[[int], None] | None = None) -> None:
    """Draw the table alone."""
    config = {column.name: _config(column, view.currency, key, opens) for column in view.columns}
    st.dataframe(
        view.shown,
        column_config=config,
        hide_index=True,
        height="content" if view.whole else "auto",
        key=f"{key}_table",
        placeholder=view.empty,
        lazy=view.values.num_rows > LAZY_FROM,
        alt=view.alt,
    )


def _clicked(key: str, opens: Callable[[int], None]) -> None:
    click = st.session_state[key]
    opens(int(click["row"]))


def _config(
    column: Column, currency: Currency, key: str, opens: Callable[[int], None] | None
) -> ColumnConfig | ButtonColumnResult:
    is_foreign = column.kind is Kind.money and currency.code != "USD"
    label = f"{column.label} ({currency.code})" if is_foreign else column.label
    if column.kind in (Kind.name, Kind.opening_day) and opens is not None:
        click = f"{key}_open"
        return st.column_config.ButtonColumn(
            label,
            width=column.width,
            pinned=column.is_pinned,
            type="tertiary",
            alignment="left",
            key=click,
            on_click=partial(_clicked, click, opens),
        )
    drawn = _drawn(column.kind, currency)
    drawn["label"] = label
    if column.help:
        drawn["help"] = column.help
    if column.width:
        drawn["width"] = column.width
    if column.is_pinned:
        drawn["pinned"] = True
    return drawn


def _drawn(kind: Kind, currency: Currency) -> ColumnConfig:
    make = st.column_config
    match kind:
        case Kind.money:
            return make.NumberColumn(format="dollar" if currency.code == "USD" else "%,.2f")
        case Kind.share:
            return make.ProgressColumn(format="%.1f%%", min_value=0, max_value=100)
        case Kind.percent:
            return make.NumberColumn(format="%+.1f%%")
        case Kind.part:
            return make.NumberColumn(format="%.1f%%")
        case Kind.number:
            return make.NumberColumn(format="localized")
        case Kind.day:
            return make.DateColumn(format="ddd D MMM YYYY")
        case Kind.month:
            return make.DateColumn(format="MMM YYYY")
        case Kind.moment:
            return make.DatetimeColumn(format="D MMM YYYY, HH:mm")
        case Kind.trend:
            return make.LineChartColumn()
        case Kind.text | Kind.name | Kind.flag | Kind.opening_day:
            return make.TextColumn()


def _shown(values: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray | pa.Array:
    if kind is Kind.money:
        return pc.round(values, 2, round_mode="half_to_even").cast(pa.decimal128(38, 2))
    if kind in (Kind.share, Kind.percent, Kind.part):
        return pc.multiply(values, 100.0)
    if kind is Kind.opening_day:
        return pa.array([f"{day:%Y-%m-%d %a}" for day in values.to_pylist()], pa.string())
    if kind is Kind.flag:
        return pc.if_else(values, "yes", "")
    if kind is Kind.trend:
        return pa.array([_thinned(points) for points in values.to_pylist()], pa.list_(pa.float64()))
    return values


def _thinned(points: Sequence[float | None] | None) -> list[float | None]:
    """Every n-th point: a line for the eye."""
    points = points or []
    step = max(1, len(points) // TREND_POINTS)
    return list(points[::step])
