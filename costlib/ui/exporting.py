"""The parts of the export page: what the file will hold, whether it ties out, the file itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import streamlit as st

from costlib.access import EVERYTHING
from costlib.errors import CostlibError
from costlib.exports import FORMATS
from costlib.exports.files import whole_file
from costlib.queries.breakdown import Extent, breakdown_rows
from costlib.queries.freshness import TieOut
from costlib.ui import cached, offers, preparing, states, tables, wording
from costlib.ui.context import PageContext, utc_now
from costlib.ui.export_request import ExportRequest
from costlib.ui.preparing import Job
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.url_values import Field, unknown_values
from costlib.vocabulary import COST_METRICS, DIMENSIONS, dimension, label_dimension

DEFAULT_COLUMNS = ("charge_date", "usage_account_id", "service")
FORMAT_WORDS = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}
POLL_SECONDS = 1
_JOB = "export_job"
_KINDS = {"charge_date": Kind.day, "billing_month": Kind.day}


@dataclass(frozen=True)
class Prepared:
    """What a file was prepared for: another wish needs another file."""

    request: ExportRequest
    snapshot_id: str
    job: Job


def choose(context: PageContext) -> ExportRequest:
    """Columns, metrics and format; the filter bar says the rest."""
    known = {name: column_words(name) for name in (*DIMENSIONS, *context.snapshot.labels)}
    formats = {name: FORMAT_WORDS.get(name, name) for name in FORMATS}
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
            "Format", list(formats), default="csv", format_func=formats.__getitem__, key="format", bind="query-params"
        )
    metrics = tuple(metric for metric in COST_METRICS if metric is context.filters.metric or metric in further)
    return ExportRequest(tuple(columns), metrics, context.filters, picked or "csv")


def show(context: PageContext, request: ExportRequest) -> None:
    """How much it is, whether it ties out, its first rows, the button, and the same as a command."""
    asked = (context.snapshot, context.scope, request.filters, request.dimensions, request.metrics)
    try:
        with st.skeleton(height=400):
            extent, first = cached.extent(*asked), cached.first_rows(*asked)
    except CostlibError as error:
        states.problem(error)
        return
    ties = [cached.tie_out_summary(context.snapshot, request.filters.period, metric) for metric in request.metrics]
    with st.container(border=True):
        st.subheader("The file", anchor=False)
        _figures(context, request, extent, ties)
        if extent.rows:
            _preview(context, request, first, extent)
        else:
            st.caption("No charges match these filters: the file would be a header without rows.")
        _file(context, request, extent, failing_words(context, ties))
        st.caption(context.fine_print)
    with st.container(border=True):
        st.subheader("The same from the command line", anchor=False)
        st.code(request.command(context.scope), language="bash")
        st.caption("It writes the same bytes, as long as the snapshot is the same.")


def column_words(name: str) -> str:
    """`Day`, `Service`, `Cost category: Team`."""
    found = label_dimension(name)
    if found is None:
        return dimension(name).label
    return f"{'Tag' if found.api_type == 'TAG' else 'Cost category'}: {wording.one_line(found.label)}"


def failing_words(context: PageContext, ties: Sequence[TieOut]) -> str | None:
    """Of the first metric whose charges do not tie out; None when all do."""
    return next((words for tie in ties if (words := tables.failing_words(tie, context.currency))), None)


def _figures(context: PageContext, request: ExportRequest, extent: Extent, ties: Sequence[TieOut]) -> None:
    is_everything = context.scope == EVERYTHING and not request.filters.conditions and not context.left_out
    with st.grid(4, min_column_width=220, gap="small"):
        st.metric("Rows", f"{extent.rows:,}", border=True, height="stretch", delta_description=_span(request))
        for metric, amount, tie in zip(request.metrics, extent.sums, ties, strict=True):
            st.metric(
                f"{metric.label} total",
                wording.escaped(context.currency.exact(amount)),
                border=True,
                height="stretch",
                delta_description=wording.escaped(_tie_words(context, tie, is_everything)),
                help=wording.escaped(_tie_help(context, tie)),
            )


def _span(request: ExportRequest) -> str:
    return wording.span(request.filters.period)


def _tie_words(context: PageContext, tie: TieOut, is_everything: bool) -> str:
    if tie.control is None:
        return "tie-out not available"
    if not tie.ties_out:
        return f"does not tie out: {context.currency.exact(tie.absolute_difference)}"
    return "ties out to AWS's total" if is_everything else "part of what ties out to AWS"


def _tie_help(context: PageContext, tie: TieOut) -> str:
    """All stored charges of the period against AWS's own total; amounts only for who may see them all."""
    days = wording.count(tie.days, "day")
    if tie.control is None:
        return "AWS does not offer this cost metric for all days of the period."
    if not tie.ties_out:
        gap = context.currency.whole(tie.absolute_difference)
        return f"{wording.count(tie.differing_days, 'day')} of {days} differ from AWS's own total, by {gap} together."
    of = f", {context.currency.whole(tie.control)}" if context.scope == EVERYTHING else ""
    return f"All charges of {days} add up to AWS's own total{of}."


