"""What was asked cannot be asked: a name, a setting, a file of somebody's."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from costlib.errors.base import CostlibError


class UsageError(CostlibError):
    """What was asked cannot be asked."""


class UnknownName(UsageError):
    """A name that does not exist among `known` ones; the nearest is suggested."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        near = difflib.get_close_matches(name, self.known, n=1, cutoff=0.5)
        remedy = f"Did you mean {near[0]!r}? " if near else ""
        super().__init__(f"Unknown {kind} {name!r}.", f"{remedy}Known: {', '.join(self.known)}.")


class ConfigError(UsageError):
    """A setting that cannot be used: `key` in `source` (a file or an environment variable)."""

    def __init__(self, key: str, source: str, problem: str, remedy: str) -> None:
        self.key, self.source = key, source
        super().__init__(f"Setting {key!r} in {source}: {problem}.", remedy)


class InvalidRules(UsageError):
    """Allocation rules that cannot be used: `line` of `file`, in the rule `rule` if it has an id."""

    def __init__(self, file: str, line: int, rule: str | None, problem: str, remedy: str) -> None:
        self.file, self.line, self.rule = file, line, rule
        named = f", rule {rule!r}" if rule else ""
        super().__init__(f"{file}, line {line}{named}: {problem}.", remedy)


class InvalidEvents(UsageError):
    """Known events that cannot be used: `entry` says which one of `file`, "" if it is the file itself."""

    def __init__(self, file: str, entry: str, problem: str, remedy: str) -> None:
        self.file, self.entry = file, entry
        super().__init__(f"{file}{f', {entry}' if entry else ''}: {problem}.", remedy)


class InvalidBudgets(UsageError):
    """Budgets that cannot be used: `line` of `file`, in the budget `budget` if it has an id."""

    def __init__(self, file: str, line: int, budget: str | None, problem: str, remedy: str) -> None:
        self.file, self.line, self.budget = file, line, budget
        named = f", budget {budget!r}" if budget else ""
        super().__init__(f"{file}, line {line}{named}: {problem}.", remedy)


class InvalidDraft(UsageError):
    """A draft of a cost category that AWS would refuse: `problems` are sentences, each with its remedy."""

    def __init__(self, file: str, problems: Sequence[str]) -> None:
        self.file, self.problems = file, tuple(problems)
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{file} cannot be used:\n{listed}", "Nothing was sent to AWS.")


class NotAName(UsageError):
    """Something that a saved view cannot be called."""


class NameTaken(UsageError):
    """A person has a view of this `name` already."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"You have a view called “{name}” already.", "Take another name, or replace that view.")


class ViewGone(UsageError):
    """A saved view that does not exist, or that belongs to somebody else."""


class RequestRefused(UsageError):
    """AWS refused `action` as invalid, with its own `code` and words."""

    def __init__(self, action: str, code: str, detail: str) -> None:
        self.action, self.code, self.detail = action, code, detail
        super().__init__(
            f"AWS refused {action}: {detail or code} ({code})." if detail else f"AWS refused {action} ({code}).",
            "Check the setting it names (docs/settings.md); if none is named, report this message.",
        )


class HistoryTooLong(UsageError):
    """Cost Explorer keeps less history than was asked for; `detail` is what it said."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(
            f"Cost Explorer does not go back that far: {detail}",
            "Lower history_months, or switch multi-year data on in the Billing console.",
        )


class InvalidRoster(UsageError):
    """An access file that cannot be used: `line` of `file`, in its rule number `rule` (0: outside of all)."""

    def __init__(self, file: str, line: int, rule: int, problem: str, remedy: str) -> None:
        self.file, self.line, self.rule = file, line, rule
        named = f", rule {rule}" if rule else ""
        super().__init__(f"{file}, line {line}{named}: {problem}.", remedy)


class NoAccess(UsageError):
    """Somebody whom no rule of the access file names."""


class UnsafeStart(UsageError):
    """A server that would show cost to whoever can reach it, or whose sign-in is not wholly configured."""
