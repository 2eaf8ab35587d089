"""The anomalies page: what there is, one looked at closely, triage, the reminder, and what a narrower scope sees."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from costlib.access import EVERYTHING, Scope
from costlib.store import people, triage
from costlib.store.triage import Verdict
from costlib.ui import identity
from costlib.ui.identity import Viewer
from tests.app.conftest import UseOrganization
from tests.app.pages import ANOMALIES, OVERVIEW, chart_texts, metric, opened, said
from tests.queries.snapshots import Charge, Organization, amounts

DAY, WHEN = date(2026, 3, 17), datetime(2026, 3, 19)
MINE, FOREIGN, WHOLE = "aaa", "bbb", "ccc"


def incident(name: str, level: str, account: str, service: str, above: int, last: date = DAY) -> tuple[object, ...]:
    figures = (Decimal(above), Decimal(100), Decimal(above + 100), f"Team {account}", WHEN, WHEN)
    place = (level, account, service, "", "")
    return (name, *place, "spike", "amortized_cost", last, last, last == DAY, *figures)


def judged() -> dict[str, list[tuple[object, ...]]]:
    read = [("judged_through", str(DAY)), ("aws_anomalies_read_on", "2026-03-19"), ("currency", "USD")]
    return {
        "meta": [*read, ("as_of", datetime(2026, 3, 19, 6).isoformat()), ("source_id", "test")],
        "incidents": [
            incident(MINE, "service_account", "1", "EC2", 300),
            incident(FOREIGN, "service_account", "2", "Secret", 700),
            incident(WHOLE, "service", "", "S3", 500, date(2026, 1, 5)),
        ],
        "incident_days": [(name, DAY, 400, 100, 70, 130, True) for name in (MINE, FOREIGN)],
        "incident_drivers": [
            (MINE, "record_type", "Usage", False, 400, 100, 300),
            (MINE, "usage_type", "BoxUsage", True, 999, 100, 899),
        ],
        "lenses": [("usage types", "service", "usage_type", "monthly")],
        "muted_days": [("service_account", "1", "EC2", "", "", DAY, "usual on this day of the month", 500, 490)],
        "data_anomalies": [("d", "vanished_service", "Gone service", "", DAY, 80, None, WHEN, WHEN)],
        "aws_anomalies": [("x", DAY, DAY, "arn", "EC2", 1, 1, 290, 290, 400, 110, 260, "", WHEN, WHEN)],
        "aws_anomaly_causes": [("x", 0, "EC2", "us-east-1", "1", "BoxUsage", 290)],
    }


@pytest.fixture
def source(organization: UseOrganization) -> Path:
    charges = [
        Charge(date(2026, 3, day), account, service, "Usage", amounts("100"))
        for day in range(1, 20)
        for account, service in (("1", "EC2"), ("2", "Secret"))
    ]
    return organization(Organization(charges, accounts={"1": "One", "2": "Two"}, rows=judged()))


@pytest.fixture
def as_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees account 1."""
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Kim", Scope(frozenset({"1"})), "kim"))


def press(app: AppTest, verdict: Verdict, of: str = FOREIGN, comment: str = "", owner: str = "") -> None:
    app.text_area(key=f"triage_{of}_comment").set_value(comment)
    app.text_input(key=f"triage_{of}_owner").set_value(owner)
    app.button(key=f"triage_{of}_say_{verdict}").click().run()
    assert not app.exception


def tables_of(app: AppTest) -> str:
    return "\n".join(frame.value.to_string() for frame in app.dataframe)


@pytest.mark.usefixtures("source")
def test_the_largest_open_incident_is_shown_first_and_closely() -> None:
    app = opened(ANOMALIES)
    listed = next(frame.value for frame in app.dataframe if "root" in frame.value.columns)
    assert list(listed["root"]) == ["Secret in Two", "EC2 in One"]
    assert metric(app, "Open, not looked at") == "2"
    assert metric(app, "Above expectation") == "$1,000.00"
    assert metric(app, "Confirmed by people") == "No verdict yet"
    assert "Secret in Two came to $800.00 on 17 Mar 2026 and still lasts: $700.00 above expectation" in said(
        app
    ).replace("**", "")
    assert any("17 Mar 2026 $400.00 (expected $100.00)" in text for text in chart_texts(app))
    assert "Gone service" in tables_of(app)


