"""What a file is, in words that people read: the sheet of a workbook that says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from costlib.exports.manifest import Manifest, Tie
from costlib.money import plain
from costlib.periods import DAY
from costlib.vocabulary import dimension, label_dimension, metric

NOT_AVAILABLE = "not available"
TOTALS_HEADER = ("Metric", "Total of the rows", "AWS's own total", "Difference", "Tie-out")


def statements(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """A fact a row, named. Nothing that differs between two files of the same question and snapshot."""
    yield "Columns", ", ".join(map(column_words, manifest.dimensions)) or "none: the total alone"
    yield "Metrics", ", ".join(metric(name).label for name in manifest.metrics)
    yield "First day", str(manifest.start)
    yield "Last day", str(manifest.end - DAY)
    for name, values in manifest.where.items():
        yield f"Only {column_words(name)}", ", ".join(values)
    if not manifest.where:
        yield "Filters", "none"
    yield "Left out", ", ".join(manifest.left_out) or "nothing"
    yield "Scope", manifest.scope
    yield "Currency", manifest.currency
    yield "Rows", f"{manifest.row_count:,}"
    yield "Source", manifest.source_id
    yield "Snapshot", manifest.snapshot_id
    yield "Read from AWS", _moment(manifest.as_of)
    yield "Complete through", str(manifest.complete_through)
    estimated = manifest.estimated_days
    yield "Estimated days", f"{estimated}: AWS may still change them" if estimated else "none"
    yield "The same again", manifest.command


def totals(manifest: Manifest) -> Iterator[tuple[str, ...]]:
    """A row under TOTALS_HEADER for each metric: every digit, as text."""
    for name in manifest.metrics:
        tie = manifest.tie_out[name]
        amounts = (manifest.sums[name], tie.control, tie.difference)
        yield (metric(name).label, *map(_amount, amounts), verdict(tie))


def verdict(tie: Tie) -> str:
    """Whether the sum is AWS's own, in words that cannot be overlooked where it is not."""
    if tie.ties_out is None:
        return NOT_AVAILABLE if tie.control is not None else "AWS has no total for these filters"
    return "ties out" if tie.ties_out else "DOES NOT TIE OUT"


def column_words(name: str) -> str:
    """`Service`, `Cost category Team`: what people call a dimension."""
    found = label_dimension(name)
    if found is None:
        return dimension(name).label
    return f"{'Tag' if found.api_type == 'TAG' else 'Cost category'} {found.label}"


def _amount(amount: Decimal | None) -> str:
    return NOT_AVAILABLE if amount is None else plain(amount)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
