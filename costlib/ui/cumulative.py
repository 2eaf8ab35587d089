"""A month adding up, as lines and as a table: this month against the ones before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from costlib.ui import wording
from costlib.ui.chart_style import GRAY, Drawing, Json, figure, money_axis
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.wording import Currency

THIS_MONTH = "#000001"
"""Streamlit's stand-in for the first colour of the theme, light or dark."""
WIDTHS = (3, 2, 1.5)
FADED = ("", "", "dot")


@dataclass(frozen=True)
class Line:
    """One month's running sums, from its first day on; the tuples run side by side."""

    month: date
    days: tuple[date, ...]
    sums: tuple[Decimal | None, ...]
    estimated: tuple[bool, ...]

    def sum_on(self, day: int) -> Decimal | None:
        """The sum through a day of the month; None where the line has not got there or is not available."""
        return next((amount for on, amount in zip(self.days, self.sums, strict=True) if on.day == day), None)


def lines_of(table: pa.Table) -> list[Line]:
    """`table` as from the question: the newest month first."""
    months: dict[date, list[tuple[date, Decimal | None, bool]]] = {}
    columns = ("billing_month", "charge_date", "running", "is_estimated")
    for month, day, running, is_estimated in zip(*(table.column(c).to_pylist() for c in columns), strict=True):
        months.setdefault(month, []).append((day, running, is_estimated))
    return [_line(month, months[month]) for month in sorted(months, reverse=True)]


def running_sums(lines: Sequence[Line], currency: Currency) -> Drawing | None:
    """The newest month in colour, earlier ones in gray; estimated days dashed. None without any line."""
    if not lines:
        return None
    traces = [trace for place, line in reversed(list(enumerate(lines))) for trace in _traces(line, place, currency)]
    layout = {
        "xaxis": {
            "showgrid": False,
            "fixedrange": True,
            "tickvals": [1, 5, 10, 15, 20, 25, 31],
            "range": [0.5, 31.5],
            "zeroline": False,
            "title": {"text": "Day of the month"},
        },
        "yaxis": money_axis(currency.prefix),
    }
    return Drawing(figure(traces, 400, **layout), f"Line chart: cost adding up over the month. {told(lines, currency)}")


def told(lines: Sequence[Line], currency: Currency) -> str:
    """In one sentence: how much by which day, and how much the months before had by the same day."""
    now, *earlier = lines
    day = now.days[-1].day
    before = [
        f"{currency.exact(line.sum_on(min(day, line.days[-1].day)))} in {wording.month(line.month)}" for line in earlier
    ]
    versus = f", against {' and '.join(before)} by the same day" if before else ""
    return f"{currency.exact(now.sum_on(day))} through {wording.day(now.days[-1])}{versus}."


def table(context: PageContext, lines: Sequence[Line]) -> TableView:
    """A row a day of the month, a column a month; a month that is not that far has no value."""
    days = range(1, max(line.days[-1].day for line in lines) + 1)
    columns = [Column("day_of_month", "Day of the month", Kind.number)]
    values: dict[str, pa.Array] = {"day_of_month": pa.array(days, pa.int64())}
    for line in lines:
        name = f"{line.month:%Y-%m}"
        columns.append(Column(name, wording.month(line.month), Kind.money))
        values[name] = pa.array([line.sum_on(day) for day in days], pa.decimal128(38, 10))
    words = f"cumulative {lines[0].month:%Y-%m}"
    return TableView(
        pa.table(values), tuple(columns), context.currency, file_name(words), "Cost adding up by day", empty="–"
    )


def _line(month: date, rows: Sequence[tuple[date, Decimal | None, bool]]) -> Line:
    days, sums, estimated = zip(*rows, strict=True)
    return Line(month, days, sums, estimated)


def _traces(line: Line, place: int, currency: Currency) -> list[Json]:
    """The final part, and from its end on the estimated one."""
    final = line.estimated.index(True) if any(line.estimated) else len(line.sums)
    solid = _trace(line, place, currency, slice(0, final), is_estimated=False)
    if final == len(line.sums):
        return [solid]
    dashed = _trace(line, place, currency, slice(max(0, final - 1), None), is_estimated=True)
    return [solid, dashed] if final else [dashed]


def _trace(line: Line, place: int, currency: Currency, part: slice, is_estimated: bool) -> Json:
    name = wording.month(line.month)
    days, sums = line.days[part], line.sums[part]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [day.day for day in days],
        "y": [None if amount is None else float(amount) for amount in sums],
        "name": f"{name}, estimated" if is_estimated else name,
        "legendrank": 1 + 2 * place + is_estimated,
        "line": {
            "color": THIS_MONTH if place == 0 else GRAY,
            "width": WIDTHS[min(place, len(WIDTHS) - 1)],
            "dash": "dash" if is_estimated else FADED[min(place, len(FADED) - 1)] or "solid",
        },
        "customdata": [
            f"{wording.day(day)}<br><b>{currency.exact(amount)}</b>" for day, amount in zip(days, sums, strict=True)
        ],
        "hovertemplate": "Through %{customdata}<extra></extra>",
    }
