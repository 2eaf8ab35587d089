"""One cause gives one incident, at the deepest level that explains it, whatever the shape and wherever it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costlib.anomalies import Incident, Level, anomalies_of_many, incidents, level, level_of
from tests.anomalies.organization import ACCOUNTS, DAYS, SERVICES, TEAM, cells, levels, tree, with_rise

SPIKE = {120: 1.0}
STEP = dict.fromkeys(range(120, 150), 0.8)
RAMP = {120 + day: 0.08 * (day + 1) for day in range(20)}
SHAPES = {"spike": SPIKE, "step": STEP, "ramp": RAMP}

PLACE = level(service="database", usage_account_id="pay")
SERVICE = level(service="compute")
ACCOUNT = level(usage_account_id="shop")
LABEL = level_of({TEAM: "Money"})


def told(*rises: tuple[Level, dict[int, float]], seed: int = 1) -> tuple[Incident, ...]:
    spend = cells(seed)
    for where, shape in rises:
        spend = with_rise(spend, where, shape)
    return incidents(anomalies_of_many(levels(spend)), tree(spend))


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize(
    "root", [PLACE, SERVICE, ACCOUNT, LABEL, ()], ids=["place", "service", "account", "label", "total"]
)
def test_one_cause_is_one_incident_with_its_root(root: Level, kind: str):
    (incident,) = told((root, SHAPES[kind]))
    assert incident.root == root
    assert incident.kind == kind
    assert incident.above_expected > 0
    assert abs((incident.first_day - DAYS[120].date()).days) <= (3 if kind == "ramp" else 0)


@settings(max_examples=25)
@given(st.sampled_from(SERVICES), st.sampled_from(ACCOUNTS), st.floats(0.8, 4), st.integers(70, 145), st.integers(2, 9))
def test_a_spike_in_any_place_is_told_once_and_there(service: str, account: str, part: float, day: int, seed: int):
    (incident,) = told((level(service=service, usage_account_id=account), {day: part}), seed=seed)
    assert incident.root == level(service=service, usage_account_id=account)
    assert incident.first_day == incident.last_day == DAYS[day].date()


@settings(max_examples=15)
@given(st.sampled_from(SERVICES), st.floats(0.6, 3), st.integers(70, 145), st.integers(2, 9))
def test_a_rise_of_any_service_in_all_accounts_is_the_services(service: str, part: float, day: int, seed: int):
    (incident,) = told((level(service=service), {day: part}), seed=seed)
    assert incident.root == level(service=service)


@settings(max_examples=15)
@given(st.sampled_from(ACCOUNTS), st.floats(0.6, 3), st.integers(70, 145), st.integers(2, 9))
def test_a_rise_of_any_account_in_all_services_is_the_accounts(account: str, part: float, day: int, seed: int):
    (incident,) = told((level(usage_account_id=account), {day: part}), seed=seed)
    assert incident.root == level(usage_account_id=account)


def test_two_causes_on_one_day_are_two_incidents():
    other = level(service="storage", usage_account_id="lab")
    assert {incident.root for incident in told((PLACE, {120: 3.0}), (other, {120: 3.0}))} == {PLACE, other}


def test_the_dollars_are_what_was_above_expectation():
    quiet, spend = cells(), with_rise(cells(), PLACE, SPIKE)
    (incident,) = incidents(anomalies_of_many(levels(spend)), tree(spend))
    added = sum(float((spend[place] - quiet[place]).sum()) for place in spend)
    assert incident.above_expected == pytest.approx(added, rel=0.1)


def test_what_lasts_on_the_last_day_is_open():
    assert told((PLACE, dict.fromkeys(range(145, 150), 1.0)))[0].is_open
    assert not told((PLACE, dict.fromkeys(range(135, 140), 1.0)))[0].is_open


def test_levels_that_show_the_same_are_members_with_their_share():
    (incident,) = told((PLACE, {120: 3.0}))
    shares = {member.level: member.share for member in incident.members}
    assert shares[level(service="database")] == pytest.approx(1, abs=0.15)
    assert PLACE not in shares


def test_without_a_tree_names_alone_tell_what_lies_within_what():
    (incident,) = incidents(anomalies_of_many(levels(with_rise(cells(), PLACE, SPIKE))))
    assert incident.root == PLACE


def test_nothing_unusual_is_no_incident():
    assert told() == ()
