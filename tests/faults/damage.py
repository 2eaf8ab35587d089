"""Files of a data folder damaged as a seed says, and what people would see then. Runs in a process of its own.

DuckDB may end a process over a damaged file rather than raise, which must not end the tests.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from costlib.cli import main as costlib

WITH_A_ZONE = "2026-11-24T12:00:00+02:00"
Damage = Callable[[bytes, random.Random], bytes]


def flipped(content: bytes, dice: random.Random) -> bytes:
    """A range of one to 64 bytes, with some of their bits turned."""
    spoiled = bytearray(content)
    start = dice.randrange(max(1, len(spoiled)))
    for place in range(start, min(len(spoiled), start + dice.choice([1, 1, 8, 64]))):
        spoiled[place] ^= dice.randrange(1, 256)
    return bytes(spoiled)


def zeroed(content: bytes, dice: random.Random) -> bytes:
    """A page of zeros, as after a power cut."""
    start = dice.randrange(max(1, len(content)))
    length = min(len(content) - start, dice.choice([16, 4096, 262_144]))
    return content[:start] + b"\0" * length + content[start + length :]


def cut(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(max(1, len(content)))]


def replaced(content: bytes, dice: random.Random) -> bytes:
    """Something else altogether."""
    return dice.choice([b"", b"\xff\xfe\x00", b"../../etc/passwd", b"{}", b"[]", b"null", dice.randbytes(len(content))])


def retyped(content: bytes, dice: random.Random) -> bytes:
    """JSON that is well formed and whose values are not what they should be."""
    held = json.loads(content)
    key = dice.choice(sorted(held))
    held[key] = dice.choice(
        [None, -1, 10**30, 1.5, "", "NaN", "9999-99-99", "2026-11-24T12:00:00+02:00", [], {}, True, "\0"]
    )
    return json.dumps(held).encode()


TRUTH: dict[tuple[str, ...], bytes] = {}
"""What a command says of whole files, by the command."""
KINDS: dict[str, Damage] = {f.__name__: f for f in (flipped, zeroed, cut, replaced)}


def seen(folder: Path, commands: Sequence[Sequence[str]], pages: Sequence[str]) -> Iterator[str]:
    """What goes wrong without words: a traceback of a command, an unexpected error of a page."""
    for command in commands:
        yield from _command([*command, "--data-dir", str(folder)])
    for page in pages:
        yield from _page(page)


def _command(command: Sequence[str]) -> list[str]:
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = costlib(command)
        except BaseException:
            return [f"{command}: {traceback.format_exc()}"]
    out.flush()
    said = out.buffer.getvalue()
    if command[0] in ("query", "showback") and not code and said != TRUTH.setdefault(tuple(command), said):
        return [f"{command} gave another answer than of the whole file"]
    if code and not err.getvalue().strip().startswith(("costlib: ", "note: ")) and command[0] != "status":
        return [f"{command} ended with {code} and said {err.getvalue()!r}"]
    return []


def _page(page: str) -> Iterator[str]:
    import streamlit as st

    from tests.app.pages import opened

    st.cache_data.clear()
    st.cache_resource.clear()
    app = opened(page)
    yield from (f"{page}: {e.message}\n{e.stack_trace}" for e in app.exception)


def look(folder: str, name: str, seeds: Sequence[int], kinds: Sequence[str], commands: list, pages: list) -> None:
    """Damage the file called `name` once a seed, look, and put it back; prints what went wrong and how often it was
    served all the same."""
    path = Path(folder) / "sample" / name
    whole = path.read_bytes()
    damages = KINDS | {"retyped": retyped}
    for problem in seen(Path(folder), commands, pages):
        print(f"{name}, whole: {problem}", flush=True)
    for seed in seeds:
        dice = random.Random(seed)
        kind = kinds[seed % len(kinds)]
        path.write_bytes(damages[kind](whole, dice))
        print(f"{name} {kind} {seed}", file=sys.stderr, flush=True)
        for problem in seen(Path(folder), commands, pages):
            print(f"{name}, {kind}, seed {seed}: {problem}", flush=True)
        for beside in path.parent.glob(f"{path.name}-*"):
            beside.unlink()
        path.write_bytes(whole)
