"""How a digest reads: as text in full, as HTML by what is in it; and that nothing in it leads anywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from costlib.alerts.delay import Patience
from costlib.alerts.digest import delayed_message, digest_message
from costlib.alerts.figures import DigestFigures
from costlib.alerts.message import Frame, Message
from costlib.channels import Cadence
from costlib.periods import Period
from tests.alerts.digests import FIGURES, LEADS, SPEND, STATE, SUNDAY, named

NOW = datetime(2026, 11, 24, 7)
PATIENCE = Patience(36, 4)
URL = "https://costs.example.com"
HOSTILE = "<script>alert(1)</script> & \u202e\n**bold** {{ 7*7 }} <img src=https://example.com/x>"


class Html(HTMLParser):
    """The elements and the words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def message(figures: DigestFigures = FIGURES, frame: Frame = Frame()) -> Message:  # noqa: B008
    return digest_message(figures, frame)


def test_the_text_says_what_was_spent_where_it_ends_what_needs_attention_and_what_moved() -> None:
    assert (
        message(frame=Frame(URL, is_sample=True)).text
        == """\
Cloud cost, Sun 22 Nov: $110.50 (+10.5% on the week before)
===========================================================

Sun 22 Nov: $110.50, $10.50 (10.5%) more than Sun 15 Nov.
November 2026 so far, 22 days: $2,200.00, $200.00 (8.3%) less than the first 22 days of October 2026.
End of November 2026, estimated: $3,000.10 (80% likely between $2.9k and $3.1k; our forecast).
October 2026 came to $3,300.25.

Open incidents
- EC2 in checkout is $120.00 above expectation. It began on Sat 21 Nov, with BoxUsage:m5.large. Owner: Payments.

Budgets at risk
- The budget of Data will be exceeded. $9,000.00 of $10,000.00 are spent. Owner: Data.

What moved against Sun 15 Nov
- Amazon EC2 rose $20.00 (50.0%) to $60.00, mostly in checkout (+$18.00).
- Amazon S3 fell $10.00 (33.3%) to $20.00.
- AWS Lambda is new at $5.00.
- Amazon SQS is gone; it was $4.50.

Unblended cost in USD, days in UTC; complete through Sun 22 Nov, read 24 Nov 2026, 06:05 UTC.
All stored charges tie out to AWS's own totals.
AWS still calls this day estimated: amounts can change until the bill is final.
Sample data: a made-up organization.

The dashboard: https://costs.example.com
"""
    )


def test_the_html_says_the_same() -> None:
    found = Html(message(frame=Frame(URL, is_sample=True)).as_html).text
    for words in (
        "Sunday 22 Nov 2026",
        "Last complete day $110.50 +$10.50 (10.5%) against Sun 15 Nov",
        "November 2026 so far $2,200.00 −$200.00 (8.3%) against the first 22 days of October 2026",
        "End of Nov 2026 $3,000.10 Estimated: 80% likely between $2.9k and $3.1k; our forecast",
        "The last 14 complete days",
        "Open incidents EC2 in checkout is $120.00 above expectation It began on Sat 21 Nov",
        "Budgets at risk The budget of Data will be exceeded $9,000.00 of $10,000.00 are spent. Owner: Data.",
        "Amazon EC2 rose $20.00 (50.0%) to $60.00, mostly in checkout (+$18.00).",
        "All stored charges tie out to AWS's own totals.",
        "Sample data: a made-up organization",
        "Open the dashboard",
    ):
        assert words in found


@pytest.mark.parametrize("figures", [FIGURES, LEADS, named(HOSTILE)], ids=["everything", "a lead's", "hostile"])
def test_nothing_is_fetched_and_every_link_is_the_dashboards(figures: DigestFigures) -> None:
    html = message(figures, Frame(URL)).as_html
    elements = Html(html).elements
    assert not {"script", "link", "img", "iframe", "object", "form", "svg", "base"} & {tag for tag, _ in elements}
    links = [str(attributes.get("href")) for tag, attributes in elements if tag == "a"]
    assert links[-1] == URL
    assert links[:-1] == [f"{URL}/{alert.page}" for alert in figures.alerts if alert.page]
    assert not [name for _, attributes in elements for name in attributes if name in ("src", "background", "srcset")]
    assert not re.search(r"url\(|@import", html)


