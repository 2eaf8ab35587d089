"""From an organization's plan to its ledger.

Recurring charges are computed by DuckDB in whole units of 1e-10 dollars, with integers only, so that they are the same
on every machine; six million take seconds. The few charges that are no rule's outcome are added from Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Context, Decimal, localcontext

import pyarrow as pa

from costlib.periods import DAY, Period, month_of
from costlib.sample.commitments import fees
from costlib.sample.ledger import AMOUNT, METRICS, Ledger, cell_columns, cell_values
from costlib.sample.organization import Organization
from costlib.sample.plan import Cell, Charge, Growth, Recurring, Rhythm

PARTS_A_UNIT = 10**10
PARTS_PER_MILLION = 10**6

_WEEK = {
    Rhythm.even: (1000,) * 7,
    Rhythm.office: (1110, 1130, 1140, 1120, 1080, 720, 700),
    Rhythm.shop: (930, 910, 920, 960, 1060, 1150, 1070),
    Rhythm.covered: (1000, 1000, 1000, 1000, 1000, 880, 860),
}
"""Per mille of a plain day, from Monday. Covered use never exceeds what was committed to."""

_MONTHLY_GROWTH = {
    Growth.flat: Decimal(1),
    Growth.steady: Decimal("1.008"),
    Growth.fast: Decimal("1.032"),
    Growth.shrinking: Decimal("0.993"),
}
_GROWTH_EPOCH = date(2026, 1, 1)
_GROWTH_MONTHS = (-48, 60)
"""Growth stops beyond, so that the company neither vanishes nor takes over the world."""


def build_ledger(organization: Organization) -> Ledger:
    """Compute every charge of `organization` from its start to its today."""
    ledger = Ledger(organization.labels)
    cells = _numbered(organization)
    ledger.load("cells", _cells_table(cells, organization.labels))
    ledger.load("recurring", _recurring_table(organization.recurring, cells, organization.today))
    ledger.load("factors", _factors_table(organization.period, organization.arrived))
    ledger.execute(_GENERATE)
    ledger.load("used", ledger.table(_USED))
    add_charges(ledger, cells, _singles(organization))
    add_charges(ledger, cells, _fees(organization, ledger))
    for scaffolding in ("recurring", "factors", "used"):
        ledger.execute(f"DROP TABLE {scaffolding}")
    return ledger


_PRICED = """
    SELECT
        f.charge_date,
        r.cell_id,
        r.record_type,
        r.is_free,
        r.commitment,
        r.discount,
        r.effective_rate,
        r.blended_rate,
        r.quantity_per_dollar,
        CAST(r.value AS HUGEINT) * f.factor * (
            1000000 + r.noise * CASE
                WHEN r.noise = 0 THEN 0
                ELSE CAST(md5_number_lower(concat(r.seed, f.charge_date)) % 2001 AS BIGINT) - 1000
            END // 1000
        ) // 1000000000000 AS list_price
    FROM factors AS f
    JOIN recurring AS r
        ON r.rhythm = f.rhythm
        AND r.growth = f.growth
        AND f.charge_date BETWEEN r.first_day AND r.visible_until
        AND f.month_number % r.every_months = 0
        AND r.day_of_month IN (0, f.day_of_month, CASE WHEN f.is_last_day THEN -1 ELSE 0 END)
"""

_DISCOUNT_ROW = "record_type = 'Enterprise Discount Program Discount'"
_DISCOUNT = "list_price * discount // 1000000"
_EFFECTIVE = "list_price * effective_rate // 1000000"
_BLENDED = "list_price * blended_rate // 1000000"
_UNBLENDED_NET_OF = f"""CASE
        WHEN is_free OR record_type = 'DiscountedUsage' THEN 0
        WHEN {_DISCOUNT_ROW} THEN {{discount_row}}
        WHEN record_type = 'SavingsPlanNegation' THEN -list_price
        ELSE list_price - {{own_discount}}
    END"""
_AMORTIZED_NET_OF = f"""CASE
        WHEN is_free OR record_type = 'SavingsPlanNegation' THEN 0
        WHEN {_DISCOUNT_ROW} THEN {{discount_row}}
        WHEN record_type IN ('DiscountedUsage', 'SavingsPlanCoveredUsage') THEN {_EFFECTIVE}
        ELSE list_price - {{own_discount}}
    END"""
_UNITS = {
    "unblended_cost": _UNBLENDED_NET_OF.format(discount_row=f"-({_DISCOUNT})", own_discount="0"),
    "amortized_cost": _AMORTIZED_NET_OF.format(discount_row=f"-({_DISCOUNT})", own_discount="0"),
    "net_unblended_cost": _UNBLENDED_NET_OF.format(discount_row="0", own_discount=_DISCOUNT),
    "net_amortized_cost": _AMORTIZED_NET_OF.format(discount_row="0", own_discount=_DISCOUNT),
    "blended_cost": f"""CASE
        WHEN is_free OR {_DISCOUNT_ROW} THEN 0
        WHEN record_type = 'DiscountedUsage' THEN {_EFFECTIVE}
        WHEN record_type = 'SavingsPlanNegation' THEN -list_price
        ELSE {_BLENDED}
    END""",
    "usage_quantity": "list_price * quantity_per_dollar // 10000",
}
"""How each column follows from the list price; facts on record types: docs of the Cost and Usage Report."""

_COLUMNS = ",\n    ".join(
    f"CAST({units} AS DECIMAL(28,0)) * CAST(0.0000000001 AS DECIMAL(10,10)) AS {name}" for name, units in _UNITS.items()
)

_GENERATE = f"""
CREATE TABLE charges AS
SELECT
    charge_date,
    cell_id,
    {_COLUMNS}
