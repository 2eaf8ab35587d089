"""Serve the app: `python -m costlib.ui.serve [options of streamlit run]`.

Until the first session has called `st.navigation`, Streamlit takes a folder called `pages` for its older kind of
multipage app, and the first visitor who follows a link to a page is told "Page not found" over the right page. The
server says beforehand that the folder is not of that kind (docs/decisions/the-app-has-its-own-start.md).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main as streamlit

SERVER = Path(__file__).parents[2] / "server.py"


def serve(options: Sequence[str]) -> None:
    """Run the server until it is stopped; never returns."""
    PagesManager.uses_pages_directory = False
    streamlit(["run", str(SERVER), *options])


if __name__ == "__main__":
    serve(sys.argv[1:])
