"""How complete the last days are."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from costlib.errors import UsageError
from costlib.forecast import learned

USUAL = {1: 0.6, 2: 0.9, 3: 1.0, 5: 1.0, 9: 1.0}


def observations(
    service: str, shares: dict[int, float], days: int = 20, amount: float = 100
) -> list[dict[str, object]]:
    """Each of `days` days seen at the ages of `shares`."""
    first = date(2026, 3, 1)
    return [
        {
            "service": service,
            "charge_date": first + timedelta(days=day),
            "as_of": first + timedelta(days=day + age),
            "amount": 100 * share,
        }
        for day in range(days)
        for age, share in shares.items()
    ]


def test_the_share_of_a_day_that_is_there_is_learned_by_service_and_age() -> None:
    late = {1: 0.1, 2: 0.5, 3: 0.8, 6: 1.0}
    found = learned(pd.DataFrame(observations("Compute", USUAL) + observations("Support", late)))
    assert [found.share("Compute", age) for age in (1, 2, 3)] == pytest.approx([0.6, 0.9, 1.0])
    assert [found.share("Support", age) for age in (1, 2, 3)] == pytest.approx([0.1, 0.5, 0.8])
    assert found.share("Compute", 8) == 1


def test_a_service_that_was_hardly_seen_is_told_by_all_together() -> None:
    found = learned(pd.DataFrame(observations("Compute", USUAL) + observations("New", {1: 0.0, 6: 1.0}, days=1)))
    assert found.share("New", 1) == found.share(None, 1) == found.share("unheard of", 1)
    assert found.share("New", 1) == pytest.approx(0.6, abs=0.05)


def test_a_day_that_is_not_settled_teaches_nothing() -> None:
    found = learned(pd.DataFrame(observations("Compute", {1: 0.2, 2: 0.9})))
    assert found.overall == ()
    assert found.share("Compute", 1) == 1


def test_observations_without_a_column_are_refused_by_its_name() -> None:
    with pytest.raises(UsageError, match="as_of"):
        learned(pd.DataFrame(observations("Compute", USUAL)).drop(columns="as_of"))
