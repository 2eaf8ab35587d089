"""A sync leaves every cost center's statement behind, by the rules file as it stands, and never half of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from costlib.config import Source
from costlib.sample.organization import tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.snapshot import open_current
from costlib.vocabulary import COST_METRICS
from tests.ingest.syncing import NOON, snapshot_in, sync_from

RULES = """
[[cost_center]]
cost_category = "Team"

[[rule]]
id = "tax"
description = "Tax follows use."
source = { record_type = ["Tax"] }
method = "proportional"
"""
SHORT: dict[str, Any] = {"history_months": 1}
SUMS = ", ".join(f"SUM({metric})" for metric in COST_METRICS)


@pytest.fixture
def endpoint() -> Iterator[SampleEndpoint]:
    with SampleEndpoint(tiny_organization(NOON.date(), days=40)) as endpoint:
        yield endpoint


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "allocation.toml"
    file.write_text(RULES, encoding="utf-8")
    return file


def rows(folder: Path, sql: str) -> list[Any]:
    snapshot = snapshot_in(folder)
    found: list[Any] = list(snapshot.rows(sql))
    snapshot.close()
    return found


def test_all_statements_together_are_the_bill_in_every_metric(endpoint, file, tmp_path):
    sync_from(endpoint, tmp_path, rules_file=file, **SHORT)
    assert rows(tmp_path, f"SELECT {SUMS} FROM showback_charges") == rows(tmp_path, f"SELECT {SUMS} FROM charges")
    moved = rows(tmp_path, "SELECT metric, SUM(amount), COUNT(*) FROM showback_entries GROUP BY metric")
    assert {metric for metric, _, _ in moved} == set(COST_METRICS)
    assert all(amount == 0 and count for _, amount, count in moved)


def test_rules_that_changed_are_applied_without_asking_for_charges(endpoint, file, tmp_path):
    sync_from(endpoint, tmp_path, rules_file=file, **SHORT)
    file.write_text(RULES.replace('"proportional"', '"even"'), encoding="utf-8")
    result = sync_from(endpoint, tmp_path, rules_file=file, now=NOON + timedelta(hours=1), **SHORT)
    assert result.windows == 0
    shares = rows(tmp_path, "SELECT DISTINCT driver FROM showback_entries WHERE NOT is_source")
    assert shares == [(1,)]
    assert rows(tmp_path, "SELECT COUNT(*) FROM rule_versions") == [(2,)]


def test_rules_that_cannot_be_used_leave_the_last_good_ones_in_force_and_are_named(endpoint, file, tmp_path):
    sync_from(endpoint, tmp_path, rules_file=file, **SHORT)
    before = rows(tmp_path, "SELECT * FROM showback_entries ORDER BY ALL")
    file.write_text(RULES + "taregts = []\n", encoding="utf-8")
    result = sync_from(endpoint, tmp_path, rules_file=file, now=NOON + timedelta(hours=1), **SHORT)
    assert any("line 10, rule 'tax'" in warning for warning in result.warnings)
    assert rows(tmp_path, "SELECT * FROM showback_entries ORDER BY ALL") == before
    ((problem,),) = rows(tmp_path, "SELECT value FROM meta WHERE key = 'rules_problem'")
    assert "unknown key 'taregts'" in str(problem)


def test_a_restated_day_moves_its_months_entries(endpoint, file, tmp_path):
    sync_from(endpoint, tmp_path, rules_file=file, **SHORT)
    by_month = f"SELECT billing_month, {SUMS} FROM showback_charges GROUP BY billing_month ORDER BY billing_month"
    before = rows(tmp_path, by_month)
    ((account, service),) = rows(
        tmp_path,
        "SELECT usage_account_id, service FROM charges"
        " WHERE charge_date = '2026-11-03' AND record_type = 'Usage' ORDER BY ALL LIMIT 1",
    )
    endpoint.restate(
        charge_date=date(2026, 11, 3),
        usage_account_id=account,
        service=service,
        record_type="Usage",
        delta=Decimal("1.5"),
    )
    sync_from(endpoint, tmp_path, rules_file=file, now=NOON + timedelta(hours=1), **SHORT)
    after = rows(tmp_path, by_month)
    assert [m[1] - n[1] for m, n in zip(after, before, strict=True)] == [0, Decimal("1.5")]


def test_a_sync_that_died_before_the_statements_leaves_them_to_the_next_one(endpoint, file, tmp_path, monkeypatch):
    sync_from(endpoint, tmp_path, rules_file=file, **SHORT)
    row = next(r for r in endpoint.charges().to_pylist() if r["charge_date"] == date(2026, 11, 3))
    key = {n: row[n] for n in ("charge_date", "usage_account_id", "service", "record_type")}
    endpoint.restate(**key, delta=Decimal("2.5"))
    with monkeypatch.context() as dying:
        dying.setattr("costlib.ingest.sync.sync_showback", lambda run: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sync_from(endpoint, tmp_path, rules_file=file, now=NOON + timedelta(hours=1), **SHORT)
    result = sync_from(endpoint, tmp_path, rules_file=file, now=NOON + timedelta(hours=2), **SHORT)
    assert result.windows == 0
    assert rows(tmp_path, f"SELECT {SUMS} FROM showback_charges") == rows(tmp_path, f"SELECT {SUMS} FROM charges")


def test_a_source_without_a_rules_file_has_no_showback_until_it_gets_one(endpoint, file, tmp_path):
    sync_from(endpoint, tmp_path, rules_file=tmp_path / "none.toml", source=Source.aws, **SHORT)
    with closing(open_current(tmp_path / "aws")) as snapshot:
        assert list(snapshot.rows("SELECT COUNT(*) FROM showback_charges")) == [(0,)]
    sync_from(endpoint, tmp_path, rules_file=file, source=Source.aws, now=NOON + timedelta(hours=1), **SHORT)
    with closing(open_current(tmp_path / "aws")) as snapshot:
        assert list(snapshot.rows("SELECT COUNT(*) > 0 FROM showback_charges")) == [(True,)]


def test_the_samples_own_rules_hold_when_there_is_no_file(endpoint, tmp_path):
    sync_from(endpoint, tmp_path, rules_file=tmp_path / "none.toml", **SHORT)
    assert rows(tmp_path, "SELECT COUNT(*) FROM rule_versions") == [(1,)]
