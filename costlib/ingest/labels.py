"""Cost categories and tags: which are tracked, and which values each charge carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import prod

from costlib.errors import AccessDenied, DoesNotTieOut
from costlib.ingest.charges import Probe
from costlib.ingest.client import CostExplorer
from costlib.ingest.cube import Condition, Kind, Question, Window, windows_over
from costlib.ingest.definitions import sync_definitions
from costlib.ingest.fetch import fetch
from costlib.ingest.run import Run
from costlib.periods import Period
from costlib.store import labeling as store
from costlib.store import splits
from costlib.store.commits import record_types
from costlib.store.label_sets import Values
from costlib.store.ledger import clear_missing_right, note_missing_right
from costlib.store.splits import SplitDay, SplitGroup, SplitRows
from costlib.store.windows import drop
from costlib.vocabulary import RECORD_TYPE, SERVICE, USAGE_ACCOUNT_ID, Dimension, dimension


@dataclass(frozen=True)
class _SplitWindow:
    """One combination of label values, for one account or for one record type of many accounts."""

    number: int
    values: Values
    columns: str
    parameter: str


def track_labels(run: Run, client: CostExplorer, period: Period) -> None:
    """Decide which labels are held, and notice what changed in the definitions of the cost categories among them."""
    names = _category_names(run, client, period)
    wanted = run.settings.cost_categories
    categories = [n for n in names if "*" in wanted or n in wanted]
    labels = [(f"cost_category:{n}", "cost_category", n) for n in categories]
    labels += [(f"tag:{t}", "tag", t) for t in run.settings.tags]
    store.track(run.warehouse, [label for label in labels if _is_affordable(run, label[0])], period.start)
    sync_definitions(run, client, store.held_categories(run.warehouse))


def _is_affordable(run: Run, label: str) -> bool:
    """Whether an earlier run has not found this label to split accounts into more combinations than allowed."""
    return int(run.warehouse.meta(f"combinations:{label}") or 0) <= run.settings.max_label_combinations


def _category_names(run: Run, client: CostExplorer, period: Period) -> list[str]:
    """Every cost category AWS knows in the period; what was held before, when the role may not ask."""
    request = {"TimePeriod": {"Start": period.start.isoformat(), "End": period.end.isoformat()}}
    names: list[str] = []
    try:
        while True:
            answer = run.ask(client, "GetCostCategories", dict(request), "labels")
            names += answer.body.get("CostCategoryNames", [])
            if not answer.body.get("NextPageToken"):
                break
            request["NextPageToken"] = answer.body["NextPageToken"]
        clear_missing_right(run.warehouse, "ce:GetCostCategories")
    except AccessDenied as error:
        note_missing_right(run.warehouse, error.action, "discovery of cost categories", run.clock())
        return store.held_categories(run.warehouse)
    return names


def sync_labels(run: Run, client: CostExplorer, probe: Probe, accept_differences: bool) -> int:
    """Label every charge; returns the days or accounts that do not add up to AWS's totals."""
    labels = store.tracked(run.warehouse)
    different = _sync_matrices(run, client, probe, labels, accept_differences)
    if not _sync_splits(run, client, labels, probe.period.start):
        if accept_differences:
            raise DoesNotTieOut(
                "The charges of accounts with several label values do not add up to the accounts' charges.",
                "Cost Explorer's data is being refreshed. Run `python -m costlib sync` again in an hour.",
            )
        return different + 1
    for month in store.waiting_months(run.warehouse):
        store.label_whole_accounts(run.warehouse, month, labels)
    return different


def _sync_matrices(
    run: Run, client: CostExplorer, probe: Probe, labels: Sequence[str], accept_differences: bool
) -> int:
    """Each label's own probe, then label × account for the days that moved."""
    questions = {Question(Kind.label, (dimension(label),)): label for label in labels}
    whole = [Window(q, probe.period, probe.period.days) for q in questions]
    probes = {questions[w.question]: staging for w, staging in fetch(whole, client, run, "Label probes")}
    by_window: dict[Window, str] = {}
    for label in labels:
        days = store.due_days(run.warehouse, label, probes[label], probe.period)
        cells = store.rows_per_day(run.warehouse, label)
        question = Question(Kind.label_account, (dimension(label), USAGE_ACCOUNT_ID))
        for window in windows_over(question, days, cells, run.page_size, run.settings.max_concurrent_requests):
            by_window[window] = label
    different = 0
    for window, staging in fetch(list(by_window), client, run, "Labels by account"):
        label = by_window[window]
        different += store.replace_matrix(
            run.warehouse, label, staging, probes[label], window.period, accept_differences
        )
        run.windows += 1
    drop(run.warehouse, probes.values())
    return different


