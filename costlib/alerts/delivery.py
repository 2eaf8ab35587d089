"""The way out by Apprise: e-mail, Slack-style webhooks, and whatever else has an address of its kind.

Apprise is imported when something is sent: it takes longer to load than most commands run. It is told to keep nothing
on disk, to follow no redirect (a webhook's address is its password), and to name no picture that a client would fetch.
What it and the HTTP library log is kept from every handler while they work: at some levels they write whole addresses.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from costlib.alerts.message import Message
from costlib.channels import Channel
from costlib.errors import ChannelUnreachable, ConfigError

if TYPE_CHECKING:
    from apprise import Apprise

SECONDS = 30.0
"""After so long a channel is taken for unreachable."""
EMAIL = ("mailto://", "mailtos://")
_SECRETIVE = ("apprise", "urllib3", "requests", "requests_oauthlib", "charset_normalizer")
_SHORTEST_SECRET = 4
_WITH_HOSTS = ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos")
"""Addresses in which a host is a host: in others, Slack's for one, a token stands in its place."""


def send(channel: Channel, message: Message, environ: Mapping[str, str]) -> None:
    """Send it, or raise ChannelUnreachable; ConfigError for an address that is none."""
    address = _address(channel, environ)
    with _silence():
        outbox = _outbox(channel, address)
        is_html = bool(message.as_html) and _is_email(address) and not _wants_text(address)
        body, body_format = (message.as_html, "html") if is_html else (message.text, "text")
        result = outbox.notify(body=body, title=message.title, body_format=body_format)
        said = [entry.message for entry in result.logs()]
    if not result:
        secrets = [environ[name] for name in channel.variables]
        raise ChannelUnreachable(channel.name, _redacted(said[-1] if said else "", address, secrets))


def check(channel: Channel, environ: Mapping[str, str]) -> None:
    """Raise ConfigError for an address that could not be sent to; nothing is sent."""
    with _silence():
        _outbox(channel, _address(channel, environ))


def _address(channel: Channel, environ: Mapping[str, str]) -> str:
    try:
        return channel.address(environ)
    except KeyError as error:
        raise ConfigError(
            "channels",
            f"channel {channel.name!r}",
            f"its url names the variable {error.args[0]}, which is not set",
            "Set it where the command runs.",
        ) from None


def _is_email(address: str) -> bool:
    return address.lower().startswith(EMAIL)


def _wants_text(address: str) -> bool:
    return dict(parse_qsl(urlsplit(address).query.lower())).get("format") == "text"


def _outbox(channel: Channel, address: str) -> Apprise:
    from apprise import Apprise, AppriseAsset
    from apprise.common import PersistentStoreMode

    asset = AppriseAsset(
        app_id="Showback dashboard",
        app_desc="Showback dashboard",
        app_url="",
        image_url_mask=False,
        image_path_mask=False,
        image_url_logo=False,
        storage_mode=PersistentStoreMode.MEMORY,
        service_timeout=SECONDS,
        async_mode=False,
        http_redirects=False,
        interpret_emojis=False,
        pgp_autogen=False,
        pem_autogen=False,
        allow_templates=False,
        language="en",
    )
    outbox = Apprise(asset=asset)
    is_known = outbox.add(address)
    has_nobody = _is_email(address) and not all(getattr(service, "targets", ()) for service in outbox)
    if not is_known or has_nobody:
        raise ConfigError(
            "channels",
            f"channel {channel.name!r}",
            "its url is no address that Apprise knows, or one of an e-mail to nobody",
            "docs/alerts.md has an example of each kind; a webhook of your own is written jsons://HOST/PATH.",
        )
    return outbox


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing that Apprise or the HTTP library logs reaches a handler; Apprise still hands us its own words."""
    loggers = [logging.getLogger(name) for name in _SECRETIVE]
    before = [(logger.propagate, logger.handlers, logger.level) for logger in loggers]
    for logger in loggers:
        logger.propagate, logger.handlers = False, [logging.NullHandler()]
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, (propagate, handlers, level) in zip(loggers, before, strict=True):
            logger.propagate, logger.handlers = propagate, handlers
            logger.setLevel(level)


def _redacted(text: str, address: str, secrets: Iterable[str]) -> str:
    """Without the `secrets` and any part of the address but a real host, should a message quote one."""
    parts = urlsplit(address)
    found = {parts.username or "", parts.password or "", *parts.path.split("/"), *secrets}
    found |= {value for _, value in parse_qsl(parts.query)}
    if parts.scheme.lower() not in _WITH_HOSTS:
        found.add(parts.netloc)
    for secret in sorted({*found, *map(unquote, found)}, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text
