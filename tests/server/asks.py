"""What people of the load test look at: what everybody looks at, or filters that nobody used before; and whether the
page that came is the one that was asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from costlib.periods import DAY, Granularity, Period, Preset
from costlib.ui import wording
from costlib.ui.filter_bar import GRANULARITIES, PRESETS
from costlib.vocabulary import CostMetric
from tests.server.session import Drawn

COMMON = ("", "services", "accounts", "cost_categories", "changes", "statement")
WITH_PERIOD = ("services", "accounts", "cost_categories", "changes")
NOTHING = "No charges match these filters"
LENGTHS = 60
"""At most. A period that nobody used has its length from the ask's number, its end from how often that came round."""


@dataclass(frozen=True)
class Ask:
    """One link: a page, by its path, and filters. None and nothing are what everybody sees."""

    page: str
    period: Period | None = None
    granularity: Granularity = Granularity.daily
    metric: CostMetric = CostMetric.unblended_cost
    accounts: tuple[str, ...] = ()
    """By the names that people read."""
    services: tuple[str, ...] = ()

    @property
    def chosen(self) -> dict[str, str | tuple[str, ...]]:
        """What the filters of the page stand at, by the keys of their widgets."""
        days = {"dates": (self.period.start.isoformat(), self.period.last_day.isoformat())} if self.period else {}
        return {
            "period": PRESETS[Preset.custom if self.period else Preset.last_30_days],
            "granularity": GRANULARITIES[self.granularity],
            "metric": self.metric.label,
            "accounts": self.accounts,
            "services": self.services,
            **days,
        }

    @property
    def query(self) -> str:
        """The parameters of a link to it."""
        return urlencode(self.chosen, doseq=True)


@dataclass(frozen=True)
class Choices:
    """The values that there are to choose from."""

    stored: Period
    accounts: Sequence[str]
    services: Sequence[str]

    def never_asked(self, number: int, dice: random.Random) -> Ask:
        """Dates that no other number gives, and by chance some accounts, some services, a granularity and a metric."""
        lengths = min(LENGTHS, self.stored.days // 2)
        back, length = divmod(number, lengths)
        last = self.stored.last_day - (3 + back % (self.stored.days - lengths - 3)) * DAY
        page = dice.choice(WITH_PERIOD)
        return Ask(
            page,
            Period(last - length * DAY, last + DAY),
            Granularity.daily if page == "changes" else dice.choice(list(Granularity)),
            dice.choice(list(CostMetric)),
            _some(self.accounts, dice),
            _some(self.services, dice),
        )


def common(dice: random.Random) -> Ask:
    return Ask(dice.choice(COMMON))


def unmet(ask: Ask, drawn: Drawn) -> list[str]:
    """What the link asked for and the page does not say."""
    text = drawn.text.lower()
    said = _said(ask) if NOTHING in drawn.text else [*_said(ask), *_drawn_by(ask)]
    return [f"{ask.page or 'overview'} does not say {words}" for words in said if words.lower() not in text]


def _said(ask: Ask) -> list[str]:
    said = [f"**{ask.metric.label}**"]
    if ask.period:
        said.append(f"**{wording.span(ask.period)}** ({wording.count(ask.period.days, 'day')})")
    said += [f"only {_listed(what, chosen)}" for what, chosen in _narrowings(ask) if chosen]
    return said


def _drawn_by(ask: Ask) -> list[str]:
    """The title of a chart, where there is something to draw."""
    return [f"\n{GRANULARITIES[ask.granularity]} cost by"] if ask.period and ask.page != "changes" else []


def _narrowings(ask: Ask) -> list[tuple[str, tuple[str, ...]]]:
    return [("accounts", ask.accounts), ("services", ask.services)]


def _listed(what: str, chosen: tuple[str, ...]) -> str:
    return f"{len(chosen)} {what}" if len(chosen) > 2 else " and ".join(wording.escaped(name) for name in chosen)


def _some(values: Sequence[str], dice: random.Random) -> tuple[str, ...]:
    """None of them in one case of two, so that pages with a figure are the rule; else one to six, in their order."""
    if dice.random() < 0.5:
        return ()
    chosen = set(dice.sample(list(values), min(len(values), dice.randint(1, 6))))
    return tuple(value for value in values if value in chosen)
