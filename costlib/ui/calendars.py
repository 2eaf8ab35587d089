"""The tie-out of every stored day as a calendar: a row a month, a square a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.periods import month_start
from costlib.ui import wording
from costlib.ui.chart_style import DIFFERS, TIES, UNKNOWN, Drawing, figure, legend_entry
from costlib.ui.wording import Currency

if TYPE_CHECKING:
    import pyarrow as pa

DAYS = tuple(range(1, 32))
ROW_HEIGHT = 24
MARK = "≠"
"""Days that differ are marked as well as coloured."""


@dataclass(frozen=True)
class _Day:
    """One square: 0 not available, 1 ties out, 2 to 3 differs, by how much of the largest difference."""

    on: date
    level: float
    told: str


def tie_out_calendar(table: pa.Table, currency: Currency) -> Drawing:
    """`table` as from freshness.tie_out."""
    days = _days(table, currency)
    months = sorted({month_start(day.on) for day in days})
    squares = {(month_start(day.on), day.on.day): day for day in days}
    rows = [[squares.get((month, number)) for number in DAYS] for month in months]
    heat = {
        "type": "heatmap",
        "x": DAYS,
        "y": [wording.month(month) for month in months],
        "z": [[square.level if square else None for square in row] for row in rows],
        "text": [[MARK if square and square.level >= 2 else "" for square in row] for row in rows],
        "texttemplate": "%{text}",
        "textfont": {"size": 14, "color": "#ffffff"},
        "customdata": [[square.told if square else "" for square in row] for row in rows],
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
        "zmin": 0,
        "zmax": 3,
        "colorscale": [[0, UNKNOWN], [0.3, UNKNOWN], [0.3, TIES], [0.5, TIES], [0.5, "#f0b27a"], [1, DIFFERS]],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    kinds = (("Ties out", TIES, 1, 1), ("Differs", DIFFERS, 2, 3), ("Not available", UNKNOWN, 0, 0))
    present = [(name, color) for name, color, low, high in kinds if any(low <= day.level <= high for day in days)]
    entries = [legend_entry(name, color=color) for name, color in present]
    layout = {
        "xaxis": {
            "side": "top",
            "showgrid": False,
            "fixedrange": True,
            "tickvals": [1, 5, 10, 15, 20, 25, 30],
            "zeroline": False,
            "range": [0.5, 31.5],
        },
        "yaxis": {"autorange": "reversed", "showgrid": False, "fixedrange": True, "automargin": True},
        "legend": {"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0, "itemclick": False},
        "margin": {"l": 0, "r": 4, "t": 24, "b": 0},
    }
    return Drawing(figure([heat, *entries], ROW_HEIGHT * len(months) + 72, **layout), _told(days))


def _days(table: pa.Table, currency: Currency) -> list[_Day]:
    names = ("charge_date", "stored", "control", "difference", "differs")
    rows = list(zip(*(table.column(name).to_pylist() for name in names), strict=True))
    largest = max((abs(gap) for *_, gap, differs in rows if differs and gap is not None), default=Decimal(0))
    return [
        _Day(on, _level(gap, differs, control, largest), _hover(on, stored, control, gap, differs, currency))
        for on, stored, control, gap, differs in rows
    ]


def _level(gap: Decimal | None, differs: bool, control: Decimal | None, largest: Decimal) -> float:
    if differs:
        return 3.0 if gap is None or not largest else 2.0 + float(abs(gap) / largest)
    return 0.0 if control is None else 1.0


def _hover(
    on: date, stored: Decimal | None, control: Decimal | None, gap: Decimal | None, differs: bool, currency: Currency
) -> str:
    lines = [f"<b>{wording.weekday(on)} {on.year}</b>", f"Charges {currency.exact(stored)}"]
    lines.append(f"AWS's total {currency.exact(control)}")
    lines.append(f"Differs by {currency.whole(gap)}" if differs else "Ties out" if control is not None else "")
    return "<br>".join(line for line in lines if line)


def _told(days: Sequence[_Day]) -> str:
    differing = [day for day in days if day.level >= 2]
    unknown = sum(day.level == 0 for day in days)
    text = f"Calendar of {wording.count(len(days), 'stored day')}: {len(days) - len(differing) - unknown} tie out"
    text += f", {len(differing)} differ" if differing else ", none differs"
    text += f", {unknown} not available" if unknown else ""
    listed = ", ".join(wording.day(day.on) for day in differing[:5])
    return f"{text}. Differing: {listed}." if differing else f"{text}."
