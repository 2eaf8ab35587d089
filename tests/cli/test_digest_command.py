"""`costlib digest`: shown, written and sent; each channel gets its own, once, and nothing foreign."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from costlib.store.sent import FILE
from tests.alerts.receiving import Hook, Mailbox
from tests.alerts.test_digest import Html
from tests.cli.sending import AS_OF, OWN, Desk, desk

at_desk = pytest.fixture(desk, name="at_desk")
TITLE = "Cloud cost, Wed 18 Mar: $7,011.25 (0.0% on the week before)"
OWN_TITLE = "Cloud cost, Wed 18 Mar: $11.25 (0.0% on the week before)"


def test_it_is_shown_as_text(at_desk: Desk) -> None:
    text, err = at_desk.run("digest")
    assert text.startswith(f"{TITLE}\n====")
    assert "Wed 18 Mar: $7,011.25, as much as Wed 11 Mar." in text
    assert "March 2026 so far, 18 days: $126,202.50, as much as the first 18 days of February 2026." in text
    assert err == ""


def test_it_is_written_to_a_file(at_desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "week.html"
    assert at_desk.run("digest", "--weekly", "--format", "html", "-o", str(file)) == ("", f"{file}\n")
    assert "Weekly cost digest 12–18 Mar 2026" in Html(file.read_text(encoding="utf-8")).text
    at_desk.run("digest", "-o", str(file), exit_code=2)
    at_desk.run("digest", "-o", str(file), "--force")
    assert file.read_text(encoding="utf-8").startswith("Cloud cost")


def test_an_account_can_be_looked_at_alone(at_desk: Desk) -> None:
    text, _ = at_desk.run("digest", "--account", OWN)
    assert text.startswith(OWN_TITLE)
    assert "only charges of 1 account" in text
    assert "Unknown account '112'" in at_desk.run("digest", "--account", "112", exit_code=2)[1]


def test_it_is_sent_once_to_each_channel_that_wants_it_in_its_own_scope(
    at_desk: Desk, box: Mailbox, server: Hook
) -> None:
    at_desk.channels(
        {"name": "lead", "url": box.address(), "accounts": [OWN]},
        {"name": "chat", "url": server.address(), "digests": ["daily"]},
        {"name": "weekly", "url": server.address("weekly"), "digests": ["weekly"]},
    )
    assert at_desk.run("digest", "--send")[0] == f"lead\t{OWN_TITLE}\nchat\t{TITLE}\n"
    out, err = at_desk.run("digest", "--send")
    assert out == ""
    assert err == f"lead has it already: {OWN_TITLE}\nchat has it already: {TITLE}\n"
    (mail,), (body,) = box.mails, server.bodies
    assert mail["Subject"] == OWN_TITLE
    assert body["title"] == TITLE
    parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
    texts = [part.get_content() for part in parts if part]
    assert len(texts) == 2
    for text in texts:
        assert "$11.25" in text
        assert "7,0" not in text
        assert "Foreign" not in text


def test_it_is_sent_again_when_asked_to(at_desk: Desk, server: Hook) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    at_desk.run("digest", "--send")
    at_desk.run("digest", "--send", "--again")
    assert len(server.asked) == 2


def test_a_dry_run_sends_and_records_nothing(at_desk: Desk, server: Hook) -> None:
    at_desk.channels({"name": "chat", "url": server.address()})
    for _ in range(2):
        assert at_desk.run("digest", "--send", "--dry-run")[0] == f"chat\t{TITLE}\n"
    assert not server.asked
    assert not (at_desk.source / FILE).exists()


def test_of_old_data_there_is_a_notice_and_no_digest(at_desk: Desk, box: Mailbox) -> None:
    at_desk.at(AS_OF + timedelta(hours=37))
    text, _ = at_desk.run("digest")
    assert text.startswith("Cost digest: data delayed\n")
    assert "$" not in text
    at_desk.channels({"name": "mail", "url": box.address()})
    at_desk.run("digest", "--send")
    at_desk.at(AS_OF + timedelta(hours=61))
    at_desk.run("digest", "--send")
    at_desk.run("alerts", "send")
    assert [mail["Subject"] for mail in box.mails] == ["Cost digest: data delayed"]


def test_what_is_open_is_listed(at_desk: Desk) -> None:
    at_desk.fail_a_sync()
    text, _ = at_desk.run("digest")
    assert "Syncs\n- The sync of cost data failed. AWS refused. Ask for the right." in text


def test_one_channel_that_fails_does_not_keep_the_others_waiting(at_desk: Desk, server: Hook) -> None:
    at_desk.channels(
        {"name": "typo", "url": server.address(), "accounts": ["112"]}, {"name": "chat", "url": server.address()}
    )
    out, err = at_desk.run("digest", "--send", exit_code=2)
    assert out == f"chat\t{TITLE}\n"
    assert "Unknown account '112'" in err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--send"], "names no channel"),
        (["--send", "-o", "x"], "Leave out -o"),
        (["--send", "--account", OWN], "Leave out -o"),
        (["--again"], "Add --send"),
        (["--metric", "cost"], "Unknown metric"),
    ],
)
def test_what_makes_no_sense_is_refused(at_desk: Desk, flags: list[str], said: str) -> None:
    assert said in at_desk.run("digest", *flags, exit_code=2)[1]
