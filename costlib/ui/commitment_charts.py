"""Commitments drawn: used and unused parts on each other, coverage as lines. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.money import total
from costlib.periods import DAY, Granularity, Period
from costlib.ui import wording
from costlib.ui.chart_style import GRAY, HATCH, Drawing, Json, figure, legend_entry, money_axis
from costlib.ui.charts import HOVER_DAYS, MOST_BARS, axis_of
from costlib.ui.wording import Currency
from costlib.vocabulary import CommitmentKind

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, object]

MOST_MARKERS = 60
"""Points from which a line goes without dots."""
_PARTS = (("used", "Used"), ("unused", "Unused"))
_PIECES = {Granularity.daily: "day", Granularity.weekly: "week", Granularity.monthly: "month"}


def used_and_unused(
    table: pa.Table, kind: CommitmentKind, currency: Currency, granularity: Granularity
) -> Drawing | None:
    """A bar for each piece of time, as high as what was committed to; None when there is nothing of this kind.

    `table` is as from commitments.over_time.
    """
    rows = [row for row in table.to_pylist() if row["kind"] == kind]
    if not rows:
        return None
    traces = [_bars(rows, column, name, currency, granularity) for column, name in _PARTS]
    if any(row["is_estimated"] for row in rows):
        traces.append(legend_entry("Estimated", color=GRAY, pattern={"shape": "/", **HATCH}))
    layout: dict[str, object] = {
        "barmode": "stack",
        "xaxis": axis_of(granularity, len(rows)),
        "yaxis": money_axis(currency.prefix),
        **({"bargap": 0, "barcornerradius": 0} if len(rows) > MOST_BARS else {}),
    }
    return Drawing(figure(traces, 320, **layout), _told_parts(rows, kind, currency, granularity))


def coverage(table: pa.Table, granularity: Granularity) -> Drawing | None:
    """A line for each kind, in percent; None when there is nothing.

    `table` is as from commitments.over_time.
    """
    rows = table.to_pylist()
    by_kind = {kind: [row for row in rows if row["kind"] == kind] for kind in CommitmentKind}
    found = {kind.label: its for kind, its in by_kind.items() if its}
    if not found:
        return None
    traces = [_line(its, label, granularity) for label, its in found.items()]
    layout = {
        "xaxis": axis_of(granularity, len({row["period_start"] for row in rows})),
        "yaxis": {"ticksuffix": "%", "rangemode": "tozero", "nticks": 6, "fixedrange": True, "automargin": True},
    }
    told = " ".join(f"{label}: {_range(its)}." for label, its in found.items())
    return Drawing(figure(traces, 280, **layout), f"Line chart: coverage by kind of commitment. {told}")


def _bars(rows: Sequence[Row], column: str, name: str, currency: Currency, granularity: Granularity) -> Json:
    amounts = [_decimal(row[column]) for row in rows]
    told = [
        f"{currency.exact(amount)} of {currency.exact(_decimal(row['total']))}"
        f"<br>{wording.share(_ratio(row['utilization']))} used"
        for amount, row in zip(amounts, rows, strict=True)
    ]
    return {
        "type": "bar",
        "x": _starts(rows),
        "y": [None if amount is None else float(amount) for amount in amounts],
        "name": name,
        "marker": {"pattern": {"shape": ["/" if row["is_estimated"] else "" for row in rows], **HATCH}},
        "customdata": told,
        "hovertemplate": f"%{{x|{HOVER_DAYS[granularity]}}}<br><b>%{{customdata}}</b><extra>{name}</extra>",
        **_placed(granularity),
    }


def _line(rows: Sequence[Row], name: str, granularity: Granularity) -> Json:
    ratios = [_ratio(row["coverage"]) for row in rows]
    return {
        "type": "scatter",
        "mode": "lines" if len(rows) > MOST_MARKERS else "lines+markers",
        "x": _starts(rows),
        "y": [None if ratio is None else ratio * 100 for ratio in ratios],
        "name": name,
        "line": {"width": 2},
        "customdata": [wording.share(ratio) for ratio in ratios],
        "hovertemplate": f"%{{x|{HOVER_DAYS[granularity]}}}<br><b>%{{customdata}}</b><extra>{name}</extra>",
        **_placed(granularity),
    }


def _placed(granularity: Granularity) -> Json:
    """A month stands in its middle."""
    return {"xperiod": "M1", "xperiodalignment": "middle"} if granularity is Granularity.monthly else {}


def _starts(rows: Sequence[Row]) -> list[str]:
    return [str(row["period_start"]) for row in rows]


def _told_parts(rows: Sequence[Row], kind: CommitmentKind, currency: Currency, granularity: Granularity) -> str:
    """The chart in words: its span, and what was used and unused in all."""
    used, unused = (currency.exact(total(_decimal(row[column]) for row in rows)) for column, _ in _PARTS)
    first, last = (row["period_start"] for row in (rows[0], rows[-1]))
    span = wording.span(Period(first, last + DAY)) if isinstance(first, date) and isinstance(last, date) else ""
    pieces = wording.count(len(rows), _PIECES[granularity])
    return f"Stacked bar chart: {kind.label}, used and unused. {pieces}, {span}. Used: {used}; unused: {unused}."


def _range(rows: Sequence[Row]) -> str:
    known = [ratio for row in rows if (ratio := _ratio(row["coverage"])) is not None]
    if not known:
        return wording.NOT_AVAILABLE
    return f"{wording.share(min(known))} to {wording.share(max(known))}, last {wording.share(known[-1])}"


def _decimal(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _ratio(value: object) -> float | None:
    return value if isinstance(value, float) else None
