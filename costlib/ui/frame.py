"""What surrounds every page: who is looking, how fresh the data is, the filters. app.py calls it once a run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from costlib import config
from costlib.access import may_read_audit_log
from costlib.config import Settings, Source
from costlib.errors import CostlibError
from costlib.queries.freshness import TieOut
from costlib.store.snapshot import Snapshot
from costlib.store.status import Status, read_status
from costlib.ui import (
    cached,
    context,
    doorway,
    landing,
    saved_views,
    states,
    sync_panel,
    sync_process,
    wording,
)
from costlib.ui.context import PageContext
from costlib.ui.filter_bar import Chosen, FilterBar, Shown
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency

ICON = Path(__file__).with_name("favicon.svg")
"""A file of our own: the browser would fetch a named icon from somebody else's server."""

SHOWN = {
    "": Shown.metric | Shown.narrowing,
    "overview": Shown.metric | Shown.narrowing,
    "cost_views": Shown.period | Shown.narrowing,
    "commitments": Shown.period | Shown.granularity | Shown.narrowing,
    "changes": Shown.all & ~Shown.granularity,
    "statement": Shown.metric,
    "shared_costs": Shown.metric,
    "rules": Shown.metric,
    "freshness": Shown.metric,
    "views": Shown.nothing,
    "export": Shown.all & ~Shown.comparison & ~Shown.granularity,
    "verify": Shown.nothing,
    "anomalies": Shown.nothing,
    "forecast": Shown.metric | Shown.narrowing,
    "audit": Shown.nothing,
    "category_drafts": Shown.period | Shown.metric | Shown.narrowing,
    "budgets": Shown.nothing,
}
"""The filters of a page, by its path; all of them elsewhere."""


OLD = timedelta(hours=48)
"""AWS refreshes cost at least once a day: data older than two days has missed a refresh."""


class Badge(NamedTuple):
    """A few words in a colour, and what they mean."""

    label: str
    icon: str
    color: Literal["red", "gray", "green"]
    about: str


def pages_of_administrators(viewer: Viewer | None) -> list[StreamlitPage]:
    """Those that nobody else finds; whoever has a link to one is told that it is not theirs."""
    is_seen = viewer is not None and may_read_audit_log(viewer.role)
    page = st.Page(
        "pages/data/audit.py",
        title="Audit log",
        icon=":material/policy:",
        visibility="visible" if is_seen else "hidden",
        help="Who signed in, exported, changed rules or budgets, closed a month, synced, or viewed as somebody else.",
    )
    return [page]


def show_frame(page: StreamlitPage, viewer: Viewer | None) -> None:
    """Draw it, and settle the context that the page begins with; stops the run when there is nothing to show."""
    context.enter(None)
    cached.settle_memory()
    landing.arrive(page, viewer)
    head = st.container(horizontal=True, vertical_alignment="center", gap="small")
    head.header(page.title, anchor=False, width="content")
    if viewer is None:
        doorway.nobody_may_look()
    settings = _settings()
    doorway.who_is_looking(viewer, settings)
    saved_views.show(head, page.url_path, settings, viewer)
    if settings.source is Source.sample:
        head.badge("Sample data", icon=":material/science:", color="orange", help="A made-up organization.")
    now, status = context.utc_now(), read_status(settings.source_dir)
    sync_process.start_if_due(settings, status, now)
    snapshot = _snapshot(settings, status)
    shown = SHOWN.get(page.url_path, Shown.all)
    freshness = head.container(width="content", horizontal=True, vertical_alignment="center", gap="small")
    chosen = FilterBar(snapshot, viewer.scope, shown, settings.fiscal_year_start_month).show(page.url_path)
    settled = _settled(page.url_path, settings, viewer, snapshot, status, now, chosen)
    _freshness(freshness, settled)
    _what_is_chosen(settled, shown)
    states.unknown_in_the_link(chosen.unknown)
    if sync_process.is_running(settings, status) and page.url_path != "freshness":
        sync_panel.progress_line(settings)
    context.enter(settled)


