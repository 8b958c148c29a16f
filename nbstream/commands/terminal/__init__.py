"""What `nbstream watch` shows where there is no page: a chart in a terminal, or lines of text."""
