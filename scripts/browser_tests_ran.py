"""Fail unless browser tests ran, and none was skipped: `.ci/run`, over the report that `make test` leaves."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def main(report: Path) -> str | None:
    """What is wrong with the run, or None."""
    every = ET.parse(report).iter("testcase")  # noqa: S314 - pytest wrote it a moment ago
    cases = [case for case in every if case.get("classname", "").startswith("tests.browser.")]
    skipped = [case.get("name") for case in cases if case.find("skipped") is not None]
    if not cases:
        return f"No browser test ran ({report})."
    return f"Skipped browser tests: {skipped}" if skipped else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
