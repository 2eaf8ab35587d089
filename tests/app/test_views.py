"""Saved views through the pages: keep, open, rename, share, delete; and where a session begins."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Role
from costlib.store import people, saved_views
from costlib.store.saved_views import Person, SavedView, StartPage
from costlib.ui import identity
from costlib.ui.identity import Viewer
from tests.app.conftest import UseData, UseOrganization
from tests.app.pages import ACCOUNTS, EVERY_PAGE, FRESHNESS, OVERVIEW, ROOT, SERVICES, VIEWS, metric, opened, said
from tests.app.test_pages import charge
from tests.queries.snapshots import Organization

NOON = datetime(2026, 11, 24, 12)
ME = identity.viewer().person  # type: ignore[union-attr]
ALEX = Person("alex", "Alex *the* Lead")
LINK = {"period": "Last month", "metric": "Amortized", "without_tax": "true", "service": "Storage"}
QUERY = "period=Last+month&metric=Amortized&without_tax=true&service=Storage"

Become = Callable[..., None]


@pytest.fixture
def source(organization: UseOrganization) -> Path:
    """A data folder of its own, with two services over two months."""
    days = [f"2026-{month:02}-{day:02}" for month in (2, 3) for day in range(1, 19)]
    rows = [
        charge(day, service, amount=amount) for day in days for service, amount in (("Compute", "10"), ("Storage", "3"))
    ]
    return organization(Organization(rows))


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    """`become(person, role)`: this person is looking."""

    def person(who: Person, role: Role | None = None) -> None:
        monkeypatch.setattr(identity, "viewer", lambda: Viewer(who.name, EVERYTHING, who.id, role))

    return person


def keep(
    source: Path, name: str = "Storage", owner: Person = ME, page: str = "services", query: str = QUERY
) -> SavedView:
    return saved_views.save(source, owner, name, page, query, NOON)


def names(source: Path, person: Person = ME) -> list[str]:
    return [view.name for view in saved_views.views(source, person.id)]


def save_as(app: AppTest, name: str) -> AppTest:
    app.text_input(key="new_view_name").set_value(name)
    return next(b for b in app.button if b.label == "Save view").click().run()


def heading(app: AppTest) -> str:
    return str(app.header[0].value)


def test_a_page_is_saved_with_what_its_address_says(source: Path) -> None:
    app = save_as(opened(SERVICES, LINK), "Storage, *last* month")
    assert not app.exception
    (view,) = saved_views.views(source, ME.id)
    assert (view.name, view.page, view.is_shared) == ("Storage, *last* month", "services", False)
    assert parse_qs(view.query) == {key: [value] for key, value in LINK.items()}
    assert "Saved as “Storage, \\*last\\* month”" in app.toast[0].value


def test_a_view_is_opened_in_another_session_with_the_same_filters(source: Path) -> None:
    before = opened(SERVICES, LINK)
    save_as(before, "Storage")
    for page in (SERVICES, ACCOUNTS, OVERVIEW, FRESHNESS, VIEWS):
        app = opened(page)
        app.button(key="open_view_1").click().run()
        assert not app.exception
        assert heading(app) == "Services"
        assert metric(app, "Total") == metric(before, "Total")
        assert app.query_params["service"] == "Storage"
        assert app.selectbox(key="metric").value == before.selectbox(key="metric").value


@pytest.mark.parametrize("page", [SERVICES, ACCOUNTS])
def test_what_a_view_does_not_name_goes_back_to_its_default(source: Path, page: str) -> None:
    keep(source, query="period=Last+month")
    plain = opened(SERVICES, {"period": "Last month"})
    app = opened(page, {"metric": "Amortized", "services": "Compute", "granularity": "Weekly", "without_tax": "true"})
    app.button(key="open_view_1").click().run()
    assert heading(app) == "Services"
    assert metric(app, "Total") == metric(plain, "Total")
    assert app.multiselect(key="services").value == []
    assert app.toggle(key="without_tax").value is False
    app.run()
    assert metric(app, "Total") == metric(plain, "Total")


def test_after_a_view_was_opened_its_filters_can_be_changed_and_followed(source: Path) -> None:
    keep(source)
    app = opened(SERVICES, {"metric": "Net unblended"})
    app.button(key="open_view_1").click().run()
    assert "**Amortized**" in said(app)
    app.selectbox(key="metric").select_index(0).run()
    assert "**Unblended**" in said(app)
    app.switch_page(ACCOUNTS).run()
    assert heading(app) == "Accounts"
    assert "Without tax" in said(app)


def test_a_name_that_is_taken_is_asked_about(source: Path) -> None:
    kept = keep(source)
    app = save_as(opened(ACCOUNTS, {"period": "Last 90 days"}), "Storage")
    assert "You have a view called “Storage” already." in said(app)
    assert saved_views.views(source, ME.id) == [kept]
    app.button(key="keep_view").click().run()
    assert "already" not in said(app)
    save_as(app, "Storage")
    app.button(key="replace_view").click().run()
    (view,) = saved_views.views(source, ME.id)
    assert (view.id, view.page, view.query) == (kept.id, "accounts", "period=Last+90+days")


def test_what_is_no_name_is_said(source: Path) -> None:
    app = save_as(opened(SERVICES), "  ")
    assert "is not a name" in said(app)
    assert names(source) == []
    assert "is not a name" not in said(app.run())


def test_the_page_of_views_lists_what_each_shows(source: Path) -> None:
    keep(source, "=$5 *stars* [x](y)")
    shown = said(opened(VIEWS))
    assert "=$5 *stars* [x](y)" in shown
    for words in ("Services", "Period: Last month", "Metric: Amortized", "Without tax", "saved 24 Nov 2026, 12:00 UTC"):
        assert words in shown


def test_without_views_the_page_says_how_to_make_one(source: Path) -> None:
    app = opened(VIEWS)
    assert not app.exception
    assert "“Views” beside its title keeps them here" in said(app)


def test_a_view_is_renamed_shared_and_deleted_on_its_page(source: Path) -> None:
    view = keep(source)
    app = opened(VIEWS)
    box = next(t for t in app.text_input if str(t.key).startswith("rename_"))
    box.set_value("Disks")
    next(b for b in app.button if b.label == "Rename").click().run()
    assert names(source) == ["Disks"]
    app.button(key=f"share_{view.id}").click().run()
    assert saved_views.views(source, ALEX.id)[0].name == "Disks"
    assert "shared with everyone" in said(app)
    app.button(key=f"share_{view.id}").click().run()
    assert saved_views.views(source, ALEX.id) == []
    app.button(key=f"delete_{view.id}").click().run()
    assert names(source) == []
    assert not app.exception


def test_a_view_is_not_renamed_over_another(source: Path) -> None:
    keep(source, "a")
    keep(source, "b")
    app = opened(VIEWS)
    next(t for t in app.text_input if str(t.key).startswith("rename_2")).set_value("a")
    [b for b in app.button if b.label == "Rename"][1].click().run()
    assert "You have a view called “a” already." in said(app)
    assert names(source) == ["a", "b"]


def test_a_link_holds_the_whole_view(source: Path) -> None:
    keep(source)
    keep(source, "The start", page="", query="")
    links = [code.value for code in opened(VIEWS).code]
    assert links[0].endswith(f"/services?{QUERY}")
    assert links[1].endswith("/?start=here")


def test_others_see_a_shared_view_with_its_owners_name_and_no_other(source: Path, become: Become) -> None:
    shared, private = keep(source, "Shared", ALEX), keep(source, "Private", ALEX)
    saved_views.share(source, ALEX.id, shared.id, True, NOON)
    app = opened(VIEWS)
    assert "Shared" in said(app)
    assert "Alex *the* Lead" in said(app)
    assert "Private" not in said(app)
    assert not any(str(button.key).endswith(f"_{private.id}") for button in app.button)
    assert not any(button.key in (f"share_{shared.id}", f"delete_{shared.id}") for button in app.button)
    app.button(key=f"copy_{shared.id}").click().run()
    assert names(source)[0] == "Shared"
    become(ALEX)
    assert "Private" in said(opened(VIEWS))


def test_a_view_that_was_deleted_meanwhile_says_so(source: Path) -> None:
    view = keep(source)
    app = opened(VIEWS)
    saved_views.delete(source, ME.id, view.id)
    app.button(key=f"share_{view.id}").click().run()
    assert "not there any more" in said(app)
    assert heading(app) == "Saved views"


def test_a_stored_query_is_checked_like_any_link(source: Path) -> None:
    everything = metric(opened(SERVICES), "Total")
    keep(source, query="metric=Unblendet&services=%27%3B+DROP+TABLE+charges&start=x&period=%00")
    app = opened(ACCOUNTS)
    app.button(key="open_view_1").click().run()
    assert not app.exception
    assert "Part of this link is not understood" in said(app)
    assert "did you mean “Unblended”" in said(app)
    assert metric(app, "Total") == everything


def test_a_view_of_a_page_that_is_gone_cannot_be_opened(source: Path) -> None:
    keep(source, page="../../etc/passwd")
    app = opened(VIEWS)
    assert app.button(key="open_1").disabled
    assert "a page that this dashboard does not have" in said(app)


def test_pages_that_are_only_looked_at_leave_no_file(source: Path) -> None:
    for page in (*EVERY_PAGE, VIEWS):
        assert not opened(page).exception
    assert not list(source.glob("people*"))


def test_a_damaged_file_is_named_and_the_pages_are_shown_without_views(source: Path) -> None:
    (source / people.FILE).write_bytes(b"no database" * 500)
    for page in (*EVERY_PAGE, VIEWS):
        app = opened(page)
        assert not app.exception
        assert "Saved views cannot be shown" in said(app)
        assert "move it away" in said(app)
        assert page == VIEWS or app.metric or app.subheader


def test_nobody_signed_in_sees_no_views(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(source)
    monkeypatch.setattr(identity, "viewer", lambda: None)
    assert "Nobody is signed in" in said(opened(VIEWS))
    assert "Storage" not in said(opened(VIEWS))


def test_the_page_reached_without_the_frame_shows_nothing(source: Path) -> None:
    app = AppTest.from_file(str(ROOT / VIEWS), default_timeout=60).run()
    assert "This page cannot be opened by itself" in said(app)


def test_before_the_first_sync_views_are_at_hand_all_the_same(use_data: UseData, tmp_path: Path) -> None:
    use_data(tmp_path)
    assert not opened(VIEWS).exception


@pytest.mark.parametrize(
    ("role", "title"), [(Role.executive, "Overview"), (Role.lead, "Statement"), (Role.finance, "Breakdown")]
)
def test_a_session_begins_on_the_page_of_the_role(source: Path, become: Become, role: Role, title: str) -> None:
    become(ALEX, role)
    assert heading(opened()) == title


def test_a_role_that_was_chosen_on_the_page_holds_in_the_next_session(source: Path) -> None:
    app = opened(VIEWS)
    app.selectbox(key="start_page").select_index(0).run()
    assert not app.exception
    assert saved_views.start_page(source, ME.id) == StartPage("lead")
    app = opened()
    assert heading(app) == "Statement"
    app.switch_page(OVERVIEW).run()
    assert heading(app) == "Overview"
    app.run()
    assert heading(app) == "Overview"


def test_a_session_begins_with_a_view_of_ones_own(source: Path) -> None:
    keep(source)
    app = opened(VIEWS)
    app.selectbox(key="start_page").select_index(3).run()
    started = opened()
    assert heading(started) == "Services"
    assert metric(started, "Total") == metric(opened(SERVICES, LINK), "Total")
    assert "Without tax" in said(started)
    saved_views.delete(source, ME.id, 1)
    assert heading(opened()) == "Overview"


@pytest.mark.parametrize(
    ("page", "query", "title"),
    [
        (SERVICES, {"period": "Last month"}, "Services"),
        (OVERVIEW, {"metric": "Amortized"}, "Overview"),
        (FRESHNESS, {}, "Freshness"),
    ],
)
def test_a_link_is_never_left_for_the_start_page(
    source: Path, become: Become, page: str, query: dict[str, str], title: str
) -> None:
    become(ALEX, Role.lead)
    app = opened(page, query)
    assert heading(app) == title
    app.switch_page(OVERVIEW).run()
    assert heading(app) == "Overview"


def test_the_role_that_somebody_was_given_is_not_theirs_to_choose(source: Path, become: Become) -> None:
    become(ALEX, Role.finance)
    app = opened(VIEWS)
    assert app.selectbox(key="start_page").options == []
    keep(source, owner=ALEX)
    assert app.run().selectbox(key="start_page").options == ["View: Storage"]


def test_the_shared_sample_is_not_written_to(sample: Path, tmp_path: Path, use_data: UseData) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(sample, copy)
    use_data(copy)
    save_as(opened(OVERVIEW), "Morning")
    assert names(copy / "sample") == ["Morning"]
    assert names(sample / "sample") == []
