"""How numbers, days and changes read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from costlib.periods import Period
from costlib.ui import wording
from costlib.ui.wording import Currency

USD, CNY = Currency("USD"), Currency("CNY")


@pytest.mark.parametrize(
    ("amount", "exact", "compact"),
    [
        ("0", "$0.00", "$0.00"),
        ("1234.565", "$1,234.56", "$1.23k"),
        ("-0.5", "−$0.50", "−$0.50"),
        ("0.0000000001", "<$0.01", "<$0.01"),
        ("-0.0000000092", "−<$0.01", "−<$0.01"),
        ("123456.7", "$123,456.70", "$123k"),
        ("-1500000", "−$1,500,000.00", "−$1.5M"),
        ("2345678901", "$2,345,678,901.00", "$2.35B"),
        ("940.2", "$940.20", "$940"),
    ],
)
def test_an_amount_reads(amount: str, exact: str, compact: str) -> None:
    assert USD.exact(Decimal(amount)) == exact
    assert USD.compact(Decimal(amount)) == compact


def test_what_is_not_available_is_said_and_never_zero() -> None:
    assert USD.exact(None) == USD.compact(None) == USD.change(None) == USD.whole(None) == "not available"
    assert wording.percent(None) == "not available"


def test_another_currency_has_its_code() -> None:
    assert CNY.exact(Decimal("-3.5")) == "−CNY 3.50"


def test_a_difference_keeps_every_digit() -> None:
    assert USD.whole(Decimal("0.0000000092")) == "$0.0000000092"
    assert USD.whole(Decimal("-1234.5000000000")) == "−$1,234.50"


@pytest.mark.parametrize(
    ("now", "before", "reads"),
    [
        ("110", "100", "+10.0%"),
        ("95", "100", "−5.0%"),
        ("100", "100", "0.0%"),
        ("5", "-10", "+150.0%"),
        ("5", "0", None),
    ],
)
def test_a_change_reads_as_a_part_of_what_was(now: str, before: str, reads: str | None) -> None:
    assert wording.change_percent(Decimal(now), Decimal(before)) == reads


def test_streamlit_sees_a_decrease_by_its_hyphen_and_no_direction_in_no_change() -> None:
    assert wording.delta("−5.0%") == "-5.0%"
    assert wording.delta_color("0.0%") == "off"
    assert wording.delta_arrow("0.0%") == "off"
    assert wording.delta_color("+1.0%") == "inverse"


@pytest.mark.parametrize(
    ("first", "after", "reads"),
    [
        (date(2026, 11, 1), date(2026, 11, 23), "1–22 Nov 2026"),
        (date(2026, 10, 25), date(2026, 11, 23), "25 Oct – 22 Nov 2026"),
        (date(2025, 12, 1), date(2026, 11, 23), "1 Dec 2025 – 22 Nov 2026"),
        (date(2026, 11, 22), date(2026, 11, 23), "22 Nov 2026"),
    ],
)
def test_a_period_reads(first: date, after: date, reads: str) -> None:
    assert wording.span(Period(first, after)) == reads


@pytest.mark.parametrize(
    ("then", "reads"),
    [
        (datetime(2026, 11, 24, 11, 59, 30), "just now"),
        (datetime(2026, 11, 24, 11, 15), "45 min ago"),
        (datetime(2026, 11, 24, 9), "3 h ago"),
        (datetime(2026, 11, 20, 12), "4 days ago"),
        (datetime(2026, 11, 24, 12, 0, 5), "just now"),
    ],
)
def test_how_long_ago_reads(then: datetime, reads: str) -> None:
    assert wording.ago(then, datetime(2026, 11, 24, 12)) == reads


def test_a_name_is_on_one_line_and_its_markup_is_dead() -> None:
    assert wording.escaped("a\n*b*") == r"a \*b\*"
    assert wording.escaped("$x$") == r"\$x\$"
    assert ":material/home:" not in wording.escaped(":material/home:")
    assert wording.for_plotly("<b>&</b>\nx") == "&lt;b&gt;&amp;&lt;/b&gt; x"
    assert wording.for_plotly("abcdefghij", 5) == "abcd…"
    assert wording.one_line("  \n ") == "(no name)"
