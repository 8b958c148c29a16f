"""What the Makefile and CI call."""
