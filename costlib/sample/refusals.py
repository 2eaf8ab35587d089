"""What Cost Explorer says when it refuses, in its own codes and words.

The words were taken from AWS's service model, from its API reference and from messages that users reported; where
none is known, the message is ours and the code is what AWS documents.
"""

from __future__ import annotations

from datetime import date


class Refusal(Exception):
    """An error answer: `code` as AWS names it, HTTP `status`, and headers such as Retry-After.

    `code` is None for an answer without a body, as load balancers give.
    """

    def __init__(
        self, code: str | None, message: str, status: int = 400, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.headers = code, message, status, headers or {}


def invalid(message: str) -> Refusal:
    """ValidationException; it is not in the service model, so clients see it as a plain ClientError."""
    return Refusal("ValidationException", message)


def bad_date(which: str, text: str) -> Refusal:
    return invalid(f"{which} time {text} is invalid. Valid format is: yyyy-MM-dd.")


START_NOT_BEFORE_END = "Start date (and hour) should be before end date (and hour)"
END_TOO_LATE = "end date past the beginning of next month"
BEYOND_HISTORY = "You haven't enabled historical data beyond 14 months."
NOT_MONTH_START = "To retrieve data beyond the past 14 months, your start date needs to be the first day of the month."
TOO_MANY_GROUPS = "Only two values for GroupBy are allowed"
GROUP_TYPE = "Group Definition type is invalid."
MORE_THAN_ONE_ROOT = (
    "Expression has more than one roots. Only one root operator is allowed for each expression: "
    "And, Or, Not, Dimensions, Tags, CostCategories"
)
NOT_ENABLED = "User not enabled for cost explorer access"
TOO_NEW = (
    "Data is not available. Please try to adjust the time period. "
    "If just enabled Cost Explorer, data might not be ingested yet"
)
EXPIRED_CREDENTIALS = "The security token included in the request is expired"


def stale_token() -> Refusal:
    return Refusal(
        "InvalidNextTokenException", "The pagination token is invalid. Try again without a pagination token."
    )


def no_data() -> Refusal:
    """What Cost Explorer says about commitments where nothing was committed to."""
    return Refusal("DataUnavailableException", "The requested data is unavailable.")


def insufficient_history() -> Refusal:
    """What Cost Explorer says instead of a forecast to an account with less than a whole billing cycle."""
    return Refusal("DataUnavailableException", "Insufficient amount of historical data.")


def forecast_backwards(start: date, end: date) -> Refusal:
    return invalid(f"Requested Start: {start} must be before requested End: {end}")


def request_changed() -> Refusal:
    return Refusal(
        "RequestChangedException",
        "Your request parameters changed between pages. "
        "Try again with the old parameters or without a pagination token.",
    )


def denied(operation: str, payer: str) -> Refusal:
    return Refusal(
        "AccessDeniedException",
        f"User: arn:aws:sts::{payer}:assumed-role/finops-sync/costlib is not authorized to perform: ce:{operation} "
        f"on resource: arn:aws:ce:us-east-1:{payer}:/{operation} "
        f"because no identity-based policy allows the ce:{operation} action",
    )
