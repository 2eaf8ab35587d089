"""Fetch windows side by side: workers ask and type pages, one writer stages them.

Cost Explorer answers in seconds and pages are sequential, so windows overlap up to the client's rate limit. The
room for pages is bounded: a slow disk slows the asking down, and memory does not grow with the history.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from costlib.errors import DataError, PagingStale
from costlib.ingest.client import Answer, CostExplorer
from costlib.ingest.cube import Window
from costlib.ingest.normalize import Page, typed_page
from costlib.ingest.run import Run
from costlib.periods import Period
from costlib.store import windows as store
from costlib.store.windows import Staging

OPERATION = "GetCostAndUsage"
MAX_RESTARTS = 3
"""Page tokens that die without a single finished day in between, before the window is given up for this run."""


@dataclass(frozen=True)
class _Fetched:
    """A typed page, and its answer without the body: parsed JSON takes ten times the memory of its rows."""

    page: Page
    answer: Answer


@dataclass(frozen=True)
class _Restart:
    day: date


_Message = _Fetched | _Restart | Future[bool]
"""A page, a restart, or the end of a worker: its future holds True when the window is whole."""


@dataclass
class _Chain:
    """The pages of one window, in order, and how far they have come."""

    window: Window
    staging: Staging
    pages: int = 0
    expected: int = 1


_Messages = queue.Queue[tuple[_Chain, _Message]]


def fetch(windows: Sequence[Window], client: CostExplorer, run: Run, phase: str) -> Iterator[tuple[Window, Staging]]:
    """Yield each window once all its pages are staged; raise the first failure after the others have stopped.

    Progress is kept in any case: an unfinished window is taken up again by the next run.
    """
    chains = _chains(run, windows)
    waiting = [c for c in chains if not c.staging.is_staged]
    before = run.status.requests_done
    run.tell(phase, before + sum(c.expected for c in waiting))
    yield from ((c.window, c.staging) for c in chains if c.staging.is_staged)
    failure: BaseException | None = None
    with _Workers(waiting, client, run.settings.max_concurrent_requests) as workers:
        for batch in workers.batches():
            _keep(run, [(chain, m) for chain, m in batch if not isinstance(m, Future)])
            run.tell(expected=before + sum(c.expected for c in waiting))
            for chain, message in batch:
                if not isinstance(message, Future):
                    continue
                error = message.exception()
                if error is not None:
                    failure = failure or error
                    workers.stop.set()
                    if isinstance(error, DataError):
                        store.drop(run.warehouse, [chain.staging])
                elif message.result():
                    store.refuse_duplicates(run.warehouse, chain.staging)
                    yield chain.window, chain.staging
    if failure is not None:
        raise failure


class _Workers:
    """Threads that bring the pages of `chains` into one queue.

    Pages need room in it, so that memory stays bounded; the word that a worker has ended always fits, because it may
    be put by the very thread that empties the queue.
    """

    def __init__(self, chains: Sequence[_Chain], client: CostExplorer, threads: int) -> None:
        self.stop = threading.Event()
        self._chains, self._client = chains, client
        self._messages: _Messages = queue.Queue()
        self._room = threading.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="ce")
        self._left = 0

    def __enter__(self) -> _Workers:
        for chain in self._chains:
            future = self._pool.submit(_bring, chain, self._client, self._messages, self._room, self.stop)
            future.add_done_callback(partial(_put, self._messages, chain))
            self._left += 1
        return self

    def batches(self) -> Iterator[list[tuple[_Chain, _Message]]]:
        """What has come, in order, until every worker has ended."""
        while self._left:
            batch = [self._messages.get()]
            while not self._messages.empty():
                batch.append(self._messages.get())
            ended = sum(isinstance(message, Future) for _, message in batch)
            self._left -= ended
            for _ in range(len(batch) - ended):
                self._room.release()
            yield batch

    def __exit__(self, *_: object) -> None:
        """Tell the workers to stop, and empty the queue so that none waits for ever to put its last page."""
        self.stop.set()
        for _unwanted in self.batches():
            pass
        self._pool.shutdown()


def _chains(run: Run, windows: Sequence[Window]) -> list[_Chain]:
    wanted = [store.Wanted(w.question.kind, w.question.signature, w.period) for w in windows]
    stagings = store.take_up(run.warehouse, run.run_id, wanted, run.clock())
    return [
        _Chain(window, staging, pages=staging.pages, expected=window.expected_pages(run.page_size))
        for window, staging in zip(windows, stagings, strict=True)
    ]


def _keep(run: Run, messages: Sequence[tuple[_Chain, _Fetched | _Restart]]) -> None:
    """Stage what the workers brought, in one transaction."""
    if not messages:
        return
    with run.warehouse.transaction() as connection:
        for chain, message in messages:
            if isinstance(message, _Restart):
                store.restart_from(connection, chain.staging, message.day)
                continue
            page = message.page
            store.hold_currency(connection, page.currency)
            chain.pages += 1
            record = run.record(OPERATION, chain.window.question.kind, chain.pages, page.rows.num_rows, message.answer)
            store.stage_page(connection, run.run_id, chain.staging, page.rows, page.next_token, record)
            run.rows += page.rows.num_rows
            if page.next_token:
                run.learn_page_size(page.rows.num_rows)
            chain.expected = _expected_pages(chain, page)


def _expected_pages(chain: _Chain, page: Page) -> int:
    """From how far the days have come; exact after the last page."""
    if page.next_token is None or page.last_day is None:
        return chain.pages
    done = (page.last_day - chain.window.period.start).days + 1
    return max(chain.pages + 1, round(chain.pages * chain.window.period.days / done))


def _put(messages: _Messages, chain: _Chain, message: _Message) -> None:
    messages.put((chain, message))


def _bring(
    chain: _Chain, client: CostExplorer, messages: _Messages, room: threading.Semaphore, stop: threading.Event
) -> bool:
    """In a worker: put page after page; True when the last one is there, False when told to stop before."""
    if stop.is_set():
        return False
    for message in _pages(chain.window, chain.staging, client):
        room.acquire()
        messages.put((chain, message))
        if stop.is_set():
            return isinstance(message, _Fetched) and message.page.next_token is None
    return True


def _pages(window: Window, staging: Staging, client: CostExplorer) -> Iterator[_Fetched | _Restart]:
    """Page after page. When a token dies, the whole days stay and the first unfinished one is asked for again."""
    start, token, restarts = staging.resume_date, staging.next_token, 0
    unfinished, in_order = staging.unfinished_date, True
    while True:
        period = Period(start, window.period.end)
        try:
            answer = client.ask(OPERATION, window.question.parameters(period, token))
        except PagingStale:
            restart_day = unfinished if in_order else window.period.start
            restarts = 0 if restart_day > start else restarts + 1
            if restarts > MAX_RESTARTS or token is None:
                raise
            start, token = restart_day, None
            yield _Restart(start)
            continue
        page = typed_page(answer.body, window.question, period)
        in_order = in_order and page.is_in_order and (page.last_day is None or page.last_day >= unfinished)
        unfinished = max(unfinished, page.last_day or unfinished)
        yield _Fetched(page, replace(answer, body={}))
        del answer
        token = page.next_token
        if token is None:
            return
