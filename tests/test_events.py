"""Known events: what a file says, and every mistake named with its entry."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.errors import InvalidEvents
from costlib.events import Event, amounts_by_day, muted_days, parse_events
from costlib.periods import Period

LAUNCH = """
[[event]]
name = "Launch"
from = 2026-11-27
until = 2026-11-29
amount = 1200.50
selection = { service = ["Amazon EC2", "Amazon S3"], "cost_category:Team" = "Shop" }
"""
LOAD_TEST = """
[[event]]
name = "Load test"
day = 2026-11-02
mutes = true
"""


def test_events_are_read_by_day() -> None:
    assert parse_events(LAUNCH + LOAD_TEST) == (
        Event("Load test", Period(date(2026, 11, 2), date(2026, 11, 3)), mutes=True),
        Event(
            "Launch",
            Period(date(2026, 11, 27), date(2026, 11, 29)),
            Decimal("1200.50"),
            (("service", ("Amazon EC2", "Amazon S3")), ("cost_category:Team", ("Shop",))),
        ),
    )
    assert parse_events("") == ()


def test_an_event_concerns_the_total_and_the_series_it_names() -> None:
    (launch,) = parse_events(LAUNCH)
    assert launch.concerns({})
    assert launch.concerns({"service": "Amazon S3"})
    assert launch.concerns({"usage_account_id": "1"})
    assert not launch.concerns({"service": "AWS Support"})
    assert not launch.concerns({"service": "Amazon S3", "cost_category:Team": "Search"})


def test_an_amount_is_spread_evenly_over_the_days_and_added_up() -> None:
    events = parse_events(LAUNCH + LAUNCH)
    assert amounts_by_day(events, {}) == {
        date(2026, 11, 27): Decimal("1200.50"),
        date(2026, 11, 28): Decimal("1200.50"),
    }
    assert amounts_by_day(events, {"service": "AWS Support"}) == {}


def test_muted_days_are_named_by_their_event() -> None:
    assert muted_days(parse_events(LAUNCH + LOAD_TEST), {}) == {date(2026, 11, 2): "Load test"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[event]", "events.toml: it is no TOML"),
        ("[[holiday]]", "events.toml: unknown table 'holiday'"),
        ("event = 3", "events.toml: event is no list of tables"),
        ("[[event]]\nday = 2026-11-02", "events.toml, event 1: name is missing"),
        ('[[event]]\nname = " "\nday = 2026-11-02', "event 1 ' ': its name is empty"),
        (LOAD_TEST + '[[event]]\nname = "B"', "event 2 'B': from is missing"),
        ('[[event]]\nname = "A"\nfrom = 2026-11-02', "event 1 'A': until is missing"),
        ('[[event]]\nname = "A"\nday = "2026-11-02"', "day is no day"),
        ('[[event]]\nname = "A"\nday = 2026-11-02T10:00:00', "day has a time of day"),
        ('[[event]]\nname = "A"\nday = 2026-11-02\nuntil = 2026-11-04', "both a day and from or until"),
        ('[[event]]\nname = "A"\nfrom = 2026-11-02\nuntil = 2026-11-02', "until is not after from"),
        (LOAD_TEST + 'amount = "9"', "amount is no number"),
        (LOAD_TEST + "amount = nan", "amount is no number"),
        (LOAD_TEST + "colour = 1", "unknown key 'colour'"),
        (LOAD_TEST.replace("true", '"yes"'), "mutes is no true or false"),
        (LOAD_TEST + "selection = 3", "selection is no table"),
        (LOAD_TEST + "selection = { servce = 'a' }", "'servce' is nothing that charges can be chosen by"),
        (LOAD_TEST + "selection = { service = [1] }", "service is no list of texts"),
    ],
)
def test_a_mistake_is_named_with_file_entry_and_remedy(text: str, said: str) -> None:
    with pytest.raises(InvalidEvents) as raised:
        parse_events(text)
    assert said in raised.value.message
    assert raised.value.remedy


def test_the_example_in_the_documentation_can_be_read() -> None:
    text = (Path(__file__).parent.parent / "docs" / "forecast.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert example
    launch, load_test = parse_events(example.group(1))
    assert launch.amount == 1200
    assert load_test.mutes
