"""Cuts a long answer, in its own order, into pieces that are grouped and sorted one after the other.

Grouping and sorting millions of rows at once takes memory that grows with them. Ranges of the first dimension's values
do not: each holds about so many charges, a value that holds too many is cut by the next dimension, and the pieces in
their order are the whole answer in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from costlib.queries.sql import Sql

MOST_CHARGES = 200_000
"""In a piece. Fewer take less memory, and more time: each piece looks through the charges again."""

Counts = Sequence[tuple[object, int]]
"""A dimension's values in order, each with its number of charges."""

Count = Callable[[Sequence[Sql], int], Counts]
"""Counts the charges that conditions keep, by the values of the dimension of this number (the first is 1)."""


def pieces(count: Count, dimensions: int) -> Iterator[tuple[Sql, ...]]:
    """The conditions of each piece; no piece when there are no charges, one without conditions without dimensions."""
    return _cut(count, (), 1, dimensions) if dimensions else iter([()])


def _cut(count: Count, fixed: tuple[Sql, ...], number: int, dimensions: int) -> Iterator[tuple[Sql, ...]]:
    column = f"dimension_{number}"
    for packed in _packed(count(fixed, number)):
        first, last = packed[0][0], packed[-1][0]
        if len(packed) > 1:
            yield (*fixed, Sql(f"{column} >= ? AND {column} <= ?", (first, last)))
            continue
        only = (*fixed, Sql(f"{column} IS NULL") if first is None else Sql(f"{column} = ?", (first,)))
        if packed[0][1] > MOST_CHARGES and number < dimensions:
            yield from _cut(count, only, number + 1, dimensions)
        else:
            yield only


def _packed(counts: Counts) -> Iterator[Counts]:
    """Neighbours together as long as they hold at most so many charges; a missing value is in no range, so alone."""
    starts, held = [0], 0
    for place, (value, charges) in enumerate(counts):
        if place and (held + charges > MOST_CHARGES or value is None):
            starts.append(place)
            held = 0
        held += charges
    return (counts[start:end] for start, end in pairwise([*starts, len(counts)]) if end > start)
