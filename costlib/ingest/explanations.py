"""A refusal as one of our own errors: what happened, and what to do now. The only place where AWS's codes become ours.

Messages name the account, role and action that AWS names, never a key or a token: AWS's own words about signatures are
not quoted, because they repeat the signed headers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from costlib import errors
from costlib.errors import CostlibError
from costlib.ingest.refusals import Kind, Refusal, refusal_of
from costlib.ingest.rights import policy_of

_AGAIN = "Run the command again later; what was stored stays stored."
_WHERE = "`aws sts get-caller-identity` shows who AWS thinks you are; `aws configure sso` or AWS_PROFILE changes it."

_SUBJECT = re.compile(r"perform: (?P<action>[a-z0-9-]+:[A-Za-z]+)")
_HISTORY = re.compile(r"beyond \d+ months|historical data|past \d+ months", re.IGNORECASE)
_NOT_ENABLED = re.compile(r"not enabled for cost explorer", re.IGNORECASE)


def _sentence(message: str) -> str:
    return message if not message or message.endswith(".") else f"{message}."


@contextmanager
def explained(operation: str) -> Iterator[None]:
    """An error of AWS's within the block, which asks for `operation` and tries no further, becomes one of our own."""
    try:
        yield
    except Exception as error:
        refusal = refusal_of(error, operation, datetime.min)
        if refusal is None:
            raise
        raise error_of(refusal) from error


def error_of(refusal: Refusal, seconds: float = 0.0) -> CostlibError:
    """The error that is raised when trying goes no further; `seconds` is how long it went."""
    build = EXPLAINED.get(refusal.code)
    if build is not None:
        return build(refusal)
    if refusal.kind is Kind.throttled:
        return errors.Throttled(
            f"AWS kept asking for fewer requests for {seconds:.0f} s ({refusal.code} on {refusal.action}).",
            f"{_AGAIN} A lower requests_per_second helps if somebody else uses the quota.",
        )
    if refusal.kind is Kind.failed:
        return errors.ServiceUnavailable(
            f"No answer to {refusal.action} in {seconds:.0f} s of trying: {_sentence(refusal.message or refusal.code)}",
            f"{_AGAIN} Look at the network and the proxy if it stays.",
        )
    return _refused(refusal)


def _refused(refusal: Refusal) -> CostlibError:
    return errors.RequestRefused(refusal.action, refusal.code, refusal.message)


def _denied(refusal: Refusal) -> CostlibError:
    if _NOT_ENABLED.search(refusal.message):
        return errors.CostExplorerNotEnabled(
            "Cost Explorer was never switched on for this account.",
            "Open Billing and Cost Management → Cost Explorer in the console of the payer account once (no API can), "
            "and run this again after about 24 hours.",
        )
    found = _SUBJECT.search(refusal.message)
    action = found["action"] if found else refusal.action
    denied = errors.AccessDenied(action, None, _sentence(refusal.message), policy_of(action))
    if denied.action == "sts:AssumeRole":
        denied.remedy = (
            "Check role_arn and external_id. The role must trust who asks (deploy/iam/trust-policy.json), and who asks "
            "must be allowed to assume it (deploy/iam/assume-role-policy.json)."
        )
    if denied.action == "sns:Publish":
        denied.remedy = "Add sns:Publish on the topic to who sends (deploy/iam/optional-sns.json)."
    return denied


def _invalid(refusal: Refusal) -> CostlibError:
    if _HISTORY.search(refusal.message):
        return errors.HistoryTooLong(_sentence(refusal.message))
    return _refused(refusal)


def _credentials_missing(refusal: Refusal) -> CostlibError:
    return errors.CredentialsMissing(f"No usable AWS credentials: {refusal.message or refusal.code}.", _WHERE)


def _signature_refused(refusal: Refusal) -> CostlibError:
    return errors.CredentialsMissing(
        f"AWS does not accept the access key or its signature ({refusal.code}).",
        f"Check the secret key, and the clock of this machine. {_WHERE}",
    )


