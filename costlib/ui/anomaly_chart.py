"""An incident as a picture: what was spent a day, what was expected, and the days that stand out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from costlib.ui import wording
from costlib.ui.chart_style import DIFFERS, GRAY, Drawing, Json, figure, money_axis, time_axis
from costlib.ui.wording import Currency

if TYPE_CHECKING:
    import pyarrow as pa

BAND = "rgba(140,150,165,0.22)"
SPENT, EXPECTED, STANDS_OUT, USUAL = "Spent", "Expected", "Stands out", "Usual"
_HOVER = "%{x|%a %-d %b %Y}<br><b>%{customdata}</b>"


def incident_chart(days: pa.Table, root: str, currency: Currency) -> Drawing | None:
    """`days` as from `incident_days`; None without any."""
    if not days.num_rows:
        return None
    columns: Mapping[str, list[Any]] = {name: days.column(name).to_pylist() for name in days.column_names}
    x = [day.isoformat() for day in columns["charge_date"]]
    marked: list[bool] = columns["is_marked"]
    edge: Json = {"line": {"width": 0, "color": GRAY}, "hoverinfo": "skip"}
    traces: list[Json] = [
        _bars(x, columns["actual"], [not m for m in marked], SPENT, currency),
        {**_bars(x, columns["actual"], marked, STANDS_OUT, currency), "marker": {"color": DIFFERS}},
        {**_line(x, columns["low"], ""), **edge, "showlegend": False},
        {**_line(x, columns["high"], USUAL), **edge, "fill": "tonexty", "fillcolor": BAND},
        {**_line(x, columns["expected"], EXPECTED), **_told(columns["expected"], EXPECTED, currency)},
    ]
    layout = {"barmode": "overlay", "xaxis": time_axis(), "yaxis": money_axis(currency.prefix)}
    return Drawing(figure(traces, 340, **layout), _in_words(columns, root, currency))


def _line(x: list[str], amounts: Sequence[Decimal], name: str) -> Json:
    line = {"color": GRAY, "width": 2, "dash": "dot"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": [float(a) for a in amounts], "name": name, "line": line}


def _told(amounts: Sequence[Decimal], name: str, currency: Currency) -> Json:
    told = [currency.exact(amount) for amount in amounts]
    return {"customdata": told, "hovertemplate": f"{_HOVER}<extra>{name}</extra>"}


def _bars(x: list[str], amounts: Sequence[Decimal], shown: Sequence[bool], name: str, currency: Currency) -> Json:
    heights = [float(amount) if is_shown else None for amount, is_shown in zip(amounts, shown, strict=True)]
    return {"type": "bar", "x": x, "y": heights, "name": name, **_told(amounts, name, currency)}


def _in_words(columns: Mapping[str, list[Any]], root: str, currency: Currency) -> str:
    rows = zip(columns["charge_date"], columns["actual"], columns["expected"], columns["is_marked"], strict=True)
    told = [
        f"{wording.day(day)} {currency.exact(actual)} (expected {currency.exact(expected)})"
        for day, actual, expected, is_marked in rows
        if is_marked
    ]
    return f"Bar chart: {root}, spent a day against what was expected. Days that stand out: {'; '.join(told)}."
