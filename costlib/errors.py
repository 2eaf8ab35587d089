"""Everything that can go wrong, as one tree.

CostlibError                     a sentence (what happened, to which thing) and a remedy (what to do now)
├── UsageError                   what was asked cannot be asked
│   ├── UnknownName              a dimension, metric, setting … that does not exist; names the nearest one
│   ├── ConfigError              a setting that cannot be used
│   ├── InvalidRules             allocation rules that cannot be used; names file, line and rule
│   ├── InvalidEvents            a file of known events that cannot be used; names file and entry
│   ├── InvalidBudgets           budgets that cannot be used; names file, line and budget
│   ├── InvalidDraft             a draft of a cost category that AWS would refuse
│   ├── NotAName                 what a view cannot be called
│   ├── NameTaken                a view of that name exists
│   ├── ViewGone                 a saved view that is deleted, or somebody else's
│   ├── RequestRefused           AWS finds a request of ours invalid
│   └── HistoryTooLong           Cost Explorer keeps fewer months than were asked for
├── AwsAccessError               AWS will not let us in
│   ├── CredentialsMissing
│   ├── CredentialsExpired
│   ├── AccessDenied             one IAM action is missing; names it
│   └── CostExplorerNotEnabled
├── TryAgainLater                nothing is wrong that time does not mend
│   ├── Throttled
│   ├── ServiceUnavailable       AWS is down, or the connection to it
│   ├── SyncInProgress           another process holds the warehouse
│   ├── CannotClose              a month that is not final, or does not tie out
│   ├── PeopleFileBusy           other processes keep writing what people save
│   ├── ChannelUnreachable       a place that digests and alerts go to does not take them
│   ├── DataNotReady             the account is too new, or AWS has no data for the period yet
│   ├── NotEnoughHistory         a series too short to be forecast
│   └── BudgetReached            our own cap on requests or dollars
├── DataError                    an answer that must not be stored
│   ├── MalformedAnswer          a missing prefix, an unknown shape, an impossible period
│   ├── DuplicateKey             the same (period, keys) twice in one answer
│   ├── CurrencyMixed            two currencies in one warehouse
│   ├── AmountDoesNotFit         beyond DECIMAL(38,10)
│   ├── PagingStale              the page token died (InvalidNextToken, RequestChanged)
│   ├── ManifestUnreadable       the facts beside an exported file, or the file itself
│   └── DoesNotTieOut            rows and AWS's control total differ, and asking again did not help
└── StoreError                   the files on disk
    ├── NoSnapshot               nothing has been synced yet
    ├── SnapshotCorrupt
    ├── SchemaTooNew             written by a later version of this program
    ├── PeopleFileUnusable       the file of saved views is damaged, or not ours
    ├── SentFileUnusable         the record of what was sent is damaged, or not ours


    ├── BackupUnusable           a backup that is cut off, altered, or none
    ├── WarehouseForeign         holds another payer's, view's or endpoint's data
    └── DiskFull

Facts are attributes; the message is built from them. Exit codes are the CLI's business, not the exceptions'.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Sequence


class CostlibError(Exception):
    """Base of the tree: `message` says what happened, `remedy` says what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


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


class AwsAccessError(CostlibError):
    """AWS will not let us in."""


class CredentialsMissing(AwsAccessError):
    """No usable AWS credentials were found."""


class CredentialsExpired(AwsAccessError):
    """AWS credentials were accepted once and are not any more."""


class AccessDenied(AwsAccessError):
    """The role lacks one IAM `action`, which `policy` grants; `needed_for` is None when nothing works without it."""

    def __init__(
        self,
        action: str,
        needed_for: str | None = None,
        detail: str = "",
        policy: str = "deploy/iam/sync-policy.json",
    ) -> None:
        self.action, self.needed_for = action, needed_for
        what = f" ({needed_for})" if needed_for else ""
        super().__init__(
            f"AWS refused {action}{what}. {detail}".strip().rstrip(".") + ".",
            f"Add {action} to the role's policy ({policy}).",
        )


class CostExplorerNotEnabled(AwsAccessError):
    """Cost Explorer was never switched on for this payer; no API can do it."""


class TryAgainLater(CostlibError):
    """Nothing is wrong that time does not mend."""


class Throttled(TryAgainLater):
    """AWS kept asking for fewer requests until our deadline."""


class ServiceUnavailable(TryAgainLater):
    """AWS is down, or the connection to it is."""


class SyncInProgress(TryAgainLater):
    """Another process is writing this warehouse."""


class PeopleFileBusy(TryAgainLater):
    """Other processes held the file of saved views for longer than we wait."""


class ChannelUnreachable(TryAgainLater):
    """The channel `channel` did not take a message; `detail` is what was said about it, without its address."""

    def __init__(self, channel: str, detail: str = "") -> None:
        self.channel, self.detail = channel, detail
        super().__init__(
            f"The channel {channel!r} did not take the message. {detail}".strip().rstrip(".") + ".",
            f"Try `costlib alerts test --channel {shlex.quote(channel)}`; if it stays, check the channel's address and "
            "that this machine may reach it. What was not sent is sent next time.",
        )


class DataNotReady(TryAgainLater):
    """Cost Explorer has no data for the period yet (a new account, or one just enabled)."""


class NotEnoughHistory(TryAgainLater):
    """A series too short to be forecast: it `has_days` of the `needs_days`."""

    def __init__(self, has_days: int, needs_days: int) -> None:
        self.has_days, self.needs_days = has_days, needs_days
        super().__init__(
            f"Not enough history: has {has_days} {'day' if has_days == 1 else 'days'}, needs {needs_days}.",
            f"Wait until {needs_days} days are known, or choose a wider filter.",
        )


class CannotClose(TryAgainLater):
    """A month whose figures may still move, or do not add up: closing it takes a reason."""


class BudgetReached(TryAgainLater):
    """Our own cap on requests or dollars stops the run; what was stored stays stored."""


class DataError(CostlibError):
    """An answer that must not be stored."""


class MalformedAnswer(DataError):
    """An answer that Cost Explorer does not document."""


class DuplicateKey(DataError):
    """The same (period, keys) came twice in one answer."""


class CurrencyMixed(DataError):
    """Two currencies would have to be added."""


class AmountDoesNotFit(DataError):
    """An amount that DECIMAL(38,10) cannot hold exactly."""


class PagingStale(DataError):
    """Cost Explorer no longer honours the page token of a window."""


class ManifestUnreadable(DataError):
    """An exported file, or the manifest beside it, that cannot be read."""


class DoesNotTieOut(DataError):
    """Rows and AWS's control total differ, and asking again did not help."""


class StoreError(CostlibError):
    """Something about the files on disk."""


class NoSnapshot(StoreError):
    """Nothing has been published yet."""


class SnapshotCorrupt(StoreError):
    """A snapshot or warehouse that DuckDB cannot read."""


class SchemaTooNew(StoreError):
    """A file written by a later version of this program."""


class PeopleFileUnusable(StoreError):
    """The file that holds what people save is damaged, or is not ours."""


class SentFileUnusable(StoreError):
    """The file that records what was sent is damaged, or is not ours."""


class BackupUnusable(StoreError):
    """A file that is not a whole backup of ours."""


class WarehouseForeign(StoreError):
    """The warehouse holds the data of another source."""


class DiskFull(StoreError):
    """There is no room to write."""
