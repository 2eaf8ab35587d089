"""The server of the dashboard: Streamlit's own around app.py, with a route for prepared downloads.

Started by `python -m costlib.ui.serve` (`make run`), which reads this file with `streamlit run`.
"""

from streamlit.starlette import App

from costlib.ui import downloads

app = App("app.py", routes=downloads.routes(), middleware=downloads.middleware())
