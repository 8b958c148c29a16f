"""Sources that follow a file."""
