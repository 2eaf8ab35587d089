"""Everything that can go wrong, as one tree.

CostlibError                     a sentence (what happened, to which thing) and a remedy (what to do now)
├── UsageError                   what was asked cannot be asked
│   ├── UnknownName              a dimension, metric, setting … that does not exist; names the nearest one
│   ├── ConfigError              a setting that cannot be used
│   ├── InvalidRules             allocation rules that cannot be used; names file, line and rule
│   ├── InvalidRoster            an access file that cannot be used; names file, line and rule
│   ├── NoAccess                 somebody whom no rule of the access file names
│   ├── UnsafeStart              a server that would show cost to whoever reaches it
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
│   ├── DataNotReady             the account is too new, or AWS has no data for the period yet
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
    ├── WarehouseForeign         holds another payer's, view's or endpoint's data
    └── DiskFull

Facts are attributes; the message is built from them. Exit codes are the CLI's business, not the exceptions'.
"""

from __future__ import annotations

import difflib
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
    """The role lacks one IAM `action`; `needed_for` is None when nothing works without it."""

    def __init__(self, action: str, needed_for: str | None = None, detail: str = "") -> None:
        self.action, self.needed_for = action, needed_for
        what = f" ({needed_for})" if needed_for else ""
        super().__init__(
            f"AWS refused {action}{what}. {detail}".strip(),
            f"Add {action} to the role's policy (deploy/iam/sync-policy.json).",
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


class DataNotReady(TryAgainLater):
    """Cost Explorer has no data for the period yet (a new account, or one just enabled)."""


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


class WarehouseForeign(StoreError):
    """The warehouse holds the data of another source."""


class DiskFull(StoreError):
    """There is no room to write."""
