"""Whose data this is: who asks, and what a warehouse belongs to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.session import Session

from costlib.config import Settings
from costlib.errors import ConfigError, CostlibError, MalformedAnswer, ServiceUnavailable
from costlib.ingest.credentials import open_payer_session, open_session
from costlib.ingest.explanations import error_of, explained
from costlib.ingest.refusals import UNREADABLE, refusal_of

OWN_VIEW = "own view"
"""Stands where no billing view is chosen: the payer's whole organization, or a member's own account."""

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu", ".amazonwebservices.eu")
_ARN = re.compile(r"arn:(?P<partition>[^:]+):[^:]+:[^:]*:(?P<account>\d{12}):.+")
_QUICK = Config(connect_timeout=5, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})


@dataclass(frozen=True)
class Caller:
    """Who AWS says we are."""

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov`, `aws-cn` …"""
        return self.arn.split(":")[1]


def source_identity(
    settings: Settings, *, endpoint_url: str | None = None, environ: Mapping[str, str] = os.environ
) -> str:
    """What a warehouse of these settings belongs to: `<partition>:<account>|<billing view>`, or an endpoint instead.

    A billing view and a role name their account themselves. Otherwise AWS is asked (sts:GetCallerIdentity, free, needs
    no permission). An endpoint that is not AWS's is the identity itself; where STS answers there too, with the account.

    Raises ServiceUnavailable when STS cannot be reached: guessing could mix two payers' data. Credentials errors too.
    """
    view = settings.billing_view_arn or OWN_VIEW
    foreign = foreign_endpoint(settings, endpoint_url, environ)
    if foreign is not None and _is_aws(_endpoint("sts", None, environ)):
        return f"{foreign}|{view}"
    named = "billing_view_arn" if settings.billing_view_arn else "role_arn"
    if foreign is None and getattr(settings, named):
        return f"{_owner(settings, named)}|{view}"
    try:
        caller = who_asks(settings, environ)
    except ServiceUnavailable as error:
        raise ServiceUnavailable(
            f"AWS STS, which says whose data this is, did not answer. {error.message}",
            "Run the command again later. Where STS is out of reach for good, set billing_view_arn "
            "(arn:aws:billing::<ACCOUNT_ID>:billingview/primary is the account's own): it names the account.",
        ) from error
    except CostlibError:
        if foreign is None:
            raise
        return f"{foreign}|{view}"
    account = f"{caller.partition}:{caller.account_id}"
    return f"{account}|{view}" if foreign is None else f"{foreign} {account}|{view}"


def who_asks(settings: Settings, environ: Mapping[str, str] = os.environ) -> Caller:
    """The identity with which Cost Explorer will be asked; assumes `role_arn`. Raises errors of costlib.errors."""
    try:
        session = open_payer_session(settings, environ, "whoami")
        answer = boto3.Session(botocore_session=session).client("sts", config=_QUICK).get_caller_identity()
        return Caller(answer["Account"], answer["Arn"])
    except Exception as error:
        refusal = refusal_of(error, "GetCallerIdentity", datetime.min)
        if isinstance(error, KeyError) or (refusal is not None and refusal.code == UNREADABLE):
            raise MalformedAnswer("What answers for AWS STS is not STS.", "Look at AWS_ENDPOINT_URL_STS.") from error
        if refusal is None:
            raise
        raise error_of(refusal) from error


def foreign_endpoint(settings: Settings, endpoint_url: str | None, environ: Mapping[str, str]) -> str | None:
    """Where Cost Explorer is asked, as scheme://host:port, when that is not AWS; None when it is.

    A VPC endpoint of AWS's is AWS.
    """
    url = _endpoint("ce", endpoint_url, environ)
    if _is_aws(url):
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}"


def is_asked_at_aws(service: Literal["ce", "sts", "budgets"], environ: Mapping[str, str]) -> bool:
    """Whether a client of this service asks AWS itself."""
    return _is_aws(_endpoint(service, None, environ))


def _endpoint(service: Literal["ce", "sts", "budgets"], endpoint_url: str | None, environ: Mapping[str, str]) -> str:
    """The URL that a client of this service would ask; AWS's variables and files are read, nothing is sent."""
    with explained("GetCostAndUsage"):
        session = boto3.Session(botocore_session=_keyless(open_session(environ)))
        client = session.client(service, endpoint_url=endpoint_url)
    return str(client.meta.endpoint_url)


def _keyless(session: Session) -> Session:
    """Finding credentials may ask the network; an address needs none."""
    session.set_credentials("none", "none")
    return session


def _is_aws(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return any(host.endswith(domain) for domain in _AWS_DOMAINS)


def _owner(settings: Settings, key: str) -> str:
    """`partition:account` of the ARN in a setting."""
    arn = str(getattr(settings, key))
    found = _ARN.fullmatch(arn)
    if found is None:
        source = settings.origins.get(key, "the settings")
        raise ConfigError(key, source, f"{arn!r} is not an ARN with an account", "Copy it from the AWS console.")
    return f"{found['partition']}:{found['account']}"
