"""Charts: a table in, a plotly figure out. A chart computes nothing that no table shows."""
