"""The anomalies page: which incidents there are, where each stands, and one of them looked at closely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st

from costlib.errors import CostlibError
from costlib.money import total
from costlib.queries.anomalies import AwsAnomaly, Incident, Judging, seen_by_aws
from costlib.store.triage import Triaged, precision, triaged
from costlib.ui import anomaly_words, cached, cards, links, states, tables, wording
from costlib.ui.anomaly_chart import incident_chart
from costlib.ui.context import PageContext
from costlib.ui.links import Link
from costlib.ui.tables import Column, Kind, TableView
from costlib.vocabulary import CostMetric

CHOSEN = "incident"
"""The parameter of the URL that names the incident which is open."""
SHOW_KEY = "anomalies_shown"
OPEN, ALL = "Open", "All"
PAGE = "pages/planning/anomalies.py"

COLUMNS = (
    Column("root", "Where", Kind.name, width=270),
    Column("above_expectation", "Above expectation", Kind.money, "What was spent less what was expected; an estimate."),
    Column("state", "State", Kind.text),
    Column("kind", "What", Kind.text, anomaly_words.KIND_MEANINGS),
    Column("first_day", "Since", Kind.day),
    Column("days", "Days", Kind.number),
    Column("lasts", "Still lasts", Kind.flag),
    Column("owner", "Owner", Kind.text, "Who looks after it; else the cost center with the largest part."),
    Column("by_aws", "AWS too", Kind.flag, "AWS's own detector found something in the same place on these days."),
)


@dataclass(frozen=True)
class Board:
    """All incidents that somebody may see, where each stands, and what AWS found. Open ones come first."""

    incidents: tuple[Incident, ...]
    standing: Mapping[str, Triaged]
    judging: Judging
    by_aws: tuple[AwsAnomaly, ...]

    @property
    def waiting(self) -> tuple[Incident, ...]:
        """Open, and nobody has said yet what they are."""
        return tuple(i for i in self.incidents if i.is_open and self.standing[i.incident_id].verdict is None)

    def owner(self, incident: Incident) -> str:
        return self.standing[incident.incident_id].owner or incident.cost_center


def board(context: PageContext) -> Board:
    """Read it; where the words of people cannot be read, that is said, and the incidents are shown without."""
    found = cached.incidents(context.snapshot, context.scope)
    ids = [incident.incident_id for incident in found]
    try:
        standing: Mapping[str, Triaged] = triaged(context.settings.source_dir, ids)
    except CostlibError as error:
        states.problem(error, "What people said of incidents cannot be shown")
        standing = dict.fromkeys(ids, Triaged())
    by_aws = cached.aws_anomalies(context.snapshot, context.scope)
    return Board(found, standing, cached.judging(context.snapshot), by_aws)


def figures(context: PageContext, board: Board) -> None:
    """How many wait, what they come to, how often we were right, and through which day."""
    waiting = board.waiting
    rises = total(i.above_expectation for i in waiting if i.above_expectation > 0)
    judged = precision(board.standing)
    through = board.judging.through
    with st.grid(4, min_column_width=200, gap="small"):
        cards.kpi(
            "Open, not looked at",
            str(len(waiting)),
            versus="lasting, or ended in 14 days",
            about="Nobody has said yet what they are. This is the number on the overview.",
        )
        cards.kpi(
            "Above expectation", context.currency.exact(rises or Decimal()), versus="of those, all rises together"
        )
        cards.kpi(
            "Confirmed by people",
            anomaly_words.precision(judged),
            versus=f"{judged.confirmed} confirmed, {wording.count(judged.false_alarms, 'false alarm')}",
            about="Acknowledged and expected incidents of all that somebody judged, false alarms included.",
        )
        cards.kpi(
            "Judged through",
            wording.weekday(through) if through else wording.NOT_AVAILABLE,
            versus="later days are still arriving",
        )


def listing(context: PageContext, board: Board) -> None:
    """The incidents; a click on a name opens one below."""
    if not board.incidents:
        _nothing(context, board)
        return
    is_any_open = any(incident.is_open for incident in board.incidents)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader("Incidents", anchor=False, width="content")
            chosen = st.segmented_control(
                "Which", [OPEN, ALL], default=OPEN if is_any_open else ALL, key=SHOW_KEY, label_visibility="collapsed"
            )
        shown = [i for i in board.incidents if i.is_open or chosen != OPEN]
        if not shown:
            st.caption("Nothing is open.")
            return
        ids = [incident.incident_id for incident in shown]
        tables.show(_table(context, board, shown), "incidents", lambda row: open_incident(ids[row]))
        st.caption(_fine_print(context))


def chosen(board: Board) -> Incident | None:
    """The incident that is open: the one in the link, else the first."""
    by_id = {incident.incident_id: incident for incident in board.incidents}
    asked = st.query_params.get_all(CHOSEN)
    states.unknown_value_in_the_link(CHOSEN, "Incident", list(by_id))
    named = by_id.get(asked[-1]) if asked else None
    return named or next(iter(board.incidents), None)


def open_incident(incident_id: str) -> None:
    """Look at one closely; for clicks."""
    st.query_params[CHOSEN] = incident_id


def picture(context: PageContext, board: Board, incident: Incident) -> None:
    """What happened: in a sentence, day by day, and the way to the rows behind it."""
    days = cached.incident_days(context.snapshot, context.scope, incident.incident_id)
    standing = board.standing[incident.incident_id]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(f"{_kind(incident)}: {wording.escaped(incident.root)}", anchor=False, width="content")
            st.markdown(anomaly_words.badge(standing.verdict), width="content")
        st.markdown(anomaly_words.sentence(incident, context.currency))
        cards.figure(incident_chart(days, incident.root, context.currency), f"days_{incident.incident_id}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if link := rows_link(context, incident):
                st.button(
                    "See the rows behind it",
                    icon=":material/table_rows:",
                    key="rows_of_incident",
                    on_click=links.follow,
                    args=(link,),
                )
            st.caption(_beside(context, incident, board.by_aws))
        st.caption(_fine_print(context))


def rows_link(context: PageContext, incident: Incident) -> Link | None:
    """The page that shows exactly the charges which the incident's amount is the sum of; None for the total."""
    opened: dict[str, str] = {}
    page = "accounts" if incident.usage_account_id else "services"
    if incident.usage_account_id:
        account = context.account_names.get(incident.usage_account_id, incident.usage_account_id)
        opened = {"account": account, **({"account_service": incident.service} if incident.service else {})}
    elif incident.service:
        opened = {"service": incident.service}
    elif incident.label:
        opened = {incident.label: incident.value or "Unallocated"}
    pairs = [
        *opened.items(),
        ("period", "Custom dates"),
        ("dates", incident.first_day.isoformat()),
        ("dates", incident.last_day.isoformat()),
        ("metric", incident.metric.label),
        *((switch, "true") for switch in ("without_tax", "without_credits", "without_refunds")),
    ]
    return Link(page, urlencode(pairs))


