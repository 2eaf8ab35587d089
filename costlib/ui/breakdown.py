"""Any dimension against any other: what is chosen, the chart of it, and the pivot under it.

What no stored table holds together is said in the error's own words, with the combinations that work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import pyarrow as pa
import streamlit as st

from costlib.errors import CostlibError
from costlib.ui import (
    boxes,
    cached,
    cards,
    charts,
    combinations,
    cumulative,
    drill,
    pivots,
    states,
    tables,
    treemap,
    waiting,
    wording,
)
from costlib.ui.chart_style import Drawing
from costlib.ui.context import PageContext
from costlib.ui.headline import headline
from costlib.ui.pivots import ACCOUNT, Key, Measure, label_of
from costlib.ui.url_values import Field, unknown_values

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

PICKERS = {"rows": "Rows", "columns": "Columns", "top": "Keep", "measure": "Cells", "chart": "Chart"}
FIRST = ("service", ACCOUNT, "record_type", "charge_category")
LENSES = ("region", "usage_type")
TIMES = ("charge_date", "charge_week", "billing_month")
NOTHING = "Nothing"
TOPS = {10: "10 largest", 5: "5 largest", 20: "20 largest", 50: "50 largest"}
EVERY_CELL = 1_000_000
"""For the treemap, which folds the parts of each row by itself."""


class Chart(StrEnum):
    """What is drawn above the pivot."""

    over_time = "over_time"
    treemap = "treemap"
    cumulative = "cumulative"


CHARTS = {Chart.over_time: "Over time", Chart.treemap: "Treemap", Chart.cumulative: "Cumulative month"}
MEASURES = {
    Measure.amount: "Amount",
    Measure.share_of_row: "Share of the row",
    Measure.share_of_column: "Share of the column",
    Measure.share_of_total: "Share of the total",
}


@dataclass(frozen=True)
class Picture:
    """A chart with its heading and note; a cumulative one has lines, which are also shown as a table."""

    title: str
    drawing: Drawing | None
    note: str = ""
    lines: tuple[cumulative.Line, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What the pickers are set to."""

    rows: str
    columns: str | None
    top: int
    measure: Measure
    chart: Chart

    @property
    def words(self) -> str:
        """`Service by team`: what stands in the rows, and in the columns."""
        return label_of(self.rows) + (f" by {_small(label_of(self.columns))}" if self.columns else "")

    @property
    def colored(self) -> str | None:
        """What the colours of a chart over time tell apart: the first that is not time itself."""
        return next((name for name in (self.rows, self.columns) if name and name not in TIMES), None)


def choose(context: PageContext) -> Choice:
    """Draw the pickers, and say which values of the link are not known."""
    dimensions = _dimensions(context)
    columns = {"": NOTHING, **dimensions}
    offered: dict[str, Mapping[Any, str]] = {
        "rows": dimensions,
        "columns": columns,
        "top": TOPS,
        "measure": MEASURES,
        "chart": CHARTS,
    }
    query = {key: st.query_params.get_all(key) for key in offered}
    states.unknown_in_the_link(
        unknown_values(query, [Field(key, PICKERS[key], list(values.values())) for key, values in offered.items()])
    )
    with st.grid(5, min_column_width=150, gap="small", vertical_alignment="bottom"):
        rows = _one_of("rows", dimensions, "service")
        others = {name: label for name, label in columns.items() if name != rows}
        across = _one_of("columns", others, ACCOUNT if rows == "service" else "")
        return Choice(
            rows,
            across or None,
            _one_of("top", TOPS, 10),
            _one_of("measure", MEASURES, Measure.amount),
            _one_of("chart", CHARTS, Chart.over_time),
        )


def show(context: PageContext, choice: Choice) -> None:
    """The total, the chart, and the pivot; or why there is none, and what there is instead."""
    asked = (context.snapshot, context.scope, context.filters)
    with waiting.skeleton():
        found = cached.total(*asked, context.compared)
        picture = _attempted(lambda: PICTURES[choice.chart](context, choice))
        cells = _attempted(lambda: cached.crossing(*asked, choice.rows, choice.columns, choice.top, choice.top))
    headline(context, context.filters, found, context.compared)
    refusals = {each.message: each for each in (picture, cells) if isinstance(each, CostlibError)}
    for error in refusals.values():
        states.problem(error, "This combination is not stored")
    if refusals:
        combinations.hint(context)
    if isinstance(picture, Picture):
        _chart(context, picture)
    if isinstance(cells, pa.Table):
        _pivot(context, choice, cells)


