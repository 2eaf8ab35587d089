"""An old export is held against what is stored now, as long as its question can still be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from costlib.access import EVERYTHING, Scope
from costlib.errors import CostlibError, UsageError
from costlib.exports import Format
from costlib.exports.manifest import Manifest
from costlib.periods import Period
from costlib.queries import verifying
from costlib.queries.exporting import ExportRequest, write_export
from costlib.queries.filters import Filters
from costlib.queries.verifying import Change, Line, verify
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import CostMetric
from tests.queries.snapshots import Charge, Organization, amounts, published

NOW = datetime(2026, 3, 20, 12)
UNBLENDED = (CostMetric.unblended_cost,)
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
BY_ACCOUNT = ExportRequest(("charge_date", "usage_account_id"), UNBLENDED, Filters(MARCH))


def charge(day: int, account: str, amount: str | None) -> Charge:
    return Charge(date(2026, 3, day), account, "EC2", "Usage", amounts(amount))


def export(snapshot: Snapshot, folder: Path, request: ExportRequest, scope: Scope = EVERYTHING) -> Manifest:
    return write_export(snapshot, scope, request, folder / "a.csv", Format.csv, generated_at=NOW, overwrite=True)


def test_lines_that_were_restated_vanished_and_came_are_told_apart(shelf: Path, tmp_path: Path) -> None:
    before = [charge(1, "1", "1"), charge(1, "2", "2"), charge(2, "1", "3"), charge(2, "2", None)]
    after = [charge(1, "1", "1.5"), charge(2, "1", "3"), charge(2, "2", "4"), charge(2, "3", None)]
    with published(Organization(before), shelf) as snapshot:
        manifest = export(snapshot, tmp_path, BY_ACCOUNT)
    told: list[Line] = []
    with published(Organization(after), shelf) as snapshot:
        found = verify(snapshot, EVERYTHING, tmp_path / "a.csv", manifest, told.append)
    assert [(str(line.key[0]), line.key[1], line.change, line.then, line.now) for line in told] == [
        ("2026-03-01", "1", Change.changed, (Decimal(1),), (Decimal("1.5"),)),
        ("2026-03-01", "2", Change.gone, (Decimal(2),), (None,)),
        ("2026-03-02", "2", Change.changed, (None,), (Decimal(4),)),
        ("2026-03-02", "3", Change.new, (None,), (None,)),
    ]
    assert (found.restated, found.gone, found.new, found.difference) == (4, 1, 1, {"unblended_cost": Decimal("2.5")})
    assert found.lines == told
    assert found.is_intact


def test_every_line_is_told_and_only_the_first_are_kept(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "LINES_KEPT", 2)
    with published(Organization([charge(1, str(i), "1") for i in range(9)]), shelf) as snapshot:
        manifest = export(snapshot, tmp_path, BY_ACCOUNT)
    told: list[object] = []
    with published(Organization([charge(1, str(i), "2") for i in range(9)]), shelf) as snapshot:
        found = verify(snapshot, EVERYTHING, tmp_path / "a.csv", manifest, told.append)
    assert (len(told), len(found.lines), found.restated) == (9, 2, 9)


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (lambda m: replace(m, source_id="another payer"), "is of another payer"),
        (lambda m: replace(m, as_of=m.as_of + timedelta(hours=1)), "what is stored is older"),
        (lambda m: replace(m, start=date(2026, 2, 27)), "stored are 2026-03-01"),
        (lambda m: replace(m, end=date(2026, 3, 9)), "stored are 2026-03-01"),
        (lambda m: replace(m, dimensions=("tag:gone",)), "tag:gone, which is not tracked any more"),
        (lambda m: replace(m, dimensions=("charge_dat",)), "Did you mean 'charge_date'"),
    ],
)
def test_a_question_that_cannot_be_asked_any_more_is_refused(
    shelf: Path, tmp_path: Path, later: Callable[[Manifest], Manifest], words: str
) -> None:
    with published(Organization([charge(1, "1", "1"), charge(3, "2", "2")]), shelf) as snapshot:
        manifest = later(export(snapshot, tmp_path, BY_ACCOUNT))
        with pytest.raises(CostlibError) as refused:
            verify(snapshot, EVERYTHING, tmp_path / "a.csv", manifest)
    assert words in f"{refused.value.message} {refused.value.remedy}"


def test_what_somebody_may_not_see_is_not_said_to_be_gone(shelf: Path, tmp_path: Path) -> None:
    team = Scope(frozenset({"1"}))
    theirs = replace(BY_ACCOUNT, filters=Filters(MARCH, accounts=("1",)))
    with published(Organization([charge(1, "1", "1"), charge(1, "2", "2")]), shelf) as snapshot:
        of_all = export(snapshot, tmp_path, BY_ACCOUNT)
        with pytest.raises(UsageError, match="not in your view"):
            verify(snapshot, team, tmp_path / "a.csv", of_all)
        manifest = export(snapshot, tmp_path, theirs, team)
        assert verify(snapshot, team, tmp_path / "a.csv", manifest).is_current


@pytest.mark.parametrize(("accounts", "kept"), [({"1"}, ("1",)), ({"1", "9"}, ("1", "9")), (set(), ("none",))])
def test_a_scope_is_stated_as_a_filter_so_that_anybody_can_ask_again(
    shelf: Path, tmp_path: Path, accounts: set[str], kept: tuple[str, ...]
) -> None:
    team = Scope(frozenset(accounts))
    with published(Organization([charge(1, "1", "1"), charge(1, "2", "2")]), shelf) as snapshot:
        manifest = export(snapshot, tmp_path, BY_ACCOUNT, team)
        assert manifest.where == {"usage_account_id": kept}
        for scope in (team, EVERYTHING):
            assert verify(snapshot, scope, tmp_path / "a.csv", manifest).is_current


def test_days_to_come_are_not_part_of_an_export(shelf: Path, tmp_path: Path) -> None:
    with published(Organization([charge(2, "1", "1"), charge(9, "1", "1")]), shelf) as snapshot:
        manifest = export(snapshot, tmp_path, BY_ACCOUNT)
    assert (manifest.start, manifest.end) == (date(2026, 3, 2), date(2026, 3, 10))
    assert "--end 2026-03-10" in manifest.command
    later = Organization([charge(2, "1", "1"), charge(9, "1", "1"), charge(12, "1", "1")])
    with published(later, shelf) as snapshot:
        assert verify(snapshot, EVERYTHING, tmp_path / "a.csv", manifest).is_current


def lens(until: int, amount: str) -> Organization:
    """Usage types by month, in a store that reaches to a day of March."""
    return Organization(
        [charge(1, "1", amount), charge(until, "1", "0")],
        rows={
            "lenses": [("service,usage_type", "service", "usage_type", "monthly")],
            "lens_charges": [("service,usage_type", MARCH.start, "EC2", "Box", *amounts(amount), None, None)],
        },
    )


def test_a_month_that_went_on_is_restated_where_only_months_are_stored(shelf: Path, tmp_path: Path) -> None:
    with published(lens(9, "5"), shelf) as snapshot:
        request = ExportRequest(("service", "usage_type"), UNBLENDED, Filters(snapshot.period))
        manifest = export(snapshot, tmp_path, request)
        assert verify(snapshot, EVERYTHING, tmp_path / "a.csv", manifest).is_current
    with published(lens(12, "7"), shelf) as snapshot:
        found = verify(snapshot, EVERYTHING, tmp_path / "a.csv", manifest)
    assert found.difference == {"unblended_cost": Decimal(2)}


def test_filters_that_name_a_dimension_twice_are_stated_once(shelf: Path, tmp_path: Path) -> None:
    twice = Filters(MARCH, accounts=("1", "2"), where=(("usage_account_id", ("2", "3")),))
    with published(Organization([charge(1, str(i), "1") for i in range(4)]), shelf) as snapshot:
        manifest = export(snapshot, tmp_path, replace(BY_ACCOUNT, filters=twice))
        assert manifest.where == {"usage_account_id": ("2",)}
        assert verify(snapshot, EVERYTHING, tmp_path / "a.csv", manifest).is_current
        apart = Filters(MARCH, accounts=("1",), where=(("usage_account_id", ("3",)),))
        with pytest.raises(UsageError, match="exclude each other"):
            export(snapshot, tmp_path, replace(BY_ACCOUNT, filters=apart))


def test_the_manifest_of_somebody_elses_file_is_not_written_over(shelf: Path, tmp_path: Path) -> None:
    left = tmp_path / "a.csv.manifest.json"
    left.write_text("mine")
    with published(Organization([charge(1, "1", "1")]), shelf) as snapshot:
        asked = (snapshot, EVERYTHING, BY_ACCOUNT, tmp_path / "a.csv", Format.csv)
        with pytest.raises(UsageError, match="exists already"):
            write_export(*asked, generated_at=NOW)
        assert [path.name for path in tmp_path.iterdir()] == [left.name]
        assert left.read_text() == "mine"
