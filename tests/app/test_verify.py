"""The verify page: an old export is intact or altered, current or restated, and on which lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.exports import Format
from costlib.exports.manifest import manifest_path
from costlib.periods import Period
from costlib.queries.exporting import ExportRequest, write_export
from costlib.queries.filters import Filters
from costlib.store.snapshot import open_current
from costlib.ui import identity
from costlib.ui.identity import Viewer
from costlib.vocabulary import CostMetric
from tests.app.conftest import UseOrganization
from tests.app.pages import VERIFY, metric, opened, said
from tests.queries.snapshots import Charge, Organization, amounts

MARCH = Period(date(2026, 3, 1), date(2026, 3, 19))
METRICS = (CostMetric.unblended_cost, CostMetric.net_amortized_cost)


def rows(restated: bool = False) -> Organization:
    """Three days of two accounts; restated, one day of one account costs less and another has a new service."""
    charges = [
        Charge(date(2026, 3, day), account, "EC2", "Usage", amounts(f"{day}.5"))
        for day in (1, 2, 3)
        for account in ("111", "222")
    ]
    if restated:
        charges[0] = Charge(date(2026, 3, 1), "111", "EC2", "Usage", amounts("1.25", net_amortized_cost="1.5"))
        charges.append(Charge(date(2026, 3, 2), "222", "=S3", "Usage", amounts("4")))
    return Organization(charges)


Exported = Callable[..., tuple[Path, Path]]


@pytest.fixture
def exported(organization: UseOrganization, tmp_path: Path) -> Exported:
    """`exported(format, …filters)`: a file and its manifest of the organization as it was."""
    source = organization(rows())

    def export(written_as: Format = Format.csv, **filters: tuple[str, ...]) -> tuple[Path, Path]:
        snapshot = open_current(source)
        file = tmp_path / f"old.{written_as}"
        request = ExportRequest(
            ("charge_date", "usage_account_id", "service"),
            METRICS,
            Filters(MARCH, **filters),  # type: ignore[arg-type]
        )
        write_export(
            snapshot, EVERYTHING, request, file, written_as, generated_at=datetime(2026, 3, 20, 7), overwrite=True
        )
        snapshot.close()
        return file, manifest_path(file)

    return export


def verified(file: bytes, manifest: bytes, name: str = "old.csv") -> AppTest:
    app = opened(VERIFY)
    app.file_uploader(key="verify_file").set_value((name, file, "application/octet-stream"))
    app.file_uploader(key="verify_manifest").set_value((f"{name}.manifest.json", manifest, "application/json"))
    return app.run()


@pytest.mark.parametrize("written_as", list(Format))
def test_an_export_of_today_is_intact_and_current(exported: Exported, written_as: Format) -> None:
    file, manifest = exported(written_as)
    app = verified(file.read_bytes(), manifest.read_bytes(), file.name)
    assert not app.exception
    assert (metric(app, "The file"), metric(app, "The figures"), metric(app, "Lines")) == ("Intact", "Current", "0")
    assert "Intact and current" in said(app)
    assert not app.dataframe


def test_an_altered_byte_is_noticed(exported: Exported) -> None:
    file, manifest = exported()
    app = verified(file.read_bytes().replace(b"2.5", b"9.5", 1), manifest.read_bytes())
    assert metric(app, "The file") == "Altered"
    assert "its bytes are not those that were exported" in said(app)
    assert metric(app, "The figures") == "Different"
    assert app.dataframe[0].value["unblended_cost_exported"].tolist() == [Decimal("9.50")]


def test_a_file_that_cannot_be_read_is_altered_and_nothing_else_is_claimed(exported: Exported) -> None:
    file, manifest = exported(Format.xlsx)
    app = verified(file.read_bytes()[:200], manifest.read_bytes(), file.name)
    assert not app.exception
    assert (metric(app, "The file"), metric(app, "The figures")) == ("Altered", "Not compared")


def test_what_aws_changed_since_is_listed_line_by_line(exported: Exported, organization: UseOrganization) -> None:
    file, manifest = exported()
    organization(rows(restated=True))
    st.cache_data.clear()
    app = verified(file.read_bytes(), manifest.read_bytes())
    assert (metric(app, "The file"), metric(app, "The figures"), metric(app, "Lines")) == ("Intact", "Restated", "2")
    assert "+$3.75 unblended, +$4.00 net amortized in all" in said(app)
    table = app.dataframe[0].value
    assert table["service"].tolist() == ["EC2", "=S3"]
    assert table["unblended_cost_difference"].tolist() == [Decimal("-0.25"), Decimal("4.00")]
    assert table["unblended_cost_now"].tolist() == [Decimal("1.25"), Decimal("4.00")]
    assert len(app.get("download_button")) == 1


def test_an_export_of_accounts_outside_the_view_is_not_compared(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, manifest = exported()
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Team lead", Scope(frozenset({"222"}))))
    app = verified(file.read_bytes(), manifest.read_bytes())
    assert "accounts that are not in your view" in said(app)
    assert not app.metric
    own, its = exported(accounts=("222",))
    assert metric(verified(own.read_bytes(), its.read_bytes()), "The file") == "Intact"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"product": "other"}, "is not the manifest of an export"),
        ({"schema": 99}, "has schema 99"),
        ({"format": "exe"}, "cannot be read"),
        ({"sums": {}}, "cannot be read"),
        ({"metrics": ["nonsense"]}, "nonsense"),
        ({"dimensions": ["nonsense"]}, "nonsense"),
        ({"source_id": "other"}, "The export is of other"),
        ({"end": "2026-01-01"}, "holds no day"),
    ],
)
def test_a_manifest_that_says_nonsense_is_refused_in_words(
    exported: Exported, changed: dict[str, object], says: str
) -> None:
    file, manifest = exported()
    facts = {**json.loads(manifest.read_bytes()), **changed}
    app = verified(file.read_bytes(), json.dumps(facts).encode())
    assert not app.exception
    assert "This cannot be verified" in said(app)
    assert says in said(app)


def test_nothing_that_was_uploaded_is_kept(exported: Exported, tmp_path: Path) -> None:
    file, manifest = exported()
    verified(file.read_bytes(), manifest.read_bytes(), "../../old.csv")
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.parent.name == "exports"]
    assert kept == []


def test_without_files_the_page_says_what_it_needs(exported: Exported) -> None:
    app = opened(VERIFY)
    assert "Both together can be verified here" in said(app)
    assert not app.metric
