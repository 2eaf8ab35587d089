"""A place to publish snapshots in, also for tests that hypothesis repeats."""

from __future__ import annotations

from tests.queries.conftest import shelf

__all__ = ["shelf"]
