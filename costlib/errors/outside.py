"""What AWS, another process or time stands in the way of."""

from __future__ import annotations

import shlex

from costlib.errors.base import CostlibError


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
