"""Signed in over a real connection: what outlives a page is for whoever it was made for, while they may."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest

from costlib.store.audit import Event, entries
from costlib.store.status import RunState, Status, write_status
from costlib.ui.downloads import COOKIE
from tests.app.test_sign_in import ACCESS
from tests.queries.snapshots import published
from tests.queries.two_accounts import two_accounts
from tests.server.session import finished
from tests.server.signed_in import USER, Place, dashboard, tab

pytestmark = pytest.mark.xdist_group("server")
PHASE = "Reading the charges"
TRIES = 200


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("signed_in")
    with published(two_accounts(), folder / "data"):
        pass
    (source,) = (folder / "data").iterdir()
    source.rename(folder / "data" / "sample")
    (folder / "access.toml").write_text(ACCESS)
    with dashboard(folder, folder / "data") as running:
        yield running


@pytest.fixture(autouse=True)
def everybody_may_look(place: Place) -> None:
    place.access.write_text(ACCESS)


async def _prepared(place: Place, cookies: Mapping[str, str]) -> str:
    """The link to the file that the export page made of what is chosen there."""
    async with tab(place, "export", cookies) as page:
        seen = await page.run()
        seen = await page.run(click=seen.buttons["Prepare CSV"])
        for _ in range(TRIES):
            if "Download" in seen.links:
                return seen.links["Download"]
            await asyncio.sleep(0.05)
            seen = await page.run()
    raise AssertionError(f"There is no link: {seen.text}")


def test_a_prepared_link_is_nobody_elses_on_the_same_browser(place: Place) -> None:
    kim = place.cookies("kim")
    link = finished(_prepared(place, kim))
    status, text = place.fetched(link, kim)
    assert status == 200
    assert b"111111111111" in text
    assert b"222222222222" not in text
    signed_out = {COOKIE: kim[COOKIE]}
    others = [signed_out, place.cookies("ada"), place.cookies("lee"), place.cookies("kim", browser="another")]
    again = place.cookies("kim", lives=1800)
    for cookies in (*others, again, {USER: kim[USER]}, {}):
        status, text = place.fetched(link, cookies)
        assert status == 404
        assert b"111111111111" not in text
    written = [entry for entry in entries(place.source_dir) if entry.event is Event.exported]
    assert [(entry.person.name, "SHA-256" in entry.about) for entry in written] == [("kim@example.com", True)]


def test_a_prepared_link_ends_with_the_rule(place: Place) -> None:
    kim = place.cookies("kim")
    link = finished(_prepared(place, kim))
    place.access.write_text(ACCESS.replace('"111111111111"', '"222222222222"'))
    assert place.fetched(link, kim)[0] == 404
    place.access.write_text(ACCESS)
    assert place.fetched(link, kim)[0] == 200


@pytest.fixture
def syncing(place: Place) -> Iterator[None]:
    """A sync runs, and its progress redraws itself on every page."""
    write_status(place.source_dir, Status(RunState.running, "run", os.getpid(), datetime(2026, 3, 20), phase=PHASE))
    yield
    (place.source_dir / "status.json").unlink()


def test_what_redraws_itself_sees_that_a_rule_was_withdrawn(place: Place, syncing: None) -> None:
    async def visit() -> None:
        async with tab(place, "freshness", place.cookies("kim")) as page:
            (fragment,) = (await page.run()).redrawn
            assert PHASE in (await page.run(fragment=fragment)).text
            place.access.write_text(ACCESS.replace("kim@", "lee@"))
            seen = await page.run(fragment=fragment)
            assert "You have no access yet" in seen.text
            assert PHASE not in seen.text

    finished(visit())


def test_what_redraws_itself_sees_that_others_may_be_seen_now(place: Place, syncing: None) -> None:
    async def visit() -> None:
        async with tab(place, "accounts", place.cookies("kim")) as page:
            (fragment,) = (await page.run()).redrawn
            assert "sees 1 account" not in (await page.run(fragment=fragment)).text
            place.access.write_text(ACCESS.replace('"111111111111"', '"222222222222", "111111111111"'))
            assert "sees 2 accounts" in (await page.run(fragment=fragment)).text

    finished(visit())


def test_what_redraws_itself_and_a_prepared_link_end_with_the_session(place: Place, syncing: None) -> None:
    lives = 20.0
    ends, kim = time.monotonic() + lives, place.cookies("kim", lives=lives)

    async def visit() -> str:
        link = await _prepared(place, kim)
        async with tab(place, "freshness", kim) as page:
            (fragment,) = (await page.run()).redrawn
            assert PHASE in (await page.run(fragment=fragment)).text
            assert place.fetched(link, kim)[0] == 200
            await asyncio.sleep(max(0.0, ends + 0.1 - time.monotonic()))
            seen = await page.run(fragment=fragment)
            assert "Your session has ended" in seen.text
            assert PHASE not in seen.text
        return link

    assert place.fetched(finished(visit()), kim)[0] == 404
