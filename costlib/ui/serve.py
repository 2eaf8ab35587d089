"""Serve the app: `python -m costlib.ui.serve [options of streamlit run]`.

Until the first session has called `st.navigation`, Streamlit takes a folder called `pages` for its older kind of
multipage app, and the first visitor who follows a link to a page is told "Page not found" over the right page. The
server says beforehand that the folder is not of that kind (docs/decisions/the-app-has-its-own-start.md).

Streamlit would also ask the internet for its own address, when a stranger's page tries to open a session. The dashboard
talks to nobody: strangers are refused without that. And it would wait for ever, when it is told to stop, for somebody
who reads a file slowly.

It does not start where others could see cost without signing in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit import net_util
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main as streamlit
from streamlit.web.server.starlette import starlette_server

from costlib import config
from costlib.errors import CostlibError
from costlib.roster.watching import read_roster
from costlib.ui.addresses import address_of, require_safe
from costlib.ui.identity import auth_section

HARDENED = {
    "client.showErrorDetails": "none",
    "client.disableDataExport": "true",
    "server.enableXsrfProtection": "true",
    "server.enableCORS": "true",
    "server.enableAgentApi": "false",
    "browser.gatherUsageStats": "false",
}
"""Whichever folder it is started from: Streamlit looks for its own settings there. The caller's options come later."""
GRACE_SECONDS = 10
"""For answers and downloads under way, once the server is told to stop."""
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
    net_util.get_external_ip = lambda: None
    of_streamlit = starlette_server._get_uvicorn_config_kwargs
    starlette_server._get_uvicorn_config_kwargs = lambda: {
        **of_streamlit(),
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }
    hardened = [word for name, value in HARDENED.items() for word in (f"--{name}", value)]
    streamlit(["run", str(SERVER), *hardened, *options])


def _require_safe(options: Sequence[str]) -> None:
    """Raises UnsafeStart, InvalidRoster, or as config.load does."""
    settings, auth = config.load(None, os.environ), auth_section()
    require_safe(address_of(options, st.get_option("server.address")), auth, settings.allow_anonymous)
    if auth:
        read_roster(settings.access_file)


if __name__ == "__main__":
    serve(sys.argv[1:])
