"""Signing in: who sees what, who sees nothing and why, how long it lasts, and whose eyes may be borrowed."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from costlib.errors import NoAccess
from costlib.exports.manifest import manifest_path
from costlib.store import audit
from tests.app.conftest import UseOrganization
from tests.app.pages import ACCOUNTS, EXPORT, OVERVIEW, ROOT, said
from tests.app.test_export import by_command, prepared
from tests.queries.two_accounts import two_accounts

AUDIT = "pages/data/audit.py"
ACCESS = """\
[[rule]]
people = ["kim@example.com"]
role = "lead"
accounts = ["111111111111"]

[[rule]]
groups = ["search"]
role = "lead"
"cost_category:Team" = ["Search"]

[[rule]]
people = ["ada@example.com"]
role = "admin"
everything = true
"""
AUTH = {"auth": {"client_id": "x", "cookie_secret": "y" * 40, "redirect_uri": "http://127.0.0.1/oauth2callback"}}


@pytest.fixture
def source(organization: UseOrganization, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two accounts, one team in each; the access file beside."""
    (tmp_path / "access.toml").write_text(ACCESS)
    monkeypatch.setenv("COSTLIB_ACCESS_FILE", str(tmp_path / "access.toml"))
    return organization(two_accounts())


def signed_in(email: str, *, ends: float = 3600, began: float = -10, page: str = OVERVIEW, **claims: object) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.secrets["auth"] = AUTH["auth"]
    now = time.time()
    app.user = {"is_logged_in": True, "email": email, "sub": f"sub of {email}", "iat": now + began, "exp": now + ends}
    app.user.update(claims)
    app.run()
    return app.switch_page(page).run() if page != OVERVIEW else app


def test_a_lead_sees_their_own_accounts_and_no_others(source: Path) -> None:
    app = signed_in("kim@example.com", page=ACCOUNTS)
    assert not app.exception
    assert "kim@example.com · Team lead · sees 1 account" in said(app)
    shown = said(app) + "".join(str(table.value) for table in app.dataframe)
    assert "Mine" in shown
    assert "Foreign" not in shown
    assert not [badge for badge in app.get("markdown") if "AWS's own total, $" in str(badge.proto)]


def test_a_group_of_the_providers_gives_its_scope(source: Path) -> None:
    app = signed_in("lee@example.com", page=ACCOUNTS, groups=["search", "other"])
    shown = said(app) + "".join(str(table.value) for table in app.dataframe)
    assert "Foreign" in shown
    assert "Mine" not in shown


def test_somebody_whom_no_rule_names_sees_nothing_and_reads_what_to_ask_for(source: Path) -> None:
    app = signed_in("eve@example.com")
    assert not app.exception
    assert "You have no access yet" in said(app)
    assert "E-mail: eve@example.com" in said(app)
    assert not app.metric
    assert [button.label for button in app.button] == ["Sign out"]


def test_an_e_mail_that_is_not_verified_gives_no_access(source: Path) -> None:
    app = signed_in("ada@example.com", email_verified=False)
    assert "has not verified this e-mail address" in said(app)
    assert not app.metric


def test_whoever_is_signed_out_sees_nothing_but_the_way_in(source: Path) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.secrets["auth"] = AUTH["auth"]
    app.user = {"is_logged_in": False}
    app.run()
    assert "Nobody is signed in" in said(app)
    assert [button.label for button in app.button] == ["Sign in"]
    assert not app.metric
    assert not app.sidebar.caption


@pytest.mark.parametrize(("began", "ends"), [(-100, -1), (-13 * 3600, 3600)], ids=["by the token", "by the setting"])
def test_a_session_ends(source: Path, began: float, ends: float) -> None:
    app = signed_in("ada@example.com", began=began, ends=ends)
    assert "Your session has ended" in said(app)
    assert not app.metric


def test_a_token_that_does_not_say_when_it_ends_is_an_old_one(source: Path) -> None:
    assert "Your session has ended" in said(signed_in("ada@example.com", exp=None))


