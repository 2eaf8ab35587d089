"""The large organization behind a real endpoint, in a process of its own, so that its work is not measured.

Run as `python -m tests.bench.serving ACCOUNTS PAGE_SIZE TODAY`: prints the URL and serves until its stdin ends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

from costlib.sample import answers
from costlib.sample.organization import large_organization
from costlib.sample.server import SampleEndpoint

KEPT_GROUPS = 8_000_000
"""Eight windows of a month each: with fewer, they push each other out, and each page is computed anew."""


@contextmanager
def large_endpoint(accounts: int, page_size: int, today: date) -> Iterator[str]:
    """The URL of the endpoint, for as long as the `with` block lasts."""
    command = [sys.executable, "-m", __name__, str(accounts), str(page_size), today.isoformat()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("The endpoint did not start.")
            yield url
        finally:
            process.stdin.close()


def main(argv: Sequence[str]) -> None:
    accounts, page_size, today = int(argv[0]), int(argv[1]), date.fromisoformat(argv[2])
    endpoint = SampleEndpoint(large_organization(today, accounts=accounts), page_size=page_size)
    with patch.object(answers, "MAX_KEPT_GROUPS", KEPT_GROUPS), endpoint:
        print(endpoint.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
