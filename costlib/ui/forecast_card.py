"""The report card: which model was chosen and why, and how forecasts did, ours and AWS's, in FinOps bands."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from costlib.queries.forecast_record import AWS, KeptGrade, band
from costlib.queries.forecasts import Outlook, Track
from costlib.ui import cached, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.forecast import Figures, small_print
from costlib.ui.forecast_tables import AMOUNT
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView

GRADED = (1, 7, 14, 30, 60, 90)
ERROR = "Absolute errors over actual cost (WAPE)."
BIAS = "Forecast less actual over actual: above zero is too high."
COVERAGE = "How often the 80 % interval held what came; 80 % is right."
CONTEST_COLUMNS = (
    Column("model", "Model", Kind.text, width=200),
    Column("month_end", "Month end", Kind.money),
    Column("error_rest", "Error, rest of month", Kind.part, f"{ERROR} Of as many days as are left of the month."),
    Column("error_30", "Error, 30 days", Kind.part, f"{ERROR} Of 30 days in total."),
    Column("bias", "Bias, 30 days", Kind.percent, BIAS),
    Column("coverage", "Interval held", Kind.part, COVERAGE),
    Column("dates", "Past dates", Kind.number, "From which 30 days were forecast and compared with what came."),
)
CARD_COLUMNS = (
    Column("who", "Who", Kind.text, width=110),
    Column("what", "What was forecast", Kind.text, width=150),
    Column("error", "Error", Kind.part, ERROR),
    Column("band", "FinOps band", Kind.text, "Run: at most 12 %. Walk: 15 %. Crawl: 20 %."),
    Column("bias", "Bias", Kind.percent, BIAS),
    Column("coverage", "Interval held", Kind.part, COVERAGE),
    Column("dates", "Forecasts", Kind.number, "How many were compared with what came."),
)


def contest(context: PageContext, found: Figures) -> None:
    """Every model on this series, the one that is used first."""
    standings = found.outlook.standings
    left = [standing.track(found.outlook.days_left) for standing in standings]
    month = [standing.track(30) for standing in standings]
    values = pa.table(
        {
            "model": [f"{s.label}{'' if place else ' ✓ used'}" for place, s in enumerate(standings)],
            "month_end": pa.array([standing.month_end for standing in standings], AMOUNT),
            "error_rest": _floats(left, "wape"),
            "error_30": _floats(month, "wape"),
            "bias": _floats(month, "bias"),
            "coverage": _floats(month, "coverage"),
            "dates": pa.array([track.origins if track else None for track in month], pa.int64()),
        }
    )
    view = TableView(
        values,
        CONTEST_COLUMNS,
        context.currency,
        file_name("forecast contest"),
        "Every model, its month end and its errors on past dates",
        empty="–",
        whole=True,
    )
    tables.show(view, "forecast_contest")
    st.caption(
        f"Each model forecasts this selection's own past, as if its future were unknown; "
        f"**{wording.escaped(found.outlook.winner.label)}** came closest over all distances and is used: "
        f"{small_print(found.outlook)}."
    )


def report_card(context: PageContext, found: Figures) -> None:
    """How forecasts did: by backtest, and as they were kept."""
    kept = cached.kept_grades(context.snapshot, context.scope, context.filters)
    rows = [*_backtested(found.outlook), *(_kept(grade) for grade in kept)]
    names = [column.name for column in CARD_COLUMNS]
    types = [pa.string(), pa.string(), pa.float64(), pa.string(), pa.float64(), pa.float64(), pa.int64()]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    values = pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=names)
    view = TableView(
        values,
        CARD_COLUMNS,
        context.currency,
        file_name("forecast report card"),
        "How past forecasts did, by who made them and how far ahead",
        empty="–",
        is_cost=False,
        whole=True,
    )
    tables.show(view, "forecast_card")
    st.caption(_how_graded(kept))


def _backtested(found: Outlook) -> list[tuple[object, ...]]:
    return [
        ("Ours, backtest", _next(t), t.wape, band(t.wape), t.bias, t.coverage, t.origins)
        for t in found.winner.tracks
        if t.days in GRADED
    ]


def _next(track: Track) -> str:
    return "Next day" if track.days == 1 else f"Next {track.days} days, total"


def _kept(grade: KeptGrade) -> tuple[object, ...]:
    who = "AWS, kept" if grade.forecaster == AWS else "Ours, kept"
    what = f"Days {grade.ahead[0]} to {grade.ahead[1]} ahead" if grade.ahead else "Months"
    return who, what, grade.wape, band(grade.wape), grade.bias, grade.coverage, grade.forecasts


def _how_graded(kept: tuple[KeptGrade, ...]) -> str:
    bands = "FinOps bands: run ≤ 12 %, walk ≤ 15 %, crawl ≤ 20 %."
    if not kept:
        return (
            "Backtests are what today's model would have said on past dates. Each day's forecast, ours and AWS's, is "
            f"also kept, and graded here on the same dates once they have come: none has yet. {bands}"
        )
    since = min(grade.since for grade in kept)
    return (
        "Backtests are what today's model would have said on past dates; kept ones are what was said, since "
        f"{wording.day(since)}, against what these days came to. {bands}"
    )


def _floats(tracks: list[Track | None], name: str) -> pa.Array:
    return pa.array([getattr(track, name) if track else None for track in tracks], pa.float64())
