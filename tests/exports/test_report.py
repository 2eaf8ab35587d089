"""The report's file: nothing leaves it, no name breaks out of it, the same figures make the same bytes."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib.exports.drawing import HEIGHT, Words, bars
from costlib.exports.month import Bar, MonthTieOut, Unallocated, largest
from costlib.exports.report import rendered
from costlib.exports.sentences import sentences
from costlib.money import total
from costlib.wording import Currency
from tests.exports.months import lines, report

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=//evil.example/x onerror=alert(1)>',
    "</title></style></svg><iframe src='http://evil.example'>",
    "{{ 7 * 7 }}{% raw %}",
    "a\nb\u2028c\u202egnirts\x00",
    "' onmouseover='alert(1)",
    "&lt;b&gt; & co",
)
LEADS_OUT = ("src", "href", "srcset", "action", "data", "poster", "xlink:href", "formaction", "ping", "background")


class Page(HTMLParser):
    """What a browser would find: elements, attributes, text."""

    def __init__(self, file: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(file.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def hostile_report() -> bytes:
    rows = [(name, str(100 - place), "50") for place, name in enumerate(HOSTILE)]
    labels = [Unallocated(f"cost category {name}", Decimal(1), Decimal("0.5")) for name in HOSTILE]
    return rendered(
        report(rows, accounts=lines(*rows), labels=labels, narrowed_to=[f"only service {name}" for name in HOSTILE])
    )


@pytest.mark.parametrize("file", [rendered(report(), is_sample=True), hostile_report()], ids=["plain", "hostile"])
def test_nothing_in_the_file_leads_out_of_it(file: bytes) -> None:
    page = Page(file)
    for tag, attributes in page.elements:
        assert tag not in ("script", "link", "iframe", "img", "object", "embed", "base", "form", "image", "use", "a")
        for name, value in attributes.items():
            assert name not in LEADS_OUT, (tag, name, value)
            assert not name.startswith("on"), (tag, name, value)
            assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", value or ""))
    style = re.search(r"<style>(.*?)</style>", file.decode(), re.DOTALL)
    assert style
    assert not re.search(r"url\(|@import|https?:|//", style.group(1))
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_hostile_names_are_read_as_they_are_and_do_nothing() -> None:
    plain, hostile = Page(rendered(report())), Page(hostile_report())
    assert {tag for tag, _ in hostile.elements} <= {tag for tag, _ in plain.elements} | {"p"}
    for name in HOSTILE[:4]:
        assert name in hostile.text
    assert "\x00" not in hostile.text
    assert "\u202e" not in hostile.text


def test_the_same_figures_make_the_same_bytes() -> None:
    assert rendered(report()) == rendered(report())
    assert rendered(report(snapshot_id="s2")) != rendered(report())


def test_the_file_holds_its_figures_to_the_cent() -> None:
    page = Page(rendered(report()))
    for sentence in sentences(report()):
        assert sentence in page.text
    for shown in (
        "$1,000.00",
        "+$139.74",
        "+16.2%",
        "$700.10",
        "+$200.00",
        "−$60.26",
        "Final",
        "Ties out to AWS",
        "s1",
    ):
        assert shown in page.text
    assert "9 Apr 2026, 06:00 UTC" in page.text
    assert "Sample data" not in page.text
    assert "Sample data" in Page(rendered(report(), is_sample=True)).text


def test_a_failing_tie_out_is_on_the_badge() -> None:
    failing = MonthTieOut(31, 1, Decimal(1000), Decimal("0.02"))
    assert "Does not tie out: $0.02" in Page(rendered(report(tie_out=failing))).texts


def test_an_empty_month_and_a_missing_metric_have_a_report_too() -> None:
    empty = Page(rendered(report([], accounts=[], labels=[], kinds=[], months=[], days=[])))
    assert "There is no service with a cost to name." in empty.text
    missing = Page(rendered(report([("A", None, None)], total_before=None)))
    assert "not available" in missing.text


def test_every_chart_says_in_words_what_it_shows() -> None:
    drawn = [a for tag, a in Page(rendered(report())).elements if tag == "svg" and a.get("role") == "img"]
    assert [a["aria-label"].split(".")[0] for a in drawn if a["aria-label"]] == ["Cost by month", "Cost by day"]
    assert "Sun 1 Mar: $30.00" in str(drawn[1]["aria-label"])


@given(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1, max_size=40))
def test_bars_stand_on_the_base_line_and_are_as_long_as_their_amounts(amounts: list[Decimal]) -> None:
    points = [Bar(date(2026, 3, 1), amount, False, True) for amount in amounts]
    drawing = bars(points, [Words("", "", "")] * len(points), Currency("USD"), "")
    longest = max(abs(amount) for amount in amounts)
    pixels = max(r.height for r in drawing.rectangles) / float(longest) if longest else 0
    for amount, bar in zip(amounts, drawing.rectangles, strict=True):
        assert bar.y >= 0
        assert bar.y + bar.height <= HEIGHT + 1
        assert abs((bar.y + bar.height if amount > 0 else bar.y) - drawing.base) < 1
        assert abs(bar.height - abs(float(amount)) * pixels) < 1
    assert drawing.lines[0].y == HEIGHT
    assert all(r.x >= 0 and r.x + r.width <= 100 for r in drawing.rectangles)


def test_the_rest_of_a_long_list_is_one_line_and_it_adds_up() -> None:
    many = lines(*((f"S{i}", f"{100 - i}.01", "1") for i in range(30)))
    shown = largest(many, 10)
    assert (len(shown), shown[-1].name) == (11, "20 others")
    assert total(line.amount for line in shown) == total(line.amount for line in many)
    assert total(line.previous for line in shown) == 30
    assert largest(many[:11], 10) == many[:11], "one more line is as short as the word for it"
