"""Writing cost category definitions: the only thing here that changes something at AWS.

It needs rights of its own (deploy/iam/optional-category-writing.json), which the role that syncs does not have.
"""

from __future__ import annotations

import json
from typing import Any

from costlib.ingest.client import CostExplorer
from costlib.ingest.definitions import definition_of
from costlib.store.definitions import Definition

CREATE, UPDATE = "CreateCostCategoryDefinition", "UpdateCostCategoryDefinition"


def find_arn(client: CostExplorer, name: str) -> str | None:
    """The ARN of a cost category by its name; None when AWS has none called so."""
    request: dict[str, object] = {}
    while True:
        body = client.ask("ListCostCategoryDefinitions", request).body
        for item in body.get("CostCategoryReferences", ()):
            if item["Name"] == name:
                return str(item["CostCategoryArn"])
        if not body.get("NextToken"):
            return None
        request = {"NextToken": body["NextToken"]}


def describe(client: CostExplorer, arn: str) -> Definition:
    """What AWS holds at this moment."""
    return definition_of(client.ask("DescribeCostCategoryDefinition", {"CostCategoryArn": arn}).body["CostCategory"])


def write_definition(client: CostExplorer, request: str) -> str:
    """Send a definition in the JSON of its operation: an update if it names an ARN, else a new one; returns the ARN."""
    parameters: dict[str, Any] = json.loads(request)
    operation = UPDATE if "CostCategoryArn" in parameters else CREATE
    return str(client.ask(operation, parameters).body["CostCategoryArn"])
