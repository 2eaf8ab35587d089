"""Cost Explorer without its wire: one request in, one answer or Refusal out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol, cast

from costlib.sample import model, refusals
from costlib.sample.anomaly_answers import AnomalyAnswers
from costlib.sample.answers import Answer, Answers, compute
from costlib.sample.commitment_answers import CommitmentAnswers
from costlib.sample.expressions import Vocabulary
from costlib.sample.faults import Faults, Gate, Restatement
from costlib.sample.ledger import Ledger
from costlib.sample.listings import Listings
from costlib.sample.organization import Organization
from costlib.sample.questions import cost_question
from costlib.sample.refusals import Refusal, invalid, stale_token
from costlib.sample.restating import restated
from costlib.sample.spoil import spoiled
from costlib.sample.tokens import Place, place_of, request_digest, token_of
from costlib.sample.wire import (
    AnomalyRequest,
    CommitmentRequest,
    CostAnswer,
    CostRequest,
    DimensionValue,
    ListingRequest,
)


class Answerer(Protocol):
    """What the server puts on the wire."""

    def answer(self, operation: str, parameters: dict[str, object], access_key: str) -> Mapping[str, object]:
        """The answer; raises Refusal."""
        ...


@dataclass(frozen=True)
class State:
    """The data as it is now; every change makes a new state with the next `version`."""

    organization: Organization
    ledger: Ledger
    version: int = 0

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.organization.labels, self.organization.payer_account_id)


@dataclass
class CostExplorer:
    """The sample Cost Explorer. `faults` may be replaced at any time; `page_size` None gives everything on one page."""

    organization: Organization
    faults: Faults = field(default_factory=Faults)
    page_size: int | None = 1000
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self.state = State(self.organization, self.organization.ledger)
        self.gate = Gate(self.now)
        self._answers = Answers()
        self._answered = 0
        self._done: set[Restatement] = set()
        self._lock = Lock()

    def answer(self, operation: str, parameters: dict[str, object], access_key: str) -> Mapping[str, object]:
        """The answer to one request; raises Refusal with AWS's code and words."""
        faults = self.faults
        if faults.slow_seconds:
            self.sleep(faults.slow_seconds)
        self.gate.admit(faults, operation, access_key, self.organization.payer_account_id)
        self._check_shape(operation, parameters)
        answer: Mapping[str, object]
        if operation == "GetCostAndUsage":
            answer = self._cost_and_usage(cast(CostRequest, parameters), faults)
        else:
            answer = self._listing(operation, parameters, faults)
        with self._lock:
            self._answered += 1
        return answer

    def change(self, changed: Callable[[State], State]) -> None:
        """Replace the data; page tokens that were issued before die."""
        with self._lock:
            state = changed(self.state)
            self.state = replace(state, version=self.state.version + 1)

    def _check_shape(self, operation: str, parameters: dict[str, object]) -> None:
        known = model.operation_model(operation)
        if known is None:
            raise Refusal("UnknownOperationException", "")
        if operation not in OPERATIONS:
            raise refusals.denied(operation, self.organization.payer_account_id)
        problems = model.request_problems(known, parameters)
        if problems:
            raise invalid(problems)

    def _cost_and_usage(self, request: CostRequest, faults: Faults) -> CostAnswer:
        digest = request_digest("GetCostAndUsage", request)
        token = request.get("NextPageToken", "")
        state = self._state(token, faults)
        place = self._place(token, digest, state, faults)
        question = cost_question(request, state.organization.today, state.vocabulary)
        if faults.refuses_before and question.period.start < faults.refuses_before:
            raise invalid(refusals.BEYOND_HISTORY)
        visible = replace(question, visible_from=faults.first_day_with_data)
        key = (f"{digest} {faults.first_day_with_data}", state.version)
        answer = self._answers.answer(
            key,
            lambda: compute(visible, state.ledger, state.organization.today, state.organization.currency),
        )
        return spoiled(self._page(answer, place, state), faults)

    def _page(self, answer: Answer, place: Place, state: State) -> CostAnswer:
        start = place.offset
        end = answer.size if self.page_size is None else min(start + self.page_size, answer.size)
        results = answer.results(start, end) if start <= answer.size else []
        page = CostAnswer(
            ResultsByTime=results,
            DimensionValueAttributes=self._account_names(answer, start, end, state),
        )
        if answer.question.group_by:
            page["GroupDefinitions"] = list(answer.question.group_by)
        token = self._next_token(place, end, answer.size, state)
        if token is not None:
            page["NextPageToken"] = token
        return page

    def _next_token(self, place: Place, end: int, size: int, state: State) -> str | None:
        is_last = end >= size
        if is_last and self.faults.ends_with_empty_page and place.offset <= size:
            end = size + 1
        elif is_last:
            return "" if self.faults.ends_with_empty_token else None
        with self._lock:
            return token_of(Place(place.request_digest, state.version, end, self.now(), self._answered))

    def _place(self, token: str, digest: str, state: State, faults: Faults) -> Place:
        """Where the page begins; a token that has lived too long is refused."""
        if not token:
            return Place(digest, state.version, 0, self.now(), self._answered)
        place = place_of(token, digest)
        is_other_data = place.data_version != state.version and not faults.tokens_survive_refresh
        lifetime, requests = faults.token_lifetime_seconds, faults.token_lifetime_requests
        is_old = lifetime is not None and self.now() - place.issued_at > lifetime
        is_worn = requests is not None and self._answered - place.issued_after > requests
        if is_other_data or is_old or is_worn:
            raise stale_token()
        return place

    def _state(self, token: str, faults: Faults) -> State:
        """The data that answers; before the first further page it may be told to change."""
        restatement = faults.restate_before_page if token else None
        with self._lock:
            is_new = restatement is not None and restatement not in self._done
            if restatement is not None:
                self._done.add(restatement)
        if restatement is not None and is_new:
            self.change(lambda state: replace(state, ledger=restated(state.ledger, restatement)))
        return self.state

    def _account_names(self, answer: Answer, start: int, end: int, state: State) -> list[DimensionValue]:
        names = {a.account_id: a.name for a in state.organization.accounts}
        found = answer.accounts(start, end)
        return [{"Value": v, "Attributes": {"description": names[v]}} for v in found if v in names]

    def _listing(self, operation: str, parameters: dict[str, object], faults: Faults) -> Mapping[str, object]:
        digest = request_digest(operation, parameters)
        given = parameters.get("NextPageToken") or parameters.get("NextToken") or ""
        token = "" if parameters.get("SortBy") else str(given)
        state = self._state(token, faults)
        place = self._place(token, digest, state, faults)

        def page(size: int, page_size: int | None) -> tuple[slice, str | None]:
            end = size if page_size is None else min(place.offset + page_size, size)
            return slice(place.offset, end), self._next_token(place, end, size, state)

        if operation in COMMITMENTS:
            answers = CommitmentAnswers(state.organization, state.ledger, state.vocabulary, self.page_size, page)
            return COMMITMENTS[operation](answers, cast(CommitmentRequest, parameters))
        if operation == "GetAnomalies":
            found = AnomalyAnswers(state.organization, state.ledger, self.page_size, page)
            return found.anomalies(cast(AnomalyRequest, parameters))
        listings = Listings(
            state.organization, state.ledger, state.vocabulary, self.page_size, page, faults.processing_categories
        )
        return LISTINGS[operation](listings, cast(ListingRequest, parameters))


LISTINGS: Mapping[str, Callable[[Listings, ListingRequest], dict[str, object]]] = {
    "GetDimensionValues": Listings.dimension_values,
    "GetTags": Listings.tags,
    "GetCostCategories": Listings.cost_categories,
    "ListCostCategoryDefinitions": Listings.definitions,
    "DescribeCostCategoryDefinition": Listings.definition,
    "ListCostAllocationTags": Listings.allocation_tags,
}
COMMITMENTS: Mapping[str, Callable[[CommitmentAnswers, CommitmentRequest], dict[str, object]]] = {
    "GetSavingsPlansUtilization": CommitmentAnswers.plans_utilization,
    "GetSavingsPlansCoverage": CommitmentAnswers.plans_coverage,
    "GetReservationUtilization": CommitmentAnswers.reservation_utilization,
    "GetReservationCoverage": CommitmentAnswers.reservation_coverage,
}
OPERATIONS = ("GetCostAndUsage", *LISTINGS, *COMMITMENTS, "GetAnomalies")
"""What is computed; other operations of Cost Explorer are denied, as to a role without the right."""