def _chart(context: PageContext, picture: Picture) -> None:
    with st.container(border=True):
        st.subheader(wording.escaped(picture.title), anchor=False)
        cards.figure(picture.drawing, "breakdown_chart")
        if picture.lines:
            with st.expander("The same as a table", icon=":material/table:"):
                tables.show(cumulative.table(context, picture.lines), "cumulative")
        st.caption(f"{picture.note} {context.fine_print}".strip())


def _pivot(context: PageContext, choice: Choice, cells: pa.Table) -> None:
    if not cells.num_rows:
        states.nothing_matches()
        return
    period = context.filters.period
    words = f"{choice.words} {period.start} {period.last_day}"
    with st.container(border=True):
        st.subheader(wording.escaped(choice.words), anchor=False)
        view = pivots.pivot(context, cells, choice.rows, choice.columns, words, choice.measure)
        tables.show(view, "pivot", _opening(context, choice.rows, pivots.grid(cells).rows))
        note = {
            Measure.share_of_row: "Each cell as a share of its row's total.",
            Measure.share_of_column: "Each cell as a share of its column's total.",
            Measure.share_of_total: "Each cell as a share of the grand total.",
        }.get(choice.measure, "Totals are exact sums; the file is this pivot, totals included.")
        st.caption(f"{note} {context.fine_print}")


def _opening(context: PageContext, rows: str, keys: Sequence[Key]) -> Callable[[int], None] | None:
    """A click on a service or an account opens it; on Other or the total, nothing."""
    page = {"service": drill.open_service, ACCOUNT: drill.open_account}.get(rows)
    if page is None:
        return None
    names = pivots.readings(context, rows, keys)
    return lambda row: page(names[row]) if row < len(keys) and not keys[row][1] else None


def _over_time(context: PageContext, choice: Choice) -> Picture:
    colored, granularity = choice.colored, context.filters.granularity
    asked = (context.snapshot, context.scope, context.filters)
    found = cached.cost_over_time(*asked, colored, min(choice.top, drill.TOP))
    what = f"cost by {_small(label_of(colored))}" if colored else "cost"
    names = context.account_names if colored == ACCOUNT else {}
    drawing = charts.stacked(found, names, context.currency, granularity, what)
    return Picture(f"{granularity.value.capitalize()} {what}", drawing)


def _treemap(context: PageContext, choice: Choice) -> Picture:
    asked = (context.snapshot, context.scope, context.filters)
    cells = cached.crossing(*asked, choice.rows, choice.columns, choice.top, EVERY_CELL)
    found = treemap.areas(pivots.grid(cells))
    columns = choice.columns
    drawing = treemap.treemap(
        found,
        lambda keys: pivots.readings(context, choice.rows, keys),
        None if columns is None else lambda keys: pivots.readings(context, columns, keys),
        context.currency,
        choice.words,
    )
    return Picture(choice.words, drawing, treemap.left_out(found, context.currency))


def _cumulative(context: PageContext, choice: Choice) -> Picture:
    lines = cumulative.lines_of(cached.cumulative(context.snapshot, context.scope, context.filters))
    note = wording.escaped(cumulative.told(lines, context.currency)) if lines else ""
    return Picture(
        "The month adding up, against the months before",
        cumulative.running_sums(lines, context.currency),
        note,
        tuple(lines),
    )


PICTURES: Mapping[Chart, Callable[[PageContext, Choice], Picture]] = {
    Chart.over_time: _over_time,
    Chart.treemap: _treemap,
    Chart.cumulative: _cumulative,
}


def _attempted(question: Callable[[], T]) -> T | CostlibError:
    """The answer, or why there is none; the rest of the page goes on."""
    try:
        return question()
    except CostlibError as error:
        return error


def _dimensions(context: PageContext) -> dict[str, str]:
    """What can be grouped by → its label; a cost category and a tag of one name say which they are."""
    names = [*FIRST, *context.snapshot.labels, *LENSES, *TIMES]
    times = Counter(label_of(name) for name in names)
    return {
        name: label_of(name) if times[label_of(name)] == 1 else f"{label_of(name)} ({_kind(name)})" for name in names
    }


def _kind(name: str) -> str:
    return name.partition(":")[0].replace("_", " ")


def _one_of(key: str, values: Mapping[K, str], usual: K) -> K:
    return boxes.one_of(PICKERS[key], key, list(values), usual, lambda value: values.get(value, str(value)))


def _small(label: str) -> str:
    """A label within a sentence; names of cost categories and tags stay as they are written."""
    return label[:1].lower() + label[1:] if label[1:] == label[1:].lower() else label