@contextlib.contextmanager
def errors_shown() -> Iterator[None]:
    """Show an expected error of the frame or a page once; anything else is a bug and goes on to Streamlit's log."""
    try:
        yield
    except CostlibError as error:
        states.problem(error)


def _settings() -> Settings:
    try:
        return config.load(None, os.environ)
    except CostlibError as error:
        states.settings_cannot_be_used(error)


def _snapshot(settings: Settings, status: Status | None) -> Snapshot:
    try:
        return cached.current_snapshot(settings.source_dir)
    except CostlibError as error:
        states.no_data(settings, status, error)


def _settled(
    page: str,
    settings: Settings,
    viewer: Viewer,
    snapshot: Snapshot,
    status: Status | None,
    now: datetime,
    chosen: Chosen,
) -> PageContext:
    return PageContext(
        page=page,
        settings=settings,
        viewer=viewer,
        snapshot=snapshot,
        status=status,
        now=now,
        filters=chosen.filters,
        comparison=chosen.comparison,
        compared=chosen.compared,
        tie_out=cached.tie_out_summary(snapshot, viewer.scope, None, chosen.filters.metric),
        account_names=cached.options(snapshot, viewer.scope).account_labels,
    )


def _freshness(place: DeltaGenerator, settled: PageContext) -> None:
    badge = tie_out_badge(settled.tie_out, settled.currency)
    about = f"{badge.about} Snapshot {settled.snapshot.snapshot_id}."
    place.badge(badge.label, icon=badge.icon, color=badge.color, help=about)
    synced = (settled.status.checked_at if settled.status else None) or settled.snapshot.as_of
    through = wording.weekday(settled.snapshot.complete_through)
    text = f"Data through {through} · synced {wording.ago(synced, settled.now)}"
    is_old = settled.now - synced > OLD
    place.caption(f":orange[:material/warning: {text}]" if is_old else text, width="content")


def tie_out_badge(tie_out: TieOut, currency: Currency) -> Badge:
    """Whether the stored charges add up to AWS's own totals, or by how much they do not."""
    days = wording.count(tie_out.days, "stored day")
    if not tie_out.is_told:
        return _badge_of_a_part(tie_out, days)
    if not tie_out.ties_out:
        gap = wording.escaped(currency.exact(tie_out.absolute_difference))
        about = f"{wording.count(tie_out.differing_days, 'day')} of {days} differ from AWS's total: see Freshness."
        return Badge(f"Does not tie out: {gap}", ":material/error:", "red", about)
    if tie_out.control is None:
        about = "AWS does not offer this cost metric for all days."
        return Badge("Tie-out not available", ":material/help:", "gray", about)
    about = f"The charges of all {days} add up to AWS's own total, {wording.escaped(currency.exact(tie_out.control))}."
    return Badge("Ties out", ":material/check_circle:", "green", about)


def _badge_of_a_part(tie_out: TieOut, days: str) -> Badge:
    """AWS gives no total of a part, and what the whole comes to is not for whoever sees a part."""
    if tie_out.ties_out:
        about = "It is tied out as a whole by whoever sees everything."
        return Badge("Part of the bill", ":material/pie_chart:", "gray", about)
    about = f"{wording.count(tie_out.differing_days, 'day')} of {days} differ from AWS's total of everything."
    return Badge("The bill does not tie out", ":material/error:", "red", about)


def _what_is_chosen(settled: PageContext, shown: Shown) -> None:
    parts: list[str] = []
    if Shown.period in shown:
        is_compared = Shown.comparison in shown and settled.compared is not None
        versus = f", compared with {wording.span(settled.compared)}" if is_compared and settled.compared else ""
        days = wording.count(settled.filters.period.days, "day")
        parts.append(f"**{wording.span(settled.filters.period)}** ({days}){versus}")
    if Shown.metric in shown:
        metric = settled.filters.metric
        parts.append(f"**{metric.label}**: {metric.meaning}")
    for part in [*settled.narrowed_to, *settled.left_out]:
        parts.append(part[0].upper() + part[1:])
    if parts:
        st.caption("  ·  ".join(parts))
