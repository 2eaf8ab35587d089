"""The pages' side of the program: the only place that knows Streamlit and Plotly. It reads snapshots, nothing else."""
