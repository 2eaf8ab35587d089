"""What the doctor found: values only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class State(StrEnum):
    """How a check ended."""

    ok = "ok"
    warning = "warning"
    """A sync works, with less."""
    failed = "failed"
    """A sync does not work."""
    skipped = "skipped"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `is_temporary` failures mend themselves with time."""

    check: str
    state: State
    detail: str
    remedy: str = ""
    is_temporary: bool = False


@dataclass(frozen=True)
class Diagnosis:
    """All findings, and what finding them cost."""

    findings: tuple[Finding, ...]
    requests: int
    request_cost_usd: Decimal

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.state is State.failed)
