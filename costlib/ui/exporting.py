"""The parts of the export page: what the file will hold, whether it ties out, the file itself."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from costlib.access import EVERYTHING
from costlib.errors import CostlibError
from costlib.exports import Format
from costlib.exports.manifest import Tie
from costlib.queries.breakdown import Extent
from costlib.queries.exporting import ExportRequest
from costlib.ui import cached, cards, export_file, states, tables, waiting, wording
from costlib.ui.context import PageContext
from costlib.ui.export_file import FORMAT_WORDS
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.url_values import Field, unknown_values
from costlib.ui.wish import Wish, within
from costlib.vocabulary import COST_METRICS, DIMENSIONS, dimension, label_dimension

DEFAULT_COLUMNS = ("charge_date", "usage_account_id", "service")
_KINDS = {"charge_date": Kind.day, "billing_month": Kind.month}


def choose(context: PageContext) -> Wish:
    """Columns, metrics and format; the filter bar says the rest."""
    known = {name: column_words(name) for name in (*DIMENSIONS, *context.snapshot.labels)}
    formats = {known_format: FORMAT_WORDS[known_format] for known_format in Format}
    fields = [Field("columns", "Column", known.values(), many=True), Field("format", "Format", formats.values())]
    states.unknown_in_the_link(unknown_values({f.key: st.query_params.get_all(f.key) for f in fields}, fields))
    with st.grid(3, min_column_width=220, gap="small", vertical_alignment="bottom"):
        columns = st.multiselect(
            "Columns",
            list(known),
            default=list(DEFAULT_COLUMNS),
            format_func=known.__getitem__,
            key="columns",
            bind="query-params",
            placeholder="None: the total alone",
        )
        further = st.multiselect(
            "Further metrics",
            [metric for metric in COST_METRICS if metric is not context.filters.metric],
            format_func=lambda metric: metric.label,
            key="further_metrics",
            placeholder=f"None: {context.filters.metric.label.lower()} alone",
        )
        picked = st.segmented_control(
            "Format",
            list(formats),
            default=Format.csv,
            format_func=formats.__getitem__,
            key="format",
            bind="query-params",
        )
    metrics = tuple(metric for metric in COST_METRICS if metric is context.filters.metric or metric in further)
    filters = within(context.filters, context.scope)
    seen_as = () if context.scope == EVERYTHING else context.viewer.names
    return Wish(ExportRequest(tuple(columns), metrics, filters, seen_as), picked or Format.csv)


def show(context: PageContext, wish: Wish) -> None:
    """How much it is, whether it ties out, its first rows, the button, and the same as a command."""
    request = wish.request
    asked = (context.snapshot, context.scope, request.filters)
    try:
        with waiting.skeleton(400):
            extent = cached.extent(*asked, request.dimensions, request.metrics)
            first = cached.first_rows(*asked, request.dimensions, request.metrics)
            ties = [cached.tie(*asked, metric, request.dimensions) for metric in request.metrics]
    except CostlibError as error:
        states.problem(error)
        return
    with st.container(border=True):
        st.subheader("The file", anchor=False)
        _figures(context, wish, extent, ties)
        if extent.rows:
            _preview(context, wish, first, extent)
        else:
            st.caption("No charges match these filters: the file would be a header without rows.")
        export_file.show(context, wish, extent.rows, failing_words(context, wish, ties))
        st.caption(context.fine_print)
    with st.container(border=True):
        st.subheader("The same from the command line", anchor=False)
        st.code(wish.command, language="bash")
        st.caption("It writes the same bytes, as long as the snapshot is the same.")


def column_words(name: str) -> str:
    """`Day`, `Service`, `Cost category: Team`."""
    found = label_dimension(name)
    if found is None:
        return dimension(name).label
    return f"{'Tag' if found.api_type == 'TAG' else 'Cost category'}: {wording.one_line(found.label)}"


def failing_words(context: PageContext, wish: Wish, ties: Sequence[Tie]) -> str | None:
    """Of the first metric whose file, or whose days, do not tie out; None when all do."""
    for metric, tie in zip(wish.request.metrics, ties, strict=True):
        if tie.ties_out is False and tie.difference is not None:
            return f"does not tie out by {context.currency.exact(abs(tie.difference))}"
        of_days = cached.tie_out_summary(context.snapshot, context.scope, wish.filters.period, metric)
        if words := tables.failing_words(of_days, context.currency):
            return words
    return None


def _figures(context: PageContext, wish: Wish, extent: Extent, ties: Sequence[Tie]) -> None:
    with st.grid(4, min_column_width=220, gap="small"):
        span = wording.span(wish.filters.period)
        cards.kpi("Rows", f"{extent.rows:,}", versus=span)
        for metric, amount, tie in zip(wish.request.metrics, extent.sums, ties, strict=True):
            words, about = _tie_words(context, tie)
            cards.kpi(
                f"{metric.label} total",
                context.currency.exact(amount),
                versus=wording.escaped(words),
                about=wording.escaped(about),
            )


def _tie_words(context: PageContext, tie: Tie) -> tuple[str, str]:
    """The file's sum beside AWS's own total of the same charges: in a word, and in a sentence."""
    money = context.currency
    if tie.control is None:
        return (
            "AWS has no such total",
            "AWS gives no total for these filters, so there is nothing to hold the sum against.",
        )
    if tie.ties_out:
        return "ties out to AWS's total", f"AWS's own total of these charges is {money.whole(tie.control)}."
    if tie.difference is None:
        return "tie-out not available", "The metric is not available in every row."
    gap = money.whole(abs(tie.difference))
    return f"does not tie out: {money.exact(abs(tie.difference))}", f"AWS's own total differs by {gap}."


def _preview(context: PageContext, wish: Wish, first: pa.Table, extent: Extent) -> None:
    columns = [
        *(Column(name, column_words(name), _KINDS.get(name, Kind.text)) for name in wish.request.dimensions),
        *(Column(metric, metric.label, Kind.money) for metric in wish.request.metrics),
    ]
    view = TableView(first, tuple(columns), context.currency, wish.file_name, "The first rows of the file")
    tables.draw(view, "export_preview")
    if extent.rows > first.num_rows:
        st.caption(f"The first {first.num_rows} of {extent.rows:,} rows; the file has every digit.")
