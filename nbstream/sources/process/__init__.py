"""The output of a program."""