def test_a_session_that_ends_while_a_page_is_open_shows_nothing_more(source: Path) -> None:
    app = signed_in("ada@example.com")
    assert app.metric
    app.user["exp"] = time.time() - 1
    app.run()
    assert not app.metric


def test_a_rule_that_is_taken_away_holds_at_the_next_run(source: Path, tmp_path: Path) -> None:
    app = signed_in("kim@example.com")
    assert "sees 1 account" in said(app)
    (tmp_path / "access.toml").write_text(ACCESS.replace("kim@", "lee@"))
    assert "You have no access yet" in said(app.run())


def test_a_broken_access_file_keeps_the_last_rules_and_says_so_to_administrators(source: Path, tmp_path: Path) -> None:
    ada, kim = signed_in("ada@example.com"), signed_in("kim@example.com")
    (tmp_path / "access.toml").write_text(ACCESS.replace('"lead"', '"boss"'))
    assert "'boss' is no role" in said(ada.run())
    assert "'boss'" not in said(kim.run())
    assert "sees 1 account" in said(kim)


def test_an_administrator_looks_through_another_ones_eyes_marked_and_written_down(source: Path) -> None:
    app = signed_in("ada@example.com", page=ACCOUNTS)
    app.selectbox(key="view_as_whom").select("kim@example.com").run()
    app.button(key="begin_view_as").click().run()
    assert not app.exception
    assert "Team lead, sees 1 account." in said(app)
    assert "Foreign" not in "".join(str(table.value) for table in app.dataframe)
    app.switch_page(OVERVIEW).run()
    assert "Team lead, sees 1 account." in said(app)
    app.button(key="stop_view_as").click().run()
    assert "sees every account" in said(app)
    written = [(entry.event, entry.about) for entry in audit.entries(source) if "view_as" in entry.event]
    assert written == [("view_as_ended", "kim@example.com"), ("view_as_began", "kim@example.com")]
    assert {entry.person.name for entry in audit.entries(source) if "view_as" in entry.event} == {"ada@example.com"}


@pytest.mark.parametrize(
    ("person", "groups", "names", "account"),
    [
        ("kim@example.com", ["other"], ["kim@example.com"], "111111111111"),
        ("lee@example.com", ["search", "other"], ["group:search"], "222222222222"),
        ("ada@example.com", ["search"], [], None),
    ],
)
def test_the_command_beside_an_export_sees_as_much_and_makes_the_same_bytes(
    source: Path, tmp_path: Path, person: str, groups: list[str], names: list[str], account: str | None
) -> None:
    app = signed_in(person, page=EXPORT, groups=groups)
    words = shlex.split(app.code[0].value.replace("\\\n", " "))
    assert [words[place + 1] for place, word in enumerate(words) if word == "--as"] == names
    assert person not in app.code[0].value or person in names
    file, same = prepared(app, source), by_command(app, source, tmp_path / "out")
    assert file.read_bytes() == same.read_bytes()
    assert account is None or {row.split(",")[1] for row in file.read_text().splitlines()[1:]} == {account}
    ours, theirs = (json.loads(manifest_path(path).read_text()) for path in (file, same))
    assert ours["command"] == theirs["command"]
    assert shlex.split(ours["command"])[2:] == [word for word in words[2:] if word not in ("-o", file.name)]
    written = [entry for entry in audit.entries(source) if entry.event is audit.Event.exported]
    assert {entry.about for entry in written} == {f"{file.name}, SHA-256 {ours['sha256']}"}
    assert written[-1].person.name == person


def test_a_file_is_for_whoever_it_was_prepared_for(source: Path) -> None:
    app = signed_in("ada@example.com", page=EXPORT)
    assert "222222222222" in prepared(app, source).read_text()
    app.selectbox(key="view_as_whom").select("group:search").run()
    app.button(key="begin_view_as").click().run()
    assert not offered(app)
    file = prepared(app, source)
    assert "111111111111" not in file.read_text()
    manifest = json.loads(manifest_path(file).read_text())
    assert (manifest["scope"], "ada" in json.dumps(manifest)) == ("what group:search may see", False)
    app.button(key="stop_view_as").click().run()
    assert not offered(app)


