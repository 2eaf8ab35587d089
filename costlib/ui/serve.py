"""Serve the app: `python -m costlib.ui.serve [options of streamlit run]`.

Until the first session has called `st.navigation`, Streamlit takes a folder called `pages` for its older kind of
multipage app, and the first visitor who follows a link to a page is told "Page not found" over the right page. The
server says beforehand that the folder is not of that kind (docs/decisions/the-app-has-its-own-start.md).

Streamlit would also ask the internet for its own address, when a stranger's page tries to open a session. The dashboard
talks to nobody: strangers are refused without that. And it would wait for ever, when it is told to stop, for somebody
who reads a file slowly.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from streamlit import net_util
from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main as streamlit
from streamlit.web.server.starlette import starlette_server

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


def serve(options: Sequence[str]) -> None:
    """Run the server until it is stopped; never returns."""
    PagesManager.uses_pages_directory = False
    net_util.get_external_ip = lambda: None
    of_streamlit = starlette_server._get_uvicorn_config_kwargs
    starlette_server._get_uvicorn_config_kwargs = lambda: {
        **of_streamlit(),
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }
    hardened = [word for name, value in HARDENED.items() for word in (f"--{name}", value)]
    streamlit(["run", str(SERVER), *hardened, *options])


if __name__ == "__main__":
    serve(sys.argv[1:])
