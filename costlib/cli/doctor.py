"""`costlib doctor`: try what a sync needs, and say what works and what to do about the rest."""

from __future__ import annotations

import argparse
import json
import os
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from costlib.cli import ExitCode, settings_of
from costlib.config import Settings, Source

if TYPE_CHECKING:
    from costlib.ingest.findings import Diagnosis

WIDTH = 100


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = subparsers.add_parser("doctor", parents=[common], help="try what a sync needs, and say what to do")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exit code 2 when something stops a sync, 3 when only time can mend it; warnings are no failure."""
    diagnosis = _diagnose(settings_of(args), os.environ)
    print(_as_json(diagnosis) if args.json else _as_table(diagnosis))
    return _exit_code(diagnosis)


def _diagnose(settings: Settings, environ: Mapping[str, str]) -> Diagnosis:
    from costlib.ingest.client import connect, utc_now
    from costlib.ingest.doctor import diagnose
    from costlib.ingest.identity import foreign_endpoint, who_asks

    today = utc_now().date()
    if settings.source is Source.sample:
        return _diagnose_sample(settings)
    client = connect(settings, environ=environ, run_id="doctor")
    endpoint = foreign_endpoint(settings, None, environ) or "Cost Explorer"
    return diagnose(settings, client, lambda: who_asks(settings, environ), endpoint, today)


def _diagnose_sample(settings: Settings) -> Diagnosis:
    """The sample organization is served while it is asked."""
    from costlib.ingest.client import connect, utc_now
    from costlib.ingest.credentials import SAMPLE_ENVIRON
    from costlib.ingest.doctor import diagnose
    from costlib.sample.organization import sample_organization
    from costlib.sample.server import SampleEndpoint

    today = utc_now().date()
    with SampleEndpoint(sample_organization(today)) as endpoint:
        client = connect(settings, endpoint_url=endpoint.url, environ=SAMPLE_ENVIRON, run_id="doctor")
        return diagnose(settings, client, None, "The sample organization", today)


def _exit_code(diagnosis: Diagnosis) -> ExitCode:
    if not diagnosis.failures:
        return ExitCode.ok
    return ExitCode.try_again if all(f.is_temporary for f in diagnosis.failures) else ExitCode.usage


def _as_json(diagnosis: Diagnosis) -> str:
    return json.dumps(asdict(diagnosis), default=str, indent=1)


def _as_table(diagnosis: Diagnosis) -> str:
    """check, state, detail; the remedy below it."""
    width = max(len(f.check) for f in diagnosis.findings)
    lines = []
    for finding in diagnosis.findings:
        head = f"{finding.check:<{width}}  {finding.state:<7}  "
        lines += textwrap.wrap(finding.detail, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
        if finding.remedy:
            indent = " " * len(head) + "→ "
            lines += textwrap.wrap(finding.remedy, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))
    return "\n".join(lines)
