"""The way out by Amazon SNS: a message to a topic, which passes it on to whoever subscribed."""

from __future__ import annotations

import os
from collections.abc import Mapping

import boto3
from botocore.config import Config

from costlib.alerts.message import Message
from costlib.channels import Channel
from costlib.errors import ChannelUnreachable, TryAgainLater
from costlib.ingest.credentials import open_session
from costlib.ingest.explanations import explained

LONGEST_SUBJECT = 99
"""SNS takes fewer than 100 ASCII characters as the subject of an e-mail."""
LONGEST_BYTES = 256 * 1024
_PATIENT = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 3})


def publish(channel: Channel, message: Message, environ: Mapping[str, str] = os.environ) -> None:
    """Publish to the channel's topic (sns:Publish), in the topic's own region, with the credentials of whoever runs.

    Raises ChannelUnreachable while AWS does not answer, and the errors of access that a sync raises.
    """
    session = boto3.Session(botocore_session=open_session(environ))
    try:
        with explained("Publish"):
            session.client("sns", region_name=channel.region, config=_PATIENT).publish(
                TopicArn=channel.topic_arn, Subject=subject(message.title), Message=_fitting(message.text)
            )
    except TryAgainLater as error:
        raise ChannelUnreachable(channel.name, error.message) from error


def subject(title: str) -> str:
    """A title as SNS takes one: ASCII on one line, beginning with a letter, digit or mark."""
    plain = title.replace("−", "-").replace("–", "-").replace("…", "...")
    text = "".join(c if " " <= c <= "~" else "?" for c in " ".join(plain.split()))
    return text[:LONGEST_SUBJECT] or "Cloud cost"


def _fitting(text: str) -> str:
    return text.encode()[:LONGEST_BYTES].decode(errors="ignore")
