"""What is made of what, as areas: the keys of a crossing, and within each its largest parts."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from costlib.money import total
from costlib.ui import wording
from costlib.ui.chart_style import GRAY, Drawing, figure
from costlib.ui.charts import without_vendor
from costlib.ui.pivots import Grid, Key
from costlib.ui.wording import Currency

MOST_NODES = 150
"""Of both levels together: beyond, a browser takes seconds."""
HEIGHT = 520
LONGEST_HEAD, WIDEST_LINE, MOST_LINES = 30, 16, 3
SMALLEST_TEXT = 10
"""What has no room for letters of this size has its words in the hover text alone."""
REST = ("Other", True)


@dataclass(frozen=True)
class Areas:
    """A crossing as far as areas can show it: positive amounts only.

    `parts` are the drawn cells of each row, the largest first, what finds no room as one rest. `not_drawn` is the sum
    of the negative cells; `unknown` counts those that are not available.
    """

    parts: Mapping[Key, Mapping[Key, Decimal]]
    not_drawn: Decimal
    unknown: int

    def drawn(self, row: Key | None = None) -> Decimal:
        rows = self.parts.values() if row is None else [self.parts[row]]
        return total(amount for parts in rows for amount in parts.values()) or Decimal(0)


def areas(found: Grid, most: int = MOST_NODES) -> Areas:
    """At most `most` areas: the largest rows, their largest cells as long as there is room, and the rest of each."""
    cells = [(row, column, amount) for (row, column), amount in found.cells.items() if amount is not None]
    positive = sorted(((r, c, a) for r, c, a in cells if a > 0), key=lambda cell: -cell[2])
    rows = _summed((row, amount) for row, _, amount in positive)
    kept = set(sorted(rows, key=lambda row: -rows[row])[: min(most // 3, most // 2 - 1)])
    room = max(0, most - 2 * (len(kept) + 1))
    named = {(row, column) for row, column, _ in [cell for cell in positive if cell[0] in kept][:room]}
    parts: dict[Key, dict[Key, Decimal]] = {}
    for row in sorted(kept, key=lambda row: (row == REST, -rows[row])):
        its = [(column if (row, column) in named else REST, amount) for r, column, amount in positive if r == row]
        parts[row] = _summed(its)
    if beyond := total(amount for row, _, amount in positive if row not in kept):
        parts[REST] = _summed([*parts.pop(REST, {}).items(), (REST, beyond)])
    negative = total(amount for _, _, amount in cells if amount < 0) or Decimal(0)
    return Areas(parts, negative, len(found.cells) - len(cells))


def left_out(found: Areas, currency: Currency) -> str:
    """What areas cannot show, in a sentence of Markdown; nothing when all is drawn."""
    said = []
    if found.not_drawn:
        amount = wording.escaped(currency.exact(found.not_drawn))
        said.append(f"Not drawn: {amount} of credits, discounts and other negative amounts; the table has them.")
    if found.unknown:
        said.append(f"Not drawn: {wording.count(found.unknown, 'part')} of which this cost metric is not available.")
    return " ".join(said)


def _summed(amounts: Iterable[tuple[Key, Decimal]]) -> dict[Key, Decimal]:
    sums: dict[Key, Decimal] = {}
    for key, amount in amounts:
        sums[key] = total([sums.get(key, Decimal(0)), amount]) or Decimal(0)
    return sums


def treemap(
    found: Areas,
    row_names: Callable[[Sequence[Key]], Sequence[str]],
    column_names: Callable[[Sequence[Key]], Sequence[str]] | None,
    currency: Currency,
    what: str,
) -> Drawing | None:
    """One area a row, divided into its parts when columns have names; None when nothing is positive."""
    rows = list(found.parts)
    if not rows:
        return None
    whole = found.drawn()
    ids, parents, labels, values, sizes, told, colors = [], [], [], [], [], [], []
    for i, (row, name) in enumerate(zip(rows, row_names(rows), strict=True)):
        nodes = [(f"{i}", "", name, found.drawn(row))]
        parts = found.parts[row]
        if column_names is not None:
            names = column_names(list(parts))
            nodes += [(f"{i}/{j}", f"{i}", n, a) for j, (n, a) in enumerate(zip(names, parts.values(), strict=True))]
        for node, parent, label, amount in nodes:
            ids.append(node)
            parents.append(parent)
            labels.append(_head(label) if parent == "" and column_names is not None else _wrapped(label))
            values.append(float(amount))
            colors.append(GRAY if row == REST and parent == "" else None)
            sizes.append(currency.compact(amount))
            told.append(f"<b>{wording.for_plotly(label)}</b><br>{currency.exact(amount)} · {_share(amount, whole)}")
    trace = {
        "type": "treemap",
        "ids": ids,
        "parents": parents,
        "labels": labels,
        "values": values,
        "text": sizes,
        "customdata": told,
        "branchvalues": "total",
        "texttemplate": "%{label}<br>%{text}",
        "hovertemplate": "%{customdata}<extra></extra>",
        "sort": True,
        "tiling": {"pad": 1},
        "pathbar": {"visible": column_names is not None},
        "marker": {"cornerradius": 2, "colors": colors},
    }
    largest = ", ".join(
        f"{wording.one_line(name)} {currency.exact(found.drawn(row))}"
        for row, name in list(zip(rows, row_names(rows), strict=True))[:3]
    )
    return Drawing(
        figure([trace], HEIGHT, showlegend=False, uniformtext={"minsize": SMALLEST_TEXT, "mode": "hide"}),
        f"Treemap: {what}. Largest: {largest}.",
    )


def _head(label: str) -> str:
    return wording.for_plotly(without_vendor(label), LONGEST_HEAD)


def _wrapped(label: str) -> str:
    """On several short lines: areas are tall as often as they are wide."""
    lines = textwrap.wrap(without_vendor(wording.one_line(label)), WIDEST_LINE, max_lines=MOST_LINES, placeholder="…")
    return "<br>".join(wording.for_plotly(line) for line in lines)


def _share(amount: Decimal, whole: Decimal) -> str:
    return wording.percent(amount / whole).removeprefix("+") if whole else ""