def test_a_button_that_was_drawn_does_nothing_once_the_session_has_ended(source: Path) -> None:
    app = signed_in("ada@example.com", page=EXPORT)
    before = audit.entries(source)
    app.user["exp"] = time.time() - 1
    app.button(key="prepare_export").click().run()
    assert "Your session has ended" in said(app)
    assert not (source / "exports").exists()
    assert audit.entries(source) == before


def test_a_button_that_was_drawn_writes_no_more_than_is_seen_now(source: Path, tmp_path: Path) -> None:
    app = signed_in("kim@example.com", page=EXPORT)
    (tmp_path / "access.toml").write_text(ACCESS.replace('"111111111111"', '"222222222222"'))
    app.button(key="prepare_export").click().run()
    assert not (source / "exports").exists()
    assert "sees 1 account" in said(app)


def test_a_report_is_handed_to_whoever_it_was_drawn_for_and_written_down(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = handed_over(monkeypatch)
    app = signed_in("kim@example.com", page=EXPORT)
    content = made["report_download"]()
    (written,) = (entry for entry in audit.entries(source) if entry.event is audit.Event.exported)
    assert written.about.endswith(f".html, SHA-256 {sha256(content).hexdigest()}")
    assert written.person.name == "kim@example.com"
    signed_in("kim@example.com", page=ACCOUNTS, ends=1.5)
    of_the_table = next(make for key, make in made.items() if key not in ("report_download",))
    assert b"Mine" in of_the_table()
    time.sleep(1.6)
    with pytest.raises(NoAccess):
        of_the_table()
    assert made["report_download"]() == content
    assert not app.exception


def handed_over(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    """What download buttons make when somebody clicks them, by their keys."""
    import streamlit as st

    made: dict[str, Callable[[], bytes]] = {}
    drawn = st.download_button

    def kept(label: str, data: Callable[[], bytes], **options: Any) -> bool:
        made[options["key"]] = data
        return drawn(label, data, **options)

    monkeypatch.setattr(st, "download_button", kept)
    return made


def offered(app: AppTest) -> bool:
    """Whether the export page has a prepared file to hand over."""
    return any(button.proto.label == "Download" for button in app.get("download_button"))


def test_nobody_but_an_administrator_can_view_as(source: Path) -> None:
    app = signed_in("kim@example.com")
    assert not [box for box in app.selectbox if box.key == "view_as_whom"]
    app.session_state["view_as"] = "ada@example.com"
    assert "sees 1 account" in said(app.run())


def test_a_sign_in_is_written_down_once_however_many_windows_it_has(source: Path) -> None:
    now = time.time()
    for _ in range(2):
        signed_in("kim@example.com", iat=now)
    signed_in("kim@example.com", iat=now + 1)
    signs = [entry for entry in audit.entries(source) if entry.event is audit.Event.signed_in]
    assert [entry.about for entry in signs] == ["lead, sees 1 account"] * 2


def test_the_audit_log_is_for_administrators(source: Path) -> None:
    ada = signed_in("ada@example.com", page=AUDIT)
    assert not ada.exception
    assert "Signed in" in set(ada.dataframe[0].value["event"])
    kim = signed_in("kim@example.com", page=AUDIT)
    assert "No access" in said(kim)
    assert not kim.dataframe


def test_a_server_that_others_reach_shows_nothing_to_nobody(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    asked = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else asked(name))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert "This server shows nothing" in said(app)
    assert not app.metric
    monkeypatch.setenv("COSTLIB_ALLOW_ANONYMOUS", "1")
    for page in (OVERVIEW, ACCOUNTS):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        app = app.switch_page(page).run() if page != OVERVIEW else app
        assert "everybody who reaches this server sees all cost" in said(app)
        assert app.metric
