"""What a page may count on: who is looking, which snapshot, which filters.

The frame (`frame.show_frame`, called by app.py) settles it once a run and leaves it here; a page begins with
`page_context()`. A page that is reached without the frame has no context, and stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import streamlit as st

from costlib.access import Scope
from costlib.config import Settings
from costlib.periods import Comparison, Granularity, Period
from costlib.queries.filters import Filters
from costlib.queries.freshness import TieOut
from costlib.store.snapshot import Snapshot
from costlib.store.status import Status
from costlib.ui import wording
from costlib.ui.identity import Viewer
from costlib.ui.wording import Currency
from costlib.vocabulary import dimension


@dataclass(frozen=True)
class PageContext:
    """One run of one page. `now` is UTC without a zone, as the store keeps times."""

    page: str
    """Its path in the address; empty on the first one."""
    settings: Settings
    viewer: Viewer
    snapshot: Snapshot
    status: Status | None
    now: datetime
    filters: Filters
    comparison: Comparison
    compared: Period | None
    tie_out: TieOut
    account_names: Mapping[str, str]

    @property
    def scope(self) -> Scope:
        return self.viewer.scope

    @property
    def currency(self) -> Currency:
        return Currency(self.snapshot.currency)

    @property
    def fine_print(self) -> str:
        """What every chart and table stands on, as Markdown: metric, what is left out, UTC, as of when."""
        parts = [f"{self.filters.metric.label} cost in {self.snapshot.currency}", *self.narrowed_to, *self.left_out]
        return " · ".join([*parts, "UTC days", f"as of {wording.moment(self.snapshot.as_of)}"])

    @property
    def narrowed_to(self) -> list[str]:
        """The filters that keep only some values, in words (Markdown)."""
        kept = self.filters
        accounts = [self.account_names.get(account, account) for account in kept.accounts]
        named = (("accounts", accounts), ("services", kept.services), ("record types", kept.record_types))
        labels = [f"only {_of_label(name, list(values))}" for name, values in kept.labels]
        return [*(f"only {_listed(what, list(values))}" for what, values in named if values), *labels]

    @property
    def left_out(self) -> list[str]:
        """The kinds of charge that are switched off, in words."""
        return [f"without {kind}" for kind in self.filters.left_out]

    def over(self, period: Period, granularity: Granularity = Granularity.daily) -> Filters:
        """The same filters over another period, in other pieces."""
        return replace(self.filters, period=period, granularity=granularity)


_current: ContextVar[PageContext | None] = ContextVar("page_context", default=None)


def enter(context: PageContext | None) -> None:
    """Settle the context of this run; None before anything is known, so that no earlier run's is left over."""
    _current.set(context)


def page_context() -> PageContext:
    """What this page stands on; stops the page when the frame has not settled it."""
    context = _current.get()
    if context is None:
        st.warning("Open the dashboard from its start page.", title="This page cannot be opened by itself")
        st.stop()
    return context


def utc_now() -> datetime:
    """Now, in UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def _of_label(name: str, values: list[str]) -> str:
    label = wording.escaped(dimension(name).label)
    return f"{label}: {_listed('values', values)}"


def _listed(what: str, values: list[str]) -> str:
    if len(values) > 2:
        return f"{len(values)} {what}"
    return " and ".join(wording.escaped(value) for value in values)
