"""Lenses: further pairs of dimensions (service × region, service × usage type) that the main cube does not hold."""

from __future__ import annotations

from datetime import date, datetime

from costlib.config import Lens
from costlib.ingest.charges import Probe
from costlib.ingest.client import CostExplorer
from costlib.ingest.cube import Kind, Question, Window, windows_over
from costlib.ingest.fetch import fetch
from costlib.ingest.reread import RereadRule
from costlib.ingest.run import Run
from costlib.periods import Granularity, Period, add_months, month_start
from costlib.store import lenses as store
from costlib.vocabulary import dimension

ASSUMED_ROWS_PER_PERIOD = 100


def sync_lenses(
    run: Run, client: CostExplorer, probe: Probe, rule: RereadRule, now: datetime, accept_differences: bool
) -> int:
    """Bring every configured lens up to date; returns the periods that do not add up to AWS's totals."""
    lenses = run.settings.lenses
    store.track(run.warehouse, [(lens.name, *lens.dimensions, lens.granularity.value) for lens in lenses])
    by_window = plan_lenses(run, probe, rule)
    different = 0
    for window, staging in fetch(list(by_window), client, run, "Lenses"):
        lens = by_window[window]
        different += store.replace_lens_window(
            run.warehouse, lens.name, lens.granularity, staging, probe.totals, window.period, now, accept_differences
        )
        run.windows += 1
    return different


def plan_lenses(run: Run, probe: Probe, rule: RereadRule) -> dict[Window, Lens]:
    """The windows that bring every configured lens up to date."""
    return {window: lens for lens in run.settings.lenses for window in _windows(run, lens, probe, rule)}


def _windows(run: Run, lens: Lens, probe: Probe, rule: RereadRule) -> list[Window]:
    read_at = store.reading_times(run.warehouse, lens.name, lens.granularity, probe.totals)
    again = rule.due({p: at for p, at in read_at.items() if at is not None}, {p: p for p in read_at})
    held = store.rows_per_period(run.warehouse, lens.name)
    typical = max(held.values(), default=ASSUMED_ROWS_PER_PERIOD)
    days = {p: held.get(p, typical) for p, at in read_at.items() if at is None or p in again}
    question = Question(
        Kind.lens, tuple(dimension(d) for d in lens.dimensions), granularity=lens.granularity, with_usage=True
    )
    windows = windows_over(question, days, held, run.page_size, run.settings.max_concurrent_requests)
    if lens.granularity is Granularity.daily:
        return windows
    return [_whole_months(w, probe.period.end) for w in windows]


def _whole_months(window: Window, end: date) -> Window:
    """Monthly periods are named by their first day: ask to the end of the last one, or to the end of the data."""
    last = add_months(month_start(window.period.last_day), 1)
    return Window(window.question, Period(window.period.start, min(last, end)), window.expected_rows)
