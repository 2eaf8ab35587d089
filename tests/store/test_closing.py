"""A closed month never changes; what AWS says later is carried by the open month, once, and shown as what it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.errors import CannotClose, UsageError
from costlib.money import total
from costlib.queries.showback import Book, Question, bill, matrix, months, statement
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.closing import Close, close_month
from costlib.store.republish import republish
from costlib.store.showback import RuleChange, put_in_force
from costlib.store.snapshot import current_id
from costlib.vocabulary import COST_METRICS, CostMetric
from tests.ingest.syncing import NOON, snapshot_in, sync_from

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
RULES = """
[[cost_center]]
cost_category = "Team"

[[rule]]
id = "tax"
description = "Tax follows use."
source = { record_type = ["Tax"] }
method = "proportional"
"""


ORGANIZATION = tiny_organization(NOON.date(), days=85)


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(ORGANIZATION) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first sync leaves; read only."""
    folder = tmp_path_factory.mktemp("synced")
    (folder / "allocation.toml").write_text(RULES, encoding="utf-8")
    with SampleEndpoint(ORGANIZATION) as endpoint:
        again(endpoint, folder)
    return folder


@pytest.fixture
def folder(synced: Path, tmp_path: Path) -> Path:
    return shutil.copytree(synced, tmp_path, dirs_exist_ok=True)


def again(endpoint: SampleEndpoint, folder: Path, hours: int = 0) -> None:
    rules = folder / "allocation.toml"
    sync_from(endpoint, folder, rules_file=rules, history_months=2, now=NOON + timedelta(hours=hours))


def close(folder: Path, month: date, **changes: Any) -> str:
    wanted = replace(Close(month, NOON, "finance", str(current_id(folder / "sample"))), **changes)
    return republish(folder / "sample", 5, NOON, lambda warehouse: close_month(warehouse, wanted))


def lines(folder: Path, month: date, book: Book = Book.now) -> dict[CostMetric, list[Any]]:
    with closing(snapshot_in(folder)) as snapshot:
        return {
            metric: statement(snapshot, EVERYTHING, Question(month, metric, book)).to_pylist()
            for metric in COST_METRICS
        }


def restate(endpoint: SampleEndpoint, folder: Path, day: date, delta: str) -> None:
    with closing(snapshot_in(folder)) as snapshot:
        ((account, service),) = snapshot.rows(
            """
            SELECT usage_account_id, service
            FROM charges
            WHERE charge_date = ? AND record_type = 'Usage'
            ORDER BY usage_account_id, service
            LIMIT 1""",
            (day,),
        )
    key: dict[str, Any] = {"usage_account_id": account, "service": service, "record_type": "Usage"}
    endpoint.restate(charge_date=day, delta=Decimal(delta), **key)


def adjustments(folder: Path, month: date, metric: CostMetric = CostMetric.unblended_cost) -> Decimal | None:
    found = [line["amount"] for line in lines(folder, month)[metric] if line["kind"] == "adjustment"]
    return total(found)


def test_statements_sum_to_the_bill_in_every_metric(folder: Path) -> None:
    with closing(snapshot_in(folder)) as snapshot:
        for state in months(snapshot):
            for metric in COST_METRICS:
                asked = Question(state.month, metric)
                whole = total(statement(snapshot, EVERYTHING, asked).column("amount").to_pylist())
                assert whole == bill(snapshot, asked)
                assert whole == total(matrix(snapshot, EVERYTHING, asked).column("total").to_pylist())


def test_a_closed_month_says_the_same_for_ever_and_the_open_one_carries_the_difference(
    endpoint: SampleEndpoint, folder: Path
) -> None:
    before = lines(folder, OCTOBER)
    statement_id = close(folder, OCTOBER)
    assert lines(folder, OCTOBER, Book.as_closed) == before
    restate(endpoint, folder, date(2026, 10, 7), "12.3400000001")
    again(endpoint, folder, hours=1)
    assert lines(folder, OCTOBER, Book.as_closed) == before
    assert lines(folder, OCTOBER) != before
    assert adjustments(folder, NOVEMBER) == Decimal("12.3400000001")
    with closing(snapshot_in(folder)) as snapshot:
        assert {s.month: s.statement_id for s in months(snapshot)}[OCTOBER] == statement_id


