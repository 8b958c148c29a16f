"""The widgets: the chart, the dashboard and its parts, and the link that feeds their pages."""
