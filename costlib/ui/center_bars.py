"""Each cost center as one bar: what it keeps of its own cost, and what it is given of shared cost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.money import total
from costlib.ui import wording
from costlib.ui.chart_style import Drawing, Json, figure
from costlib.ui.wording import Currency

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 30
"""Bars; the table has everybody."""
LONGEST_NAME = 34
BAR, ROW_HEIGHT = 0.36, 41
KEPT, GIVEN, ADJUSTED = "Own cost that stays", "Shared cost given", "Adjustments"


def center_bars(matrix: pa.Table, currency: Currency, when: str) -> Drawing | None:
    """`matrix` as from the question of that name; None without any amount. A click carries a bar's place."""
    rows = [row for row in matrix.to_pylist() if row["total"]][:MOST]
    if not rows:
        return None
    parts: dict[str, list[Decimal | None]] = {
        KEPT: [total((row["direct"], row["taken"])) for row in rows],
        GIVEN: [row["given"] for row in rows],
        ADJUSTED: [row["adjustment"] for row in rows],
    }
    names = [str(row["cost_center"]) for row in rows]
    traces = [_trace(name, names, amounts, currency) for name, amounts in parts.items() if any(amounts)]
    labels = [label for i, row in enumerate(rows) for label in _labels(i, names[i], row["total"], currency)]
    layout = {
        "barmode": "relative",
        "annotations": labels,
        "xaxis": {"visible": False, "fixedrange": True, "range": _range(list(parts.values()))},
        "yaxis": {"visible": False, "fixedrange": True, "range": [len(rows) - 0.5, -0.9]},
    }
    largest = ", ".join(f"{wording.one_line(row['cost_center'])} {currency.exact(row['total'])}" for row in rows[:3])
    alt = f"Bar chart: own and shared cost by cost center, {when}. Largest: {largest}."
    return Drawing(figure(traces, ROW_HEIGHT * len(rows) + 46, **layout), alt, tuple(names))


def _range(parts: Sequence[Sequence[Decimal | None]]) -> list[float]:
    """From what hangs furthest below zero to the longest bar."""
    bars = [[float(amount or 0) for amount in amounts] for amounts in zip(*parts, strict=True)]
    low = min(sum(amount for amount in bar if amount < 0) for bar in bars)
    high = max(sum(amount for amount in bar if amount > 0) for bar in bars)
    return [low, high]


def _trace(name: str, names: Sequence[str], amounts: Sequence[Decimal | None], currency: Currency) -> Json:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "x": [None if amount is None else float(amount) for amount in amounts],
        "y": list(range(len(names))),
        "width": BAR,
        "text": [wording.for_plotly(center) for center in names],
        "textposition": "none",
        "customdata": [currency.exact(amount) for amount in amounts],
        "hovertemplate": f"%{{text}}<br><b>%{{customdata}}</b><extra>{name}</extra>",
    }


def _labels(place: int, name: str, whole: Decimal, currency: Currency) -> tuple[Json, Json]:
    shared = {"y": place, "xref": "paper", "yshift": 16, "showarrow": False}
    amount = wording.for_plotly(currency.exact(whole))
    return (
        {**shared, "x": 0, "xanchor": "left", "text": wording.for_plotly(name, LONGEST_NAME)},
        {**shared, "x": 1, "xanchor": "right", "text": f"<b>{amount}</b>"},
    )