@pytest.mark.usefixtures("source")
def test_a_link_opens_one_incident_and_an_unknown_one_is_said() -> None:
    app = opened(ANOMALIES, {"incident": MINE})
    assert "Spike: EC2 in One" in said(app)
    assert "AWS's own detector found it too: $290.00" in said(app)
    assert "BoxUsage" in tables_of(app)
    app = opened(ANOMALIES, {"incident": "nothing"})
    assert "“nothing” is not known" in said(app)
    assert "Spike: Secret in Two" in said(app)


@pytest.mark.usefixtures("source")
def test_older_incidents_are_shown_when_all_are_asked_for() -> None:
    app = opened(ANOMALIES)
    app.segmented_control(key="anomalies_shown").set_value("All").run()
    listed = next(frame.value for frame in app.dataframe if "root" in frame.value.columns)
    assert "S3" in list(listed["root"])


def test_acknowledged_is_gone_from_the_reminder_and_taken_back_is_there_again(source: Path) -> None:
    assert "2 open anomalies" in said(opened(OVERVIEW))
    app = opened(ANOMALIES)
    assert not (source / people.FILE).exists()
    press(app, Verdict.acknowledged, comment="on it", owner="Ines")
    assert "Acknowledged by Single user" in said(app).replace(":material/check: ", "").replace("]", "")
    assert "Owner: **Ines**" in said(app)
    assert "1 open anomaly" in said(opened(OVERVIEW))
    press(app, Verdict.withdrawn)
    assert "2 open anomalies" in said(opened(OVERVIEW))
    assert [w.verdict for w in triage.triaged(source, [FOREIGN])[FOREIGN].words] == ["withdrawn", "acknowledged"]


@pytest.mark.usefixtures("source")
def test_verdicts_make_a_precision_with_its_number() -> None:
    app = opened(ANOMALIES)
    press(app, Verdict.expected)
    app = opened(ANOMALIES, {"incident": MINE})
    press(app, Verdict.false_alarm, MINE)
    assert metric(app, "Confirmed by people") == "50% of 2"
    assert "open anomal" not in said(opened(OVERVIEW))


@pytest.mark.usefixtures("source")
def test_an_empty_comment_is_refused_where_one_can_see_it() -> None:
    app = opened(ANOMALIES)
    press(app, Verdict.comment)
    assert "The comment is empty." in said(app)


@pytest.mark.usefixtures("source", "as_lead")
def test_somebody_who_sees_one_account_sees_its_incidents_alone() -> None:
    assert "1 open anomaly" in said(opened(OVERVIEW))
    for page in (opened(ANOMALIES), opened(ANOMALIES, {"incident": FOREIGN}), opened(ANOMALIES, {"incident": WHOLE})):
        seen = said(page) + tables_of(page) + " ".join(chart_texts(page))
        assert "Spike: EC2 in One" in seen
        for foreign in ("Secret", "Two", "700", "S3", "899", "Gone service"):
            assert foreign not in seen, foreign
        assert "which hold other accounts' cost" in seen


@pytest.mark.usefixtures("source")
def test_somebody_without_any_account_sees_that_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Kim", Scope(frozenset({"3"})), "kim"))
    assert "Nothing in your accounts cost more or less than expected" in said(opened(ANOMALIES))
    assert "open anomal" not in said(opened(OVERVIEW))


def test_before_anything_was_judged_the_page_says_so(organization: UseOrganization) -> None:
    organization(Organization([Charge(date(2026, 3, 1), "1", "EC2", "Usage", amounts("1"))]))
    assert "No day has been judged yet" in said(opened(ANOMALIES))


def test_a_damaged_people_file_is_said_and_the_incidents_are_shown(source: Path) -> None:
    (source / people.FILE).write_bytes(b"not a database at all" * 100)
    shown = said(opened(ANOMALIES))
    assert "What people said of incidents cannot be shown" in shown
    assert "Spike: Secret in Two" in shown


@pytest.mark.usefixtures("sample")
def test_the_rows_behind_an_incident_add_up_to_what_it_came_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "viewer", lambda: Viewer("Ines", EVERYTHING, "ines"))
    app = opened(ANOMALIES)
    came_to = said(app).split(" came to ")[1].split(" ")[0]
    app.button(key="rows_of_incident").click().run()
    assert metric(app, "Total") == came_to
