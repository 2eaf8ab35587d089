"""`costlib sample serve`: the sample Cost Explorer endpoint, for any Cost Explorer client."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Event

from costlib.errors import UsageError
from costlib.periods import parse_day
from costlib.sample.faults import Faults
from costlib.sample.organization import Organization, large_organization, sample_organization, tiny_organization
from costlib.sample.server import SampleEndpoint

ORGANIZATIONS: dict[str, Callable[[date], Organization]] = {
    "sample": sample_organization,
    "tiny": tiny_organization,
    "large": large_organization,
}
SECONDS_BETWEEN_LOOKS_AT_THE_CALENDAR = 60

HOW_TO_USE = """\
The {name} organization answers as Cost Explorer until you press Ctrl+C. In another terminal:
  export AWS_ENDPOINT_URL_COST_EXPLORER={url}
  export AWS_ACCESS_KEY_ID=sample AWS_SECRET_ACCESS_KEY=sample AWS_DEFAULT_REGION=us-east-1
  aws ce get-cost-and-usage --time-period Start={start},End={end} --granularity MONTHLY --metrics UnblendedCost"""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser("sample", help="a made-up organization behind a real Cost Explorer endpoint")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    serve = actions.add_parser("serve", parents=[common], help="serve it on 127.0.0.1; the first line is the URL")
    serve.add_argument("--port", type=int, default=0, metavar="N", help="port (default: a free one)")
    serve.add_argument("--today", metavar="DAY", help="the ledger's last day (default: today in UTC, moving on)")
    serve.add_argument("--page-size", type=int, default=1000, metavar="N", help="groups a page (default: 1000)")
    serve.add_argument("--throttle", type=float, metavar="R", help="requests a second beyond which it refuses")
    serve.add_argument(
        "--organization", choices=ORGANIZATIONS, default="sample", help="which one (default: sample, 20 accounts)"
    )
    serve.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    _check(args)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    today = parse_day(args.today, "--today") if args.today else _utc_today()
    organization = ORGANIZATIONS[args.organization](today)
    with _endpoint(organization, args) as endpoint:
        print(endpoint.url, flush=True)
        print(_how_to_use(endpoint, args.organization), file=sys.stderr, flush=True)
        while not stop.wait(SECONDS_BETWEEN_LOOKS_AT_THE_CALENDAR):
            if not args.today and _utc_today() != endpoint.organization.today:
                endpoint.serve(organization.on(_utc_today()))
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.page_size < 1:
        raise UsageError(f"A page of {args.page_size} groups holds nothing.", "Give --page-size 1 or more.")
    if args.throttle is not None and args.throttle <= 0:
        raise UsageError(f"--throttle {args.throttle:g} would refuse everything.", "Give a rate above 0.")


def _endpoint(organization: Organization, args: argparse.Namespace) -> SampleEndpoint:
    try:
        return SampleEndpoint(organization, Faults(throttle=args.throttle), args.page_size, args.port)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"Port {args.port} of 127.0.0.1 cannot be used: {error}.", "Choose another --port, or none for a free one."
        ) from error


def _how_to_use(endpoint: SampleEndpoint, name: str) -> str:
    period = endpoint.organization.period
    return HOW_TO_USE.format(name=name, url=endpoint.url, start=period.start, end=period.end)


def _utc_today() -> date:
    return datetime.now(UTC).date()
