"""What was done to the program in a run of the tests, how often, and what was lost: printed at the end, and documented.

A test says what it did with the fixture `tally`. docs/reliability.md or docs/security.md has a line for each such
thing, under the same name, and the test fails when the number there is another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
FILES = ("reliability.md", "security.md")
PROPERTY = "tally"
Tally = Callable[..., None]


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    """`tally(what, times)`: done so often by this test; `of` is how often in all, if other tests do the rest, and `how`
    is said with it."""

    def note(what: str, times: int, of: int | None = None, how: str = "") -> None:
        expected = documented().get(what)
        assert expected is not None, f"{' and '.join(FILES)} have no line {what!r}"
        assert (of or times) == expected, f"{what}: {of or times} times, and docs/ says {expected}"
        record_property(PROPERTY, [what, times, how])

    return note


def documented() -> dict[str, int]:
    """What each line of the table says was done, and how often: the first number of its second cell."""
    found: dict[str, int] = {}
    lines = [line for name in FILES for line in (DOCS / name).read_text(encoding="utf-8").splitlines()]
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 4 and (number := re.search(r"\d+", cells[1])):
            found[plain(cells[0])] = int(number.group())
    return found


def plain(cell: str) -> str:
    """A cell without links in brackets and marks of code."""
    return re.sub(r" \(\[[^)]*\)\)|`", "", cell).strip()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, of what ran: on one process or on many."""
    done: dict[str, int] = {}
    said: dict[str, set[str]] = {}
    for outcome in ("passed", "failed"):
        for what, times, how in _noted(terminalreporter.stats.get(outcome, [])):
            done[what] = done.get(what, 0) + times
            lost = "nothing lost" if outcome == "passed" else "see the failures"
            said[what] = said.get(what, set()) | {lost, how}
    if not done:
        return
    terminalreporter.section("what was done to it, how often, and what was lost")
    for what, times in sorted(done.items()):
        terminalreporter.write_line(f"{times:>4} x {what}: {', '.join(sorted(said[what] - {''}, reverse=True))}")


def _noted(reports: list[object]) -> Iterator[tuple[str, int, str]]:
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "call":
            for name, value in report.user_properties:
                if name == PROPERTY and isinstance(value, list):
                    what, times, how = value
                    yield what, times, how
