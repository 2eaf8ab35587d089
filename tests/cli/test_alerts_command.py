"""`costlib alerts`: to real servers, each alert once to each channel, whatever fails in between."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from costlib.cli import main
from costlib.cli.sending import tell_after_sync
from costlib.config import load
from costlib.sample.server import SampleEndpoint
from costlib.store import triage
from costlib.store.saved_views import Person
from costlib.store.sent import FILE, Ledger
from tests.alerts.receiving import Hook, Mailbox, free_port, hook
from tests.cli.sending import AS_OF, FOREIGN, OWN, Desk, desk
from tests.cli.test_sync_command import endpoint
from tests.queries.test_alerts import incident, with_incidents

__all__ = ["endpoint"]

at_desk = pytest.fixture(desk, name="at_desk")
SECRET = "planted-S3cret-of-a-hook"


def test_each_alert_goes_once_to_each_channel(at_desk: Desk, box: Mailbox, server: Hook) -> None:
    at_desk.channels({"name": "mail", "url": box.address()}, {"name": "chat", "url": server.address()})
    at_desk.fail_a_sync()
    assert (
        at_desk.run("alerts", "send")[0] == "mail\tThe sync of cost data failed\nchat\tThe sync of cost data failed\n"
    )
    out, err = at_desk.run("alerts", "send")
    assert (out, err) == ("", "Nothing new to tell.\n")
    (mail,), (body,) = box.mails, server.bodies
    assert mail["Subject"] == body["title"] == "The sync of cost data failed"
    assert "AWS refused.\nAsk for the right.\n" in mail.get_content().replace("\r\n", "\n")


def test_a_channel_that_is_new_gets_what_is_open_and_the_others_nothing_again(
    at_desk: Desk, box: Mailbox, server: Hook
) -> None:
    at_desk.fail_a_sync()
    at_desk.channels({"name": "mail", "url": box.address()})
    at_desk.run("alerts", "send")
    at_desk.channels({"name": "mail", "url": box.address()}, {"name": "chat", "url": server.address()})
    at_desk.run("alerts", "send")
    assert (len(box.mails), len(server.asked)) == (1, 1)


def test_a_dry_run_sends_and_records_nothing(at_desk: Desk, server: Hook) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    at_desk.fail_a_sync()
    for _ in range(2):
        assert at_desk.run("alerts", "send", "--dry-run")[0] == "chat\tThe sync of cost data failed\n"
    assert not server.asked
    assert not (at_desk.source / FILE).exists()


def test_in_quiet_hours_alerts_wait_and_come_after_them(at_desk: Desk, server: Hook) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    at_desk.set("quiet_hours", "22:00-08:30 Europe/Berlin")
    at_desk.fail_a_sync()
    out, err = at_desk.run("alerts", "send")
    assert (out, err) == ("", "Quiet hours (22:00-08:30 Europe/Berlin): 1 wait for their end.\n")
    assert not server.asked
    at_desk.at(AS_OF + timedelta(hours=2))
    at_desk.run("alerts", "send")
    assert len(server.asked) == 1


def test_a_channel_out_of_reach_does_not_keep_the_others_waiting_and_is_tried_again(
    at_desk: Desk, server: Hook, box: Mailbox
) -> None:
    gone = f"json://127.0.0.1:{free_port()}/{SECRET}"
    at_desk.channels({"name": "chat", "url": gone}, {"name": "mail", "url": box.address()})
    at_desk.fail_a_sync()
    out, err = at_desk.run("alerts", "send", exit_code=3)
    assert out == "mail\tThe sync of cost data failed\n"
    assert "costlib: The channel 'chat' did not take the message." in err
    assert SECRET not in out + err
    at_desk.channels({"name": "chat", "url": server.address()}, {"name": "mail", "url": box.address()})
    assert at_desk.run("alerts", "send")[0] == "chat\tThe sync of cost data failed\n"
    assert len(box.mails) == 1


def test_killed_between_sending_and_recording_it_repeats_that_message_and_no_other(
    at_desk: Desk, server: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    at_desk.fail_a_sync()

    def killed(*_: object) -> None:
        raise SystemExit(137)

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "record", killed)
        with pytest.raises(SystemExit):
            main(["alerts", "send", "--data-dir", str(at_desk.folder)])
    at_desk.run("alerts", "send")
    at_desk.run("alerts", "send")
    assert len(server.asked) == 2


def test_incidents_go_to_who_owns_them_until_somebody_has_said_what_they_are(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    server: Hook,
) -> None:
    made = with_incidents(incident("7", OWN, center="Mine"), incident("8", FOREIGN, "Foreign", center="Theirs"))
    at_desk = desk(tmp_path, capsys, monkeypatch, made)
    mine = {"name": "mine", "url": server.address("mine"), "cost_centers": ["Mine"]}
    everything = {"name": "all", "url": server.address("all")}
    at_desk.channels(mine)
    at_desk.run("alerts", "send")
    triage.say(at_desk.source, triage.Word("8", triage.Verdict.expected, "", "a launch", Person("a", "A"), AS_OF))
    at_desk.channels(mine, everything)
    at_desk.run("alerts", "send")
    title = "EC2 in mine: $1,007.00 above expectation"
    assert [(path, json.loads(body)["title"]) for path, body in server.asked] == [("/mine", title), ("/all", title)]
    told_to_mine = server.asked[0][1]
    assert "2,000" not in told_to_mine
    assert "Owner: Mine." in told_to_mine
    text, _ = at_desk.run("digest")
    assert "Open incidents\n- EC2 in mine: $1,007.00 above expectation. 18 Mar 2026" in text
    assert "Foreign: " not in text


def test_a_sync_that_never_worked_is_told_too(at_desk: Desk, server: Hook) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    at_desk.fail_a_sync()
    (at_desk.source / "CURRENT").unlink()
    assert at_desk.run("alerts", "send")[0] == "chat\tThe sync of cost data failed\n"


def test_delayed_data_is_told_once(at_desk: Desk, server: Hook) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    at_desk.at(AS_OF + timedelta(days=3))
    at_desk.run("alerts", "send")
    at_desk.at(AS_OF + timedelta(days=4))
    at_desk.run("alerts", "send")
    assert [body["title"] for body in server.bodies] == ["Cost data is delayed"]


def test_a_test_message_goes_out_at_any_hour_as_often_as_it_is_asked_for(at_desk: Desk, server: Hook) -> None:
    at_desk.channels({"name": "chat", "url": server.address()}, {"name": "other", "url": server.address("other")})
    at_desk.set("quiet_hours", "00:00-23:59")
    at_desk.run("alerts", "test", "--channel", "chat")
    assert at_desk.run("alerts", "test", "--channel", "chat")[0].startswith("chat\tTest message")
    assert [path for path, _ in server.asked] == ["/hook", "/hook"]


@pytest.mark.parametrize(
    ("channels", "flags", "said"),
    [
        ([], [], "names no channel"),
        ([{"name": "chat", "url": "nonsense://"}], [], "no address that Apprise knows"),
        ([{"name": "chat", "url": "json://host"}], ["--channel", "chta"], "Did you mean 'chat'?"),
        ([{"name": "chat", "url": "json://${MISSING_TOKEN}@host"}], [], "MISSING_TOKEN, which is not set"),
    ],
)
def test_settings_to_mend_are_a_usage_error(
    at_desk: Desk, channels: list[dict[str, object]], flags: list[str], said: str
) -> None:
    at_desk.channels(*channels)
    at_desk.fail_a_sync()
    assert said in at_desk.run("alerts", "send", *flags, exit_code=2)[1]


def test_a_damaged_record_stops_sending_rather_than_repeating_everything(at_desk: Desk, server: Hook) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    at_desk.fail_a_sync()
    (at_desk.source / FILE).write_bytes(b"damaged" * 200)
    assert f"{FILE} cannot be used" in at_desk.run("alerts", "send", exit_code=1)[1]
    assert not server.asked


REFUSAL = b'{"__type": "AccessDeniedException", "Message": "User: me is not authorized to perform: ce:GetCostAndUsage"}'


def test_a_sync_that_fails_tells_the_channels_and_fails_as_it_did(
    at_desk: Desk, server: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    at_desk.set("source", "aws")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
    with hook(status=400, answer=REFUSAL) as aws:
        for name in ("AWS_ENDPOINT_URL_COST_EXPLORER", "AWS_ENDPOINT_URL_STS"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{aws.port}")
        for told in (True, False):
            err = at_desk.run("sync", exit_code=2)[1]
            assert "AWS refused ce:GetCostAndUsage" in err
            assert ("Told chat: The sync of cost data failed." in err) is told
    (body,) = server.bodies
    assert "ce:GetCostAndUsage" in body["message"]


@pytest.mark.parametrize("is_damaged", [False, True])
def test_what_cannot_be_told_after_a_sync_is_said_and_fails_nothing(at_desk: Desk, is_damaged: bool) -> None:
    at_desk.channels({"name": "chat", "url": f"json://127.0.0.1:{free_port()}/{SECRET}"})
    at_desk.fail_a_sync()
    if is_damaged:
        (at_desk.source / FILE).write_bytes(b"damaged" * 200)
    tell_after_sync(load(None, {**os.environ, "COSTLIB_DATA_DIR": str(at_desk.folder)}), AS_OF)
    out, err = at_desk.read()
    assert out == ""
    assert err.startswith("note: alerts were not sent: " if is_damaged else "note: The channel 'chat' did not take")
    assert SECRET not in err


def test_without_channels_a_sync_tells_nobody(at_desk: Desk) -> None:
    at_desk.fail_a_sync()
    tell_after_sync(load(None, {"COSTLIB_DATA_DIR": str(at_desk.folder)}), AS_OF)
    assert at_desk.read() == ("", "")


def test_a_sync_ends_by_telling_what_is_new_and_is_a_good_sync_if_it_cannot(
    endpoint: SampleEndpoint,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    server: Hook,
) -> None:
    budgets = tmp_path / "budgets.toml"
    budgets.write_text('[[budget]]\nid = "all"\nname = "All"\ntotal = true\namount = 0.01\n', encoding="utf-8")
    monkeypatch.setenv("COSTLIB_BUDGETS_FILE", str(budgets))
    gone, there = f"json://127.0.0.1:{free_port()}/", server.address()
    said = []
    for address in (gone, there, there):
        monkeypatch.setenv("COSTLIB_CHANNELS", json.dumps([{"name": "chat", "url": address}]))
        assert main(["sync"]) == 0
        said.append(capsys.readouterr().err)
    assert "note: The channel 'chat' did not take the message." in said[0]
    assert "Told chat: The budget “All” is exceeded." in said[1]
    assert "chat" not in said[2]
    assert [body["title"] for body in server.bodies] == ["The budget “All” is exceeded"]
