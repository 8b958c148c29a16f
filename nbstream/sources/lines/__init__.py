"""What a line of a program or a log says."""