def _sync_splits(run: Run, client: CostExplorer, labels: Sequence[str], since: date) -> bool:
    """Fetch the charges of account-days with several values of a label, one combination at a time."""
    groups = _affordable_groups(run, since)
    if not groups:
        return True
    held = store.tracked(run.warehouse)
    kinds = record_types(run.warehouse)
    planned: dict[Window, _SplitWindow] = {}
    for number, group in enumerate(groups):
        planned |= _split_windows(run, held, number, group, kinds)
    parts: list[SplitRows] = []
    for window, staging in fetch(list(planned), client, run, "Split accounts"):
        split = planned[window]
        parts.append(SplitRows(split.number, staging, split.values, split.columns, split.parameter))
        run.windows += 1
    if splits.apply_splits(run.warehouse, groups, parts):
        return True
    drop(run.warehouse, [part.staging for part in parts])
    return False


def _affordable_groups(run: Run, since: date) -> list[SplitGroup]:
    """The split days in groups; a label that would need too many combinations is given up, and said so."""
    while True:
        groups = _alike(splits.split_days(run.warehouse, since))
        widest = max(groups, key=lambda g: prod(map(len, g.values)), default=None)
        combinations = prod(map(len, widest.values)) if widest else 0
        if widest is None or combinations <= run.settings.max_label_combinations:
            return groups
        held = store.tracked(run.warehouse)
        label = max(zip(held, widest.values, strict=True), key=lambda pair: len(pair[1]))[0]
        store.give_up(run.warehouse, label, combinations)
        run.warn(
            f"{label} is not tracked: with the other labels it splits an account into {combinations} combinations; "
            f"max_label_combinations is {run.settings.max_label_combinations}."
        )


def _alike(days: Sequence[SplitDay]) -> list[SplitGroup]:
    """Group by what the unsplit labels say; the split ones take all their values together."""
    groups: dict[tuple[str | None, ...], list[SplitDay]] = {}
    for day in days:
        groups.setdefault(tuple(v[0] if len(v) == 1 else None for v in day.values), []).append(day)
    return [
        SplitGroup(
            tuple(found), tuple(tuple(sorted(set().union(*v))) for v in zip(*(d.values for d in found), strict=True))
        )
        for found in groups.values()
    ]


def _split_windows(
    run: Run, labels: Sequence[str], number: int, group: SplitGroup, record_types: Sequence[str]
) -> dict[Window, _SplitWindow]:
    """The two dimensions with the most values are grouped by; the third is sliced."""
    accounts = sorted({d.usage_account_id for d in group.days})
    days = {d.charge_date: 10 * len(accounts) for d in group.days}
    slices: list[tuple[tuple[Dimension, Dimension], tuple[Condition, ...], str, str]]
    if len(accounts) <= len(record_types):
        grouped = (SERVICE, RECORD_TYPE)
        slices = [(grouped, (Condition(USAGE_ACCOUNT_ID, (a,)),), "?, key_1, key_2", a) for a in accounts]
    else:
        grouped, chosen = (USAGE_ACCOUNT_ID, SERVICE), Condition(USAGE_ACCOUNT_ID, tuple(accounts))
        slices = [(grouped, (chosen, Condition(RECORD_TYPE, (r,))), "key_1, key_2, ?", r) for r in record_types]
    windows: dict[Window, _SplitWindow] = {}
    for values in product(*group.values):
        of_labels = tuple(
            Condition(dimension(label), (value,))
            for label, value, found in zip(labels, values, group.values, strict=True)
            if len(found) > 1
        )
        for grouped, where, columns, parameter in slices:
            question = Question(Kind.label_split, grouped, (*where, *of_labels))
            for window in windows_over(question, days, {}, run.page_size, run.settings.max_concurrent_requests):
                windows[window] = _SplitWindow(number, values, columns, parameter)
    return windows
