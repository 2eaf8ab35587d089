"""A pytest plugin: a test that skips has failed. What a test needs is installed by `make test`, never wished away."""

from __future__ import annotations

from collections.abc import Generator

import pytest

REASON = "skipped, and skipping counts as failing here: install what it needs (make test does)\n"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"{REASON}{report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        report.outcome, report.longrepr = "failed", f"{REASON}{report.longrepr}"
    return report
