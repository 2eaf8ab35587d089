"""Which alerts a channel is told, once, and how they read."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.alerts.alert import MOST_AT_ONCE, Alert, batches, may_know, scope_of, told_to
from costlib.alerts.message import SAMPLE, Frame
from costlib.channels import AlertKind, Channel
from tests.alerts.digests import BUDGET, INCIDENT

DATA = Alert("tie-out:1", AlertKind.data, "Does not tie out", ("By $1.",), INCIDENT.since)
SYNC = replace(DATA, key="sync-failed:1", kind=AlertKind.sync, title="The sync failed")
OF_AN_ACCOUNT = replace(INCIDENT, key="incident:8", cost_center=None, account="111")
EVERY = (INCIDENT, BUDGET, DATA, SYNC, OF_AN_ACCOUNT)
ALL = Channel("all", "x")


def test_a_channel_without_limits_is_told_everything() -> None:
    assert told_to(ALL, EVERY) == EVERY


def test_a_channel_of_some_kinds_is_told_those() -> None:
    assert told_to(replace(ALL, alerts=frozenset({AlertKind.budget, AlertKind.sync})), EVERY) == (BUDGET, SYNC)


@pytest.mark.parametrize(("dollars", "told"), [("120", True), ("120.01", False)])
def test_small_amounts_are_left_out_and_what_has_no_amount_never_is(dollars: str, told: bool) -> None:
    found = told_to(replace(ALL, min_dollars=Decimal(dollars)), EVERY)
    assert (INCIDENT in found) is told
    assert {DATA, SYNC} <= set(found)


def test_a_drop_counts_by_its_size() -> None:
    drop = replace(INCIDENT, amount=Decimal(-500))
    assert told_to(replace(ALL, min_dollars=Decimal(300)), [drop]) == (drop,)


def test_a_leads_channel_is_told_what_the_lead_owns_and_nothing_else() -> None:
    assert told_to(replace(ALL, cost_centers=frozenset({"Payments"})), EVERY) == (INCIDENT,)
    assert told_to(replace(ALL, cost_centers=frozenset({"Search"})), EVERY) == ()
    assert told_to(replace(ALL, accounts=frozenset({"111"})), EVERY) == (OF_AN_ACCOUNT,)


def test_a_scope_without_anything_knows_nothing() -> None:
    assert [alert for alert in EVERY if may_know(Scope(frozenset(), frozenset()), alert)] == []
    assert scope_of(ALL) == EVERYTHING
    assert scope_of(replace(ALL, cost_centers=frozenset({"A"}))) == Scope(frozenset(), frozenset({"A"}))


def test_each_new_alert_is_a_message_of_its_own() -> None:
    first, second = batches((INCIDENT, BUDGET, DATA), {DATA.key}, Frame("https://costs.example.com"))
    assert first.message.title == INCIDENT.title
    assert first.message.text == (
        "It began on Sat 21 Nov, with BoxUsage:m5.large.\nOwner: Payments.\n"
        "https://costs.example.com/anomalies?incident=7\n"
    )
    assert (first.alerts, second.alerts) == ((INCIDENT,), (BUDGET,))


def test_many_at_once_are_one_message_that_names_each() -> None:
    many = tuple(replace(INCIDENT, key=f"incident:{i}", title=f"Incident {i}") for i in range(MOST_AT_ONCE + 1))
    (batch,) = batches(many, (), Frame())
    assert batch.message.title == "6 new cost alerts"
    assert [f"• Incident {i}" in batch.message.text for i in range(6)] == [True] * 6
    assert batch.alerts == many
    assert len(batches(many[1:], (), Frame())) == MOST_AT_ONCE


def test_names_stay_on_their_line() -> None:
    (batch,) = batches((replace(INCIDENT, title="a\nb\u202e" + "c" * 200, sentences=("x\ny",)),), (), Frame())
    assert batch.message.title.startswith("a b\ufffdc")
    assert len(batch.message.title) == 120
    assert batch.message.text.startswith("x y\n")


def test_of_sample_data_every_message_says_so() -> None:
    for frame in (Frame(is_sample=True), Frame()):
        (batch,) = batches((INCIDENT,), (), frame)
        assert batch.message.text.endswith(f"\n\n{SAMPLE}\n") is frame.is_sample