def _credentials_expired(refusal: Refusal) -> CostlibError:
    return errors.CredentialsExpired(
        f"The AWS credentials have expired ({refusal.code}).",
        "Sign in again (`aws sso login`, or new keys), then run the command again: it goes on where it stopped.",
    )


def _clock_off(refusal: Refusal) -> CostlibError:
    return errors.AwsAccessError(
        f"AWS finds the request too old or too new ({refusal.code}).", "Set the clock of this machine."
    )


def _not_ready(refusal: Refusal) -> CostlibError:
    return errors.DataNotReady(
        f"Cost Explorer has no data for this yet: {_sentence(refusal.message or refusal.code)}",
        "A new account's data takes about 24 hours, its history a few days. Run the command again tomorrow.",
    )


def _view_unhealthy(refusal: Refusal) -> CostlibError:
    return errors.DataNotReady(
        f"The billing view cannot be read now: {_sentence(refusal.message or refusal.code)}",
        "Look at its status in the Billing console, or change billing_view_arn.",
    )


def _stale(refusal: Refusal) -> CostlibError:
    return errors.PagingStale(
        f"Cost Explorer no longer honours a page token of {refusal.action} ({refusal.code}).", _AGAIN
    )


def _not_trusted(refusal: Refusal) -> CostlibError:
    return errors.ServiceUnavailable(
        f"The certificate that answers {refusal.action} is not trusted: {_sentence(refusal.message)}",
        "If a proxy opens TLS here, name its certificates in AWS_CA_BUNDLE.",
    )


def _bad_endpoint(refusal: Refusal) -> CostlibError:
    return errors.ConfigError(
        "AWS_ENDPOINT_URL_COST_EXPLORER",
        "the environment or AWS's configuration",
        refusal.message,
        "Write it as https://host, or leave it out.",
    )


EXPLAINED: Mapping[str, Callable[[Refusal], CostlibError]] = {
    "AccessDeniedException": _denied,
    "AccessDenied": _denied,
    "AuthorizationError": _denied,
    "UnauthorizedOperation": _denied,
    "ValidationException": _invalid,
    "ValidationError": _invalid,
    "DataUnavailableException": _not_ready,
    "BillingViewHealthStatusException": _view_unhealthy,
    "InvalidNextTokenException": _stale,
    "RequestChangedException": _stale,
    "BillExpirationException": _stale,
    "ResourceNotFoundException": _refused,
    "CertificateNotTrusted": _not_trusted,
    "InvalidEndpoint": _bad_endpoint,
    "ForbiddenException": _credentials_missing,
    "UnauthorizedException": _credentials_expired,
    "ExpiredToken": _credentials_expired,
    "ExpiredTokenException": _credentials_expired,
    "TokenRefreshRequired": _credentials_expired,
    "UnauthorizedSSOTokenError": _credentials_expired,
    "LoginRefreshRequired": _credentials_expired,
    "RequestExpired": _clock_off,
    "RequestTimeTooSkewed": _clock_off,
    "UnrecognizedClientException": _signature_refused,
    "InvalidClientTokenId": _signature_refused,
    "InvalidAccessKeyId": _signature_refused,
    "InvalidSignatureException": _signature_refused,
    "SignatureDoesNotMatch": _signature_refused,
    "IncompleteSignature": _signature_refused,
    "IncompleteSignatureException": _signature_refused,
    "MissingAuthenticationToken": _signature_refused,
    "MissingAuthenticationTokenException": _signature_refused,
    "NoCredentialsError": _credentials_missing,
    "NoAuthTokenError": _credentials_missing,
    "PartialCredentialsError": _credentials_missing,
    "ProfileNotFound": _credentials_missing,
    "CredentialRetrievalError": _credentials_missing,
    "TokenRetrievalError": _credentials_missing,
    "SSOTokenLoadError": _credentials_missing,
    "SSOError": _credentials_missing,
    "LoginTokenLoadError": _credentials_missing,
    "LoginError": _credentials_missing,
}
