"""The frame of the dashboard: page configuration, navigation, and what surrounds every page."""

import streamlit as st

from costlib.ui import frame, identity, navigation

st.set_page_config(page_title="Showback", page_icon=frame.ICON, layout="wide")

viewer = identity.viewer()
page = st.navigation(navigation.sections(viewer), expanded=True)

with frame.errors_shown():
    frame.show_frame(page, viewer)
    page.run()
