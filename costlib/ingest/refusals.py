"""What a failed request to AWS means: botocore's exceptions and AWS's codes, sorted by what may help.

A code that is not listed is told by its HTTP status. `explanations` makes one of our own errors of it in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError


class Kind(StrEnum):
    """What may help."""

    throttled = "throttled"
    """Asking less often."""
    failed = "failed"
    """Asking again."""
    expired = "expired"
    """Fresh credentials."""
    final = "final"
    """Nothing that we can do."""


@dataclass(frozen=True)
class Refusal:
    """One try that brought no answer. `code` is AWS's, or the name of botocore's exception; `status` 0 without HTTP."""

    kind: Kind
    code: str
    message: str
    action: str
    status: int = 0
    retry_after_seconds: float | None = None

    @property
    def asks_to_slow_down(self) -> bool:
        return self.kind is Kind.throttled or self.status == 503


UNREADABLE = "UnreadableAnswer"
"""Our own code for an answer that is none."""
THROTTLES = frozenset(
    {
        "LimitExceededException",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
    }
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
FAILURES = frozenset({"RequestTimeout", "RequestTimeoutException", "InternalFailure", "InternalServerException"})


def refusal_of(error: Exception, operation: str, now: datetime) -> Refusal | None:
    """What `error` means for a request that was made at `now` (UTC, naive); None when it is no error of AWS's.

    `operation` is the API's name; an error that comes from STS, while a role is assumed, names its own.
    """
    action = f"{_OTHER_SERVICES.get(operation, 'ce')}:{operation}"
    if isinstance(error, aws.ClientError):
        return _from_answer(error, operation, now)
    if isinstance(error, ResponseParserError):
        return Refusal(Kind.failed, UNREADABLE, f"AWS sent {error}", action)
    if isinstance(error, aws.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Refusal(Kind.final, "CertificateNotTrusted", _short(str(error)), action)
    if isinstance(error, _CONNECTION):
        return Refusal(Kind.failed, type(error).__name__, _short(str(error)), action)
    if isinstance(error, aws.BotoCoreError):
        return Refusal(Kind.final, type(error).__name__, _short(str(error)), action)
    if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint"):
        return Refusal(Kind.final, "InvalidEndpoint", str(error), action)
    return None


_OTHER_SERVICES = {
    "DescribeBudgets": "budgets",
    "AssumeRole": "sts",
    "AssumeRoleWithWebIdentity": "sts",
    "GetCallerIdentity": "sts",
    "GetRoleCredentials": "sso",
    "Publish": "sns",
}
"""What is asked besides Cost Explorer: by botocore itself, for credentials; and where alerts go to."""
_CONNECTION = (aws.HTTPClientError, aws.ConnectionError, aws.IncompleteReadError, aws.MetadataRetrievalError)


def _from_answer(error: aws.ClientError, operation: str, now: datetime) -> Refusal:
    metadata: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    headers: Mapping[str, str] = metadata.get("HTTPHeaders", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    code = str(error.response.get("Error", {}).get("Code") or status)
    if code.isdigit() and headers.get("x-amzn-errortype"):
        code = headers["x-amzn-errortype"].split(":")[0].rsplit("#")[-1]
    service = _OTHER_SERVICES.get(error.operation_name, "ce")
    return Refusal(
        kind=_kind(code, status),
        code=code,
        message=_short(str(error.response.get("Error", {}).get("Message", ""))),
        action=f"{service}:{error.operation_name or operation}",
        status=status,
        retry_after_seconds=_retry_after(headers, now),
    )


def _kind(code: str, status: int) -> Kind:
    if code in THROTTLES or status == 429:
        return Kind.throttled
    if code in EXPIRED:
        return Kind.expired
    if code in FAILURES or status >= 500 or status == 408:
        return Kind.failed
    return Kind.final


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """`x-amz-retry-after` is in milliseconds; `Retry-After` in seconds or a date. What cannot be read is not there."""
    if milliseconds := headers.get("x-amz-retry-after"):
        return _positive(milliseconds, 0.001)
    text = headers.get("retry-after", "")
    if (seconds := _positive(text, 1.0)) is not None or not text:
        return seconds
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    utc = date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date
    return max(0.0, (utc - now).total_seconds())


def _positive(text: str, unit: float) -> float | None:
    try:
        seconds = float(text) * unit
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _short(message: str, length: int = 400) -> str:
    """One line, of a length that can be read: a proxy may send a whole page."""
    text = " ".join(message.split())
    return text if len(text) <= length else text[: length - 1] + "…"
