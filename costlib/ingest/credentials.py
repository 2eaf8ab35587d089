"""Who asks: a session with AWS's own chain of credentials, or a role assumed with them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.configprovider import ConstantProvider
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.session import Session

from costlib.config import Settings

DEFAULT_REGION = "us-east-1"
"""Cost Explorer has one endpoint a partition; any commercial region leads to this one."""

SAMPLE_ENVIRON: Mapping[str, str] = {"AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample"}
"""Stands in for the environment where the sample endpoint is asked: nobody's AWS set-up is looked at."""

_STS_CONFIG = Config(
    connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}, tcp_keepalive=True
)


def open_session(environ: Mapping[str, str]) -> Session:
    """A botocore session. In the process's own environment it is AWS's chain, files and all.

    Of any other `environ` only AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and the region are taken,
    and nothing else of this machine's AWS set-up is looked at. Raises ProfileNotFound and its kind.
    """
    session = Session()
    if environ != os.environ:
        _isolate(session, environ)
    region = session.get_config_variable("region") or environ.get("AWS_REGION") or DEFAULT_REGION
    session.get_component("config_store").set_config_provider("region", ConstantProvider(region))
    return session


def _isolate(session: Session, environ: Mapping[str, str]) -> None:
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    store = session.get_component("config_store")
    store.set_config_provider("profile", ConstantProvider(None))
    store.set_config_provider("region", ConstantProvider(environ.get("AWS_DEFAULT_REGION")))
    session.register_component("credential_provider", CredentialResolver([]))
    if environ.get("AWS_ACCESS_KEY_ID"):
        session.set_credentials(
            environ["AWS_ACCESS_KEY_ID"], environ.get("AWS_SECRET_ACCESS_KEY", ""), environ.get("AWS_SESSION_TOKEN")
        )


def open_payer_session(settings: Settings, environ: Mapping[str, str], run_id: str) -> Session:
    """The session that asks Cost Explorer: as `open_session`, or with `role_arn` assumed from there.

    The role is assumed when the first request is signed, and again before its hour is over.
    """
    session = open_session(environ)
    if not settings.role_arn:
        return session
    role = AssumedRole(session, settings.role_arn, settings.external_id, _session_name(run_id))
    own = open_session(environ)
    own.register_component("credential_provider", CredentialResolver([_RoleProvider(role)]))
    return own


@dataclass(frozen=True)
class AssumedRole:
    """`role_arn` as seen from the credentials of `source`; CloudTrail shows `session_name`, which is the run."""

    source: Session
    role_arn: str
    external_id: str
    session_name: str

    def fetch(self) -> dict[str, str]:
        """New credentials in botocore's words. Raises ClientError when the role may not be assumed."""
        sts = boto3.Session(botocore_session=self.source).client("sts", config=_STS_CONFIG)
        extra = {"ExternalId": self.external_id} if self.external_id else {}
        granted = sts.assume_role(RoleArn=self.role_arn, RoleSessionName=self.session_name, **extra)["Credentials"]
        return {
            "access_key": granted["AccessKeyId"],
            "secret_key": granted["SecretAccessKey"],
            "token": granted["SessionToken"],
            "expiry_time": granted["Expiration"].isoformat(),
        }


class _RoleProvider(CredentialProvider):
    METHOD = "assume-role"
    CANONICAL_NAME = "costlib"

    def __init__(self, role: AssumedRole) -> None:
        super().__init__()
        self._role = role

    def load(self) -> Any:
        return DeferredRefreshableCredentials(refresh_using=self._role.fetch, method=self.METHOD)


def _session_name(run_id: str) -> str:
    """A RoleSessionName may hold 2 to 64 letters, digits and =,.@-_ ."""
    return re.sub(r"[^\w+=,.@-]", "-", run_id, flags=re.ASCII)[:64].ljust(2, "-")
