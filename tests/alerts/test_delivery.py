"""Messages reach real servers on loopback; what cannot be reached is said, and no secret with it."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace

import pytest

from costlib.alerts.delivery import check, send
from costlib.alerts.message import Message
from costlib.channels import Channel
from costlib.errors import ChannelUnreachable, ConfigError
from tests.alerts.receiving import free_port, hook, mailbox

MESSAGE = Message("Cloud cost, Mon 23 Nov: $5,304.41", "Plain − text\n", "<p>Rich <b>text</b></p>")
SECRET = "planted-S3cret-of-a-hook"


def test_an_email_has_both_plain_text_and_html() -> None:
    with mailbox() as box:
        send(Channel("mail", box.address()), MESSAGE, {})
    (mail,) = box.mails
    assert mail["Subject"] == MESSAGE.title
    assert mail["To"] == "lead@example.com"
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert "Rich text" in plain.get_content()
    assert rich is not None
    assert MESSAGE.as_html in rich.get_content()
    assert "http" not in mail.as_string()


def test_an_email_can_be_plain_text_alone() -> None:
    with mailbox() as box:
        send(Channel("mail", box.address()), Message("Title", "Only text"), {})
        send(Channel("mail", box.address("&format=text")), replace(MESSAGE, text="Only text"), {})
    assert [mail.get_content_type() for mail in box.mails] == ["text/plain"] * 2
    assert [mail.get_content().strip() for mail in box.mails] == ["Only text"] * 2


def test_a_webhook_gets_the_plain_text_and_no_picture() -> None:
    with hook() as server:
        send(Channel("hook", server.address()), MESSAGE, {})
    (body,) = server.bodies
    assert (body["title"], body["message"]) == (MESSAGE.title, MESSAGE.text.strip())
    assert "http" not in server.asked[0][1]


def test_a_slack_style_webhook_gets_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.slack import NotifySlack

    with hook() as server:
        monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{server.port}/services")
        address = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
        send(Channel("slack", address), MESSAGE, {})
    ((path, body),) = server.asked
    assert path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert "Plain − text" in server.bodies[0]["attachments"][0]["text"]
    assert "github" not in body


def test_a_mattermost_webhook_gets_it_too() -> None:
    with hook() as server:
        send(Channel("chat", f"mmost://127.0.0.1:{server.port}/3ccdd113474722377935511fc85d3dd4"), MESSAGE, {})
    assert "Plain − text" in server.bodies[0]["text"]


def test_the_secret_comes_from_the_environment_and_is_shown_nowhere(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = Channel("hook", "json://user:${HOOK_PASSWORD}@127.0.0.1:${HOOK_PORT}/${HOOK_PASSWORD}")
    with hook() as server:
        environ = {"HOOK_PASSWORD": SECRET, "HOOK_PORT": str(server.port)}
        send(channel, MESSAGE, environ)
        server.status = 403
        with pytest.raises(ChannelUnreachable) as refused:
            send(channel, MESSAGE, environ)
    assert SECRET in server.asked[0][0]
    with pytest.raises(ChannelUnreachable) as unreachable:
        send(channel, MESSAGE, environ)
    said = [str(refused.value), str(unreachable.value), repr(channel), caplog.text, *capfd.readouterr()]
    assert "403" in said[0]
    assert not [text for text in said if SECRET in text]


@pytest.mark.parametrize(
    "address",
    [
        "slack://TokenAbcd1/TokenB1C2/TokenC1D2E3F4G5H6I7J8K9",
        "mmost://localhost:{port}/TokenC1D2E3F4G5H6I7J8K9",
        "json://TokenUser:TokenPass@127.0.0.1:{port}/TokenPath?+Authorization=TokenHeader",
    ],
)
def test_an_address_written_out_is_not_quoted_either(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{free_port()}/services")
    with pytest.raises(ChannelUnreachable) as raised:
        send(Channel("hook", address.format(port=free_port())), MESSAGE, {})
    assert "Token" not in str(raised.value)


def test_loggers_are_as_they_were_afterwards() -> None:
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    with pytest.raises(ChannelUnreachable):
        send(Channel("hook", f"json://127.0.0.1:{free_port()}/"), MESSAGE, {})
    assert [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers] == before


def test_a_redirect_is_not_followed_for_the_address_is_the_password() -> None:
    with hook(status=307) as server, pytest.raises(ChannelUnreachable):
        send(Channel("hook", server.address()), MESSAGE, {})
    assert [path for path, _ in server.asked] == ["/hook"]


@pytest.mark.parametrize("scheme", ["json", "mailto"])
def test_a_server_that_is_not_there_is_said_with_a_remedy(scheme: str) -> None:
    address = f"{scheme}://localhost:{free_port()}?from=a@example.com&to=b@example.com"
    with pytest.raises(ChannelUnreachable) as raised:
        send(Channel("the team's", address), MESSAGE, {})
    assert "the team's" in raised.value.message
    assert "costlib alerts test --channel" in raised.value.remedy


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/hook",
        "nonsense",
        "slack://too-short",
        "mailto://localhost?from=a@example.com&to=nobody",
        "sns://a/b/c",
    ],
)
def test_an_address_that_is_none_is_a_setting_to_mend(address: str) -> None:
    with pytest.raises(ConfigError, match="no address that Apprise knows") as raised:
        check(Channel("hook", address), {})
    assert address not in str(raised.value)


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigError, match="HOOK_TOKEN, which is not set"):
        send(Channel("hook", "json://host/${HOOK_TOKEN}"), MESSAGE, {"HOOK_TOKEN": ""})


def test_nothing_is_called_but_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[object] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: object) -> None:
        reached.append(address)
        connect(self, address)  # type: ignore[arg-type]

    with hook() as server:
        monkeypatch.setattr(socket.socket, "connect", noted)
        send(Channel("hook", server.address()), MESSAGE, {})
    assert reached == [("127.0.0.1", server.port)]