def test_an_adjustment_is_carried_once_and_frozen_with_the_month_that_carries_it(
    endpoint: SampleEndpoint, folder: Path
) -> None:
    close(folder, SEPTEMBER)
    restate(endpoint, folder, date(2026, 9, 7), "5")
    again(endpoint, folder, hours=1)
    close(folder, OCTOBER)
    assert adjustments(folder, OCTOBER) == Decimal(5)
    assert adjustments(folder, NOVEMBER) == Decimal(0)
    restate(endpoint, folder, date(2026, 9, 8), "-2")
    again(endpoint, folder, hours=2)
    assert adjustments(folder, OCTOBER) == Decimal(5)
    assert adjustments(folder, NOVEMBER) == Decimal(-2)


def test_new_rules_do_not_reach_into_a_closed_month(folder: Path) -> None:
    before = lines(folder, OCTOBER)
    close(folder, OCTOBER)
    even = RuleChange(RULES.replace('"proportional"', '"even"'), "allocation.toml", NOON, "finance", "as agreed")

    def change(warehouse: Any) -> None:
        put_in_force(warehouse, even)

    republish(folder / "sample", 5, NOON, change)
    assert lines(folder, OCTOBER) == before
    assert lines(folder, SEPTEMBER)[CostMetric.unblended_cost] != []
    drivers = {line["driver"] for line in lines(folder, NOVEMBER)[CostMetric.unblended_cost] if line["driver"]}
    assert drivers == {Decimal(1)}
    assert adjustments(folder, NOVEMBER) == Decimal(0)


def test_a_month_that_is_not_over_or_closed_already_or_out_of_order_is_refused(folder: Path) -> None:
    with pytest.raises(CannotClose, match="2026-11 is not over"):
        close(folder, NOVEMBER)
    close(folder, SEPTEMBER)
    with pytest.raises(UsageError, match="closed already"):
        close(folder, SEPTEMBER)
    with pytest.raises(CannotClose, match="2026-10 is next"):
        close(folder, NOVEMBER, closed_at=NOON + timedelta(days=30))
    with pytest.raises(UsageError, match="Nothing is stored"):
        close(folder, date(2020, 1, 1))


def test_a_month_with_estimated_days_is_closed_only_for_a_reason_that_is_kept(folder: Path) -> None:
    close(folder, OCTOBER)
    later = NOON + timedelta(days=30)
    with pytest.raises(CannotClose, match="still estimated"):
        close(folder, NOVEMBER, closed_at=later)
    close(folder, NOVEMBER, closed_at=later, forced_because="Year end.")
    with closing(snapshot_in(folder)) as snapshot:
        assert {s.month: s.forced_because for s in months(snapshot)}[NOVEMBER] == "Year end."


def test_a_month_that_does_not_tie_out_is_refused(folder: Path) -> None:
    def spoil(warehouse: Any) -> None:
        warehouse.connection.execute(
            "UPDATE daily_totals SET net_amortized_cost = net_amortized_cost + 0.01 WHERE charge_date = '2026-10-09'"
        )

    republish(folder / "sample", 5, NOON, spoil)
    with pytest.raises(CannotClose, match="2026-10-09"):
        close(folder, OCTOBER)


def test_somebody_who_sees_some_accounts_sees_the_statements_that_are_named_for_them(folder: Path) -> None:
    with closing(snapshot_in(folder)) as snapshot:
        asked = Question(OCTOBER)
        everyone = {line["cost_center"] for line in statement(snapshot, EVERYTHING, asked).to_pylist()}
        one = sorted(everyone)[0]
        some = frozenset(["111122223333"])
        assert statement(snapshot, Scope(some), asked).num_rows == 0
        seen = statement(snapshot, Scope(some, frozenset([one])), asked).to_pylist()
        assert {line["cost_center"] for line in seen} == {one}
        assert matrix(snapshot, Scope(some, frozenset([one])), asked).column("cost_center").to_pylist() == [one]