FROM ({_PRICED})
ORDER BY charge_date, cell_id
"""

_USED = """
SELECT c.charge_date, r.commitment, SUM(c.amortized_cost) AS used
FROM charges AS c
JOIN (SELECT DISTINCT cell_id, commitment FROM recurring WHERE commitment <> '') AS r USING (cell_id)
GROUP BY c.charge_date, r.commitment
"""


def add_charges(ledger: Ledger, cells: Mapping[Cell, int], charges: Iterable[Charge]) -> None:
    """Insert single charges; every cell must be numbered."""
    rows = [(c.charge_date, cells[c.cell], *(getattr(c, m) for m in METRICS), c.usage_quantity) for c in charges]
    types = [pa.date32(), pa.int32(), *[AMOUNT] * 6]
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    names = ["charge_date", "cell_id", *METRICS, "usage_quantity"]
    table = pa.table([pa.array(v, t) for v, t in zip(columns, types, strict=True)], names=names)
    ledger.load("added", table)
    ledger.execute("INSERT INTO charges SELECT * FROM added")
    ledger.execute("DROP TABLE added")


def _singles(organization: Organization) -> Iterable[Charge]:
    for charge in organization.singles:
        if charge.charge_date in organization.period:
            part = organization.arrived.get(charge.charge_date)
            yield charge if part is None else charge.scaled(part)


def _fees(organization: Organization, ledger: Ledger) -> Iterable[Charge]:
    used = {(r["commitment"], r["charge_date"]): r["used"] for r in ledger.table("SELECT * FROM used").to_pylist()}
    for term in organization.terms:
        of_term = {day: amount for (name, day), amount in used.items() if name == term.name}
        yield from fees(term, organization.period, of_term, organization.arrived)


def _numbered(organization: Organization) -> dict[Cell, int]:
    """An id for every cell that may ever hold a charge."""
    cells = [r.cell for r in organization.recurring]
    cells += [c.cell for c in organization.singles]
    cells += [cell for t in organization.terms for cell in (t.fee_cell, t.upfront_cell)]
    return {cell: i for i, cell in enumerate(dict.fromkeys(cells))}


def _cells_table(cells: Mapping[Cell, int], labels: tuple[str, ...]) -> pa.Table:
    names = ["cell_id", *cell_columns(labels)]
    rows = [(number, *cell_values(cell)) for cell, number in cells.items()]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    types = [pa.int32(), *[pa.string()] * (len(names) - 1)]
    return pa.table([pa.array(v, t) for v, t in zip(columns, types, strict=True)], names=names)


def _recurring_table(recurring: Iterable[Recurring], cells: Mapping[Cell, int], today: date) -> pa.Table:
    rows = [_recurring_row(r, cells[r.cell], today) for r in recurring]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_RECURRING_SCHEMA)
    return pa.table([pa.array(v, f.type) for v, f in zip(columns, _RECURRING_SCHEMA, strict=True)], _RECURRING_SCHEMA)


_RECURRING_SCHEMA = pa.schema(
    [
        ("cell_id", pa.int32()),
        ("record_type", pa.string()),
        ("value", pa.int64()),
        ("seed", pa.string()),
        ("rhythm", pa.string()),
        ("growth", pa.string()),
        ("noise", pa.int64()),
        ("discount", pa.int64()),
        ("effective_rate", pa.int64()),
        ("blended_rate", pa.int64()),
        ("quantity_per_dollar", pa.int64()),
        ("is_free", pa.bool_()),
        ("first_day", pa.date32()),
        ("visible_until", pa.date32()),
        ("day_of_month", pa.int32()),
        ("every_months", pa.int32()),
        ("commitment", pa.string()),
    ]
)


def _recurring_row(r: Recurring, cell_id: int, today: date) -> tuple[object, ...]:
    ppm = [int(x * PARTS_PER_MILLION) for x in (r.noise, r.discount, r.effective_rate, r.blended_rate)]
    return (
        cell_id,
        r.cell.record_type,
        int(r.value * PARTS_A_UNIT),
        r.seed,
        r.rhythm.value,
        r.growth.value,
        *ppm,
        int(r.quantity_per_dollar * 10_000),
        r.is_free,
        r.first_day,
        today - r.lag_days * DAY,
        r.day_of_month,
        r.every_months,
        r.commitment,
    )


def _factors_table(period: Period, arrived: Mapping[date, Decimal]) -> pa.Table:
    """What a list price is multiplied by on each day, in parts per million: rhythm, growth, and the part arrived."""
    rows = [
        {
            "charge_date": day,
            "rhythm": rhythm.value,
            "growth": growth.value,
            "factor": int(_WEEK[rhythm][day.weekday()] * 1000 * grown * arrived.get(day, Decimal(1))),
            "day_of_month": day.day,
            "is_last_day": day == month_of(day).last_day,
            "month_number": day.year * 12 + day.month - 1,
        }
        for growth in Growth
        for day, grown in _growth_over(period, growth)
        for rhythm in Rhythm
    ]
    return pa.Table.from_pylist(rows)


def _growth_over(period: Period, growth: Growth) -> list[tuple[date, Decimal]]:
    low, high = _GROWTH_MONTHS
    with localcontext(Context(prec=28)):
        rate = _MONTHLY_GROWTH[growth].ln()
        months = [(d, Decimal((d - _GROWTH_EPOCH).days) / Decimal("30.4375")) for d in period]
        return [(d, (rate * min(max(m, Decimal(low)), Decimal(high))).exp()) for d, m in months]
