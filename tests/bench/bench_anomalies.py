"""How many anomalies are found, how many alarms are false, how soon, and how long judging takes.

Thresholds were tuned on series of seeds 1, 4 and 5; what is reported and judged is seeds 2 and 3. The same with a
fee on every first of the month and ten public holidays a year in every series.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from costlib.anomalies import Tree, anomalies_of_many, incidents, level
from tests.bench.injected import Tally, cases, compared
from tests.bench.measure import Measurement, at_least, at_most

REPORTED_SEEDS = (2, 3)
EACH = 12
SERIES, DAYS = 2_000, 400


def bench_anomalies(_: Path) -> Iterator[Measurement]:
    """Recall, precision, false alarms and delay on seeds that nothing was tuned on."""
    for with_hard_negatives in (False, True):
        for seed in REPORTED_SEEDS:
            tally = judged(seed, EACH, with_hard_negatives)
            yield from _measurements(f"anomalies, seed {seed}{', fees and holidays' * with_hard_negatives}", tally)


def judged(seed: int, each: int, with_hard_negatives: bool) -> Tally:
    tally = Tally.empty()
    made = cases(seed, each, with_hard_negatives=with_hard_negatives)
    verdicts = anomalies_of_many({case.name: case.y for case in made})
    for case in made:
        list(compared(case, verdicts[case.name], tally))
    return tally


def _measurements(name: str, tally: Tally) -> Iterator[Measurement]:
    def row(what: str, measured: str, ratio: float, least: float) -> Measurement:
        return Measurement(f"{name}: {what}", measured, ratio, at_least(least))

    rises = ", ".join(f"{tally.found[kind]} of {tally.asked[kind]} {kind}s" for kind in ("spike", "step", "ramp"))
    yield row("recall of rises", rises, tally.recall(), 0.85)
    yield row("precision of rises", f"{tally.false_rises} false", tally.precision, 0.8)
    false = f"{tally.false_rises + tally.false_drops} in {tally.series_months:,.0f} months"
    yield Measurement(f"{name}: false alarms a series-month", false, tally.false_alarms_a_month, at_most(0.06))
    yield row("recall of drops", f"{tally.found['drop']} of {tally.asked['drop']}", tally.recall(("drop",)), 0.8)
    yield row("spikes found on their first day", "of those found", tally.within("spike", 0), 0.95)
    yield row("steps found within a day", "of those found", tally.within("step", 1), 0.85)
    yield row("ramps found within ten days", f"median {tally.median_delay('ramp'):g} days", tally.within("ramp", 10), 1)


def bench_judging(_: Path) -> Iterator[Measurement]:
    """Two thousand series of thirteen months, and their incidents, on one core."""
    made = [case.y.iloc[-DAYS:] for case in cases(2, SERIES // 16 // 4)]
    levels = {level(service=f"s{i % 50}", usage_account_id=f"a{i}"): made[i % len(made)] for i in range(SERIES)}
    began = time.process_time()
    verdicts = anomalies_of_many(levels)
    judging = time.process_time() - began
    told = incidents(verdicts, Tree())
    seconds = time.process_time() - began
    yield Measurement(
        f"anomalies: {SERIES:,} series of {DAYS} days judged and told as incidents",
        f"{seconds:.1f} s of work, {judging:.1f} s of it judging, {len(told):,} incidents",
        seconds,
        at_most(30),
    )
