"""The harness itself notices what it is there to notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.server import StreamlitServer

BROKEN_APP = """
import streamlit as st
if st.query_params.get("fail"):
    raise ValueError("on purpose")
st.markdown("![picture](http://192.0.2.1/picture.png)")
st.title("Shown")
"""


def test_a_page_that_asks_another_machine_or_shows_an_exception_is_noticed(
    tmp_path: Path, open_window: OpenWindow
) -> None:
    script = tmp_path / "app.py"
    script.write_text(BROKEN_APP, encoding="utf-8")
    with StreamlitServer(("-m", "streamlit", "run", str(script)), tmp_path / "log", {}) as url:
        window = open_window(url)
        window.page.get_by_role("heading", name="Shown").wait_for()
        window.page.wait_for_timeout(300)
        assert window.left_the_machine == ["http://192.0.2.1/picture.png"]
        window.left_the_machine.clear()
        window.complaints.clear()
        with pytest.raises(AssertionError):
            window.open(f"{url}/?fail=1")
        window.complaints.clear()
