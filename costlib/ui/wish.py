"""What a person wants in a file: a question within what they may see, a format, and the command that does the same."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from costlib.access import Scope
from costlib.exports import Format
from costlib.queries.exporting import ExportRequest
from costlib.queries.filters import Filters

NOBODY = "none"
"""An account id that nobody has, for a scope and filters that have no account in common."""


@dataclass(frozen=True)
class Wish:
    """A breakdown to be written to a file."""

    request: ExportRequest
    format: Format

    @property
    def filters(self) -> Filters:
        return self.request.filters

    @property
    def file_name(self) -> str:
        """`costs-2026-10-25-2026-11-23.csv`."""
        return f"costs-{self.filters.period.start}-{self.filters.period.last_day}.{self.format}"

    @property
    def command(self) -> str:
        """For the command line, one flag a line."""
        words = [*shlex.split(self.request.command), "-o", self.file_name]
        lines = [" ".join(words[:4])]
        for word in words[4:]:
            is_flag = word in ("--group-by", "--metric", "--start", "--end", "--where", "--leave-out", "--as", "-o")
            lines.append(word if is_flag else f"{lines.pop()} {shlex.quote(word)}")
        return " \\\n  ".join(lines)


def within(filters: Filters, scope: Scope) -> Filters:
    """The same filters with the scope as a filter on accounts, as the command line, which sees them all, needs it."""
    if scope.accounts is None or scope.goes_by_charge:
        return filters
    kept = scope.accounts & set(filters.accounts) if filters.accounts else scope.accounts
    return replace(filters, accounts=tuple(sorted(kept)) or (NOBODY,))
