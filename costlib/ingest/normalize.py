"""One page of Cost Explorer's JSON to typed rows.

Amounts go from the JSON string to DECIMAL(38,10), never through float.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, repeat
from typing import Any

import pyarrow as pa

from costlib.errors import AmountDoesNotFit, CurrencyMixed, MalformedAnswer
from costlib.ingest.cube import Question
from costlib.money import PRECISION, SCALE
from costlib.periods import Period
from costlib.vocabulary import COST_METRICS, Dimension

AMOUNT = pa.decimal128(PRECISION, SCALE)
ROW_SCHEMA = pa.schema(
    [
        ("charge_date", pa.date32()),
        ("key_1", pa.string()),
        ("key_2", pa.string()),
        *((m.value, AMOUNT) for m in COST_METRICS),
        ("usage_quantity", AMOUNT),
        ("usage_unit", pa.string()),
        ("is_estimated", pa.bool_()),
    ]
)

_REPORT = "Nothing of this answer was stored. Run `python -m costlib sync` again; if it persists, report it to AWS."
_NEUTRAL_UNITS = ("N/A", "")


@dataclass(frozen=True)
class Page:
    """One page, typed: `rows` in ROW_SCHEMA's columns, `currency` None when no amount came."""

    rows: pa.Table
    next_token: str | None
    currency: str | None
    last_day: date | None
    is_in_order: bool
    names: Mapping[str, str]


def typed_page(body: Mapping[str, Any], question: Question, period: Period) -> Page:
    """Check and type one answer of GetCostAndUsage.

    Raises MalformedAnswer (a day outside the period, a label key without its prefix, a missing member),
    CurrencyMixed and AmountDoesNotFit. A metric that AWS left out becomes NULL.
    """
    try:
        results = body["ResultsByTime"]
        _refuse_other_groups(body, question)
        days = [date.fromisoformat(r["TimePeriod"]["Start"]) for r in results]
        groups = [r["Groups"] if question.group_by else [{"Keys": [], "Metrics": r["Total"]}] for r in results]
        rows = _rows(question, days, [bool(r.get("Estimated")) for r in results], groups)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        if isinstance(error, pa.ArrowInvalid):
            raise
        raise MalformedAnswer(f"Cost Explorer's answer lacks or garbles a member: {error!r}.", _REPORT) from error
    _refuse_foreign_days(days, period)
    names = {
        a["Value"]: a.get("Attributes", {}).get("description", "") for a in body.get("DimensionValueAttributes", ())
    }
    return Page(
        rows=rows[0],
        next_token=body.get("NextPageToken") or None,
        currency=rows[1],
        last_day=days[-1] if days else None,
        is_in_order=days == sorted(days),
        names=names,
    )


def _rows(
    question: Question, days: Sequence[date], estimated: Sequence[bool], groups: Sequence[Sequence[Any]]
) -> tuple[pa.Table, str | None]:
    flat = list(chain.from_iterable(groups))
    sizes = [len(g) for g in groups]
    keys = [_keys(flat, i, question.group_by) for i in (0, 1)]
    amounts, units = zip(*(_metric(flat, m.api_name) for m in COST_METRICS), strict=True)
    quantity, usage_unit = _metric(flat, "UsageQuantity") if question.with_usage else ([None] * len(flat),) * 2
    table = pa.table(
        [
            pa.array(chain.from_iterable(repeat(d, n) for d, n in zip(days, sizes, strict=True)), pa.date32()),
            *(pa.array(k, pa.string()) for k in keys),
            *(_decimals(a, flat) for a in amounts),
            _decimals(quantity, flat),
            pa.array(usage_unit, pa.string()),
            pa.array(chain.from_iterable(repeat(e, n) for e, n in zip(estimated, sizes, strict=True)), pa.bool_()),
        ],
        schema=ROW_SCHEMA,
    )
    return table, _currency(units)


def _keys(flat: Sequence[Any], position: int, group_by: tuple[Dimension, ...]) -> list[str | None]:
    """The values of the grouped dimension. Labels come as `key$value`, untagged as `key$`; values may contain `$`."""
    if position >= len(group_by):
        return [None] * len(flat)
    values = [g["Keys"][position] for g in flat]
    if group_by[position].api_type == "DIMENSION":
        return values
    prefix = f"{group_by[position].api_key}$"
    if not all(v.startswith(prefix) for v in values):
        odd = next(v for v in values if not v.startswith(prefix))
        raise MalformedAnswer(f"Cost Explorer gave the key {odd!r} without its prefix {prefix!r}.", _REPORT)
    return [v[len(prefix) :] for v in values]


def _metric(flat: Sequence[Any], name: str) -> tuple[list[str | None], list[str | None]]:
    try:
        cells = [g["Metrics"][name] for g in flat]
        return [c["Amount"] for c in cells], [c["Unit"] for c in cells]
    except KeyError:
        optional: list[Mapping[str, str]] = [g["Metrics"].get(name) or {} for g in flat]
        return [c.get("Amount") for c in optional], [c.get("Unit") for c in optional]


def _currency(units: Sequence[Sequence[str | None]]) -> str | None:
    found = set().union(*units) - {None, *_NEUTRAL_UNITS}
    if len(found) > 1:
        raise CurrencyMixed(
            f"Cost Explorer answered in several currencies at once: {', '.join(sorted(map(str, found)))}.",
            "Two currencies are never added. Limit the role or the billing view to one of them.",
        )
    return found.pop() if found else None


def _decimals(amounts: Sequence[str | None], flat: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(amounts, pa.string()).cast(AMOUNT)
    except pa.ArrowInvalid:
        index = next(i for i, amount in enumerate(amounts) if not _fits(amount))
        raise AmountDoesNotFit(
            f"Cost Explorer gave the amount {amounts[index]!r} for {' / '.join(flat[index]['Keys']) or 'the total'}; "
            f"the store keeps {PRECISION - SCALE} digits before and {SCALE} after the point.",
            _REPORT,
        ) from None


def _fits(amount: str | None) -> bool:
    try:
        pa.array([amount], pa.string()).cast(AMOUNT)
    except pa.ArrowInvalid:
        return False
    return True


def _refuse_other_groups(body: Mapping[str, Any], question: Question) -> None:
    """The answer's own group definitions say in which order its keys come."""
    asked = [d.api_key for d in question.group_by]
    answered = [d["Key"] for d in body.get("GroupDefinitions") or ()]
    if answered and answered != asked:
        raise MalformedAnswer(f"Asked to group by {asked}, Cost Explorer grouped by {answered}.", _REPORT)


def _refuse_foreign_days(days: Sequence[date], period: Period) -> None:
    foreign = next((d for d in days if d not in period), None)
    if foreign is not None:
        raise MalformedAnswer(f"Asked for {period}, Cost Explorer answered about {foreign}.", _REPORT)
