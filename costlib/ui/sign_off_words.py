"""Sign-offs as people read them: which line a word is about, whether its amount has changed since, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from costlib.exports.statement_lines import By, Line, Section
from costlib.money import total
from costlib.store.sign_offs import SignOff, State, Subject
from costlib.ui import wording
from costlib.ui.wording import Currency

BETWEEN = " › "
COLORS = {State.accepted: "green", State.disputed: "red", State.withdrawn: "gray"}
ICONS = {State.accepted: "check_circle", State.disputed: "flag", State.withdrawn: "undo"}
OWN, SHARED, ADJUSTMENT = "own", "shared", "adjustment"


@dataclass(frozen=True)
class Standing:
    """A word, and what its subject comes to now; `is_there` is False for a line that the statement no longer has."""

    word: SignOff
    amount_now: Decimal | None
    is_there: bool = True

    @property
    def has_changed(self) -> bool:
        return not self.is_there or self.amount_now != self.word.amount


def key_of(line: Line) -> tuple[str, str]:
    """What names a line for ever, whatever it is called: its kind and its key."""
    if line.section is Section.own:
        return OWN, BETWEEN.join((line.usage_account_id or "", line.service or ""))
    if line.section is Section.adjustment:
        return ADJUSTMENT, "" if line.adjusted_month is None else line.adjusted_month.isoformat()
    return f"{SHARED} {line.section.name}", line.rule_id or ""


def by_of(subject: Subject) -> By:
    """How own cost was told apart on the statement that the word was said on."""
    account, _, service = subject.key.partition(BETWEEN) if subject.kind == OWN else ("", "", "")
    return By.both if account and service else By.account if account else By.service


def standing(word: SignOff, lines: Sequence[Line]) -> Standing:
    """How the subject stands now; `lines` are the cost center's, own ones by account and service."""
    mine = [line for line in lines if word.subject.is_whole or _is_of(word.subject, line)]
    return Standing(word, total(line.amount for line in mine), bool(mine))


def _is_of(subject: Subject, line: Line) -> bool:
    if subject.kind != OWN or line.section is not Section.own:
        return key_of(line) == (subject.kind, subject.key)
    account, _, service = subject.key.partition(BETWEEN)
    return account in ("", line.usage_account_id) and service in ("", line.service)


def badge(state: State) -> str:
    """The state as a badge, in Markdown."""
    return f":{COLORS[state]}-badge[:material/{ICONS[state]}: {state.capitalize()}]"


def sentence(found: Standing, currency: Currency) -> str:
    """`Disputed by Kim, 24 Nov 2026, 10:51 UTC: “…”`, and what has changed since, as Markdown."""
    word = found.word
    return f"{badge(word.state)} {said_by(word)}{changed(found, currency)}"


def said_by(word: SignOff) -> str:
    comment = f": “{wording.escaped(' '.join(word.comment.split()))}”" if word.comment else ""
    return f"by {wording.escaped(word.person.name)}, {wording.moment(word.said_at)}{comment}"


def changed(found: Standing, currency: Currency) -> str:
    """Nothing when the amount is what it was."""
    if not found.has_changed:
        return ""
    was = wording.escaped(currency.exact(found.word.amount))
    now = wording.escaped(currency.exact(found.amount_now)) if found.is_there else "no longer on the statement"
    return f" :orange-badge[:material/update: Changed since: was {was}, now {now}]"