def reminder(context: PageContext) -> None:
    """On other pages: how many open incidents nobody has looked at; nothing when there are none."""
    found = board(context).waiting
    if not found:
        return
    above = total(abs(i.above_expectation) for i in found) or Decimal()
    size = wording.escaped(context.currency.exact(above))
    anomalies = f"{len(found)} open {'anomaly' if len(found) == 1 else 'anomalies'}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":orange-badge[:material/notification_important: {anomalies}]", width="content")
        st.markdown(
            f"{wording.escaped(found[0].root)}{_more(len(found) - 1)}: {size} off expectation.", width="content"
        )
        st.page_link(PAGE, label="Look at it", icon=":material/arrow_forward:", width="content")


def _more(others: int) -> str:
    return f" and {wording.count(others, 'other')}" if others else ""


def _table(context: PageContext, board: Board, shown: Sequence[Incident]) -> TableView:
    amounts = pa.array([i.above_expectation for i in shown], pa.decimal128(38, 10))
    values = pa.table(
        {
            "root": [i.root for i in shown],
            "state": [anomaly_words.state(board.standing[i.incident_id]) for i in shown],
            "above_expectation": amounts,
            "kind": [_kind(i) for i in shown],
            "first_day": [i.first_day for i in shown],
            "days": [i.days for i in shown],
            "lasts": [i.lasts for i in shown],
            "owner": [board.owner(i) for i in shown],
            "by_aws": [seen_by_aws(i, board.by_aws) is not None for i in shown],
        }
    )
    return TableView(values, COLUMNS, context.currency, "incidents.csv", "Incidents", "", is_cost=False)


def _kind(incident: Incident) -> str:
    return anomaly_words.KINDS.get(incident.kind, incident.kind)


def _beside(context: PageContext, incident: Incident, told: Sequence[AwsAnomaly]) -> str:
    found = seen_by_aws(incident, told)
    if found is None:
        return "AWS's own detector has nothing in this place on these days."
    impact = wording.escaped(context.currency.exact(found.total_impact))
    return f"AWS's own detector found it too: {impact} since {wording.day(found.first_day)}."


def _nothing(context: PageContext, board: Board) -> None:
    with st.container(border=True):
        st.subheader("No incidents", anchor=False)
        if board.judging.through is None:
            st.caption("No day has been judged yet: the next sync does it, once four weeks of days are stored.")
        elif context.scope.accounts is not None:
            st.caption("Nothing in your accounts cost more or less than expected in the last 90 days.")
        else:
            st.caption("Nothing cost more or less than expected in the last 90 days.")


def _fine_print(context: PageContext) -> str:
    metric = CostMetric.amortized_cost.label
    words = [f"{metric} cost in {context.snapshot.currency}", "without tax, credits and refunds"]
    whole = [] if context.scope.accounts is None else ["only what lies in one of your accounts"]
    return " · ".join([*words, *whole, "UTC days", f"as of {wording.moment(context.snapshot.as_of)}"])
