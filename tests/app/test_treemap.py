"""Areas and running sums as drawings: nothing is lost, little is drawn, and what cannot be drawn is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from costlib.ui import cumulative, treemap
from costlib.ui.cumulative import Line
from costlib.ui.pivots import Grid, Key
from costlib.ui.wording import Currency

USD = Currency("USD")
KEYS = st.tuples(st.sampled_from([*"abcdefghij", "Other"]), st.booleans())
CELLS = st.dictionaries(
    st.tuples(KEYS, KEYS), st.one_of(st.none(), st.integers(-(10**20), 10**20).map(lambda n: Decimal(n).scaleb(-10)))
)


def grid(cells: Mapping[Any, Decimal | None]) -> Grid:
    rows, columns = (tuple(dict.fromkeys(key[side] for key in cells)) for side in (0, 1))
    return Grid(rows, columns, cells)


def names(keys: Sequence[Key]) -> list[str]:
    return [str(key) for key, _ in keys]


@given(cells=CELLS, most=st.integers(3, 40))
def test_areas_hold_all_that_is_positive_within_the_limit(
    cells: dict[tuple[Key, Key], Decimal | None], most: int
) -> None:
    found = treemap.areas(grid(cells), most)
    known = [amount for amount in cells.values() if amount is not None]
    assert found.drawn() + found.not_drawn == sum(known, Decimal(0))
    assert found.not_drawn == sum((a for a in known if a < 0), Decimal(0))
    assert found.unknown == len(cells) - len(known)
    nodes = len(found.parts) + sum(len(parts) for parts in found.parts.values())
    assert nodes <= max(most, 2)
    for parts in found.parts.values():
        assert all(amount > 0 for amount in parts.values())


def test_no_more_areas_are_drawn_than_a_browser_takes_at_ease() -> None:
    cells = {
        ((f"row {i}", False), (f"column {j}", False)): Decimal(i * 1000 + j + 1) for i in range(80) for j in range(80)
    }
    found = treemap.areas(grid(cells))
    drawing = treemap.treemap(found, names, names, USD, "x")
    assert drawing
    trace = drawing.figure.data[0]
    assert 100 <= len(trace.ids) <= treemap.MOST_NODES
    top = [value for value, parent in zip(trace["values"], trace.parents, strict=True) if parent == ""]
    assert sum(map(Decimal, top)) == sum(cells.values())


def test_a_part_called_other_is_not_the_rest() -> None:
    cells = {(("a", False), ("Other", False)): Decimal(5), (("a", False), ("b", False)): Decimal(1)}
    found = treemap.areas(grid(cells), 5)
    assert found.parts == {("a", False): {("Other", False): Decimal(5), ("Other", True): Decimal(1)}}


def test_names_are_drawn_as_they_are() -> None:
    found = treemap.areas(grid({(("<b>&$x", False), ("", False)): Decimal(5)}))
    drawing = treemap.treemap(found, names, None, USD, "x")
    assert drawing
    assert drawing.figure.data[0].labels == ("&lt;b&gt;&amp;$x",)
    assert "<b>&$x $5.00" in drawing.alt


def test_long_names_are_wrapped_within_an_area_and_whole_in_the_hover_text() -> None:
    name = "Amazon Elastic Compute Cloud - Compute"
    found = treemap.areas(grid({((name, False), ("", False)): Decimal(5)}))
    drawing = treemap.treemap(found, names, None, USD, "x")
    assert drawing
    assert drawing.figure.data[0].labels == ("Elastic Compute<br>Cloud - Compute",)
    assert drawing.figure.data[0].customdata == (f"<b>{name}</b><br>$5.00 · 100.0%",)


def test_nothing_positive_is_no_drawing() -> None:
    found = treemap.areas(grid({(("a", False), ("", False)): Decimal(-5)}))
    assert treemap.treemap(found, names, None, USD, "x") is None
    assert "−\\$5\\.00" in treemap.left_out(found, USD)


def line(month: int, amounts: Sequence[str | None], estimated_from: int = 99) -> Line:
    days = tuple(date(2026, month, day) for day in range(1, len(amounts) + 1))
    sums = tuple(None if amount is None else Decimal(amount) for amount in amounts)
    return Line(days[0], days, sums, tuple(day.day >= estimated_from for day in days))


def test_the_estimated_part_is_dashed_and_goes_on_where_the_final_one_ends() -> None:
    drawing = cumulative.running_sums([line(3, ["1", "2", "3", "4"], 3), line(2, ["5"] * 28)], USD)
    assert drawing
    february, final, estimated = drawing.figure.data
    assert february.line.dash == "solid"
    assert (final.x, final.line.dash) == ((1, 2), "solid")
    assert (estimated.x, estimated.line.dash) == ((2, 3, 4), "dash")
    assert final.line.color == estimated.line.color != february.line.color


def test_a_month_that_is_all_estimated_is_dashed_from_its_first_day() -> None:
    drawing = cumulative.running_sums([line(3, ["1", "2"], 1)], USD)
    assert drawing
    (estimated,) = drawing.figure.data
    assert (estimated.x, estimated.line.dash) == ((1, 2), "dash")


def test_the_sentence_compares_with_the_same_day_or_the_last_of_a_shorter_month() -> None:
    lines = [line(3, [str(n) for n in range(1, 31)]), line(2, [str(2 * n) for n in range(1, 29)])]
    assert cumulative.told(lines, USD) == "$30.00 through 30 Mar 2026, against $56.00 in Feb 2026 by the same day."
    assert "not available" in cumulative.told([line(3, ["1", None])], USD)
