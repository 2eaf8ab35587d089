"""What a person wants in a file, and the same in the words of the command line."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from costlib.access import Scope
from costlib.queries.filters import Filters
from costlib.vocabulary import CostMetric

NOBODY = "none"
"""An account id that nobody has, for a scope and filters that have no account in common."""


@dataclass(frozen=True)
class ExportRequest:
    """A breakdown to be written to a file."""

    dimensions: tuple[str, ...]
    metrics: tuple[CostMetric, ...]
    filters: Filters
    format: str

    @property
    def header(self) -> tuple[str, ...]:
        return (*self.dimensions, *self.metrics)

    @property
    def file_name(self) -> str:
        """`costs-2026-10-25-2026-11-23.csv`."""
        period = self.filters.period
        return f"costs-{period.start}-{period.last_day}.{self.format}"

    def command(self, scope: Scope) -> str:
        """The command that writes the same file for somebody who has the data; one flag a line."""
        flags = list(self._flags(scope))
        return " \\\n  ".join(["python -m costlib export", *(" ".join(map(shlex.quote, flag)) for flag in flags)])

    def _flags(self, scope: Scope) -> Iterator[Sequence[str]]:
        filters = self.filters
        if self.dimensions:
            yield "--group-by", _listed(self.dimensions)
        yield "--metric", _listed(self.metrics)
        yield "--start", filters.period.start.isoformat()
        yield "--end", filters.period.end.isoformat()
        for name, values in _conditions(filters, scope):
            yield from (("--where", f"{name}={value}") for value in values)
        if left_out := list(_left_out(filters)):
            yield "--without", ",".join(left_out)
        yield "--format", self.format
        yield "-o", self.file_name


def _conditions(filters: Filters, scope: Scope) -> Iterator[tuple[str, Sequence[str]]]:
    """What is kept; the scope is a filter on accounts, because the command line sees them all."""
    found = [
        (name, values) for name, values in filters.conditions if name != "usage_account_id" or not filters.accounts
    ]
    accounts = filters.accounts
    if scope.accounts is not None:
        kept = sorted(scope.accounts & set(accounts)) if accounts else sorted(scope.accounts)
        accounts = tuple(kept) or (NOBODY,)
    if accounts:
        yield "usage_account_id", accounts
    yield from found


def _left_out(filters: Filters) -> Iterator[str]:
    if not filters.include_tax:
        yield "tax"
    if not filters.include_credits:
        yield "credits"
    if not filters.include_refunds:
        yield "refunds"
    if not filters.include_support:
        yield "support"


def _listed(names: Sequence[str]) -> str:
    """Separated by commas; a name with a comma is quoted as in CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()
