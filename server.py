"""The server of the dashboard: Streamlit's own around app.py, with routes for prepared downloads and load balancers.

Started by `python -m costlib.ui.serve` (`make run`), which reads this file with `streamlit run`.
"""

from streamlit.starlette import App

from costlib.ui import downloads, headers, health

app = App(
    "app.py",
    routes=[*downloads.routes(), *health.routes()],
    middleware=[*downloads.middleware(), *headers.middleware()],
)