def _preview(context: PageContext, request: ExportRequest, first: pa.Table, extent: Extent) -> None:
    columns = [
        *(Column(name, column_words(name), _KINDS.get(name, Kind.text)) for name in request.dimensions),
        *(Column(metric, metric.label, Kind.money) for metric in request.metrics),
    ]
    view = TableView(first, tuple(columns), context.currency, request.file_name, "The first rows of the file")
    tables.draw(view, "export_preview")
    if extent.rows > first.num_rows:
        st.caption(f"The first {first.num_rows} of {extent.rows:,} rows; the file has every digit.")


def _file(context: PageContext, request: ExportRequest, extent: Extent, failing: str | None) -> None:
    prepared = _prepared(context, request)
    if prepared is None:
        what = FORMAT_WORDS.get(request.format, request.format)
        st.button(
            f"Export anyway: {wording.escaped(failing)}" if failing else f"Prepare {what}",
            type="primary",
            icon=":material/warning:" if failing else ":material/draft:",
            key="prepare_export",
            on_click=_prepare,
            args=(context, request, extent),
        )
    elif not prepared.job.done.is_set():
        _progress(prepared.job)
    elif prepared.job.is_ready:
        offers.file(prepared.job.path, prepared.job.rows, request.command(context.scope))
    else:
        _failed(prepared.job)


def _prepared(context: PageContext, request: ExportRequest) -> Prepared | None:
    """What this session has for exactly this wish, if it is still there."""
    found = st.session_state.get(_JOB)
    if not isinstance(found, Prepared):
        return None
    is_same = (found.request, found.snapshot_id) == (request, context.snapshot.snapshot_id)
    is_gone = found.job.done.is_set() and found.job.error is None and not found.job.is_ready
    return found if is_same and not is_gone else None


def _prepare(context: PageContext, request: ExportRequest, extent: Extent) -> None:
    """Start writing; what this session was waiting for before, nobody waits for any more."""
    if isinstance(before := st.session_state.get(_JOB), Prepared):
        before.job.cancel()
    job = preparing.start(
        context.settings.source_dir, request.file_name, extent.rows, _writing(context, request), utc_now()
    )
    st.session_state[_JOB] = Prepared(request, context.snapshot.snapshot_id, job)


def _writing(context: PageContext, request: ExportRequest) -> Callable[[Job], None]:
    snapshot, scope = context.snapshot, context.scope

    def write(job: Job) -> None:
        rows = breakdown_rows(snapshot, scope, request.filters, request.dimensions, request.metrics)
        with whole_file(job.path, overwrite=False) as file:
            FORMATS[request.format](file, request.header, job.counting(rows))

    return write


@st.fragment(run_every=POLL_SECONDS)
def _progress(job: Job) -> None:
    """Redraws itself until the file is there, then the whole page."""
    if job.done.is_set():
        st.rerun()
    st.progress(job.share_done, text=f"Writing: {job.rows:,} of {wording.count(job.expected, 'row')}")
    st.button("Cancel", key="cancel_export", on_click=_cancel)


def _cancel() -> None:
    prepared = st.session_state.pop(_JOB, None)
    if isinstance(prepared, Prepared):
        prepared.job.cancel()


def _failed(job: Job) -> None:
    if job.error is not None:
        states.problem(job.error)
    st.button("Try again", key="retry_export", on_click=_cancel)
