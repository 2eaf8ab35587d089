"""A tiny organization with awkward names behind an endpoint, and its charges as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from costlib.sample.organization import Organization, tiny_organization
from costlib.sample.server import SampleEndpoint
from tests.sample.asking import Row, client_of


@pytest.fixture(scope="session")
def organization(today: date) -> Organization:
    return tiny_organization(today, awkward_names=True)


@pytest.fixture(scope="session")
def rows(organization: Organization) -> list[Row]:
    return list(organization.charges().to_pylist())


@pytest.fixture
def endpoint(organization: Organization) -> Iterator[SampleEndpoint]:
    """One for each test: it may be restated and made to fail."""
    with SampleEndpoint(organization) as endpoint:
        yield endpoint


@pytest.fixture
def client(endpoint: SampleEndpoint) -> Any:
    return client_of(endpoint)


@pytest.fixture(scope="session")
def shared_client(organization: Organization) -> Iterator[Any]:
    """For tests that only ask, and ask often."""
    with SampleEndpoint(organization) as endpoint:
        yield client_of(endpoint)
