"""What stays of a chart in the saved notebook: a picture and a small table, drawn without a browser."""
