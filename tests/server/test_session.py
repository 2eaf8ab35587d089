"""The client that reads pages without a browser reads what a browser would show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.server import StreamlitServer
from tests.server.session import Drawn, finished, session

pytestmark = pytest.mark.xdist_group("server")

GIVES_UP_ONCE = """
import time
import streamlit as st
if "again" not in st.session_state:
    st.metric("Total", "old")
    time.sleep(0.5)  # long enough for it to be sent
    st.session_state["again"] = True
    st.rerun()
st.metric("Total, new", "new")
"""


def test_what_a_run_drew_that_gave_way_to_another_is_not_on_the_page(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(GIVES_UP_ONCE)

    async def visit(url: str) -> Drawn:
        async with session(url) as visitor:
            return await visitor.run()

    with StreamlitServer(("-m", "streamlit", "run", str(script)), tmp_path / "log", {}) as url:
        drawn = finished(visit(url))
    assert (drawn.metrics, "old" in drawn.text) == ({"Total, new": "new"}, False)
