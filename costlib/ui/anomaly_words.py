"""How incidents, verdicts and anomalies of the data read."""

from __future__ import annotations

from datetime import timedelta

from costlib.periods import Period
from costlib.queries.anomalies import Incident
from costlib.store.triage import Precision, Triaged, Verdict, Word
from costlib.ui import wording
from costlib.ui.wording import Currency

KINDS = {"spike": "Spike", "drop": "Drop", "step": "Step", "ramp": "Slow rise"}
KIND_MEANINGS = "Spike: a day or so. Step: to a new level at once. Slow rise: a little more each day. Drop: less."

VERDICTS = {
    Verdict.acknowledged: "Acknowledged",
    Verdict.expected: "Expected",
    Verdict.false_alarm: "False alarm",
    Verdict.withdrawn: "Taken back",
    Verdict.comment: "Comment",
}
ICONS = {
    Verdict.acknowledged: "check",
    Verdict.expected: "event_available",
    Verdict.false_alarm: "notifications_off",
    Verdict.withdrawn: "undo",
    Verdict.comment: "chat",
}
_COLORS = {
    Verdict.acknowledged: "green",
    Verdict.expected: "blue",
    Verdict.false_alarm: "gray",
    Verdict.withdrawn: "gray",
    Verdict.comment: "gray",
}

NEW = "Not looked at"

DATA_KINDS = {
    "missing_day": "A day without any charge",
    "doubled_day": "A day that was counted twice",
    "vanished_service": "A service that vanished",
    "sign_flip": "Amounts that changed their sign",
    "new_record_type": "A record type never seen before",
}


def state(standing: Triaged) -> str:
    """Where an incident stands, in a word or two."""
    return NEW if standing.verdict is None else VERDICTS[standing.verdict]


def badge(verdict: Verdict | None) -> str:
    """The same as a badge, in Markdown."""
    if verdict is None:
        return f":orange-badge[:material/notifications: {NEW}]"
    return f":{_COLORS[verdict]}-badge[:material/{ICONS[verdict]}: {VERDICTS[verdict]}]"


def said(word: Word) -> str:
    """`Acknowledged by Kim, 24 Nov 2026, 10:51 UTC, owner Ines: “…”`, as Markdown."""
    owner = f", owner {wording.escaped(word.owner)}" if word.owner else ""
    comment = f": “{wording.escaped(' '.join(word.comment.split()))}”" if word.comment else ""
    by = f"by {wording.escaped(word.person.name)}, {wording.moment(word.said_at)}"
    return f"{badge(word.verdict)} {by}{owner}{comment}"


def sentence(incident: Incident, currency: Currency) -> str:
    """What happened, in one sentence for people, as Markdown."""
    days = wording.span(Period(incident.first_day, incident.last_day + timedelta(days=1)))
    lasts = " and still lasts" if incident.lasts else ""
    size = wording.escaped(currency.exact(abs(incident.above_expectation)))
    direction = "above" if incident.above_expectation >= 0 else "below"
    root, actual = wording.escaped(incident.root), wording.escaped(currency.exact(incident.actual))
    expected = wording.escaped(currency.exact(incident.expected))
    return (
        f"**{root}** came to {actual} on {wording.escaped(days)}{lasts}: **{size} {direction} expectation** "
        f"({expected} was expected)."
    )


def precision(found: Precision) -> str:
    """`75% of 4`; in words before anybody has judged one."""
    if not found.judged:
        return "No verdict yet"
    return f"{wording.share(found.confirmed / found.judged, 0)} of {found.judged}"
