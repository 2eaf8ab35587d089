"""The bench's limits hold on a few series of every kind, so that no change can lose them unseen."""

from __future__ import annotations

import pytest

from tests.bench.bench_anomalies import judged

SEED = 6
"""Neither tuned on nor reported."""


@pytest.mark.parametrize("with_hard_negatives", [False, True], ids=["plain", "fees and holidays"])
def test_rises_are_found_and_false_alarms_are_few(with_hard_negatives: bool):
    tally = judged(SEED, 4, with_hard_negatives)
    assert tally.recall() >= 0.85
    assert tally.precision >= 0.8
    assert tally.false_alarms_a_month <= 0.06
    assert tally.within("spike", 0) >= 0.9
    assert tally.recall(("ramp",)) >= 0.85
