"""What the filters offer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from costlib.access import EVERYTHING, Scope
from costlib.queries.options import Options, options
from tests.queries.snapshots import Charge, Organization, amounts, published

DAY = date(2026, 3, 1)


def test_options_are_the_values_in_the_charges_that_may_be_seen(shelf: Path) -> None:
    organization = Organization(
        [
            Charge(DAY, "111", "ec2", "Usage", amounts("1"), ("red", "")),
            Charge(DAY, "222", "S3", "Tax", amounts("1"), ("", "prod")),
            Charge(DAY, "222", "Athena", "Tax", amounts("1"), None),
        ],
        labels=("cost_category:Team", "tag:env"),
        accounts={"111": "zebra", "222": "Ant", "999": "never charged"},
    )
    with published(organization, shelf) as snapshot:
        everything = options(snapshot, EVERYTHING)
        mine = options(snapshot, Scope(frozenset({"111"})))
        nothing = options(snapshot, Scope(frozenset()))
    assert everything == Options(
        accounts=(("222", "Ant"), ("111", "zebra")),
        services=("Athena", "ec2", "S3"),
        record_types=("Tax", "Usage"),
        labels={"cost_category:Team": ("red", "Unallocated"), "tag:env": ("prod", "Unallocated")},
    )
    assert mine == Options(
        (("111", "zebra"),), ("ec2",), ("Usage",), {"cost_category:Team": ("red",), "tag:env": ("Unallocated",)}
    )
    assert nothing == Options((), (), (), {"cost_category:Team": (), "tag:env": ()})
