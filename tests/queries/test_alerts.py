"""What there is to alert to, whom it is told, and that nobody is told another one's amounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.alerts.alert import Alert
from costlib.channels import AlertKind, Cadence
from costlib.queries.alerts import Moment, alerts, data_state, failed_first_sync
from costlib.queries.digest import digest_figures
from costlib.queries.incident_alerts import open_incidents
from costlib.store.snapshot import Snapshot
from costlib.store.status import RunState, Status
from tests.queries.snapshots import Organization, amounts, published
from tests.queries.test_digest import AS_OF, DAYS, FOREIGN, LAST, NOW, OWN, PATIENCE, organization

MOMENT = Moment(NOW, None, PATIENCE)
LEAD = Scope(frozenset(), frozenset({"Mine"}))
OWNER = Scope(frozenset({OWN}), frozenset())
BUDGETS = """
[[budget]]
id = "mine"
name = "Mine"
usage_account_id = "111"
amount = 100

[[budget]]
id = "all"
name = "Everything"
total = true
amount = 1000000
"""


def incident(
    number: str, account: str = "", service: str = "EC2", center: str = "", first: date = LAST, is_open: bool = True
) -> tuple[object, ...]:
    """Of $1,018 where $11 was expected; the service of all accounts where no account is named."""
    level = "service_account" if account else "service"
    days = (first, first, is_open)
    amounts = (Decimal("1007.00"), Decimal("11.00"), Decimal("1018"))
    return (number, level, account, service, "", "", "spike", "unblended_cost", *days, *amounts, center, AS_OF, AS_OF)


def with_incidents(*rows: tuple[object, ...], **others: object) -> Organization:
    made = organization()
    driver = (rows[0][0], "usage_type", "BoxUsage", True, Decimal(9000), Decimal(7000), Decimal(2000))
    own = (rows[0][0], "usage_type", "Lambda-GB", False, Decimal(900), Decimal(1), Decimal(899))
    meta = [
        ("currency", "USD"),
        ("as_of", AS_OF.isoformat()),
        ("source_id", "test"),
        ("judged_through", LAST.isoformat()),
    ]
    made.rows = {"incidents": rows, "incident_drivers": [driver, own], "meta": meta, **others}  # type: ignore[dict-item]
    return made


@pytest.fixture(scope="module")
def snapshot(shelf: Path) -> Iterator[Snapshot]:
    with published(organization(), shelf) as opened:
        yield opened


def found(shelf: Path, made: Organization, scope: Scope = EVERYTHING, moment: Moment = MOMENT) -> tuple[Alert, ...]:
    with published(made, shelf) as opened:
        return alerts(opened, scope, moment)


def test_an_incident_is_told_with_its_size_its_days_and_what_moved(shelf: Path) -> None:
    (alert,) = found(shelf, with_incidents(incident("7", OWN, center="Mine")))
    assert (alert.key, alert.kind, alert.amount) == ("incident:7", AlertKind.incident, Decimal(1007))
    assert alert.title == "EC2 in mine: $1,007.00 above expectation"
    assert alert.sentences == (
        "18 Mar 2026, and it still lasts: $1,018.00, where $11.00 was expected.",
        "Most of it is in usage type Lambda-GB (+$899.00).",
        "Of this service in all accounts, it is mostly usage type BoxUsage (+$2,000.00).",
    )
    assert (alert.cost_center, alert.account, alert.page) == ("Mine", OWN, "anomalies?incident=7")


def test_incidents_that_are_over_or_that_somebody_has_judged_are_told_no_more(shelf: Path) -> None:
    old = incident("6", OWN, first=LAST - timedelta(days=20), is_open=False)
    made = with_incidents(incident("7", OWN), incident("8", OWN), old)
    assert {a.key for a in found(shelf, made)} == {"incident:7", "incident:8"}
    settled = replace(MOMENT, settled=frozenset({"7"}))
    assert [a.key for a in found(shelf, made, moment=settled)] == ["incident:8"]
    with published(made, shelf) as opened:
        assert set(open_incidents(opened)) == {"7", "8"}


@pytest.mark.parametrize("scope", [LEAD, OWNER])
def test_who_owns_an_incident_is_told_it_and_nothing_of_other_accounts(shelf: Path, scope: Scope) -> None:
    mine, theirs = incident("7", OWN, center="Mine"), incident("8", FOREIGN, "Foreign", center="Theirs")
    whole = incident("9", "", center="Mine")
    (alert,) = found(shelf, with_incidents(mine, theirs, whole), scope)
    assert alert.key == "incident:7"
    assert "2,000" not in repr(alert)
    assert "Foreign" not in repr(alert)


def test_who_may_see_nothing_is_told_nothing(shelf: Path) -> None:
    made = with_incidents(incident("7", OWN, center="Mine"))
    assert found(shelf, made, Scope(frozenset(), frozenset())) == ()


def test_budgets_are_told_once_as_likely_and_once_as_exceeded(shelf: Path) -> None:
    version = ("v1", "budgets.toml", BUDGETS, AS_OF, "finance", "")
    made = with_incidents(incident("7", OWN, is_open=False, first=date(2026, 2, 1)), budget_versions=[version])
    (alert,) = found(shelf, made)
    assert (alert.key, alert.kind, alert.account) == ("budget:mine:2026-03-01:over", AlertKind.budget, OWN)
    assert alert.title == "The budget “Mine” is exceeded"
    assert alert.sentences[0].endswith("of $100.00 are spent, 1–31 Mar 2026.")
    assert "The amount was passed on" in alert.sentences[1]
    assert found(shelf, made, OWNER) == (alert,)
    assert found(shelf, made, LEAD) == ()
    likely = ("v1", "budgets.toml", BUDGETS.replace("amount = 100\n", "amount = 1300\n"), AS_OF, "finance", "")
    made.rows = {**made.rows, "budget_versions": [likely]}
    (alert,) = found(shelf, made)
    assert alert.key == "budget:mine:2026-03-01:at risk"
    assert "Expected at the end: " in " ".join(alert.sentences)
    assert "Probability of an overrun: " in " ".join(alert.sentences)


def test_oddities_of_the_data_are_told_to_who_sees_everything_while_they_are_new(shelf: Path) -> None:
    def oddity(day: date) -> tuple[object, ...]:
        return (str(day), "vanished_service", "S3", "", day, Decimal("1.00"), None, AS_OF, AS_OF)

    rows = [oddity(LAST), oddity(LAST - timedelta(days=20))]
    made = with_incidents(incident("7", OWN, is_open=False, first=date(2026, 2, 1)), data_anomalies=rows)
    (alert,) = found(shelf, made)
    assert (alert.key, alert.kind) == (f"data:vanished_service:S3::{LAST}", AlertKind.data)
    assert alert.title == "A service that vanished: S3"
    assert "Usual is $1.00 a day." in alert.sentences[0]
    assert found(shelf, made, OWNER) == ()


def kinds(snapshot: Snapshot, moment: Moment, scope: Scope = EVERYTHING) -> list[tuple[AlertKind, str]]:
    return [(alert.kind, alert.key) for alert in alerts(snapshot, scope, moment)]


def failed_at(state: RunState = RunState.failed) -> Status:
    return Status(state, "run", 1, AS_OF, AS_OF, message="AWS refused.", remedy="Ask for the right.")


def test_with_nothing_wrong_there_is_nothing_to_tell(snapshot: Snapshot) -> None:
    assert kinds(snapshot, Moment(NOW, None, PATIENCE)) == []
    assert kinds(snapshot, Moment(NOW, failed_at(RunState.ok), PATIENCE)) == []


def test_a_sync_that_failed_is_told_with_its_remedy_and_once_until_the_next_snapshot(snapshot: Snapshot) -> None:
    (alert,) = alerts(snapshot, EVERYTHING, Moment(NOW, failed_at(), PATIENCE))
    assert (alert.key, alert.kind) == ("sync-failed:s1", AlertKind.sync)
    assert alert.sentences[:2] == ("AWS refused.", "Ask for the right.")
    later = replace(failed_at(), message="AWS refused again.")
    assert kinds(snapshot, Moment(NOW + timedelta(hours=9), later, PATIENCE)) == [(AlertKind.sync, alert.key)]
    assert [a.key for a in failed_first_sync(failed_at(), NOW)] == ["sync-failed:none"]
    assert failed_first_sync(None, NOW) == ()


def test_old_data_is_told(snapshot: Snapshot) -> None:
    assert kinds(snapshot, Moment(AS_OF + timedelta(hours=37), None, PATIENCE)) == [(AlertKind.sync, "delayed:s1")]
    assert data_state(snapshot).last_complete_day == LAST


def test_data_that_does_not_tie_out_is_told_to_who_sees_everything(shelf: Path) -> None:
    off = organization()
    control = [(day, False, *amounts("1")) if day == DAYS[3] else row for row in off.control() for day in [row[0]]]
    off.daily_totals = control
    with published(off, shelf) as opened:
        moment = Moment(NOW, None, PATIENCE)
        assert kinds(opened, moment) == [(AlertKind.data, f"tie-out:{DAYS[3]}")]
        assert kinds(opened, moment, Scope(frozenset({OWN}), frozenset())) == []
        assert digest_figures(opened, EVERYTHING, Cadence.daily).ties_out is False
