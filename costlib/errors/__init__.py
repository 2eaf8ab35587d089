"""Everything that can go wrong, as one tree.

CostlibError                     a sentence (what happened, to which thing) and a remedy (what to do now)
├── UsageError                   what was asked cannot be asked
│   ├── UnknownName              a dimension, metric, setting … that does not exist; names the nearest one
│   ├── ConfigError              a setting that cannot be used
│   ├── InvalidRules             allocation rules that cannot be used; names file, line and rule
│   ├── InvalidEvents            a file of known events that cannot be used; names file and entry
│   ├── InvalidBudgets           budgets that cannot be used; names file, line and budget
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

from costlib.errors.base import CostlibError
from costlib.errors.outside import (
    AccessDenied,
    AwsAccessError,
    BudgetReached,
    CannotClose,
    ChannelUnreachable,
    CostExplorerNotEnabled,
    CredentialsExpired,
    CredentialsMissing,
    DataNotReady,
    NotEnoughHistory,
    PeopleFileBusy,
    ServiceUnavailable,
    SyncInProgress,
    Throttled,
    TryAgainLater,
)
from costlib.errors.stored import (
    AmountDoesNotFit,
    BackupUnusable,
    CurrencyMixed,
    DataError,
    DiskFull,
    DoesNotTieOut,
    DuplicateKey,
    MalformedAnswer,
    ManifestUnreadable,
    NoSnapshot,
    PagingStale,
    PeopleFileUnusable,
    SchemaTooNew,
    SentFileUnusable,
    SnapshotCorrupt,
    StoreError,
    WarehouseForeign,
)
from costlib.errors.usage import (
    ConfigError,
    HistoryTooLong,
    InvalidBudgets,
    InvalidDraft,
    InvalidEvents,
    InvalidRoster,
    InvalidRules,
    NameTaken,
    NoAccess,
    NotAName,
    RequestRefused,
    UnknownName,
    UnsafeStart,
    UsageError,
    ViewGone,
)

__all__ = [
    "AccessDenied",
    "AmountDoesNotFit",
    "AwsAccessError",
    "BackupUnusable",
    "BudgetReached",
    "CannotClose",
    "ChannelUnreachable",
    "ConfigError",
    "CostExplorerNotEnabled",
    "CostlibError",
    "CredentialsExpired",
    "CredentialsMissing",
    "CurrencyMixed",
    "DataError",
    "DataNotReady",
    "DiskFull",
    "DoesNotTieOut",
    "DuplicateKey",
    "HistoryTooLong",
    "InvalidBudgets",
    "InvalidDraft",
    "InvalidEvents",
    "InvalidRoster",
    "InvalidRules",
    "MalformedAnswer",
    "ManifestUnreadable",
    "NameTaken",
    "NoAccess",
    "NoSnapshot",
    "NotAName",
    "NotEnoughHistory",
    "PagingStale",
    "PeopleFileBusy",
    "PeopleFileUnusable",
    "RequestRefused",
    "SchemaTooNew",
    "SentFileUnusable",
    "ServiceUnavailable",
    "SnapshotCorrupt",
    "StoreError",
    "SyncInProgress",
    "Throttled",
    "TryAgainLater",
    "UnknownName",
    "UnsafeStart",
    "UsageError",
    "ViewGone",
    "WarehouseForeign",
]
