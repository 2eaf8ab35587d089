"""Serve the app: `python -m costlib.ui.serve [options of streamlit run]`.

Until the first session has called `st.navigation`, Streamlit takes a folder called `pages` for its older kind of
multipage app, and the first visitor who follows a link to a page is told "Page not found" over the right page. The
server says beforehand that the folder is not of that kind (docs/decisions/the-app-has-its-own-start.md).

It does not start where others could see cost without signing in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main as streamlit

from costlib import config
from costlib.errors import CostlibError
from costlib.roster.watching import read_roster
from costlib.ui.addresses import address_of, require_safe
from costlib.ui.identity import auth_section

SERVER = Path(__file__).parents[2] / "server.py"
REFUSED = 2


def serve(options: Sequence[str]) -> None:
    """Run the server until it is stopped; never returns."""
    try:
        _require_safe(options)
    except CostlibError as error:
        print(f"costlib: {error.message}\n  {error.remedy}", file=sys.stderr)
        sys.exit(REFUSED)
    PagesManager.uses_pages_directory = False
    streamlit(["run", str(SERVER), *options])


def _require_safe(options: Sequence[str]) -> None:
    """Raises UnsafeStart, InvalidRoster, or as config.load does."""
    settings, auth = config.load(None, os.environ), auth_section()
    require_safe(address_of(options, st.get_option("server.address")), auth, settings.allow_anonymous)
    if auth:
        read_roster(settings.access_file)


if __name__ == "__main__":
    serve(sys.argv[1:])