def test_hostile_names_are_read_as_they_are_on_one_line() -> None:
    told = message(named(HOSTILE))
    assert "\u202e" not in told.as_html
    assert "<script>" not in told.as_html
    assert "**bold** {{ 7*7 }}" in Html(told.as_html).text
    assert "\n**bold**" not in told.text


def test_a_title_fits_on_a_line_whatever_is_in_it() -> None:
    assert "\n" not in message(named(HOSTILE)).title


def test_every_style_stands_at_its_element_so_that_it_survives_without_the_sheet() -> None:
    for tag, attributes in Html(message().as_html).elements:
        if tag in ("p", "h1", "h2", "a"):
            assert "color:" in str(attributes.get("style")) or tag == "p", (tag, attributes)


def test_a_weekly_digest_is_of_seven_days() -> None:
    week, before = (Period(SUNDAY.replace(day=d), SUNDAY.replace(day=d + 7)) for d in (16, 9))
    latest = replace(SPEND.latest, period=week, before=before)
    told = message(replace(FIGURES, cadence=Cadence.weekly, spend=replace(SPEND, latest=latest), estimated_days=2))
    assert told.title == "Cloud cost, 16–22 Nov 2026: $110.50 (+10.5% on the week before)"
    assert "What moved against 9–15 Nov 2026" in told.text
    assert "AWS still calls 2 of these days estimated" in told.text
    assert "Weekly cost digest 16–22 Nov 2026" in Html(told.as_html).text


def test_what_is_not_known_is_said_and_is_never_zero() -> None:
    unknown = replace(SPEND.latest, previous=None)
    missing = replace(SPEND.to_date, amount=None)
    spend = replace(SPEND, latest=unknown, to_date=missing, month_end=None, last_month=None, moves=())
    text = message(replace(FIGURES, spend=spend)).text
    assert "Sun 22 Nov: $110.50; Sun 15 Nov is not available to compare with." in text
    assert "November 2026 so far, 22 days: not available; the first 22 days" in text
    assert "End of" not in text
    assert "Sun 15 Nov is not stored, so there is nothing to compare with." in text
    assert "$0.00" not in text


def test_a_small_change_is_not_called_nothing() -> None:
    latest = replace(SPEND.latest, amount=Decimal("100.01"))
    assert "$0.01 (under 0.1%) more" in message(replace(FIGURES, spend=replace(SPEND, latest=latest))).text
    same = replace(SPEND.latest, amount=Decimal("100.001"))
    assert "$100.00, as much as Sun 15 Nov" in message(replace(FIGURES, spend=replace(SPEND, latest=same))).text


def test_data_that_does_not_tie_out_is_said() -> None:
    assert "do not tie out" in message(replace(FIGURES, ties_out=False)).text


def test_a_lead_reads_statements_and_what_is_left_out() -> None:
    told = message(LEADS)
    assert told.title == "Cost statements, November 2026 so far"
    for text in (told.text, Html(told.as_html).text):
        assert "Data: $512.25 in November 2026 so far; the whole month before came to $700.00." in text
        assert "Search: not available in November 2026 so far." in text
        assert "Not everything: only statements of Data, Search." in text
        assert "What moved" not in text


@pytest.mark.parametrize(
    ("age", "is_delayed"), [(timedelta(hours=35), False), (timedelta(hours=37), True), (timedelta(days=9), True)]
)
def test_data_read_too_long_ago_is_delayed(age: timedelta, is_delayed: bool) -> None:
    assert (STATE.delay(STATE.as_of + age, PATIENCE) is not None) is is_delayed


def test_data_whose_last_complete_day_is_too_old_is_delayed() -> None:
    state = replace(STATE, as_of=NOW, last_complete_day=SUNDAY - timedelta(days=3))
    assert "AWS has finished no day after Thu 19 Nov" in (state.delay(NOW, PATIENCE) or "")
    assert replace(state, last_complete_day=SUNDAY - timedelta(days=2)).delay(NOW, PATIENCE) is None


def test_the_notice_of_delayed_data_has_no_figure() -> None:
    now = NOW + timedelta(days=5)
    told = delayed_message(STATE, STATE.delay(now, PATIENCE) or "", Frame(URL))
    assert told.title == "Cost digest: data delayed"
    assert "The data was last read from AWS 5 days ago (24 Nov 2026, 06:05 UTC)." in told.text
    assert "Data delayed" in Html(told.as_html).text
    assert "$" not in told.text + Html(told.as_html).text
