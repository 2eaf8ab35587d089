"""The sample endpoint, for any Cost Explorer client.

with SampleEndpoint(sample_organization(today)) as endpoint:
    client = boto3.client("ce", endpoint_url=endpoint.url, region_name="us-east-1",
                          aws_access_key_id="sample", aws_secret_access_key="sample")
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa

from costlib.sample.endpoint import Endpoint
from costlib.sample.faults import Faults, Restatement
from costlib.sample.organization import Organization
from costlib.sample.plan import CostCategory
from costlib.sample.restating import redefined, relabelled, restated, with_first_rule
from costlib.sample.service import CostExplorer, State


class SampleEndpoint(Endpoint):
    """Cost Explorer over `organization`. `faults` and the data may be changed while it runs."""

    def __init__(
        self,
        organization: Organization,
        faults: Faults | None = None,
        page_size: int | None = 1000,
        port: int = 0,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.explorer = CostExplorer(organization, faults or Faults(), page_size, now, sleep)
        super().__init__(self.explorer, port)

    @property
    def organization(self) -> Organization:
        return self.explorer.state.organization

    @property
    def faults(self) -> Faults:
        return self.explorer.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.explorer.faults = faults

    @property
    def page_size(self) -> int | None:
        return self.explorer.page_size

    @page_size.setter
    def page_size(self, page_size: int | None) -> None:
        self.explorer.page_size = page_size

    def charges(self) -> pa.Table:
        """The truth as it is now, restatements included; columns as in Ledger.charges."""
        return self.explorer.state.ledger.charges()

    def restate(
        self, *, charge_date: date, usage_account_id: str, service: str, record_type: str, delta: Decimal
    ) -> None:
        """Add `delta` to every metric of one key; a key that has no charge on that day gets one."""
        self._restate(Restatement(charge_date, usage_account_id, service, record_type, delta))

    def withdraw(self, *, charge_date: date, usage_account_id: str, service: str, record_type: str) -> None:
        """Make one key vanish."""
        self._restate(Restatement(charge_date, usage_account_id, service, record_type, None))

    def recategorize(self, label: str, usage_account_id: str, value: str, since: date) -> None:
        """Give an account's charges from `since` on another value of a label, as in `cost_category:Team`.

        The cost category's definition says so too, with `since` as its effective start.
        """

        def changed(state: State) -> State:
            change = with_first_rule(usage_account_id, value, since)
            organization = redefined(state.organization, label.removeprefix("cost_category:"), change)
            ledger = relabelled(state.ledger, label, usage_account_id, value, since)
            return replace(state, organization=organization, ledger=ledger)

        self.explorer.change(changed)

    def redefine(self, name: str, change: Callable[[CostCategory], CostCategory]) -> None:
        """Change a cost category's definition alone; the values of the charges stay as they are."""
        self.explorer.change(lambda state: replace(state, organization=redefined(state.organization, name, change)))

    def serve(self, organization: Organization) -> None:
        """Go over to another state of the data, such as `organization.on(tomorrow)`; restatements are forgotten."""
        self.explorer.change(lambda state: replace(state, organization=organization, ledger=organization.ledger))

    def drops_connection(self) -> bool:
        return self.explorer.gate.draws(self.faults, self.faults.share_of_dropped_connections)

    def cuts_connection(self) -> bool:
        return self.explorer.gate.draws(self.faults, self.faults.share_of_cut_connections)

    def _restate(self, change: Restatement) -> None:
        self.explorer.change(lambda state: replace(state, ledger=restated(state.ledger, change)))
