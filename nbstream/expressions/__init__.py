"""Conditions and formulas: the tree and its parser; nothing is evaluated as code."""
