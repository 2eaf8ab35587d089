"""Channels and quiet hours as they are written in the settings."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.alerts.delivery import check
from costlib.channels import AlertKind, Cadence, Channel, read_channels, read_quiet_hours
from costlib.config import load
from costlib.errors import ConfigError

TOPIC = "arn:aws:sns:eu-central-1:111122223333:costs"
SECRET = "planted-S3cret"


def test_channels_are_tables_of_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "costlib.toml"
    file.write_text(
        f"""
        [[channels]]
        name = "finance"
        url = "mailtos://${{MAIL_USER}}:${{MAIL_PASSWORD}}@example.com"
        [[channels]]
        name = "payments"
        topic_arn = "{TOPIC}"
        digests = ["weekly"]
        alerts = ["incident", "budget"]
        min_dollars = 99.5
        cost_centers = ["Payments"]
        accounts = ["111122223333"]
        """,
        encoding="utf-8",
    )
    finance, payments = load(file, {}).channels
    assert finance.variables == ("MAIL_USER", "MAIL_PASSWORD")
    assert (finance.digests, finance.alerts) == (frozenset(Cadence), frozenset(AlertKind))
    assert payments == Channel(
        "payments",
        topic_arn=TOPIC,
        digests=frozenset({Cadence.weekly}),
        alerts=frozenset({AlertKind.incident, AlertKind.budget}),
        min_dollars=Decimal("99.5"),
        cost_centers=frozenset({"Payments"}),
        accounts=frozenset({"111122223333"}),
    )
    assert payments.region == "eu-central-1"


def test_in_the_environment_they_are_json() -> None:
    text = json.dumps([{"name": "ops", "url": f"json://host/{SECRET}"}])
    (channel,) = load(None, {"COSTLIB_CHANNELS": text}).channels
    assert channel.address({}) == f"json://host/{SECRET}"
    assert SECRET not in repr(load(None, {"COSTLIB_CHANNELS": text}))


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "no name"),
        ({"name": " "}, "no name"),
        ({"name": "a"}, "needs a url or a topic_arn"),
        ({"name": "a", "url": SECRET, "topic_arn": TOPIC}, "needs a url or a topic_arn"),
        ({"name": "a", "url": SECRET, "chanel": 1}, "unknown key 'chanel'"),
        ({"name": "a", "topic_arn": "arn:aws:sqs:eu-central-1:111122223333:costs"}, "arn:aws:sns"),
        ({"name": "a", "url": SECRET, "digests": ["hourly"]}, "daily, weekly, not 'hourly'"),
        ({"name": "a", "url": SECRET, "digests": "daily"}, "not a list"),
        ({"name": "a", "url": SECRET, "alerts": ["spikes"]}, "not 'spikes'"),
        ({"name": "a", "url": SECRET, "min_dollars": -1}, "min_dollars"),
        ({"name": "a", "url": SECRET, "min_dollars": "NaN"}, "min_dollars"),
        ({"name": "a", "url": SECRET, "min_dollars": True}, "min_dollars"),
        ({"name": "a", "url": SECRET, "cost_centers": [""]}, "cost_centers"),
        ({"name": "a", "url": 5}, "url is not text"),
    ],
)
def test_a_channel_that_cannot_be_used_is_refused_by_name_and_without_its_address(
    table: dict[str, object], problem: str
) -> None:
    with pytest.raises(ConfigError, match="COSTLIB_CHANNELS") as raised:
        load(None, {"COSTLIB_CHANNELS": json.dumps([table])})
    assert problem in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("raw", ["{not json", '{"name": "a"}', '["a"]'])
def test_what_is_no_list_of_channels_is_refused(raw: str) -> None:
    with pytest.raises(ConfigError):
        load(None, {"COSTLIB_CHANNELS": raw})


def test_two_channels_of_one_name_could_not_be_told_apart() -> None:
    with pytest.raises(ValueError, match="two channels are called 'a'"):
        read_channels([{"name": "a", "url": "x"}, {"name": "a", "url": "y"}])


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        ("22:00-07:00", "2026-11-24T21:59", False),
        ("22:00-07:00", "2026-11-24T22:00", True),
        ("22:00-07:00", "2026-11-25T06:59", True),
        ("22:00-07:00", "2026-11-25T07:00", False),
        ("12:00-13:00", "2026-11-24T12:30", True),
        ("12:00-13:00", "2026-11-24T13:00", False),
        ("22:00-07:00 Europe/Berlin", "2026-11-24T21:30", True),
        ("22:00-07:00 Europe/Berlin", "2026-11-25T06:30", False),
        ("22:00-07:00 Europe/Berlin", "2026-07-24T20:30", True),
    ],
)
def test_quiet_hours_go_by_the_clock_of_their_zone(hours: str, at: str, quiet: bool) -> None:
    found = read_quiet_hours(hours)
    assert found is not None
    assert found.hold(datetime.fromisoformat(at)) is quiet


@pytest.mark.parametrize("hours", ["22-7", "25:00-07:00", "22:00-07:00 Mars/Phobos", "22:00-07:00 ../etc", "always"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(ConfigError, match="quiet_hours"):
        load(None, {"COSTLIB_QUIET_HOURS": hours})


def test_a_dashboard_has_a_web_address() -> None:
    assert (
        load(None, {"COSTLIB_DASHBOARD_URL": "https://costs.example.com/"}).dashboard_url == "https://costs.example.com"
    )
    with pytest.raises(ConfigError, match="https"):
        load(None, {"COSTLIB_DASHBOARD_URL": "javascript:alert(1)"})


def test_the_channels_in_the_documentation_can_be_used() -> None:
    text = (Path(__file__).parents[1] / "docs" / "alerts.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    channels = [channel for example in examples for channel in read_channels(tomllib.loads(example)["channels"])]
    assert [channel.name for channel in channels] == ["finance", "cost in Slack", "payments", "on call"]
    slack = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    for channel in channels:
        if channel.url:
            check(channel, {"MAIL_USER": "costs", "MAIL_PASSWORD": "secret", "SLACK_WEBHOOK": slack})
