"""kill -9 after every statement of what people write, the making of their file included: all of it or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.dying import commit_points, kill_at
from tests.faults.writing import WRITERS, World, audit_something, copied, kept
from tests.tally import Tally

pytestmark = pytest.mark.usefixtures("own_main")

PEOPLES = ("a saved view", "a sign-off", "a triage", "the audit log", "what was sent")


def write(writer: str, folder: str) -> None:
    WRITERS[writer](World(Path(folder), "", Path()))


@pytest.mark.parametrize(("writer", "is_first"), [("the audit log", True), *((writer, False) for writer in PEOPLES)])
def test_what_people_write_is_there_or_not_wherever_it_is_killed(
    writer: str, is_first: bool, tmp_path: Path, tally: Tally
) -> None:
    """The first thing that anybody writes makes the file."""
    before, whole, here = (World(tmp_path / name, "", Path()) for name in ("before", "whole", "here"))
    before.folder.mkdir()
    if not is_first:
        audit_something(before)
    copied(before.folder, whole.folder)
    count = commit_points(tmp_path / "points", write, writer, str(whole.folder))
    old, new, seen = kept(before), kept(whole), set[bool]()
    for point in range(1, count + 1):
        copied(before.folder, here.folder)
        kill_at(point, tmp_path / "points", write, writer, str(here.folder))
        left = kept(here)
        assert left in (old, new), f"half of it is there, killed after statement {point}"
        seen.add(left == new)
        audit_something(here)
        copied(before.folder if left == old else whole.folder, whole_and_more := here.folder.with_name("more"))
        audit_something(World(whole_and_more, "", Path()))
        assert kept(here) == kept(World(whole_and_more, "", Path())), f"the next write, after statement {point}"
    assert seen == {False, True}
    tally(f"kill -9 after each statement of {writer}{', and of making its file' if is_first else ''}", count)
